// Package apidoc describes a mock to the people and programs that call it: its OpenAPI document (/swagger.json), a page
// to read it and try it (/docs), and a small hello (/). The serving code uses it where a mock does not define those
// paths itself.
//
// What is described is public, like the mock: names, types, static answers. Templates, conditions and webhook addresses
// are not part of it, since they may hold what only the mock's owner should know.
package apidoc

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Info names the mock in its description.
type Info struct {
	Title   string // the mock's slug
	Version string // its revision
}

// Document is the OpenAPI document of one mock, generated when somebody asks for it first. It is safe for concurrent
// use.
type Document struct {
	mock func() *mockspec.Mock
	info Info

	mu     sync.Mutex
	byHost map[string]*rendered // by host name that the mock names, or one of the two below
}

const (
	everyHost = ""
	otherHost = "." // any host that the mock does not name
)

// rendered is a generated document, cut where the address of the server belongs.
type rendered struct{ before, after []byte }

// New makes the document of a mock; nothing is read or generated yet.
func New(read func() *mockspec.Mock, info Info) *Document {
	return &Document{mock: sync.OnceValue(read), info: info, byHost: map[string]*rendered{}}
}

// JSON is the document as seen on host: with the endpoints that name it or no host; with all endpoints if host is "",
// for a mock that answers with all of them on each of its hosts. Base (scheme, host and, for a mock below a path, that
// path) is given as the server's address. The first call for a host costs time in proportion to the mock.
func (d *Document) JSON(host, base string) []byte {
	r := d.rendered(host)
	address := asJSON(base)
	out := make([]byte, 0, len(r.before)+len(address)+len(r.after))
	return append(append(append(out, r.before...), address...), r.after...)
}

func (d *Document) rendered(host string) *rendered {
	if host != everyHost && !d.names(host) {
		host = otherHost
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.byHost[host]
	if r == nil {
		r = render(d.mock(), d.info, host)
		d.byHost[host] = r
	}
	return r
}

// names reports whether the mock has something of its own for host, which bounds byHost by the mock's size.
func (d *Document) names(host string) bool {
	mock := d.mock()
	for i := range mock.Endpoints {
		if mock.Endpoints[i].Host == host {
			return true
		}
	}
	for i := range mock.WebSockets {
		if mock.WebSockets[i].Host == host {
			return true
		}
	}
	return false
}

// ServeJSON answers a request for the document.
func (d *Document) ServeJSON(w http.ResponseWriter, r *http.Request, host, base string) {
	w.Header().Set("Content-Type", "application/json")
	serve(w, r, d.JSON(host, base))
}

// serve writes body, or nothing if the caller has it already.
func serve(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	w.Header().Set("Cache-Control", "no-cache") // ask each time, get it only when it changed
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // JSON, or HTML with its variable parts escaped; the caller may be gone
	}
}

// serverMark stands for the server's address until it is known. Only the mock's slug and revision come before it in the
// document, and they hold no such character.
const serverMark = "\x00server"

// render generates the document for one host.
func render(mock *mockspec.Mock, info Info, host string) *rendered {
	text := openapi.Export(mock, openapi.Info{Title: info.Title, Version: info.Version, Server: serverMark}, host)
	before, after, _ := bytes.Cut(text, asJSON(serverMark))
	return &rendered{before: before, after: after}
}

// asJSON is v as JSON without escaping HTML; what it is given always has a JSON form.
func asJSON(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
