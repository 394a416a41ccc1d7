package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// Config bounds what requests may do. A limit of zero means none, but for MaxBody.
type Config struct {
	// PathForm lets mocks answer at /~workspace/mock/… on hosts that are no mock's.
	PathForm bool
	// MaxBody bounds a request's body in bytes.
	MaxBody int64
	// PerSecond and Concurrent bound the requests of one mock.
	PerSecond, Concurrent int
	// WriteTimeout is how long writing an answer may take, simulated latency not included.
	WriteTimeout time.Duration
	// ClientIPHeader names the header in which a trusted proxy tells the caller's address; "": the connection's.
	ClientIPHeader string
	// Seed makes fake.* and simulated latency repeatable; 0: they are not.
	Seed uint64
	// Journal keeps the latest requests here, so that they can be verified without an api.
	Journal bool
}

// Deps are what the core needs. Optional parts are nil where there are none.
type Deps struct {
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Turns    *limit.Turns // optional: those of everything else that may take a processor for long
	Cache    *cache.Cache // optional: of what is compiled; without it there is no bound
	Recorder *record.Recorder
	Depth    *depth.Signer   // optional: without it no request is one that a webhook or an external body led to
	External External        // optional: without it external bodies are refused
	Webhook  CompileHook     // optional: without it no webhook is sent
	Socket   CompileSocket   // optional: without it WebSockets are refused
	Docs     Describe        // optional: without it nothing describes mocks
	State    mockstate.Store // optional: without it mocks remember in this process
	Env      Environment     // optional: without it workspaces have no variables
	Page     http.Handler    // the page that Docs' documents are read with; set with Docs
}

// Core answers requests. Put, Remove and Replace say which mocks there are. It is safe for concurrent use.
type Core struct {
	cfg   Config
	deps  Deps
	table *route.Table[hosted]
	fake  *scope.Fake
	dice  *dice
	pool  sync.Pool
	count counters

	// ready means that it is known which mocks there are, so that an unknown host is unknown for good.
	ready   atomic.Bool
	anybody []string // the value of Access-Control-Allow-Origin
	// locks are held by those who change a session: there are more sessions than locks.
	locks [256]sync.Mutex
	// journal keeps the latest requests; nil: it does not.
	journal *journal
}

// defaultWaiting is how many of one workspace may wait for a turn.
const defaultWaiting = 1000

// New makes a core without mocks.
func New(cfg Config, deps Deps) *Core {
	if deps.State == nil {
		deps.State = mockstate.NewMemory(mockstate.DefaultLimits())
	}
	if deps.Turns == nil {
		deps.Turns = limit.NewTurns(runtime.GOMAXPROCS(0), defaultWaiting)
	}
	c := &Core{cfg: cfg, deps: deps, fake: scope.NewFake(cfg.Seed), dice: newDice(cfg.Seed), count: newCounters(deps.Metrics), anybody: []string{"*"}}
	if cfg.Journal {
		c.journal = &journal{}
	}
	c.table = route.NewTable(c.open, c.close)
	c.pool.New = func() any {
		return &exchange{core: c, captures: make(route.Captures, 0, 8), answer: answer{more: make([]header, 0, 8), sent: make([]header, 0, 16)}}
	}
	return c
}

// explainsPerSecond bounds how many refusals of one mock are explained.
const explainsPerSecond = 100

// open makes what the table keeps for a site. Calls are serialised by the table.
func (c *Core) open(s *site.Site, previous *hosted) *hosted {
	ref := []string{s.Ref()}
	h := &hosted{core: c, site: s, ref: ref, own: newHeaders([]header{{allowOrigin, c.anybody}, {mockHeader, ref}}), done: make(chan struct{})}
	if previous != nil {
		h.life = previous.life
	} else {
		h.life = &life{
			gate:     limit.Gate{PerSecond: c.cfg.PerSecond, Concurrent: c.cfg.Concurrent},
			explain:  limit.Gate{PerSecond: explainsPerSecond},
			recorder: c.deps.Recorder.ForMock(s.WorkspaceID, s.MockID),
		}
	}
	h.life.recorder.SetRecording(s.Recording)
	return h
}

// close ends what the table kept for a site. Requests that are underway finish; WebSockets get a close frame.
func (c *Core) close(h *hosted) {
	close(h.done)
	if p := h.compiled.Load(); p != nil {
		p.forget()
	}
}

// Ready says that the mocks are known. Until then callers of unknown hosts are asked to come back.
func (c *Core) Ready() { c.ready.Store(true) }

// Put makes s the mock's site on all its hosts at once. It is compiled when it is called for the first time.
func (c *Core) Put(s *site.Site) { c.table.Put(s) }

// Remove makes a mock answer nowhere.
func (c *Core) Remove(mockID string) { c.table.Remove(mockID) }

// Replace makes sites the only ones there are.
func (c *Core) Replace(sites []*site.Site) { c.table.Replace(sites) }

// Serves reports whether a mock answers on a host name.
func (c *Core) Serves(host string) bool { return c.table.Lookup(host) != nil }

// Rest drops what was compiled for mocks that nobody called since the last Rest.
func (c *Core) Rest() {
	c.table.Mocks(func(h *hosted) bool {
		h.rest()
		return true
	})
}

// find returns the mock for a request, and cuts what leads to the mock off the path.
func (c *Core) find(host, path string) (h *hosted, rest string) {
	if h = c.table.Lookup(host); h != nil || !c.cfg.PathForm {
		return h, path
	}
	h, rest, ok := c.table.LookupPath(path)
	if !ok || h == nil {
		return nil, path
	}
	if rest == "" {
		rest = "/"
	}
	return h, rest
}

// match finds the endpoint of a request whose mock was found. It reports whether there is one.
func (x *exchange) match() bool {
	x.program = x.mock.program()
	if x.program.broken != nil {
		return false
	}
	q := &x.scope.Request
	q.Now = x.program.clock
	x.world = x.program.on(q.Host)
	var p *place
	p, x.captures = x.world.tree.Find(q.Method, q.Path, x.captures)
	if p == nil || q.Method == http.MethodOptions && p.any && !x.world.cors.Off && preflight(x) {
		return false // what a browser asks is answered as ever
	}
	x.endpoint = p.ready()
	return true
}

// answerTo makes the answer to a request whose mock was found.
func (c *Core) answerTo(x *exchange) {
	defer x.endTurn()
	switch {
	case x.match():
		c.answerMatched(x)
	case x.program.broken != nil:
		x.brokenMock(x.program)
	default:
		c.notFound(x)
	}
}

// answerMatched makes the answer to a request whose endpoint was found.
func (c *Core) answerMatched(x *exchange) {
	e, q := x.endpoint, &x.scope.Request
	x.answer.always = e.headers
	x.scope.Reset(*q, &e.params, x.captures)
	x.scope.Bound(x.ctx, x)
	if e.plain && x.body == nil && !x.isPacked() {
		x.answerPlain()
		return
	}
	if (e.env || e.at.declines && x.program.env) && x.writer != nil && !c.loadEnv(x) {
		return
	}
	switch {
	case e.choice == nil && (!e.timed || !x.mayHaveSession()):
		if e.at.limiter != nil && !c.withinRate(x) || !c.read(x) {
			return
		}
		c.complete(x)
	case !c.read(x):
		return
	case x.remembers():
		c.transact(x)
	case c.choose(x):
		c.complete(x)
	}
	if x.answered && x.endpoint.latency != nil {
		x.wait(c.dice.delay(x.endpoint.latency))
	}
}

// complete makes the answer of the endpoint that was chosen.
func (c *Core) complete(x *exchange) {
	e := x.endpoint
	if e.plain {
		x.answerPlain()
		return
	}
	if e.fault != nil {
		x.failed(e.fault)
		return
	}
	if x.sealed != "" && (e.spec.Body != nil || e.resource != nil) {
		x.unsupportedCoding()
		return
	}
	if len(e.params.Query) > 0 || e.spec.Body != nil {
		if err := c.inTurn(x, x.isLarge(), (*Core).check); err != nil {
			c.unable(x, err)
			return
		}
	}
	if e.latency != nil && c.fails(x) {
		return
	}
	work := (*Core).respond
	if e.resource != nil {
		work = (*Core).serveResource
	} else if e.set != nil {
		if err := x.assign(); err != nil {
			c.unable(x, err)
			return
		}
	}
	if err := work(c, x); err != nil {
		c.unable(x, err)
		return
	}
	x.answered = true
}

// answerPlain answers what is the same for every request.
func (x *exchange) answerPlain() {
	e, a := x.endpoint, &x.answer
	a.status, a.block, a.has, x.answered = e.status, e.block, e.has, true
	if allowsBody(e.status) {
		a.body, a.length = e.body.fixed, e.body.length
	}
}

// unable answers for an endpoint that could not.
func (c *Core) unable(x *exchange, err error) {
	if errors.Is(err, errNoTurn) {
		x.overload(limit.TooMany, &c.cfg)
	} else if e, ok := errors.AsType[*invalidError](err); ok {
		x.invalid(e.problems)
	} else {
		x.failed(asFault(err))
	}
}

// invalidError says what of a request is not as the endpoint declares it.
type invalidError struct{ problems []scope.Problem }

func (*invalidError) Error() string { return "the request does not fit its declaration" }

// check holds the request against what the endpoint declares.
func (c *Core) check(x *exchange) error {
	if problems := x.scope.Check(x.endpoint.spec.Body); len(problems) > 0 {
		return &invalidError{problems}
	}
	return nil
}

// read makes the request's body ready to be looked at. It reports whether the request can be answered.
func (c *Core) read(x *exchange) bool {
	if x.body != nil && !c.receive(x) {
		return false
	}
	x.sealed = ""
	if !x.isPacked() {
		return true
	}
	err := c.inTurn(x, true, (*Core).unpack)
	switch {
	case errors.Is(err, errNoTurn):
		c.unable(x, err)
	case err != nil:
		x.unpackable(c, err)
	}
	return err == nil
}

// firstBuffer is the memory that a body gets before it comes, whatever its length is said to be.
const firstBuffer = 64 << 10

// receive reads the request's body. It reports whether the request can be answered.
func (c *Core) receive(x *exchange) bool {
	if x.bodyLength > c.cfg.MaxBody {
		x.tooLarge(c.cfg.MaxBody)
		return false
	}
	x.leaveGate() // who sends slowly takes no place
	buf := x.received[:0]
	if n := int(min(x.bodyLength, firstBuffer)); n > cap(buf) {
		buf = make([]byte, 0, n+1)
	}
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, max(cap(buf), 512))
		}
		n, err := x.body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		x.received = buf
		if int64(len(buf)) > c.cfg.MaxBody {
			x.tooLarge(c.cfg.MaxBody)
			return false
		}
		if errors.Is(err, io.EOF) {
			x.scope.Request.Body = buf
			if !x.enterGateAgain() {
				x.overload(limit.TooMany, &c.cfg)
				return false
			}
			return true
		}
		if err != nil {
			x.unreadable()
			return false
		}
	}
}

// respond fills in status, headers and body of the matched endpoint.
func (c *Core) respond(x *exchange) error {
	e, a := x.endpoint, &x.answer
	a.status = e.status
	long := e.long || x.isLarge()
	if e.statusTemplate != nil || len(e.varying) > 0 {
		if err := c.inTurn(x, long, (*Core).renderHead); err != nil {
			return err
		}
	}
	if !allowsBody(a.status) {
		return nil
	}
	switch {
	case e.body.template != nil:
		return c.inTurn(x, long, (*Core).render)
	case e.body.external != nil:
		return c.loadExternal(x)
	}
	a.body, a.length = e.body.fixed, e.body.length
	if encoding := x.charsetFromTemplate(); encoding != nil {
		a.body, a.length = encoding.Encode(a.body), nil
	}
	return nil
}

// renderHead makes status and headers of this request from the endpoint's templates.
func (c *Core) renderHead(x *exchange) error {
	e, a := x.endpoint, &x.answer
	if e.statusTemplate != nil {
		text, err := e.statusTemplate.Append(x.rendered[:0], &x.scope)
		if err == nil {
			a.status, err = parseStatus(string(text))
		}
		if err != nil {
			return &fault{what: "status", pos: e.spec.Response.Status.Pos, err: err}
		}
	}
	for i := range e.varying {
		h := &e.varying[i]
		values := make([]string, len(h.values))
		for j, v := range h.values {
			text, err := v.template.Append(x.rendered[:0], &x.scope)
			if err != nil {
				return &fault{what: "header " + h.name, pos: v.pos, err: err}
			}
			values[j] = oneLine(string(text))
		}
		a.more = append(a.more, header{h.name, values})
	}
	return nil
}

// render makes the body of this request from the endpoint's template.
func (c *Core) render(x *exchange) error {
	b := &x.endpoint.body
	text, err := b.template.Append(x.rendered[:0], &x.scope)
	x.rendered = text[:0]
	if err != nil {
		return &fault{what: "body", pos: b.pos, err: err}
	}
	x.answer.body, err = x.finish(text)
	if err != nil {
		return &fault{what: "body", pos: b.pos, err: err}
	}
	return nil
}

// oneLine keeps what a caller sent from adding headers of its own.
func oneLine(value string) string {
	if strings.ContainsAny(value, "\r\n\x00") {
		value = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(value)
	}
	return value
}

// done counts, records and follows up an exchange whose answer was written.
func (c *Core) done(x *exchange) {
	a := &x.answer
	c.count.answered(a.status)
	if x.mock == nil {
		return
	}
	q := &x.scope.Request
	x.record = record.Request{
		At: q.At, Duration: time.Since(q.At), Method: q.Method, Host: q.Host, Path: q.Path, Header: x.header,
		Query: q.Query, Body: q.Body, Status: a.status, AnswerHeader: a, Answer: a.body,
		Revision: x.mock.site.Revision, Nearest: x.record.Nearest,
	}
	_, x.record.Session = q.SessionName()
	x.record.Secrets = q.Env
	if x.endpoint != nil {
		x.record.Endpoint = x.endpoint.label
	}
	x.mock.life.recorder.Add(&x.record)
	if c.journal != nil {
		c.journal.note(x)
	}
	if e := x.endpoint; x.answered && len(e.hooks) > 0 {
		// In any case, whether or not the caller is still there.
		x.scope.Unbound()
		turn, ok := c.deps.Turns.Take(x.ctx, x.mock.site.WorkspaceID)
		for _, h := range e.hooks {
			h.Fire(&x.scope)
		}
		if ok {
			turn.Give()
		}
	}
}

// withTimeout bounds what a request may wait for outside of this process.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 15*time.Second)
}
