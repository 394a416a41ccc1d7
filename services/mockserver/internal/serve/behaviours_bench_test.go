package serve_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// BenchmarkBehaviours measures what choosing and remembering add to a static answer and to a POST, beside both.
func BenchmarkBehaviours(b *testing.B) {
	ten := ""
	for i := range 10 {
		ten += fmt.Sprintf("      - {if: {query-params.q: v%d}, body: %d}\n", i, i)
	}
	core := serve.New(serve.Config{MaxBody: 1 << 20, PerSecond: 1 << 30, Concurrent: 1000}, serve.Deps{Recorder: record.New(record.Limits{})})
	core.Put(&site.Site{MockID: "1", MockSlug: "m", Revision: 1, Hosts: []string{"pets-ann.example.dev"}, Content: []byte(`
- state: {n: 0}
- endpoint: {path: /static, response: {body: ok}}
- endpoint: {path: /header, responses: [{if: {header-params.X-Tier: gold}, body: gold}], response: {body: ok}}
- endpoint:
    path: /ten
    responses:
` + ten + `
    response: {body: ok}
- endpoint: {method: POST, path: /post, response: {body: "{{json-params.name}}"}}
- endpoint: {method: POST, path: /json, responses: [{if: {json-params.name: Bob}, body: no}], response: {body: "{{json-params.name}}"}}
- endpoint: {path: /read, response: {body: "{{state.n}}"}}
- endpoint: {path: /write, response: {set: {n: "{{state.n|add:1}}"}, body: "{{state.n}}"}}
`)})
	payload := `{"name":"Ann","text":"` + strings.Repeat("x", 1000) + `"}`
	for _, c := range []struct{ name, method, target string }{
		{"static", "GET", "/static"},
		{"header", "GET", "/header"},
		{"ten", "GET", "/ten?q=none"},
		{"post", "POST", "/post"},
		{"json", "POST", "/json"},
		{"read", "GET", "/read"},
		{"write", "GET", "/write"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, body := request(c.method, c.target), &rewinder{}
			if c.method == http.MethodPost {
				r.Body, r.ContentLength = body, int64(len(payload))
				r.Header.Set("Content-Type", "application/json")
			}
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(payload)
				core.ServeHTTP(w, r)
			}
			if w.status != http.StatusOK {
				b.Fatal(w.status)
			}
		})
	}
}
