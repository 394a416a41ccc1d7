package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// HEAD is possible wherever GET is and answers the same without the body (RFC 9110, 9.3.2), but for streams: they have no end.
func TestHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, op := range operations(t) {
		if op.method != http.MethodGet {
			continue
		}
		c := op.fixture(w.acme, workspace.Owner)
		get := w.send(op, c, w.acme.user(workspace.Owner))
		if op.method = http.MethodHead; strings.HasPrefix(get.header.Get("Content-Type"), "text/event-stream") {
			if a := w.send(op, c, w.acme.user(workspace.Owner)); a.status < 400 {
				t.Errorf("HEAD of %s: %d %v", op.OperationID, a.status, a.header)
			}
			continue
		}
		a := w.send(op, c, w.acme.user(workspace.Owner))
		if a.status != get.status || a.header.Get("Content-Type") != get.header.Get("Content-Type") || len(a.body) > 0 {
			t.Errorf("HEAD of %s: %d %v", op.OperationID, a.status, a.header)
		}
	}
	a := w.want(http.StatusMethodNotAllowed, "PATCH", "/api/v1/workspaces", "")
	if allow := a.header.Get("Allow"); !strings.Contains(allow, "HEAD") || !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %s", allow)
	}
}

// No answer is kept on the way or by a browser, taken for something else, or shown within another page:
// whatever was asked for, and whether it worked.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guarded := func(name string, a answer) {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "frame-ancestors 'none'",
		} {
			if !strings.Contains(a.header.Get(header), want) {
				t.Errorf("%s: %d with %s: %q", name, a.status, header, a.header.Get(header))
			}
		}
		if cors := a.header.Get("Access-Control-Allow-Origin"); cors != "" {
			t.Errorf("%s: %d for the origin %s", name, a.status, cors)
		}
	}
	for _, op := range operations(t) {
		c := op.fixture(w.acme, workspace.Owner)
		guarded(op.OperationID, w.send(op, c, w.acme.user(workspace.Owner)))
		c.as = ""
		guarded(op.OperationID+" of nobody", w.send(op, c, "nobody"))
	}
	for _, path := range []string{"/", "/signin", "/signin?code=x", "/assets/page.css", "/nothing", "/api/v1/mocks?limit=x"} {
		guarded(path, w.do("GET", path, ""))
	}
}

// Programs that look a link up before a person does, as mail scanners do, use nothing up.
func TestHeadUsesNoLinkUp(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.do(http.MethodHead, "/signin?code=one-time", "", "Authorization: ")
	b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, "Authorization: ")
}
