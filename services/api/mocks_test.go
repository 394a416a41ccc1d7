package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// If-Match minds the revision where content is written, and the settings too where those are.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", good)
	path := "/api/v1/mocks/" + m.ID
	tag := func() string { return "If-Match: " + b.want(http.StatusOK, "GET", path, "").header.Get("ETag") }
	before := tag()
	b.want(http.StatusOK, "PATCH", path, `{"name": "Pets"}`, before)
	b.want(http.StatusPreconditionFailed, "PATCH", path, `{"name": "Cats"}`, before)
	b.want(http.StatusPreconditionFailed, "DELETE", path, "", before)
	b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": good + "# 2\n"}), before) // settings lose nothing of an edit
	lost := b.want(http.StatusPreconditionFailed, "PUT", path, encode(map[string]string{"content": good + "# 3\n"}), before)
	if p := as[struct {
		Code     string
		Revision int
	}](t, lost); p.Code != "lost_update" || p.Revision != 2 {
		t.Errorf("lost update: %s", lost.body)
	}
	b.want(http.StatusPreconditionFailed, "POST", path+"/rollback", `{"revision": 1}`, before)
	b.want(http.StatusOK, "POST", path+"/rollback", `{"revision": 1}`, `If-Match: "2"`)
	// A list means any of it, a proxy that compresses makes a tag weak, and a star is whatever is there.
	now := strings.TrimPrefix(tag(), "If-Match: ")
	for _, match := range []string{`"77", ` + now, "W/" + now, now + ` , "77.1.a,b"`, "*"} {
		b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": good}), "If-Match: "+match)
	}
	b.want(http.StatusNoContent, "DELETE", path, "", tag())
	b.want(http.StatusNotFound, "GET", path, "")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	b := start(t)
	m := b.create("pets", "- endpoint: {path: /a, response: {body: one}}\n- endpoint: {path: /b, response: {body: one}}\n")
	path := "/api/v1/mocks/" + m.ID
	b.want(http.StatusOK, "PUT", path, encode(map[string]string{"content": "# moved\n- endpoint: {path: /b, response: {body: two}}\n- endpoint: {path: /c, response: {body: one}}\n"}))
	type diff struct {
		From, To  int
		Text      string
		Endpoints []struct{ Change, Kind, Method, Path string }
	}
	d := as[diff](t, b.want(http.StatusOK, "GET", path+"/revisions/2/diff", ""))
	var changes []string
	for _, e := range d.Endpoints {
		changes = append(changes, e.Change+" "+e.Method+" "+e.Path)
	}
	if got := strings.Join(changes, ", "); d.From != 1 || d.To != 2 || got != "removed GET /a, changed GET /b, added GET /c" || !strings.Contains(d.Text, "\n+# moved\n") {
		t.Errorf("%s: %+v", got, d)
	}
	if d := as[diff](t, b.want(http.StatusOK, "GET", path+"/revisions/2/diff?from=2", "")); d.Text != "" || len(d.Endpoints) != 0 {
		t.Errorf("with itself: %+v", d)
	}
	if d := as[diff](t, b.want(http.StatusOK, "GET", path+"/revisions/1/diff", "")); d.From != 0 || len(d.Endpoints) != 2 {
		t.Errorf("of the first: %+v", d)
	}
	b.want(http.StatusNotFound, "GET", path+"/revisions/9/diff", "")
}

func TestFormat(t *testing.T) {
	t.Parallel()
	b := start(t)
	type formatted struct {
		Content string
		Changed bool
	}
	f := as[formatted](t, b.want(http.StatusOK, "POST", "/api/v1/format", encode(map[string]string{"content": "- endpoint:\n      path:   /a\n      method: get\n      response: {body: x}\n"})))
	if !f.Changed || !strings.Contains(f.Content, "method: GET") {
		t.Errorf("%+v", f)
	}
	if again := as[formatted](t, b.want(http.StatusOK, "POST", "/api/v1/format", encode(map[string]string{"content": f.Content}))); again.Changed || again.Content != f.Content {
		t.Errorf("again: %+v", again)
	}
	p := as[struct {
		Field       string
		Diagnostics []struct{ Line, Column int }
	}](t, b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/format", encode(map[string]string{"content": "- endpoint: [\n"})))
	if p.Field != "content" || len(p.Diagnostics) == 0 || p.Diagnostics[0].Line == 0 {
		t.Errorf("unreadable: %+v", p)
	}
}

// A stream of one workspace shows nothing of others, and ends when its caller is no member any more.
func TestEventsOfAWorkspace(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	b.keepAlive = 250 * time.Millisecond
	b.run()
	vic := b.account("vic")
	b.sql("INSERT INTO members (account_id, workspace_id, role, created_at) SELECT ?, id, 'viewer', created_at FROM workspaces WHERE slug = 'dev'", vic.ID)
	vics := "Authorization: Bearer vic-token"
	b.want(http.StatusNotFound, "GET", "/api/v1/events?workspace_slug=nobody", "")
	events := b.events("/api/v1/events?workspace_slug=dev", vics)
	b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]string{"slug": "own", "content": good}), vics)
	m := b.create("pets", good)
	if name, _, data := events(); name != "mock" || !strings.Contains(data, m.ID) {
		t.Errorf("%s %s", name, data)
	}
	ended := b.open(t.Context(), "/api/v1/events?workspace_slug=dev", vics)
	b.sql("DELETE FROM members WHERE account_id = ? AND role = ?", vic.ID, string(workspace.Viewer))
	buffer := make([]byte, 4096)
	for {
		if _, err := ended.Read(buffer); err != nil {
			return // within some times KeepAlive
		}
	}
}
