package serve_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

// costly is a mock of what costs much, without a loop and with one.
var costly = `
- endpoint: {path: /echo, response: {headers: {Content-Type: text/plain}, body: "{{headers|count}} {{headers|json|count}}"}}
- endpoint: {path: /headers, response: {headers: {Content-Type: text/plain}, body: "{% for i in 1000|range %}{{headers|json|count}}{% endfor %}"}}
- endpoint: {path: /query, response: {headers: {Content-Type: text/plain}, body: "{% for i in 30000|range %}{{query-params.zzz}}{% endfor %}"}}
- endpoint: {path: /cookies, response: {headers: {Content-Type: text/plain}, body: "{% for i in 1000|range %}{{cookies.zzz}}{% endfor %}"}}
- endpoint: {path: /many-headers, response: {headers: {` + manyHeaders(80) + `}, body: ok}}
- endpoint: {path: /names, method: POST, response: {headers: {Content-Type: text/plain}, body: "` + strings.Repeat("{{json-params.zzzzz}}", 3000) + `"}}
- endpoint: {path: /body, method: POST, response: {headers: {Content-Type: text/plain}, body: "` + strings.Repeat("{{request.body|upper|count}}", 10) + `"}}
- endpoint:
    path: /conditions
    method: POST
    responses:
` + strings.Repeat(`      - {if: {json-params.zzzzz: 1}, status: 201}
`, 90) + `
    response: {status: 200, body: none}
- endpoint: {path: /status, method: POST, response: {status: "{% for i in 10000|range %}{% if json-params.zzz %}1{% endif %}{% endfor %}200", body: ok}}
`

func manyHeaders(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`X-%d: "{%% for i in 999|range %%}{%% endfor %%}"`, i))
	}
	return strings.Join(all, ", ")
}

// names is a JSON object of so many fields.
func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%06d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// TestBudget: all work for one request has one budget, wherever it is done, and an honest request does not notice it.
func TestBudget(t *testing.T) {
	t.Parallel()
	core := plain(serve.Config{MaxBody: 1 << 20}, serve.Deps{})
	core.Put(mock("1", "m.example", costly))
	much := names(60_000)
	for _, c := range []struct {
		method, path, body string
		headers            int
		status             int
	}{
		{"GET", "/echo", "", 3000, 200},
		{"GET", "/headers", "", 3000, 500},
		{"GET", "/query?" + strings.Repeat("a=1&", 250), "", 1, 500},
		{"GET", "/cookies", "", 2000, 500},
		{"GET", "/many-headers", "", 1, 500},
		{"POST", "/names", `{"a":1}`, 1, 200},
		{"POST", "/names", much, 1, 500},
		{"POST", "/body", "small", 1, 200},
		{"POST", "/body", strings.Repeat("x", 1<<20), 1, 500},
		{"POST", "/conditions", `{"a":1}`, 1, 200},
		{"POST", "/conditions", much, 1, 500},
		{"POST", "/status", much, 1, 500},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Host = "m.example"
		r.Header.Set("Content-Type", "application/json")
		for i := range c.headers {
			r.Header[fmt.Sprintf("X-%d", i)] = []string{"v"}
			if c.path == "/cookies" {
				r.Header.Add("Cookie", fmt.Sprintf("c%d=v", i))
			}
		}
		w := httptest.NewRecorder()
		core.ServeHTTP(w, r)
		if w.Code != c.status || c.status == 500 && (!strings.Contains(w.Body.String(), "template_limit") || !strings.Contains(w.Body.String(), "steps")) {
			t.Errorf("%s %.30s with %d bytes, %d headers: %d %.300s", c.method, c.path, len(c.body), c.headers, w.Code, w.Body)
		}
	}
}

// TestWorkEndsWithItsCaller: nobody works on for somebody who has gone.
func TestWorkEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	core := plain(serve.Config{MaxBody: 1 << 20}, serve.Deps{})
	core.Put(mock("1", "m.example", "- endpoint: {path: /, response: {body: '{% for i in 20000|range %}.{% endfor %}'}}"))
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	r := httptest.NewRequest("GET", "/", http.NoBody).WithContext(ctx)
	r.Host = "m.example"
	w := httptest.NewRecorder()
	core.ServeHTTP(w, r)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "nobody waits") {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

// TestWhatTakesLongTakesTurns: also where nobody could tell before how long it takes.
func TestWhatTakesLongTakesTurns(t *testing.T) {
	t.Parallel()
	turns := limit.NewTurns(1, 0) // nobody may wait
	core := plain(serve.Config{MaxBody: 1 << 20}, serve.Deps{Turns: turns})
	core.Put(mock("1", "m.example", "- endpoint: {path: /, method: POST, response: {headers: {Content-Type: text/plain}, body: '"+strings.Repeat("{{json-params.z}}", 100)+"'}}"))
	if w := ask(core, "POST", "m.example", "/", names(1000)); w.Code != 200 {
		t.Fatalf("alone: %d %s", w.Code, w.Body)
	}
	turn, _ := turns.Take(t.Context(), "somebody")
	if w := ask(core, "POST", "m.example", "/", `{"a":1}`); w.Code != 200 {
		t.Errorf("what takes no time waits: %d %s", w.Code, w.Body)
	}
	if w := ask(core, "POST", "m.example", "/", names(3000)); w.Code != 503 {
		t.Errorf("what takes long does not wait: %d %s", w.Code, w.Body)
	}
	turn.Give()
	if turn, ok := turns.Take(t.Context(), "somebody"); !ok {
		t.Error("a turn is lost")
	} else {
		turn.Give()
	}
}

// TestExplanationsAreBounded: what explains ends early rather than late.
func TestExplanationsAreBounded(t *testing.T) {
	t.Parallel()
	var body, paths strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, "{{json-params.v%d}}", i)
	}
	for i := range 100 {
		fmt.Fprintf(&paths, "- endpoint: {path: '%s', response: {body: ok}}\n", strings.Repeat(fmt.Sprintf("/%060d", i), 60))
	}
	core := plain(serve.Config{MaxBody: 1 << 20}, serve.Deps{})
	core.Put(mock("1", "m.example", "- endpoint: {path: /, response: {headers: {Content-Type: text/plain}, body: '"+body.String()+"'}}\n"+paths.String()))
	r := httptest.NewRequest("GET", "/", http.NoBody)
	r.Host = "m.example"
	r.Header.Set("X-Mocloud-Explain", "1")
	w := httptest.NewRecorder()
	core.ServeHTTP(w, r)
	explained := w.Header().Get("X-Mocloud-Explain")
	if w.Code != 200 || !strings.Contains(explained, `"json-params.v0"`) || strings.Contains(explained, "json-params.v20") {
		t.Errorf("%d, explained by %.500s", w.Code, explained)
	}
	w = ask(core, "GET", "m.example", strings.Repeat("/"+strings.Repeat("9", 60), 60), "")
	if w.Code != 404 || !strings.Contains(w.Body.String(), "no_endpoint") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}

// contents is what is loaded for external bodies.
type contents map[string]external.Content

func (c contents) Load(_ context.Context, q external.Request) (external.Content, error) {
	return c[q.Path], nil
}

// TestLargeFiles: a file that is no template is served as it is, however large; a template has the bounds of any other.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	large := 3 << 20
	files := contents{
		"large.json":    {Data: []byte(`["` + strings.Repeat("x", large) + `"]`), JSON: true, MediaType: "application/json"},
		"template.json": {Data: []byte(`["` + strings.Repeat("x", 1000) + `{{query-params.a}}"]`), JSON: true, MediaType: "application/json"},
		"toolarge.json": {Data: []byte(`["` + strings.Repeat("{{a}}", large/5) + `"]`), JSON: true, MediaType: "application/json"},
		"text.txt":      {Data: []byte(strings.Repeat("{{a}}", large/5)), MediaType: "text/plain"},
	}
	core := plain(serve.Config{}, serve.Deps{External: files})
	core.Put(mock("1", "m.example", "- endpoint: {path: '/:file', response: {external-body: {provider: json, path: '{{path-params.file}}'}}}"))
	for name, want := range map[string]int{"large.json": large + 4, "template.json": 1005, "text.txt": large / 5 * 5} {
		if w := ask(core, "GET", "m.example", "/"+name+"?a=1", ""); w.Code != 200 || w.Body.Len() != want {
			t.Errorf("%s: %d, %d bytes, want %d", name, w.Code, w.Body.Len(), want)
		}
	}
	w := ask(core, "GET", "m.example", "/toolarge.json", "")
	if w.Code != 500 || !strings.Contains(w.Body.String(), "1048576 bytes of template") {
		t.Errorf("a template that is too large: %d %.300s", w.Code, w.Body)
	}
}
