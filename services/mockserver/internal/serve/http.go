package serve

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// builtin is an answer that describes the mock itself.
type builtin uint8

const (
	builtinNone builtin = iota
	builtinHello
	builtinPage
	builtinDocument
)

// smallBody is the size up to which net/http counts the length of a body by itself.
const smallBody = 2048

// ServeHTTP implements http.Handler.
func (c *Core) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := c.pool.Get().(*exchange) //nolint:forcetypeassert // the pool holds nothing else
	path := x.take(r)
	x.writer = w
	abort := false
	if x.mock, x.scope.Request.Path = c.find(r.Host, path); x.mock == nil {
		x.unknownHost(c) //nolint:contextcheck // the request's context is in x
		x.write(w)
	} else {
		if x.shared = x.scope.Request.Path != path; x.shared {
			x.prefix = strings.TrimSuffix(path, x.scope.Request.Path)
			withoutSessions(r.Header)
		}
		if x.shared && asksForWorker(r.Header) {
			x.noWorker() //nolint:contextcheck // The request's context is in x.
			x.write(w)
		} else {
			abort = c.serveMock(x, w, r) //nolint:contextcheck // the request's context is in x
		}
	}
	c.done(x)
	x.reset()
	c.pool.Put(x)
	if abort {
		panic(http.ErrAbortHandler) //nolint:forbidigo // it is how a handler breaks off; net/http expects it
	}
}

// take fills x with a request and returns its escaped path.
func (x *exchange) take(r *http.Request) string {
	path := r.RequestURI
	if path == "" || path[0] != '/' {
		path = r.URL.EscapedPath() // OPTIONS *, or the absolute form that proxies send
	} else if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	x.ctx, x.netHeader.of = r.Context(), r.Header
	x.header = &x.netHeader
	if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
		x.body, x.bodyLength = r.Body, r.ContentLength
	}
	x.scope.Request = scope.Request{
		Method: r.Method, Host: r.Host, Query: r.URL.RawQuery, Header: x.header, At: time.Now(),
		RemoteAddr: r.RemoteAddr, IPHeader: x.core.cfg.ClientIPHeader,
	}
	return path
}

// serveMock answers a request whose mock was found, within the mock's share. It reports whether the exchange is to be broken off.
func (c *Core) serveMock(x *exchange, w http.ResponseWriter, r *http.Request) (abort bool) {
	gate := &x.mock.life.gate
	if _, upgrade := r.Header["Upgrade"]; upgrade && c.upgrade(x, w, r) {
		return false
	}
	if refused := gate.Enter(x.scope.Request.At); refused != limit.Admitted {
		x.overload(refused, &c.cfg)
		x.write(w)
		return false
	}
	x.inside = true
	defer x.leaveGate()
	c.answerTo(x)
	if x.builtin != builtinNone {
		c.describe(x, r)
	}
	if _, explain := r.Header[explainHeader]; explain && x.world != nil && x.mock.life.explain.Enter(x.scope.Request.At) == limit.Admitted {
		x.explanation()
	}
	switch {
	case x.breaks():
		return x.breakOff(w)
	case x.streams():
		x.stream(w, x.endpoint.latency)
	default:
		x.leaveGate() // who reads slowly takes no place
		x.write(w)
	}
	return false
}

// leaveGate gives back the request's place among those that the mock answers at a time.
func (x *exchange) leaveGate() {
	if x.inside {
		x.inside = false
		x.mock.life.gate.Leave()
	}
}

func (x *exchange) enterGateAgain() bool {
	x.inside = x.mock.life.gate.Again()
	return x.inside
}

// write sends the answer.
func (x *exchange) write(w http.ResponseWriter) {
	a := &x.answer
	x.complete()
	a.settle(x.shared)
	to := w.Header()
	for i := range a.sent {
		to[a.sent[i].name] = a.sent[i].values
	}
	body := a.payload()
	if len(body) > smallBody && to["Content-Length"] == nil {
		if a.length == nil {
			a.length = lengthOf(body)
		}
		to["Content-Length"] = a.length
	}
	w.WriteHeader(a.status)
	if len(body) > 0 && allowsBody(a.status) {
		_, _ = w.Write(body) // the caller may be gone
	}
}

// describe answers what the mock does not define, but every mock has: a hello, its OpenAPI document, a page for it.
func (c *Core) describe(x *exchange, r *http.Request) {
	w := &builtinWriter{answer: &x.answer, header: http.Header{}}
	defer w.finish()
	switch x.builtin {
	case builtinHello:
		x.program.docs.ServeHello(w, r, x.prefix)
	case builtinPage:
		c.deps.Page.ServeHTTP(w, r)
	case builtinDocument:
		host := ""
		if len(x.mock.site.Hosts) == 0 {
			host = route.Host(r.Host)
		}
		scheme := "http"
		if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
			scheme = "https"
		}
		x.program.docs.ServeJSON(w, r, host, scheme+"://"+r.Host+x.prefix)
	case builtinNone:
	}
}

// builtinWriter is the ResponseWriter of what describes a mock: it makes an answer like any other of it.
type builtinWriter struct {
	answer *answer
	header http.Header
}

func (p *builtinWriter) Header() http.Header { return p.header }

func (p *builtinWriter) WriteHeader(status int) { p.answer.status = status }

func (p *builtinWriter) Write(body []byte) (int, error) {
	p.answer.body = append(p.answer.body, body...)
	return len(body), nil
}

// finish gives the headers to the answer.
func (p *builtinWriter) finish() {
	for _, name := range slices.Sorted(maps.Keys(p.header)) {
		p.answer.more = append(p.answer.more, header{name, p.header[name]})
	}
}

// upgrade serves a WebSocket, if the request asks for one and the mock has one there. WebSockets have limits of their
// own; they take no place among the mock's requests.
func (c *Core) upgrade(x *exchange, w http.ResponseWriter, r *http.Request) bool {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return false
	}
	p := x.mock.program()
	if p.broken != nil {
		return false
	}
	q := &x.scope.Request
	s, captures := p.on(q.Host).sockets.Find(http.MethodGet, q.Path, nil)
	if s == nil || s.serve == nil && s.err == nil {
		return false
	}
	x.program, x.answer.status = p, http.StatusSwitchingProtocols
	if s.err != nil {
		x.refuse(http.StatusInternalServerError, refusal{Error: "template_error", Message: "websocket: " + plain(s.err), Path: q.Path})
		x.write(w)
		return true
	}
	// The connection outlives this exchange's turn in the pool, so it gets a scope of its own.
	own := *q
	if p.env && !c.loadEnv(x) {
		x.write(w)
		return true
	}
	own.Env = q.Env
	own.Header = &httpHeader{r.Header}
	sc := &scope.Scope{}
	sc.Reset(own, &s.params, captures)
	w.Header()[mockHeader] = x.mock.ref
	s.serve.Serve(w, r, sc, x.mock.done)
	return true
}
