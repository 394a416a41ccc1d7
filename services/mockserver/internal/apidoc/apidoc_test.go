package apidoc

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

func lit(s string) mockspec.Segment { return mockspec.Segment{Literal: s} }
func par(s string, t mockspec.ParamType) mockspec.Segment {
	return mockspec.Segment{Param: s, Type: t}
}

func text(s string) mockspec.Text { return mockspec.Text{Raw: s} }

func path(segments ...mockspec.Segment) mockspec.Path {
	raw := ""
	for _, s := range segments {
		switch {
		case s.Wildcard:
			raw += "/*"
		case s.Param != "":
			raw += "/:" + s.Param + "|" + string(s.Type)
		default:
			raw += "/" + s.Literal
		}
	}
	return mockspec.Path{Raw: raw, Segments: segments}
}

func jsonBody(s string) mockspec.Body {
	return mockspec.Body{Kind: mockspec.BodyJSON, JSON: s, Template: s}
}

// shop is a mock with one of everything.
func shop() *mockspec.Mock {
	str := &mockspec.Schema{Kind: mockspec.SchemaString}
	return &mockspec.Mock{
		Endpoints: []mockspec.Endpoint{
			{
				Method: "GET", Path: path(lit("pets")), Tag: "pets", Summary: "List pets",
				Query: []mockspec.Field{{Name: "limit", Type: mockspec.TypeInt}, {Name: "since", Type: mockspec.TypeDate}},
				Response: mockspec.Response{
					Status: text("200"), Headers: []mockspec.Header{{Name: "X-Total", Value: text("2")}, {Name: "Content-Type", Value: text("application/json")}},
					Body: jsonBody(`[{"id":1,"name":"Rex","price":1.10,"tags":[],"owner":null},{"id":2.5,"price":null,"owner":{"name":"Ann"},"tags":["x",null,1]},{"tags":[{}]}]`),
				},
				RateLimit: &mockspec.RateLimit{WindowMS: 1000, MaxRequests: 1},
			},
			{
				Method: "GET", Path: path(lit("pets"), par("id", mockspec.TypeInt)), Tag: "pets",
				Response: mockspec.Response{Status: text("200"), Body: mockspec.Body{
					Kind: mockspec.BodyJSON, JSON: `{"id":"{{path-params.id}}","{{k}}":1,"lang":"{{header-params.Accept-Language}}","secret":"{{query-params.verbose}}"}`,
					Template: `{"id":"{{path-params.id}}","{{k}}":1,"lang":"{{header-params.Accept-Language}}","secret":"{{query-params.verbose}}"}`,
				}},
				Latency: &mockspec.Latency{MinMS: 10, MaxMS: 20, FailureRate: 0.1, TimeoutRate: 0.1},
			},
			{Method: "GET", Path: path(lit("pets"), par("name", mockspec.TypeString)), Response: mockspec.Response{Status: text("200")}},
			{
				Method: "POST", Path: path(lit("pets")), Tag: "pets", Summary: "Add a pet",
				Body: &mockspec.Sample{Schema: &mockspec.Schema{Kind: mockspec.SchemaObject, Fields: []mockspec.SchemaField{
					{Name: "name", Schema: str},
					{Name: "tags", Schema: &mockspec.Schema{Kind: mockspec.SchemaArray, Items: str}},
					{Name: "any", Schema: &mockspec.Schema{Kind: mockspec.SchemaArray}},
				}}},
				Response: mockspec.Response{Status: text("201"), Body: mockspec.Body{Kind: mockspec.BodyText, Template: `{"ok": true}`}},
				Webhooks: []mockspec.Webhook{{URL: text("https://hooks.example.com/secret-token"), Method: "POST"}},
			},
			{
				Method: "PUT", Path: path(lit("pets"), par("id", mockspec.TypeUUID), lit("a{b} c")),
				Response: mockspec.Response{Status: text("{{json-params.status}}"), Body: mockspec.Body{Kind: mockspec.BodyText, Template: "Hello {{json-params.name}}"}},
			},
			{Method: "DELETE", Path: path(par("id", mockspec.TypeDate), par("id", mockspec.TypeBoolean), par("{", mockspec.TypeDouble), mockspec.Segment{Wildcard: true}), Response: mockspec.Response{Status: text("599")}},
			{Method: "CONNECT", Path: path(lit("tunnel")), Response: mockspec.Response{Status: text("200")}},
			{Method: "GET", Path: path(), Response: mockspec.Response{Status: text("200"), Headers: []mockspec.Header{{Name: "Content-Type", Value: text("text/html")}}, Body: mockspec.Body{Kind: mockspec.BodyText, Template: "<h1>hi</h1>"}}},
			{Method: "GET", Path: path(lit("sheet")), Response: mockspec.Response{Status: text("200"), Body: mockspec.Body{Kind: mockspec.BodyExternal, External: &mockspec.External{Provider: "xlsx", Path: text("{{query-params.file}}.xlsx")}}}},
			{Method: "GET", Host: "other.example.dev", Path: path(lit("only-there")), Response: mockspec.Response{Status: text("200")}},
			{Method: "GET", Host: "third.example.dev", Path: path(lit("elsewhere")), Response: mockspec.Response{Status: text("200")}},
		},
		WebSockets: []mockspec.WebSocket{{Path: path(lit("ws"), par("user", mockspec.TypeString))}},
	}
}

// parse reads and validates a document as another program would.
func parse(t testing.TB, doc []byte) *openapi3.T {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromData(doc)
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	if err := d.Validate(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	return d
}

func TestDocument(t *testing.T) {
	t.Parallel()
	d := New(shop, Info{Title: "pets", Version: "7"})
	doc := d.JSON("", "https://pets-ann.example.dev")
	api := parse(t, doc)
	if api.Info.Title != "pets" || api.Info.Version != "7" || api.Servers[0].URL != "https://pets-ann.example.dev" {
		t.Errorf("info %+v, servers %+v", api.Info, api.Servers[0])
	}
	for _, secret := range []string{"secret-token", "{{"} {
		if strings.Contains(string(doc), secret) {
			t.Errorf("the document shows %q", secret)
		}
	}
	var compact strings.Builder
	for _, want := range []string{
		`"/pets":{"get":{"operationId":"get_pets","tags":["pets"],"summary":"List pets","parameters":[{"name":"limit","in":"query","required":true,"schema":{"type":"integer"}},{"name":"since","in":"query","required":true,"schema":{"type":"string","format":"date"}}]`,
		`"headers":{"X-Total":{"schema":{"type":"string"},"example":"2"}}`,
		`"example":[{"id":1,"name":"Rex","price":1.10,"tags":[],"owner":null},{"id":2.5,"price":null,"owner":{"name":"Ann"},"tags":["x",null,1]},{"tags":[{}]}]`,
		`"properties":{"id":{"type":"number"},"name":{"type":"string"},"price":{"type":"number","nullable":true},"tags":{"type":"array","items":{"nullable":true}},"owner":{"type":"object","properties":{"name":{"type":"string"}},"nullable":true}}`,
		`"429":{"description":"Too many requests`,
		// Typed variants of one path are one OpenAPI path; the header that OpenAPI reserves is not listed, the other is.
		`"/pets/{id}":{"get":{"operationId":"get_pets_id","tags":["pets"],"description":"Answers ` + "`/pets/:name|string`" + ` too.\nAnswers after 10 to 20 ms."`,
		`"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}},{"name":"verbose","in":"query","schema":{"type":"string"}},{"name":"Accept-Language","in":"header"`,
		`"properties":{"id":{"type":"string"},"lang":{"type":"string"},"secret":{"type":"string"}}`,
		`"500":{"description":"A simulated failure."},"504"`,
		`"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"any":{"type":"array","items":{}}},"required":["name","tags","any"]}}}}`,
		`"201":{"description":"Created","content":{"application/json":{"schema":{"type":"object","properties":{"ok":{"type":"boolean"}}},"example":{"ok":true}}}}`,
		`Sends a webhook after the answer.`,
		`"/pets/{id}/a%7Bb%7D%20c":{"put":`, `"default":{"description":"The answer; its status depends on the request.","content":{"text/plain":{"schema":{}}}}`,
		`"/{id}/{id2}/{param}/{rest}":{"delete":`, `"599":{"description":"Status 599"}`,
		`"/":{"get":{"operationId":"get",`, `"text/html":{"schema":{"type":"string"},"example":"<h1>hi</h1>"}`,
		`"name":"file","in":"query"`,
		`"x-websockets":[{"path":"/ws/{user}","parameters":[{"name":"user","in":"path"`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("missing %s\n", want)
			compact.Write(doc)
		}
	}
	if compact.Len() > 0 {
		t.Log(compact.String())
	}
	if api.Paths.Find("/tunnel") != nil {
		t.Error("CONNECT is described")
	}

	// Hosts are apart.
	for host, want := range map[string]struct{ there, elsewhere bool }{"": {true, true}, "other.example.dev": {true, false}, "a.example": {false, false}} {
		doc := string(d.JSON(host, "x"))
		if strings.Contains(doc, "only-there") != want.there || strings.Contains(doc, "elsewhere") != want.elsewhere {
			t.Errorf("host %q must have its own endpoints and no other host's", host)
		}
	}
	for _, host := range []string{"a", "b", "c", "other.example.dev", "third.example.dev"} {
		parse(t, d.JSON(host, "http://"+host))
	}
	if len(d.byHost) != 4 {
		t.Errorf("%d documents kept, want 4: hosts that nobody named must not add any", len(d.byHost))
	}
}

func TestEmptyMock(t *testing.T) {
	t.Parallel()
	parse(t, New(func() *mockspec.Mock { return &mockspec.Mock{} }, Info{Title: "empty", Version: "1"}).JSON("h", "http://h"))
}

func TestServe(t *testing.T) {
	t.Parallel()
	d, page := New(shop, Info{Title: "pets<1>", Version: "7"}), NewPage()
	handlers := map[string]http.HandlerFunc{
		"/swagger.json": func(w http.ResponseWriter, r *http.Request) { d.ServeJSON(w, r, r.Host, "http://"+r.Host) },
		"/docs":         page.ServeHTTP,
		"/":             func(w http.ResponseWriter, r *http.Request) { d.ServeHello(w, r, "/~ann/pets") },
	}
	do := func(path, method string, header ...string) *http.Response {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handlers[path](w, r)
		return w.Result()
	}
	for path, media := range map[string]string{"/swagger.json": "application/json", "/docs": "text/html; charset=utf-8", "/": "application/json"} {
		first := do(path, "GET")
		etag := first.Header.Get("ETag")
		if first.StatusCode != 200 || first.Header.Get("Content-Type") != media || etag == "" {
			t.Errorf("%s: %d %v", path, first.StatusCode, first.Header)
		}
		if again := do(path, "GET", "If-None-Match", etag); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d with the current ETag", path, again.StatusCode)
		}
	}
	var hello map[string]any
	if err := json.NewDecoder(do("/", "GET").Body).Decode(&hello); err != nil || hello["docs"] != "/~ann/pets/docs" || hello["endpoints"] != 12.0 {
		t.Errorf("hello: %v %v", hello, err)
	}
	browser := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("Accept", "text/html,*/*")
	handlers["/"](browser, r)
	if body := browser.Body.String(); !strings.Contains(body, "pets&lt;1&gt;") || !strings.Contains(body, `href="/~ann/pets/docs"`) {
		t.Errorf("hello page: %s", body)
	}
	if n := do("/docs", "HEAD").ContentLength; n > 0 {
		t.Errorf("HEAD answered %d bytes", n)
	}
}

func TestPagePolicy(t *testing.T) {
	t.Parallel()
	html := string(pageHTML)
	if strings.Count(html, "<script>") != 1 || strings.Count(html, "<style>") != 1 || strings.Contains(html, "style=\"") || strings.Contains(html, "onclick=\"") {
		t.Error("the policy names one script and one style by their hashes; nothing else may be inline")
	}
	for _, foreign := range []string{"https://", "innerHTML", "eval(", "src=\"http"} {
		if strings.Contains(html, foreign) {
			t.Errorf("the page contains %q", foreign)
		}
	}
	if p := NewPage().policy; strings.Contains(p, "unsafe") || strings.Count(p, "'sha256-") != 2 {
		t.Errorf("policy: %s", p)
	}
}

func BenchmarkRender(b *testing.B) {
	mock := shop()
	b.ReportAllocs()
	for b.Loop() {
		render(mock, Info{Title: "pets"}, "")
	}
}
