package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/secret"
)

// ListWorkspaces implements StrictServerInterface.
func (h *handlers) ListWorkspaces(ctx context.Context, r ListWorkspacesRequestObject) (ListWorkspacesResponseObject, error) {
	memberships, next, err := h.Workspaces.List(ctx, caller(ctx), value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	page := WorkspacePage{Items: make([]Workspace, len(memberships)), NextCursor: present(next)}
	for i, m := range memberships {
		page.Items[i] = Workspace{ID: m.ID, Slug: m.Slug, Name: m.Name, Role: Role(m.Role), CreatedAt: m.CreatedAt}
	}
	return ListWorkspaces200JSONResponse(page), nil
}

// ValidateContent implements StrictServerInterface.
func (h *handlers) ValidateContent(_ context.Context, r ValidateContentRequestObject) (ValidateContentResponseObject, error) {
	found, err := h.Mocks.Validate(r.Body.Content)
	if err != nil {
		return nil, err
	}
	return ValidateContent200JSONResponse{Valid: !mockspec.HasErrors(found), Diagnostics: diagnostics(found)}, nil
}

// FormatContent implements StrictServerInterface.
func (h *handlers) FormatContent(_ context.Context, r FormatContentRequestObject) (FormatContentResponseObject, error) {
	formatted, err := h.Mocks.Format(r.Body.Content)
	return FormatContent200JSONResponse{Content: formatted, Changed: formatted != r.Body.Content}, err
}

// CreateSession implements StrictServerInterface.
func (h *handlers) CreateSession(ctx context.Context, r CreateSessionRequestObject) (CreateSessionResponseObject, error) {
	s, err := h.Accounts.SignIn(ctx, secret.New(r.Body.Code))
	if err != nil {
		return nil, err
	}
	cookie := h.cookie(s.Secret, s.Expires).String()
	return CreateSession201JSONResponse{
		Body:    Session{Account: s.Account.Username, ExpiresAt: s.Expires},
		Headers: CreateSession201ResponseHeaders{SetCookie: &cookie},
	}, nil
}

// DeleteSession implements StrictServerInterface.
func (h *handlers) DeleteSession(ctx context.Context, _ DeleteSessionRequestObject) (DeleteSessionResponseObject, error) {
	if session := sessionOf(ctx); !session.Empty() {
		if err := h.Accounts.SignOut(ctx, session); err != nil {
			return nil, err
		}
	}
	cookie := h.cookie(secret.String{}, time.Time{}).String()
	return DeleteSession204Response{Headers: DeleteSession204ResponseHeaders{SetCookie: &cookie}}, nil
}

// document answers with a JSON document that is ready.
type document struct {
	contentType string
	body        []byte
}

func (d document) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", d.contentType)
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(d.body)
	return err
}

// VisitGetOpenAPIResponse implements GetOpenAPIResponseObject.
func (d document) VisitGetOpenAPIResponse(w http.ResponseWriter) error { return d.write(w) }

// VisitGetMockSchemaResponse implements GetMockSchemaResponseObject.
func (d document) VisitGetMockSchemaResponse(w http.ResponseWriter) error { return d.write(w) }

// GetOpenAPI implements StrictServerInterface.
func (h *handlers) GetOpenAPI(context.Context, GetOpenAPIRequestObject) (GetOpenAPIResponseObject, error) {
	return document{"application/json", h.document}, nil
}

// GetMockSchema implements StrictServerInterface.
func (h *handlers) GetMockSchema(context.Context, GetMockSchemaRequestObject) (GetMockSchemaResponseObject, error) {
	return document{"application/schema+json", mockspec.JSONSchema()}, nil
}
