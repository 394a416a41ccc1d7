package httpapi

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

// own stands for the caller's own tokens where a workspace's slug could be.
const own = ""

// ListTokens implements StrictServerInterface.
func (h *handlers) ListTokens(ctx context.Context, r ListTokensRequestObject) (ListTokensResponseObject, error) {
	page, err := h.listTokens(ctx, own, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	return ListTokens200JSONResponse{page}, err
}

// ListWorkspaceTokens implements StrictServerInterface.
func (h *handlers) ListWorkspaceTokens(ctx context.Context, r ListWorkspaceTokensRequestObject) (ListWorkspaceTokensResponseObject, error) {
	page, err := h.listTokens(ctx, r.WorkspaceSlug, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	return ListWorkspaceTokens200JSONResponse{page}, err
}

func (h *handlers) listTokens(ctx context.Context, slug, from string, limit int) (TokensJSONResponse, error) {
	found, err := h.Tokens.List(ctx, caller(ctx), slug, from, limit)
	items, next := itemsOf(found, tokenOf)
	return TokensJSONResponse{Items: items, NextCursor: next}, err
}

// CreateToken implements StrictServerInterface.
func (h *handlers) CreateToken(ctx context.Context, r CreateTokenRequestObject) (CreateTokenResponseObject, error) {
	created, err := h.createToken(ctx, own, "/api/v1/tokens/", *r.Body)
	return CreateToken201JSONResponse{created}, err
}

// CreateWorkspaceToken implements StrictServerInterface.
func (h *handlers) CreateWorkspaceToken(ctx context.Context, r CreateWorkspaceTokenRequestObject) (CreateWorkspaceTokenResponseObject, error) {
	created, err := h.createToken(ctx, r.WorkspaceSlug, "/api/v1/workspaces/"+r.WorkspaceSlug+"/tokens/", *r.Body)
	return CreateWorkspaceToken201JSONResponse{created}, err
}

func (h *handlers) createToken(ctx context.Context, slug, path string, wanted NewToken) (CreatedTokenJSONResponse, error) {
	scopes := make(token.Scopes, len(wanted.Scopes))
	for i, s := range wanted.Scopes {
		scopes[i] = token.Scope(s)
	}
	t, shown, err := h.Tokens.Create(ctx, caller(ctx), slug, token.New{Name: wanted.Name, Scopes: scopes, ExpiresAt: value(wanted.ExpiresAt, time.Time{})})
	location := path + t.ID
	return CreatedTokenJSONResponse{
		Body:    CreatedToken{Token: tokenOf(t), Secret: shown.Reveal()},
		Headers: CreatedTokenResponseHeaders{Location: &location},
	}, err
}

// GetToken implements StrictServerInterface.
func (h *handlers) GetToken(ctx context.Context, r GetTokenRequestObject) (GetTokenResponseObject, error) {
	t, err := h.Tokens.Find(ctx, caller(ctx), own, r.TokenID)
	return GetToken200JSONResponse(tokenOf(t)), err
}

// GetWorkspaceToken implements StrictServerInterface.
func (h *handlers) GetWorkspaceToken(ctx context.Context, r GetWorkspaceTokenRequestObject) (GetWorkspaceTokenResponseObject, error) {
	t, err := h.Tokens.Find(ctx, caller(ctx), r.WorkspaceSlug, r.TokenID)
	return GetWorkspaceToken200JSONResponse(tokenOf(t)), err
}

// DeleteToken implements StrictServerInterface.
func (h *handlers) DeleteToken(ctx context.Context, r DeleteTokenRequestObject) (DeleteTokenResponseObject, error) {
	return DeleteToken204Response{}, h.revokeToken(ctx, own, r.TokenID)
}

func (h *handlers) revokeToken(ctx context.Context, slug, id string) error {
	t, err := h.Tokens.Revoke(ctx, caller(ctx), slug, id)
	return h.accessChanged(err, t.AccountID)
}

// DeleteCurrentToken implements StrictServerInterface.
func (h *handlers) DeleteCurrentToken(ctx context.Context, _ DeleteCurrentTokenRequestObject) (DeleteCurrentTokenResponseObject, error) {
	who := gate.IdentityOf(ctx)
	err := h.Tokens.RevokeShown(ctx, caller(ctx), who.TokenID)
	return DeleteCurrentToken204Response{}, h.accessChanged(err, who.Account.ID)
}

// DeleteWorkspaceToken implements StrictServerInterface.
func (h *handlers) DeleteWorkspaceToken(ctx context.Context, r DeleteWorkspaceTokenRequestObject) (DeleteWorkspaceTokenResponseObject, error) {
	return DeleteWorkspaceToken204Response{}, h.revokeToken(ctx, r.WorkspaceSlug, r.TokenID)
}

func tokenOf(t token.Token) Token {
	scopes := make([]Scope, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = Scope(s)
	}
	return Token{
		ID: t.ID, Kind: TokenKind(t.Kind), WorkspaceSlug: present(t.WorkspaceSlug), Name: t.Name, Scopes: scopes,
		CreatedAt: t.CreatedAt, LastUsedAt: at(t.LastUsedAt), ExpiresAt: at(t.ExpiresAt),
	}
}

// at is nil for a time that never was.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
