package httpapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type callerKey struct{}

// identity is who calls, with what, and what that is good for.
type identity struct {
	account account.Account
	scopes  token.Scopes
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

// authenticate finds out who calls: by the Authorization header if there is one, else by the session.
func (h *handlers) authenticate(r *http.Request) (identity, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		shown, ok := credentials(values)
		if !ok {
			return identity{}, invalidToken(apperr.New(apperr.Unauthorized,
				"The Authorization header cannot be read; write Authorization: Bearer TOKEN, or Basic with the token as the password."))
		}
		t, a, err := h.Tokens.Authenticate(r.Context(), shown)
		return identity{account: a, scopes: t.Scopes, limit: t.WorkspaceID, means: workspace.Token}, invalidToken(err)
	}
	if session := h.session(r); !session.Empty() {
		a, err := h.Accounts.BySession(r.Context(), session)
		return identity{account: a, scopes: token.Scopes{token.All}, session: session, means: workspace.Session}, err
	}
	return identity{}, apperr.New(apperr.Unauthorized, "Who are you? Send Authorization: Bearer TOKEN, or open the sign-in link in this browser.")
}

// credentials is the token in the Authorization headers of a request: of Bearer (RFC 6750, 2.1), or the password of Basic
// (RFC 7617). Two headers are none: programs on the way might read another one than we.
func credentials(values []string) (secret.String, bool) {
	if len(values) != 1 {
		return secret.String{}, false
	}
	scheme, shown, _ := strings.Cut(values[0], " ")
	shown = strings.Trim(shown, " ")
	if strings.EqualFold(scheme, "Basic") {
		decoded, err := base64.StdEncoding.DecodeString(shown)
		if err != nil {
			return secret.String{}, false
		}
		_, shown, _ = strings.Cut(string(decoded), ":")
	} else if !strings.EqualFold(scheme, "Bearer") {
		return secret.String{}, false
	}
	return secret.New(shown), shown != "" && !strings.ContainsAny(shown, " \t\r\n")
}

// permit refuses what the caller's token is not for. Roles are the business of the business packages.
func (op *operation) permit(who identity) error {
	if !who.scopes.Allow(op.scope) {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "This needs a token with the scope %s, and yours has %s.", op.scope, orElse(who.scopes.String(), "none")))
	}
	if who.limit != "" && op.beyond && op.scope.Writes() {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "This reaches beyond the workspace that your token is good for; use a personal token."))
	}
	return nil
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
