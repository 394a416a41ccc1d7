package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type callerKey struct{}

// identity is who calls and with which session, if that is how they are known.
type identity struct {
	account account.Account
	limit   string // the id of the workspace that the token is good for, "" for all
	session secret.String

	means, operation, request string // for the audit log, as in workspace.Caller
}

func withIdentity(ctx context.Context, who identity) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// caller is who calls an operation that is not public.
func caller(ctx context.Context) workspace.Caller {
	who, _ := ctx.Value(callerKey{}).(identity)
	return workspace.Caller{
		AccountID: who.account.ID, WorkspaceID: who.limit,
		Operation: who.operation, Means: who.means, RequestID: who.request,
	}
}

// sessionOf is the session that the caller is known by; empty for programs.
func sessionOf(ctx context.Context) secret.String {
	who, _ := ctx.Value(callerKey{}).(identity)
	return who.session
}

// authenticate finds out who calls: by the bearer token if there is one, else by the session.
func (h *handlers) authenticate(r *http.Request) (identity, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
			return identity{}, apperr.New(apperr.Unauthorized, "The Authorization header cannot be read; write Authorization: Bearer TOKEN.")
		}
		a, err := h.Accounts.ByToken(r.Context(), secret.New(token))
		return identity{account: a, means: workspace.Token}, err
	}
	if session := h.session(r); !session.Empty() {
		a, err := h.Accounts.BySession(r.Context(), session)
		return identity{account: a, session: session, means: workspace.Session}, err
	}
	return identity{}, apperr.New(apperr.Unauthorized, "Who are you? Send Authorization: Bearer TOKEN, or open the sign-in link in this browser.")
}

// cookieName has the prefix that keeps the pages of mocks, on sibling host names, from setting it (RFC 6265bis, 4.1.3.2);
// browsers accept it over https only.
func (h *handlers) cookieName() string {
	if h.Secure {
		return "__Host-mocloud_session"
	}
	return "mocloud_session"
}

func (h *handlers) session(r *http.Request) secret.String {
	cookie, err := r.Cookie(h.cookieName())
	if err != nil {
		return secret.String{}
	}
	return secret.New(cookie.Value)
}

// cookie carries a session; without one it removes it.
func (h *handlers) cookie(session secret.String, expires time.Time) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure follows the scheme: a laptop has no https
		Name: h.cookieName(), Value: session.Reveal(), Path: "/", Expires: expires,
		HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteLaxMode,
	}
	if session.Empty() {
		c.MaxAge = -1
	}
	return c
}
