package serve_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

func verifying(t *testing.T) *serve.Core {
	t.Helper()
	core := plain(serve.Config{Journal: true, MaxBody: 1 << 20}, serve.Deps{})
	core.Put(mock("m", "m", `
- endpoint: {method: POST, path: "/orders/:id", response: {status: 201}}
- endpoint: {path: /down, response: {status: 503}}
`))
	return core
}

// TestVerify: requests are counted by conditions, and what does not fit is told with the requests that came near.
func TestVerify(t *testing.T) {
	core := verifying(t)
	ask(core, http.MethodPost, "m", "/orders/7?dry=1", `{"item":"pen","qty":2}`)
	ask(core, http.MethodPost, "m", "/orders/8", `{"item":"ink"}`)
	ask(core, http.MethodGet, "m", "/down", "")
	ask(core, http.MethodPost, "m", "/orders/9", `{"item":"pen","qty":5}`)
	n := func(n int) *int { return &n }
	for _, c := range []struct {
		name    string
		inOrder bool
		expect  []control.Expectation
		ok      string // of each, as 1 and 0
		reason  string // of the first that is not met
	}{
		{"at least one", false, []control.Expectation{{If: []byte(`{"json-params.item":"pen"}`)}}, "1", ""},
		{"exactly", false, []control.Expectation{{If: []byte(`{"json-params.item":"pen"}`), Times: n(2)}, {If: []byte(`{"json-params.item":"pen"}`), Times: n(3)}}, "10", "expected 3 requests, but 2 came"},
		{"none", false, []control.Expectation{{If: []byte(`{"request.path":"/x"}`), Times: n(0)}, {If: []byte(`{"answer.status":503}`), Times: n(0)}}, "10", "expected no request, but 1 came"},
		{"bounds", false, []control.Expectation{
			{If: []byte(`{"request.method":"POST"}`), AtLeast: n(3), AtMost: n(3)},
			{If: []byte(`{"request.method":"POST"}`), AtMost: n(2)},
			{If: []byte(`{"request.method":"POST"}`), AtLeast: n(4)},
			{If: []byte(`{"request.method":"POST"}`), AtLeast: n(4), AtMost: n(5)},
		}, "1000", "expected at most 2 requests, but 3 came"},
		{"names", false, []control.Expectation{
			{If: []byte(`{"path-params.id":8,"answer.endpoint":"POST /orders/:id"}`), Times: n(1)},
			{If: []byte(`{"query-params.dry":1,"$.qty":2}`), Times: n(1)},
			{If: []byte(`{"any":[{"answer.status":503},{"json-params":{"schema":{"required":["qty"]}}}]}`), Times: n(3)},
		}, "111", ""},
		{"in order", true, []control.Expectation{{If: []byte(`{"path-params.id":7}`)}, {If: []byte(`{"answer.status":503}`)}, {If: []byte(`{"path-params.id":9}`)}}, "111", ""},
		{"out of order", true, []control.Expectation{{If: []byte(`{"answer.status":503}`)}, {If: []byte(`{"path-params.id":8}`)}}, "10", "expected at least 1 request after those of expectation 1, but none came then"},
	} {
		a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.Verify, Expect: c.expect, InOrder: c.inOrder})
		if a.Verdict == nil {
			t.Errorf("%s: %+v", c.name, a.Problem)
			continue
		}
		ok, reason := "", ""
		for _, r := range a.Verdict.Expect {
			if r.OK {
				ok += "1"
				continue
			}
			if ok += "0"; reason == "" {
				reason = r.Reason
			}
		}
		if ok != c.ok || reason != c.reason || a.Verdict.OK == strings.Contains(c.ok, "0") || a.Verdict.Looked != 4 {
			t.Errorf("%s: %s %q, want %s %q", c.name, ok, reason, c.ok, c.reason)
		}
	}
	a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.Verify, Expect: []control.Expectation{{If: []byte(`{"request.method":"POST","json-params.item":"cup"}`)}}})
	near := a.Verdict.Expect[0].Nearest
	if len(near) != 3 || near[0].Request != "POST /orders/9" || near[0].Why != `json-params.item is "pen", not "cup"` || near[2].Request != "POST /orders/7?dry=1" {
		t.Errorf("nearest: %+v", near)
	}
	for _, wrong := range []string{`{"query.q":1}`, `{"state.x":1}`, `{"request.path":{"regex":"x"}}`, `nonsense`, `7`} {
		a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.Verify, Expect: []control.Expectation{{If: json.RawMessage(wrong)}}})
		if a.Problem == nil || a.Problem.Code != apperr.Invalid || a.Problem.Field != "expect.0.if" {
			t.Errorf("%s: %+v", wrong, a)
		}
	}
	for _, list := range [][]control.Expectation{nil, make([]control.Expectation, control.MaxExpectations+1), {{If: []byte(`{}`), Times: n(1), AtMost: n(1)}}} {
		if a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.Verify, Expect: list}); a.Problem == nil {
			t.Errorf("%d expectations: %+v", len(list), a)
		}
	}
}

// TestJournal: a server without an api keeps the latest requests, each session's for itself.
func TestJournal(t *testing.T) {
	core := verifying(t)
	for range control.MaxRequests + 10 {
		ask(core, http.MethodGet, "m", "/down", "")
	}
	inSession(core, "/down", "s")
	ask(core, http.MethodPost, "m", "/orders/1", strings.Repeat("x", 100_000))
	all := []control.Expectation{{If: []byte(`{"request.path":"/down"}`)}, {If: []byte(`{"request.method":"POST"}`)}}
	for session, want := range map[string][]int{"": {control.MaxRequests - 1, 1}, "s": {1, 0}, "t": {0, 0}} {
		a := core.Control(t.Context(), control.Question{MockID: "m", Act: control.Verify, Session: session, Expect: all})
		if a.Verdict.Expect[0].Count != want[0] || a.Verdict.Expect[1].Count != want[1] {
			t.Errorf("in %q: %+v", session, a.Verdict)
		}
	}
}
