package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func accountResponse(ctx context.Context, p account.Profile) AccountJSONResponse {
	return AccountJSONResponse{
		Body: Account{
			ID: p.ID, Username: p.Username, Email: p.Email, HasPassword: p.HasPassword, Operator: gate.IdentityOf(ctx).Operator, CreatedAt: p.CreatedAt,
		},
		Headers: AccountResponseHeaders{ETag: version(p.Version)},
	}
}

// GetAccount implements StrictServerInterface.
func (h *handlers) GetAccount(ctx context.Context, _ GetAccountRequestObject) (GetAccountResponseObject, error) {
	p, err := h.Profiles.Find(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return GetAccount200JSONResponse{accountResponse(ctx, p)}, nil
}

// UpdateAccount implements StrictServerInterface.
func (h *handlers) UpdateAccount(ctx context.Context, r UpdateAccountRequestObject) (UpdateAccountResponseObject, error) {
	p, err := matching(r.Params.IfMatch, versionOf, func(expected int) (account.Profile, error) {
		return h.Profiles.Update(ctx, caller(ctx), account.Change{Username: r.Body.Username, Email: r.Body.Email, Expected: expected})
	})
	if err != nil {
		return nil, err
	}
	return UpdateAccount200JSONResponse{accountResponse(ctx, p)}, nil
}

// DeleteAccount implements StrictServerInterface.
func (h *handlers) DeleteAccount(ctx context.Context, r DeleteAccountRequestObject) (DeleteAccountResponseObject, error) {
	if err := h.accessChanged(h.Profiles.Delete(ctx, caller(ctx), r.Params.Confirm), caller(ctx).AccountID); err != nil {
		return nil, err
	}
	cookie := h.gate.Cookie(secret.String{}, time.Time{}).String()
	return DeleteAccount204Response{Headers: DeleteAccount204ResponseHeaders{SetCookie: &cookie}}, nil
}

// ExportAccount implements StrictServerInterface.
func (h *handlers) ExportAccount(ctx context.Context, _ ExportAccountRequestObject) (ExportAccountResponseObject, error) {
	return exported{ctx, h}, nil
}

// exported writes the archive as it is made. The context is the request's: the generated interface does not pass it.
type exported struct {
	ctx      context.Context
	handlers *handlers
}

// VisitExportAccountResponse implements ExportAccountResponseObject.
func (e exported) VisitExportAccountResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="mocloud-export.zip"`)
	return e.handlers.whileAllowed(e.ctx, "", gate.StillMay, func(ctx context.Context) error {
		return e.handlers.Export.Write(ctx, caller(ctx), gate.PacedWriter(w))
	})
}

// GetAvailability implements StrictServerInterface.
func (h *handlers) GetAvailability(ctx context.Context, r GetAvailabilityRequestObject) (GetAvailabilityResponseObject, error) {
	a, err := h.Available.Check(ctx, caller(ctx), availability.Kind(r.Params.Kind), r.Params.Slug, value(r.Params.WorkspaceSlug, ""))
	if err != nil {
		return nil, err
	}
	return GetAvailability200JSONResponse(availabilityOf(a)), nil
}

func availabilityOf(a availability.Answer) Availability {
	return Availability{Free: a.Free, Reason: present(a.Reason), Suggestion: present(a.Suggestion)}
}

// GetUsernameAvailability implements StrictServerInterface.
func (h *handlers) GetUsernameAvailability(ctx context.Context, r GetUsernameAvailabilityRequestObject) (GetUsernameAvailabilityResponseObject, error) {
	if err := h.SignIns.OpenTo(false); err != nil {
		return nil, err
	}
	a, err := h.Available.Check(ctx, workspace.Caller{}, availability.Account, r.Params.Username, "")
	if err != nil {
		return nil, err
	}
	return GetUsernameAvailability200JSONResponse(availabilityOf(a)), nil
}
