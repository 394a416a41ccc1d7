package httpapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/cookie"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/idp"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type (
	callerKey  struct{}
	visitorKey struct{}
)

// visitor is where a request comes from, and the session that its browser shows, whether it is good or not.
type visitor struct {
	signin.Visitor
	session secret.String
}

// visitorOf is where the request comes from.
func visitorOf(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

// identity is who calls, with what, and what that is good for.
type identity struct {
	account  account.Account
	scopes   token.Scopes
	limit    string // the id of the workspace that the token is good for, "" for all
	operator bool   // who runs the installation: with the configured token
	token    string // the id of the API token that was shown, "" for none

	session signin.Session // zero for programs
	secret  secret.String  // of the session

	means, operation, request string // for the audit log, as in workspace.Caller
	client                    string // what the client calls itself

	again func(context.Context) error // asks whether the caller is still who they were, and still may
}

func withIdentity(ctx context.Context, who identity) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// identityOf is who calls an operation that is not public.
func identityOf(ctx context.Context) identity {
	who, _ := ctx.Value(callerKey{}).(identity)
	return who
}

// caller is who calls, as business packages want to know it.
func caller(ctx context.Context) workspace.Caller {
	who := identityOf(ctx)
	return workspace.Caller{
		AccountID: who.account.ID, WorkspaceID: who.limit,
		Operation: who.operation, Means: who.means, RequestID: who.request,
		Actor: workspace.Actor{Username: who.account.Username, Client: who.client},
	}
}

// stillMay asks whether who called an operation that goes on for long is still known, and still may call it.
func stillMay(ctx context.Context) error {
	who, _ := ctx.Value(callerKey{}).(identity)
	return who.again(ctx)
}

// authenticate finds out who calls: by the Authorization header if there is one, else by the session.
func (h *handlers) authenticate(r *http.Request) (identity, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		who, err := h.byCredentials(r.Context(), values)
		return who, invalidToken(err)
	}
	if shown := h.session(r); !shown.Empty() {
		if foreign(r) {
			return identity{}, errCrossOrigin
		}
		a, session, err := h.SignIns.BySession(r.Context(), shown)
		return identity{account: a, scopes: token.Scopes{token.All}, session: session, secret: shown, means: workspace.Session}, err
	}
	return identity{}, apperr.New(apperr.Unauthorized, "Authentication required: send Authorization: Bearer TOKEN, or sign in with this browser.")
}

func (h *handlers) byCredentials(ctx context.Context, values []string) (identity, error) {
	shown, ok := credentials(values)
	if !ok {
		return identity{}, apperr.New(apperr.Unauthorized,
			"The Authorization header cannot be read; write Authorization: Bearer TOKEN, or Basic with the token as the password.")
	}
	if h.SignIns.Methods().Issuer != "" && idp.Looks(shown.Reveal()) {
		a, err := h.SignIns.ByAccessToken(ctx, shown)
		return identity{account: a, scopes: token.Scopes{token.All}, means: workspace.Session}, err
	}
	t, a, err := h.Tokens.Authenticate(ctx, shown)
	return identity{account: a, scopes: t.Scopes, limit: t.WorkspaceID, operator: t.Kind == token.Configured, token: t.ID, means: workspace.Token}, err
}

// foreign reports whether a browser says that a page of another origin sends the request, which mocks on sibling hosts are
// too. Writes are refused for all of them before; a session is no good for reading either.
func foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
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
	if op.scope != anyScope && !who.scopes.Allow(op.scope) {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "This needs a token with the scope %s; yours has %s.", op.scope, orElse(who.scopes.String(), "none")))
	}
	if who.limit != "" && op.beyond && op.scope.Writes() {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "Your token is limited to one workspace; use a personal token for this."))
	}
	return nil
}

// cookieName has the prefix that keeps the pages of mocks, on sibling host names, from setting it (RFC 6265bis, 4.1.3.2);
// browsers accept it over https only.
func (h *handlers) cookieName() string {
	if h.Secure {
		return cookie.SecureSession
	}
	return cookie.Session
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
