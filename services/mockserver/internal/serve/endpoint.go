package serve

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/charset"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// endpoint is one endpoint. What answering needs is compiled when it is called first; then it is immutable but for its rate
// limit. It is safe for concurrent use.
type endpoint struct {
	// What a plain answer needs comes first, so that it lies together: with many endpoints, fetching memory is what takes time.

	compiled atomic.Bool // what follows is there after ready, but for spec, label, line and limiter, which always are

	// plain means that the answer is the same for every request, and nothing else is done.
	plain bool
	// waits means that making the answer may mean waiting for somebody else.
	waits bool
	// timed means that the answer may depend on the time, which may be the session's own.
	timed bool
	// long means that a template of status, headers or body has loops, so that making the answer may take long.
	long   bool
	status int
	// block and has are those of headers, if the answer is plain.
	block   []byte
	has     http1.Has
	headers *headers // what every answer has
	body    content
	label   string // "GET /users/:id"

	unread []byte // the line of which spec is made before anything is compiled
	spec   *mockspec.Endpoint
	line   int // in the user's file, 0 when unknown
	params scope.Params

	latency *mockspec.Latency // nil: none

	// statusTemplate makes the status of each answer; nil when it is fixed.
	statusTemplate *selmer.Template
	varying        []varying

	rate    *mockspec.RateLimit
	limiter *limit.Windows // by rate; nil: there is none
	hooks   []Hook

	// choice is how the endpoint chooses among several answers, or turns callers away; nil: it answers.
	choice *choice
	// declines means that it may leave a request to the next endpoint.
	declines bool
	set      *match.Assignments // what becomes of the state; nil: nothing
	resource *resource          // what answers instead of a body; nil: none

	// entry says which of several answers this is, for explanations.
	entry entryName

	compiler *endpointCompiler

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

// endpoint makes an endpoint of what is written.
func (c *endpointCompiler) endpoint(o *mockspec.Outline) *endpoint {
	e := &endpoint{unread: o.Line, spec: o.Endpoint, label: o.Method + " " + o.Path.Raw, compiler: c}
	var rate *mockspec.RateLimit
	if e.spec != nil {
		rate = e.spec.RateLimit
		e.declines = !e.spec.Always() && !c.defaults.always()
		if c.fromUser {
			e.line = e.spec.Pos.Line
		}
	}
	if e.rate = c.defaults.rateLimit(rate); e.rate != nil {
		e.limiter = limit.NewWindows(time.Duration(e.rate.WindowMS)*time.Millisecond, e.rate.MaxRequests, rateLimitKeys)
	}
	return e
}

// method is what the endpoint answers to.
func (e *endpoint) method() string {
	method, _, _ := strings.Cut(e.label, " ")
	return method
}

// segments are those of the endpoint's path.
func (e *endpoint) segments() []mockspec.Segment {
	_, raw, _ := strings.Cut(e.label, " ")
	path, err := mockspec.ParsePath(raw)
	if err != nil { // it could be read before
		return nil
	}
	return path.Segments
}

// rateLimit is the endpoint's own or the default.
func (d *defaults) rateLimit(own *mockspec.RateLimit) *mockspec.RateLimit {
	limit := own
	if limit == nil && d.Defaults != nil {
		limit = d.RateLimit
	}
	if limit == nil || limit.Off {
		return nil
	}
	return limit
}

// ready compiles the endpoint if nobody has.
func (e *endpoint) ready() {
	if e.compiled.Load() {
		return
	}
	e.compiler.one.Lock()
	defer e.compiler.one.Unlock()
	if !e.compiled.Load() {
		e.compiler.compile(e)
		e.compiled.Store(true)
	}
}
