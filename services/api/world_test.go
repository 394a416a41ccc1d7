package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
	"github.com/mocloud/mocloud/services/api/openapi"
)

// A world is a running api with two organisations that know nothing of each other. The tests that go through every
// operation of the OpenAPI document live in it: they find the operations in the document, and how to call them in the
// fixtures.
type world struct {
	*bench
	acme, rival *org
}

// org is an organisation with one member of each role.
type org struct {
	w     *world
	slug  string
	id    string
	taken int // how many names are in use
}

var roles = []workspace.Role{workspace.Owner, workspace.Admin, workspace.Editor, workspace.Viewer}

func newWorld(t *testing.T, edit ...func(*api.Config)) *world {
	t.Helper()
	w := &world{bench: start(t, append(edit, generous)...)}
	w.background(func(ctx context.Context) error { // a mock server that answers drafts
		return tryit.Place(w.redis, prefix).Serve(ctx, slog.New(slog.DiscardHandler), func(_ context.Context, q tryit.Question) tryit.Answer {
			return tryit.Answer{Status: http.StatusOK, More: make([]tryit.Answer, len(q.More))}
		})
	})
	w.background(func(ctx context.Context) error { // and what is asked about the state
		return control.Place(w.redis, prefix).Serve(ctx, slog.New(slog.DiscardHandler), func(context.Context, control.Question) control.Answer {
			return control.Answer{State: &control.State{}, Value: &control.Value{Value: []byte("1")}, Clock: &control.Clock{}, Verdict: &control.Verdict{}}
		})
	})
	w.acme, w.rival = w.org("acme"), w.org("rival")
	return w
}

func (w *world) org(slug string) *org {
	w.t.Helper()
	o := &org{w: w, slug: slug, id: "id-of-" + slug}
	w.sql("INSERT INTO workspaces (id, slug, name, created_at) VALUES (?, ?, ?, '2026-11-22T00:00:00Z')", o.id, slug, slug)
	for _, role := range roles {
		o.join(o.user(role), role)
	}
	return o
}

// user is the username of the member with that role. Everybody's token is {username}-token.
func (o *org) user(role workspace.Role) string { return string(role) + "of" + o.slug }

// account makes an account that is no member, and returns the username.
func (o *org) account() string {
	o.w.t.Helper()
	username := o.name("guest")
	o.w.account(username)
	return username
}

// member makes one more member and returns the username.
func (o *org) member(role workspace.Role) string {
	o.w.t.Helper()
	username := o.name(string(role))
	o.join(username, role)
	return username
}

// other makes one more organisation.
func (o *org) other() *org {
	o.w.t.Helper()
	return o.w.org(o.name("other"))
}

// invitation makes one, for a fresh account or as a link.
func (o *org) invitation(direct bool) (username, id, secret string) {
	o.w.t.Helper()
	body := map[string]any{"role": "viewer"}
	if direct {
		username = o.account()
		body["username"] = username
	}
	made := o.as("POST", "/api/v1/workspaces/"+o.slug+"/invitations", body)
	secret, _ = made["secret"].(string)
	return username, made["id"].(string), secret
}

// join makes an account that is a member.
func (o *org) join(username string, role workspace.Role) {
	o.w.t.Helper()
	a := o.w.account(username)
	o.w.sql("INSERT INTO members (account_id, workspace_id, role, created_at) VALUES (?, ?, ?, '2026-11-22T00:00:00Z')", a.ID, o.id, role)
}

// name is one that nothing in this world has.
func (o *org) name(prefix string) string {
	o.taken++
	return prefix + o.slug + strconv.Itoa(o.taken)
}

// as sends a request of the organisation's owner, which has to succeed, and reads the answer.
func (o *org) as(method, path string, body any) map[string]any {
	o.w.t.Helper()
	encoded := ""
	if body != nil {
		encoded = encode(body)
	}
	a := o.w.do(method, path, encoded, "Authorization: Bearer "+o.user(workspace.Owner)+"-token")
	if a.status >= 300 {
		o.w.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if len(a.body) == 0 {
		return nil
	}
	return as[map[string]any](o.w.t, a)
}

// mock makes a mock and returns its id.
func (o *org) mock() string {
	o.w.t.Helper()
	return o.as("POST", "/api/v1/mocks", map[string]any{"workspace_slug": o.slug, "slug": o.name("m"), "content": good})["id"].(string)
}

// file uploads a file and returns its id.
func (o *org) file() string {
	o.w.t.Helper()
	path := "/api/v1/workspaces/" + o.slug + "/files?name=" + o.name("f") + ".txt"
	a := o.w.want(http.StatusCreated, "PUT", path, "content", "Authorization: Bearer "+o.user(workspace.Owner)+"-token", "Content-Type: text/plain")
	return as[struct{ ID string }](o.w.t, a).ID
}

// call is a request that fits an operation: everything that it names is there, and it would change something.
type call struct {
	path   map[string]string // path parameters
	query  url.Values
	header map[string]string
	body   map[string]any // JSON; raw bodies are in raw
	raw    string
	kind   string // the Content-Type of raw
	as     string // the username of who has to call; "" for any member with the role
}

// operation is one of the document with its fixture.
type operation struct {
	*openapi3.Operation
	method, path string
	fixture      func(o *org, role workspace.Role) call
}

func (op operation) public() bool { return op.Security != nil && len(*op.Security) == 0 }

func (op operation) mutates() bool { return op.method != http.MethodGet }

// least is the operation's x-role, "" for none.
func (op operation) least() workspace.Role {
	if role, _ := op.Extensions["x-role"].(string); role != "none" {
		return workspace.Role(role)
	}
	return ""
}

// databases are how to run an api on each of the databases.
func databases(t *testing.T) map[string]func(*api.Config) {
	t.Helper()
	return map[string]func(*api.Config){
		"sqlite":   func(*api.Config) {},
		"postgres": func(cfg *api.Config) { cfg.DatabaseURL = secret.New(testkit.Postgres(t)) },
	}
}

// operations are all of the document, each with its fixture.
func operations(t *testing.T) []operation {
	t.Helper()
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	var all []operation
	known := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			op.Parameters = append(slices.Clone(item.Parameters), op.Parameters...)
			fixture := fixtures[op.OperationID]
			if fixture == nil {
				t.Errorf("%s has no fixture: add one to fixtures_test.go, so that it is tested like all others", op.OperationID)
				continue
			}
			known[op.OperationID] = true
			all = append(all, operation{op, method, path, fixture})
		}
	}
	for id := range fixtures {
		if !known[id] {
			t.Errorf("there is a fixture for %s, which the document does not have", id)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return all
}

// send calls an operation. Of an endless answer it reads nothing.
func (w *world) send(op operation, c call, username string) answer {
	w.t.Helper()
	if c.as != "" {
		username = c.as
	}
	path := op.path
	for name, v := range c.path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
	}
	if len(c.query) > 0 {
		path += "?" + c.query.Encode()
	}
	content, kind := c.raw, c.kind
	if c.body != nil {
		content, kind = encode(c.body), "application/json"
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), soon)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, op.method, w.url+path, strings.NewReader(content))
	if err != nil {
		w.t.Fatalf("%s: %v", op.OperationID, err)
	}
	if !op.public() {
		r.Header.Set("Authorization", "Bearer "+username+"-token")
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for name, v := range c.header {
		r.Header.Set(name, v)
	}
	res, err := w.client.Do(r)
	if err != nil {
		w.t.Fatalf("%s: %v", op.OperationID, err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		if a.body, err = io.ReadAll(res.Body); err != nil {
			w.t.Fatalf("%s: %v", op.OperationID, err)
		}
	}
	return a
}
