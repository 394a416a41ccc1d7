package api_test

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apitoken "github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
	"github.com/mocloud/mocloud/services/api/openapi"
)

type tokenBody struct {
	ID, Kind, Name string
	WorkspaceSlug  string `json:"workspace_slug"`
	Scopes         []string
	LastUsedAt     *time.Time `json:"last_used_at"`
}

type createdToken struct {
	Token  tokenBody
	Secret string
}

func bearer(s string) string { return "Authorization: Bearer " + s }

func (b *bench) token(path, name string, scopes ...string) createdToken {
	b.t.Helper()
	return as[createdToken](b.t, b.want(http.StatusCreated, "POST", path, encode(map[string]any{"name": name, "scopes": scopes})))
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := start(t)
	made := b.token("/api/v1/tokens", " CI ", "mocks:write", "mocks:read", "mocks:write")
	if made.Token.Kind != "personal" || made.Token.Name != "CI" || !slices.Equal(made.Token.Scopes, []string{"mocks:read", "mocks:write"}) || apitoken.Mistyped(made.Secret) {
		t.Errorf("made %+v", made)
	}
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", bearer(made.Secret))
	b.want(http.StatusOK, "GET", "/api/v1/mocks", "", "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("anybody:"+made.Secret)))

	listed := b.want(http.StatusOK, "GET", "/api/v1/tokens", "")
	items := as[struct{ Items []tokenBody }](t, listed).Items
	if len(items) != 2 || items[0].Kind != "configured" || items[1].ID != made.Token.ID || strings.Contains(string(listed.body), made.Secret) || strings.Contains(string(listed.body), "hash") {
		t.Errorf("listed %s", listed.body)
	}
	b.want(http.StatusConflict, "DELETE", "/api/v1/tokens/"+items[0].ID, "")
	if a := b.want(http.StatusOK, "GET", "/api/v1/tokens/"+made.Token.ID, ""); strings.Contains(string(a.body), "secret") {
		t.Errorf("read %s", a.body)
	}

	b.stop() // writes what was used
	b.run()
	used := as[tokenBody](t, b.want(http.StatusOK, "GET", "/api/v1/tokens/"+made.Token.ID, ""))
	if used.LastUsedAt == nil || time.Since(*used.LastUsedAt) > time.Minute {
		t.Errorf("used at %v", used.LastUsedAt)
	}
	b.want(http.StatusNoContent, "DELETE", "/api/v1/tokens/"+made.Token.ID, "")
	b.want(http.StatusNotFound, "DELETE", "/api/v1/tokens/"+made.Token.ID, "")
	a := b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", bearer(made.Secret))
	if !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("revoked: %v", a.header)
	}
	if a := b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", bearer(made.Secret[:20])); !strings.Contains(string(a.body), "complete") {
		t.Errorf("cut short: %s", a.body)
	}
}

func TestTokensThatCannotBe(t *testing.T) {
	t.Parallel()
	b := start(t)
	for name, c := range map[string]struct {
		path, body string
		status     int
		field      string
	}{
		"no scope":                    {"/api/v1/tokens", `{"name":"x","scopes":[]}`, 400, "scopes"},
		"no such scope":               {"/api/v1/tokens", `{"name":"x","scopes":["mocks:delete"]}`, 400, "scopes.0"},
		"no name":                     {"/api/v1/tokens", `{"name":" ","scopes":["mocks:read"]}`, 422, "name"},
		"a name of lines":             {"/api/v1/tokens", `{"name":"a\nb","scopes":["mocks:read"]}`, 422, "name"},
		"expired":                     {"/api/v1/tokens", `{"name":"x","scopes":["mocks:read"],"expires_at":"2020-01-01T00:00:00Z"}`, 422, "expires_at"},
		"mass assignment":             {"/api/v1/tokens", `{"name":"x","scopes":["mocks:read"],"kind":"configured"}`, 400, "kind"},
		"a workspace's with account":  {"/api/v1/workspaces/dev/tokens", `{"name":"x","scopes":["account:read"]}`, 422, "scopes"},
		"a workspace's with all":      {"/api/v1/workspaces/dev/tokens", `{"name":"x","scopes":["*"]}`, 422, "scopes"},
		"of a workspace that is none": {"/api/v1/workspaces/acme/tokens", `{"name":"x","scopes":["mocks:read"]}`, 404, "workspace_slug"},
	} {
		a := b.want(c.status, "POST", c.path, c.body)
		if p := as[struct{ Field string }](t, a); p.Field != c.field {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	for range apitoken.Max - 1 {
		b.token("/api/v1/tokens", "x", "mocks:read")
	}
	b.want(http.StatusConflict, "POST", "/api/v1/tokens", `{"name":"x","scopes":["mocks:read"]}`)
}

// A workspace's token opens its workspace and nothing else of the account that made it.
func TestWorkspaceTokens(t *testing.T) {
	t.Parallel()
	b := start(t)
	eve := b.account("eve")
	b.sql("INSERT INTO members (account_id, workspace_id, role, created_at) SELECT ?, id, 'admin', created_at FROM workspaces WHERE slug = 'dev'", eve.ID)
	asEve := bearer("eve-token")
	ours := b.create("pets", good)
	hers := as[mockBody](t, b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "secret", "content": good}), asEve))
	made := as[createdToken](t, b.want(http.StatusCreated, "POST", "/api/v1/workspaces/dev/tokens",
		`{"name":"CI","scopes":["mocks:write","workspaces:write"]}`, asEve))
	if made.Token.Kind != "workspace" || made.Token.WorkspaceSlug != "dev" {
		t.Errorf("made %+v", made.Token)
	}
	with := bearer(made.Secret)
	b.want(http.StatusOK, "PUT", "/api/v1/mocks/"+ours.ID, `{"content":"# by the token\n"}`, with)
	b.want(http.StatusNotFound, "GET", "/api/v1/mocks/"+hers.ID, "", with)
	if a := b.want(http.StatusOK, "GET", "/api/v1/mocks", "", with); strings.Contains(string(a.body), "secret") {
		t.Errorf("lists %s", a.body)
	}
	if a := b.want(http.StatusOK, "GET", "/api/v1/workspaces", "", with); strings.Contains(string(a.body), "eve") {
		t.Errorf("lists %s", a.body)
	}
	b.want(http.StatusNotFound, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "x", "content": good, "workspace_slug": "eve"}), with)
	b.want(http.StatusForbidden, "GET", "/api/v1/tokens", "", with)
	b.want(http.StatusForbidden, "POST", "/api/v1/workspaces/dev/tokens", `{"name":"x","scopes":["mocks:read"]}`, with)
	if a := b.want(http.StatusOK, "GET", "/api/v1/workspaces/dev/tokens", ""); !strings.Contains(string(a.body), made.Token.ID) {
		t.Errorf("the owner does not see it: %s", a.body)
	}

	b.sql("UPDATE members SET role = 'viewer' WHERE account_id = ? AND workspace_id <> (SELECT id FROM workspaces WHERE slug = 'eve')", eve.ID)
	b.want(http.StatusForbidden, "PUT", "/api/v1/mocks/"+ours.ID, `{"content":""}`, with)
	b.want(http.StatusForbidden, "GET", "/api/v1/workspaces/dev/tokens", "", asEve)
	b.sql("PRAGMA foreign_keys = ON; DELETE FROM members WHERE role = 'viewer'")
	b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", with)
}

// Every operation of the document asks for its scope: a token with all others is refused, one with it alone is not. A
// workspace's token changes nothing beyond its workspace.
func TestScopesOfEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	var every []apitoken.Scope
	for _, s := range doc.Components.Schemas["Scope"].Value.Enum {
		every = append(every, apitoken.Scope(s.(string)))
	}
	made := map[string]string{}
	secretOf := func(username, path string, scopes ...apitoken.Scope) string {
		key := username + path + apitoken.Scopes(scopes).String()
		if made[key] == "" {
			a := w.want(http.StatusCreated, "POST", path, encode(map[string]any{"name": "x", "scopes": scopes}), bearer(username+"-token"))
			made[key] = as[createdToken](t, a).Secret
		}
		return made[key]
	}
	for _, op := range operations(t) {
		if op.public() {
			continue
		}
		scope, _ := op.Extensions["x-scope"].(string)
		if scope == "none" { // any token will do, and it does it once
			for _, s := range every {
				c := op.fixture(w.acme, workspace.Owner)
				made := as[createdToken](t, w.want(http.StatusCreated, "POST", "/api/v1/tokens", encode(map[string]any{"name": "x", "scopes": []any{s}}), bearer(w.acme.user(workspace.Owner)+"-token")))
				c.header = map[string]string{"Authorization": "Bearer " + made.Secret}
				if a := w.send(op, c, ""); a.status >= 300 {
					t.Errorf("%s with the scope %s: %d %s", op.OperationID, s, a.status, a.body)
				}
			}
			continue
		}
		wanted := apitoken.Scope(scope)
		if !slices.Contains(every, wanted) {
			t.Errorf("%s needs %q, which no token can have", op.OperationID, wanted)
			continue
		}
		others := slices.DeleteFunc(slices.Clone(every), func(s apitoken.Scope) bool { return apitoken.Scopes{s}.Allow(wanted) })
		call := func(path string, scopes ...apitoken.Scope) (int, string) {
			c := op.fixture(w.acme, workspace.Owner)
			username := c.as
			if c.as == "" || path != "/api/v1/tokens" {
				username = w.acme.user(workspace.Owner)
			}
			c.header = maps.Clone(c.header)
			if c.header == nil {
				c.header = map[string]string{}
			}
			c.header["Authorization"] = "Bearer " + secretOf(username, path, scopes...)
			a := w.send(op, c, "")
			return a.status, a.header.Get("WWW-Authenticate")
		}
		challenge := `Bearer realm="mocloud", error="insufficient_scope", scope="` + scope + `"`
		if status, got := call("/api/v1/tokens", others...); status != http.StatusForbidden || got != challenge {
			t.Errorf("%s with all scopes but %s: %d %s", op.OperationID, scope, status, got)
		}
		if status, got := call("/api/v1/tokens", wanted); status >= 300 {
			t.Errorf("%s with the scope %s alone: %d %s", op.OperationID, scope, status, got)
		}
		if wanted == apitoken.All || strings.HasPrefix(scope, "account:") {
			continue // a workspace's token has no such scope
		}
		if op.least() != "" && op.fixture(w.acme, workspace.Owner).as != "" {
			continue // it is about another workspace, or would end the membership that the token comes from
		}
		status, got := call("/api/v1/workspaces/acme/tokens", wanted)
		if beyond := op.least() == "" && wanted.Writes(); beyond != (got == challenge) {
			t.Errorf("%s with a workspace's token: %d %s", op.OperationID, status, got)
		}
	}
}

// A token ends itself, whatever it is for; sessions and the configured token do not go that way.
func TestATokenRevokesItself(t *testing.T) {
	t.Parallel()
	b := start(t)
	const path = "/api/v1/tokens/current"
	for _, list := range []string{"/api/v1/tokens", "/api/v1/workspaces/dev/tokens"} {
		made := b.token(list, "CI", "mocks:read")
		b.want(http.StatusForbidden, "DELETE", "/api/v1/tokens/"+made.Token.ID, "", bearer(made.Secret))
		b.want(http.StatusNoContent, "DELETE", path, "", bearer(made.Secret))
		b.want(http.StatusUnauthorized, "DELETE", path, "", bearer(made.Secret))
		b.want(http.StatusUnauthorized, "GET", "/api/v1/mocks", "", bearer(made.Secret))
	}
	if a := b.want(http.StatusConflict, "DELETE", path, ""); !strings.Contains(string(a.body), "MOCLOUD_ADMIN_TOKEN") {
		t.Errorf("the configured token: %s", a.body)
	}
	in := b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, "Authorization: ")
	session := "Cookie: " + strings.SplitN(in.header.Get("Set-Cookie"), ";", 2)[0]
	if a := b.want(http.StatusConflict, "DELETE", path, "", "Authorization: ", session); !strings.Contains(string(a.body), "sessions/current") {
		t.Errorf("a session: %s", a.body)
	}
}

// A stream that a token opened ends soon after the token does, and so does one of a session.
func TestStreamsEndWithTheirCredentials(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	link := as[struct{ URL string }](t, b.want(http.StatusCreated, "POST", "/api/v1/sessions/links", "{}")).URL
	in := b.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"code": link[strings.Index(link, "=")+1:]}), "Authorization: ")
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	made := as[createdToken](t, b.want(http.StatusCreated, "POST", "/api/v1/tokens", `{"name":"x","scopes":["*"]}`))

	var ended sync.WaitGroup
	for _, path := range []string{"/api/v1/events", "/api/v1/mocks/" + m.ID + "/requests/events"} {
		for _, who := range []string{bearer(made.Secret), "Cookie: " + cookie} {
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			headers := []string{who}
			if strings.HasPrefix(who, "Cookie") {
				headers = append(headers, "Authorization: ")
			}
			stream := b.open(ctx, path, headers...)
			ended.Go(func() {
				if _, _ = io.Copy(io.Discard, stream); ctx.Err() != nil {
					t.Errorf("%s goes on", path)
				}
			})
		}
	}
	b.want(http.StatusNoContent, "DELETE", "/api/v1/tokens/"+made.Token.ID, "")
	b.want(http.StatusNoContent, "DELETE", "/api/v1/sessions/current", "", "Authorization: ", "Cookie: "+cookie)
	ended.Wait()
}
