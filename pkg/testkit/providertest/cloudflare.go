package providertest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/cloudprovider/simulator"
)

// Record is a record of the fake Cloudflare.
type Record = simulator.Record

// Cloudflare is the simulator of Cloudflare's DNS API with one zone, for one test. Every request is judged by the strict document.
type Cloudflare struct {
	*simulator.Cloudflare

	URL string // base of the API
}

// NewCloudflare starts it; it stops with the test.
func NewCloudflare(t testing.TB) *Cloudflare {
	t.Helper()
	c := &simulator.Cloudflare{Zone: "023e105f4ecef8ad9ca31a8372d0c353", Token: "cloudflare-token-of-the-test"}
	return &Cloudflare{c, serve(t, CloudflareStrict, "/client/v4", c) + "/client/v4"}
}

// Fail lets calls fail: f returns a status of 0 for those that shall not. With after the call is done all the same, as
// providers do that time out after acting. A status of -1 cuts the connection.
func (c *Cloudflare) Fail(f func(method, path string) (status int, header http.Header, after bool)) {
	if f == nil {
		c.Cloudflare.Fail(nil)
		return
	}
	c.Cloudflare.Fail(func(method, path string) (simulator.Fault, bool) {
		status, header, after := f(method, path)
		return simulator.Fault{Status: status, Header: header, Acts: after}, status != 0
	})
}

// DigitalOcean is the simulator of App Platform with one app, for one test. Every request is judged by the strict document.
type DigitalOcean struct {
	*simulator.DigitalOcean

	URL string // base of the API
}

// Spec is an app's with what our structs would not know: it must survive.
const Spec = `{"name":"mocks","region":"nyc","features":["x"],"services":[{"name":"web","http_port":8000,"envs":[{"key":"S","value":"EV[1:abc]","type":"SECRET"}]}],` +
	`"domains":[{"domain":"mocks.example.com","type":"PRIMARY","wildcard":true},{"domain":"old.example.net","type":"ALIAS"}]}`

// NewDigitalOcean starts it, with Spec; it stops with the test.
func NewDigitalOcean(t testing.TB) *DigitalOcean {
	t.Helper()
	d := &simulator.DigitalOcean{App: "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf", Token: "digitalocean-token-of-the-test"}
	d.SetSpec(Spec)
	return &DigitalOcean{d, serve(t, DigitalOceanStrict, "", d)}
}

// serve starts a handler behind a judge of what it is asked and what it answers.
func serve(t testing.TB, document, prefix string, handler http.Handler) (url string) {
	t.Helper()
	judge := NewJudge(t, document)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		judged := r.Clone(r.Context())
		judged.URL.Path = strings.TrimPrefix(r.URL.Path, prefix)
		judged.Body, r.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
		if err := judge.Check(judged); err != nil {
			t.Errorf("the provider would refuse %s %s: %v", r.Method, r.URL, err)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r) // what it cuts is cut
		if err := judge.CheckAnswer(judged, recorder.Code, recorder.Header(), recorder.Body.Bytes()); err != nil && recorder.Code < 300 {
			t.Errorf("the provider would not answer %s %s like this: %v", r.Method, r.URL, err)
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}
