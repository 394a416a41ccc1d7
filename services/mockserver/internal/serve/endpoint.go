package serve

import (
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/charset"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// place is where an endpoint is, compiled or not. There are as many as endpoints, so that they are small. It is safe for concurrent use.
type place struct {
	made     atomic.Pointer[endpoint] // by the first request; it may be dropped again
	compiler *endpointCompiler
	spec     *mockspec.Endpoint // nil: it is read from line
	line     []byte             // of the mock's content
	declines bool               // it may leave a request to the next one
	any      bool               // it answers all methods
	limiter  *limit.Windows     // nil: none
}

// endpoint is what a place has compiled, or one of the answers of such an endpoint. It is immutable, and safe for concurrent use.
type endpoint struct {
	// What a plain answer needs comes first, so that it lies together: with many endpoints, fetching memory is what takes time.

	item cache.Item

	// plain means that the answer is the same for every request, and nothing else is done.
	plain bool
	// waits means that making the answer may mean waiting for somebody else.
	waits bool
	// timed means that the answer may depend on the time, which may be the session's own.
	timed bool
	// env means that the answer may depend on the variables of the workspace, which may have to be read.
	env bool
	// long means that a template of status, headers or body has loops, so that making the answer may take long.
	long   bool
	status int
	// block and has are those of headers, if the answer is plain.
	block   []byte
	has     http1.Has
	headers *headers // what every answer has
	body    content
	label   string // "GET /users/:id"

	at     *place             // nil: the endpoint makes one of the mock's error responses
	spec   *mockspec.Endpoint // nil if it is plain
	line   int                // in the user's file, 0 when unknown
	params scope.Params

	latency *mockspec.Latency // nil: none

	// statusTemplate makes the status of each answer; nil when it is fixed.
	statusTemplate *selmer.Template
	varying        []varying

	hooks []Hook

	// choice is how the endpoint chooses among several answers, or turns callers away; nil: it answers.
	choice   *choice
	set      *match.Assignments // what becomes of the state; nil: nothing
	resource *resource          // what answers instead of a body; nil: none

	// entry says which of several answers this is, for explanations.
	entry entryName

	// fault is why the endpoint cannot answer: it was accepted, but a template in it cannot be compiled.
	fault *fault
}

// varying is a header of which at least one value is a template. It is sent once for each value, in the order of the file.
type varying struct {
	name   string
	values []varyingValue
}

type varyingValue struct {
	template *selmer.Template
	pos      mockspec.Position
}

// content is a compiled body.
type content struct {
	fixed    []byte   // sent as it is, when template and external are nil
	length   []string // its Content-Length, if it is so long that net/http does not count it
	packs    bool     // fixed may be sent compressed
	packed   packed   // which is this
	template *selmer.Template
	external *externalBody
	pos      mockspec.Position

	// charset is the encoding of the text that is rendered, when the Content-Type is known to name one; nil for UTF-8.
	charset *charset.Charset

	// typed means that the author chose a Content-Type.
	typed bool
	// compact means that what is rendered may be JSON with space in it.
	compact bool
}

// Keys of a rate limit that are remembered for one endpoint.
const rateLimitKeys = 10_000

// place makes the place of an endpoint: of one that was read, or one that is read when it is called.
func (c *endpointCompiler) place(o *mockspec.Outline) *place {
	p := &place{compiler: c, spec: o.Endpoint, line: o.Line, any: o.Method == mockspec.MethodAny}
	var own *mockspec.RateLimit
	if p.spec != nil {
		p.declines = !p.spec.Always() && !c.defaults.always()
		own = p.spec.RateLimit
	}
	if r := c.defaults.rateLimit(own); r != nil {
		p.limiter = limit.NewWindows(time.Duration(r.WindowMS)*time.Millisecond, r.MaxRequests, rateLimitKeys)
	}
	return p
}

// rateLimit is the endpoint's own or the default.
func (d *defaults) rateLimit(limit *mockspec.RateLimit) *mockspec.RateLimit {
	if limit == nil && d.Defaults != nil {
		limit = d.RateLimit
	}
	if limit == nil || limit.Off {
		return nil
	}
	return limit
}

// ready is the compiled endpoint.
func (p *place) ready() *endpoint {
	e := p.made.Load()
	if e == nil {
		return p.compile()
	}
	e.item.Use()
	return e
}

// compile compiles the endpoint if nobody has. It is counted as the mock's owner's.
func (p *place) compile() *endpoint {
	c := p.compiler
	c.one.Lock()
	defer c.one.Unlock()
	if e := p.made.Load(); e != nil {
		return e
	}
	e := p.read()
	c.core.count.endpoints.Inc()
	if e.fault == nil {
		c.compile(e)
	}
	pool, owner := c.core.deps.Cache, c.mock.site.WorkspaceID
	pool.Add(owner, &e.item, e.size(), e)
	p.made.Store(e)
	if c.gone.Load() {
		pool.Remove(&e.item)
	} else if !pool.Has(&e.item) {
		e.Drop() // others needed the memory at once
	}
	return e
}

// read makes the endpoint of a place, which is not compiled yet.
func (p *place) read() *endpoint {
	e := &endpoint{at: p, spec: p.spec}
	if e.spec == nil {
		spec, err := mockspec.ReadEndpoint(p.line)
		if err != nil {
			spec = &mockspec.Endpoint{}
			e.fault, e.headers = &fault{what: "line", err: err}, p.compiler.common(nil)
		}
		e.spec = spec
	}
	e.label = e.spec.Method + " " + e.spec.Path.Raw
	if p.compiler.fromUser {
		e.line = e.spec.Pos.Line
	}
	return e
}

// Drop implements cache.Droppable: the endpoint is compiled again when it is called.
func (e *endpoint) Drop() { e.at.made.CompareAndSwap(e, nil) }
