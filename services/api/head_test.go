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

// Programs that look a link up before a person does, as mail scanners do, use nothing up.
func TestHeadUsesNoLinkUp(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.do(http.MethodHead, "/signin?code=one-time", "", "Authorization: ")
	b.want(http.StatusCreated, "POST", "/api/v1/sessions", `{"code":"one-time"}`, "Authorization: ")
}
