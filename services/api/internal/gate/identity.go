package gate

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

// clientHeader is where a client says what it calls itself.
const clientHeader = "X-Mocloud-Client"

type (
	callerKey  struct{}
	visitorKey struct{}
)

// Visitor is where a request comes from, and the session that its browser shows, whether it is good or not.
type Visitor struct {
	signin.Visitor
	Session secret.String
}

// VisitorOf is where the request comes from.
func VisitorOf(ctx context.Context) Visitor {
	v, _ := ctx.Value(visitorKey{}).(Visitor)
	return v
}

// Identity is who calls, with what, and what that is good for.
type Identity struct {
	Account     account.Account
	WorkspaceID string // that the token is good for, "" for all
	Operator    bool   // who runs the installation: with the configured token
	TokenID     string // of the API token that was shown, "" for none

	Session signin.Session // zero for programs
	Secret  secret.String  // of the session

	scopes                    token.Scopes
	means, operation, request string // for the audit log, as in workspace.Caller
	client                    string // what the client calls itself

	again func(context.Context) error // asks whether the caller is still who they were, and still may
}

func withIdentity(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// IdentityOf is who calls an operation that is not public.
func IdentityOf(ctx context.Context) Identity {
	who, _ := ctx.Value(callerKey{}).(Identity)
	return who
}

// Caller is who calls, as business packages want to know it.
func Caller(ctx context.Context) workspace.Caller {
	who := IdentityOf(ctx)
	return workspace.Caller{
		AccountID: who.Account.ID, WorkspaceID: who.WorkspaceID,
		Operation: who.operation, Means: who.means, RequestID: who.request,
		Actor: workspace.Actor{Username: who.Account.Username, Client: who.client},
	}
}

// StillMay asks whether who called an operation that goes on for long is still known, and still may call it.
func StillMay(ctx context.Context) error {
	who, _ := ctx.Value(callerKey{}).(Identity)
	return who.again(ctx)
}

// authenticate finds out who calls: by the Authorization header if there is one, else by the session.
func (g *Gate) authenticate(r *http.Request) (Identity, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		who, err := g.byCredentials(r.Context(), values)
		return who, invalidToken(err)
	}
	if shown := g.session(r); !shown.Empty() {
		if foreign(r) {
			return Identity{}, errCrossOrigin
		}
		a, session, err := g.deps.SignIns.BySession(r.Context(), shown)
		return Identity{Account: a, scopes: token.Scopes{token.All}, Session: session, Secret: shown, means: workspace.Session}, err
	}
	return Identity{}, apperr.New(apperr.Unauthorized, "Authentication required: send Authorization: Bearer TOKEN, or sign in with this browser.")
}

func (g *Gate) byCredentials(ctx context.Context, values []string) (Identity, error) {
	shown, ok := credentials(values)
	if !ok {
		return Identity{}, apperr.New(apperr.Unauthorized,
			"The Authorization header cannot be read; write Authorization: Bearer TOKEN, or Basic with the token as the password.")
	}
	if g.deps.SignIns.Methods().Issuer != "" && idp.Looks(shown.Reveal()) {
		a, err := g.deps.SignIns.ByAccessToken(ctx, shown)
		return Identity{Account: a, scopes: token.Scopes{token.All}, means: workspace.Session}, err
	}
	t, a, err := g.deps.Tokens.Authenticate(ctx, shown)
	return Identity{Account: a, scopes: t.Scopes, WorkspaceID: t.WorkspaceID, Operator: t.Kind == token.Configured, TokenID: t.ID, means: workspace.Token}, err
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

// Permit refuses what the caller's token has no scope for.
func (who Identity) Permit(scope token.Scope) error { return (&Operation{scope: scope}).permit(who) }

// permit refuses what the caller's token is not for. Roles are the business of the business packages.
func (op *Operation) permit(who Identity) error {
	if !op.anyScope && !who.scopes.Allow(op.scope) {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "This needs a token with the scope %s; yours has %s.", op.scope, orElse(who.scopes.String(), "none")))
	}
	if who.WorkspaceID != "" && op.noWorkspace && op.scope.Writes() {
		return insufficientScope(op.scope, apperr.New(apperr.Forbidden, "Your token is limited to one workspace; use a personal token for this."))
	}
	return nil
}

// cookieName has the prefix that keeps the pages of mocks, on sibling host names, from setting it (RFC 6265bis, 4.1.3.2);
// browsers accept it over https only.
func (g *Gate) cookieName() string {
	if g.cfg.Secure {
		return cookie.SecureSession
	}
	return cookie.Session
}

func (g *Gate) session(r *http.Request) secret.String {
	cookie, err := r.Cookie(g.cookieName())
	if err != nil {
		return secret.String{}
	}
	return secret.New(cookie.Value)
}

// Cookie carries a session; without one it removes it.
func (g *Gate) Cookie(session secret.String, expires time.Time) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure follows the scheme: a laptop has no https
		Name: g.cookieName(), Value: session.Reveal(), Path: "/", Expires: expires,
		HttpOnly: true, Secure: g.cfg.Secure, SameSite: http.SameSiteLaxMode,
	}
	if session.Empty() {
		c.MaxAge = -1
	}
	return c
}

// EndPrevious ends the session that a browser had before it got another: it would live on unseen.
func (g *Gate) EndPrevious(ctx context.Context) error {
	if old := VisitorOf(ctx).Session; !old.Empty() {
		return g.deps.SignIns.End(ctx, old)
	}
	return nil
}
