package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

const benchMock = `
- endpoint:
    path: /static
    response:
      headers: {Content-Type: application/json}
      body: {hello: world, list: [1, 2, 3]}
- endpoint:
    path: /users/:id/posts/:post|int
    response:
      headers: {Content-Type: application/json}
      body: >
        {"id": "{{path-params.id}}", "post": {{path-params.post}}, "page": "{{query-params.page}}", "agent": "{{header-params.user-agent}}"}
- endpoint:
    method: POST
    path: /orders
    response:
      status: 201
      headers: {Content-Type: application/json}
      body: >
        {"name": "{{json-params.name}}", "quantity": {{json-params.quantity}}, "city": "{{json-params.address.city}}"}
`

func newCore(records int) *serve.Core {
	core := serve.New(serve.Config{MaxBody: 1 << 20, PerSecond: 1 << 30, Concurrent: 1000, PathForm: true}, serve.Deps{
		Recorder: record.New(record.Limits{PerSecond: records, AllPerSecond: 200, Rate: 2 << 20, Body: 64 << 10, Bytes: 64 << 20}),
	})
	core.Put(&site.Site{MockID: "1", WorkspaceSlug: "ann", MockSlug: "pets", Revision: 3, Hosts: []string{"pets-ann.example.dev"}, Content: []byte(benchMock)})
	return core
}

// sink is a ResponseWriter that costs nothing itself.
type sink struct {
	header http.Header
	status int
	size   int
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }
func (s *sink) Write(b []byte) (int, error) {
	s.size += len(b)
	return len(b), nil
}

func request(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "pets-ann.example.dev:8000"
	r.RequestURI = target
	r.Header.Set("User-Agent", "curl/8")
	r.Header.Set("Accept", "*/*")
	return r
}

// rewinder is a body that can be read again without being made again.
type rewinder struct{ strings.Reader }

func (*rewinder) Close() error { return nil }

func BenchmarkServe(b *testing.B) {
	run := func(name string, records int, r *http.Request, body *rewinder, payload string) {
		b.Run(name, func(b *testing.B) {
			core := newCore(records)
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				if body != nil {
					body.Reset(payload)
				}
				core.ServeHTTP(w, r)
			}
			if w.status >= 300 {
				b.Fatal(w.status)
			}
		})
	}
	payload := `{"name":"Ann","quantity":3,"address":{"city":"Oslo","zip":"0150"}}`
	post := func() (*http.Request, *rewinder) {
		body := &rewinder{}
		r := request("POST", "/orders")
		r.Body, r.ContentLength = body, int64(len(payload))
		r.Header.Set("Content-Type", "application/json")
		return r, body
	}
	run("static", 0, request("GET", "/static"), nil, "")
	run("static-recorded", 20, request("GET", "/static"), nil, "")
	run("params", 0, request("GET", "/users/ann/posts/7?page=2"), nil, "")
	r, body := post()
	run("post", 0, r, body, payload)
	r, body = post()
	run("post-recorded", 20, r, body, payload)
}

// BenchmarkHosts asks one of many hosts at random, each with a hundred endpoints.
func BenchmarkHosts(b *testing.B) {
	for _, hosts := range []int{10, 1000} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) {
			core := newCore(0)
			requests := make([]*http.Request, hosts)
			for i := range hosts {
				var content strings.Builder
				for e := range 100 {
					fmt.Fprintf(&content, "- endpoint: {path: /things%d/:id, response: {body: {thing: %d}}}\n", e, e)
				}
				host := fmt.Sprintf("m%d-w.example.dev", i)
				core.Put(&site.Site{MockID: fmt.Sprint("m", i), MockSlug: fmt.Sprint("m", i), Hosts: []string{host}, Content: []byte(content.String())})
				target := fmt.Sprintf("/things%d/%d", i*31%100, i)
				requests[i] = &http.Request{Method: "GET", Host: host, RequestURI: target, URL: &url.URL{Path: target}, Header: http.Header{}}
			}
			w := &sink{header: http.Header{}}
			for _, r := range requests {
				core.ServeHTTP(w, r)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				core.ServeHTTP(w, requests[i*7919%hosts])
				i++
			}
		})
	}
}
