package httpapi

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// CreateSession implements StrictServerInterface.
func (h *handlers) CreateSession(ctx context.Context, r CreateSessionRequestObject) (CreateSessionResponseObject, error) {
	v := gate.VisitorOf(ctx)
	var fresh signin.Fresh
	var err error
	switch b := r.Body; {
	case b.Username != nil && b.Password != nil:
		fresh, err = h.SignIns.ByPassword(ctx, v.Visitor, *b.Username, secret.New(*b.Password))
	case b.Code != nil && b.Username == nil && b.Password == nil && b.Token == nil:
		fresh, err = h.SignIns.ByCode(ctx, v.Visitor, secret.New(*b.Code))
	case b.Token != nil && b.Username == nil && b.Password == nil && b.Code == nil:
		fresh, err = h.SignIns.ByToken(ctx, v.Visitor, secret.New(*b.Token))
	default:
		err = gate.BadRequest("", "Sign in one way: with a username and a password, with a code, or with a token.")
	}
	if err != nil {
		return nil, err
	}
	signedIn, err := h.signedIn(ctx, fresh)
	return CreateSession201JSONResponse{signedIn}, err
}

// CreateAccount implements StrictServerInterface.
func (h *handlers) CreateAccount(ctx context.Context, r CreateAccountRequestObject) (CreateAccountResponseObject, error) {
	fresh, err := h.SignIns.Register(ctx, gate.VisitorOf(ctx).Visitor, signin.Registration{
		Username: r.Body.Username, Email: value(r.Body.Email, ""), Password: secret.New(r.Body.Password),
		Invitation: secret.New(value(r.Body.Invitation, "")),
	})
	if err != nil {
		return nil, err
	}
	signedIn, err := h.signedIn(ctx, fresh)
	return CreateAccount201JSONResponse{signedIn}, err
}

// signedIn gives the browser its new session.
func (h *handlers) signedIn(ctx context.Context, fresh signin.Fresh) (SignedInJSONResponse, error) {
	if err := h.gate.EndPrevious(ctx); err != nil {
		return SignedInJSONResponse{}, err
	}
	cookie := h.gate.Cookie(fresh.Secret, fresh.ExpiresAt).String()
	return SignedInJSONResponse{
		Body:    Session{Username: fresh.Account.Username, ExpiresAt: fresh.ExpiresAt},
		Headers: SignedInResponseHeaders{SetCookie: &cookie},
	}, nil
}

// DeleteSession implements StrictServerInterface.
func (h *handlers) DeleteCurrentSession(ctx context.Context, _ DeleteCurrentSessionRequestObject) (DeleteCurrentSessionResponseObject, error) {
	if shown := gate.IdentityOf(ctx).Secret; !shown.Empty() {
		if err := h.accessChanged(h.SignIns.End(ctx, shown), caller(ctx).AccountID); err != nil {
			return nil, err
		}
	}
	cookie := h.gate.Cookie(secret.String{}, time.Time{}).String()
	return DeleteCurrentSession204Response{Headers: DeleteCurrentSession204ResponseHeaders{SetCookie: &cookie}}, nil
}

// ListSessions implements StrictServerInterface.
func (h *handlers) ListSessions(ctx context.Context, _ ListSessionsRequestObject) (ListSessionsResponseObject, error) {
	sessions, err := h.SignIns.List(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	list := SessionList{Items: make([]SessionInfo, len(sessions))}
	current := gate.IdentityOf(ctx).Session.ID
	for i, s := range sessions {
		list.Items[i] = SessionInfo{
			ID: s.ID, Current: s.ID == current, Means: SessionInfoMeans(s.Means), Address: s.Address, UserAgent: s.UserAgent,
			CreatedAt: s.CreatedAt, LastUsedAt: s.LastUsedAt, ExpiresAt: s.ExpiresAt,
		}
	}
	return ListSessions200JSONResponse(list), nil
}

// RevokeSession implements StrictServerInterface.
func (h *handlers) DeleteSession(ctx context.Context, r DeleteSessionRequestObject) (DeleteSessionResponseObject, error) {
	who := caller(ctx)
	return DeleteSession204Response{}, h.accessChanged(h.SignIns.Revoke(ctx, who, r.SessionID), who.AccountID)
}

// DeleteOtherSessions implements StrictServerInterface.
func (h *handlers) DeleteOtherSessions(ctx context.Context, _ DeleteOtherSessionsRequestObject) (DeleteOtherSessionsResponseObject, error) {
	who := gate.IdentityOf(ctx)
	return DeleteOtherSessions204Response{}, h.accessChanged(h.SignIns.RevokeOthers(ctx, caller(ctx), who.Secret), who.Account.ID)
}

// GetSignInMethods implements StrictServerInterface.
func (h *handlers) GetSignInMethods(context.Context, GetSignInMethodsRequestObject) (GetSignInMethodsResponseObject, error) {
	m := h.SignIns.Methods()
	out := GetSignInMethods200JSONResponse{Password: m.Password, SignUp: SignInMethodsSignUp(m.SignUp), Link: true, Token: m.Issuer != "", Issuer: present(m.Issuer)}
	if m.Supabase != nil {
		out.Supabase = &SupabaseSignIn{URL: m.Supabase.URL, PublishableKey: m.Supabase.PublishableKey, Providers: m.Supabase.Providers}
	}
	return out, nil
}

// CreateSignInLink implements StrictServerInterface.
func (h *handlers) CreateSignInLink(ctx context.Context, r CreateSignInLinkRequestObject) (CreateSignInLinkResponseObject, error) {
	who := gate.IdentityOf(ctx)
	link, expires, err := h.SignIns.Link(ctx, caller(ctx), who.Account, who.Operator, value(r.Body.Username, ""), value(r.Body.Create, false))
	return CreateSignInLink201JSONResponse{URL: link, ExpiresAt: expires}, err
}

// ChangePassword implements StrictServerInterface.
func (h *handlers) UpdatePassword(ctx context.Context, r UpdatePasswordRequestObject) (UpdatePasswordResponseObject, error) {
	who := gate.IdentityOf(ctx)
	err := h.SignIns.ChangePassword(ctx, gate.VisitorOf(ctx).Visitor, caller(ctx), who.Account, who.Session, who.Secret,
		secret.New(value(r.Body.CurrentPassword, "")), secret.New(r.Body.NewPassword))
	return UpdatePassword204Response{}, h.accessChanged(err, who.Account.ID)
}
