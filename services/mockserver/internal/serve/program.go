package serve

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// hosted is one revision of a mock in the host table.
type hosted struct {
	core *Core
	site *site.Site
	ref  []string // X-Mocloud-Mock
	own  *headers // of answers that are made before the mock is compiled
	life *life
	// done is closed when requests are no longer led here.
	done chan struct{}

	// compiled is made by the first request and may be dropped again when nobody asked for a while.
	compiled  atomic.Pointer[program]
	compiling sync.Mutex
}

// life is what outlives the revisions of a mock.
type life struct {
	gate     limit.Gate
	explain  limit.Gate // explaining costs far more than answering
	recorder *record.MockRecorder
}

// program is a mock that was read: where its endpoints are. They are compiled when they are called.
type program struct {
	item cache.Item
	of   *hosted
	mock *mockspec.Mock // if it was read from lines, without its endpoints

	docs Docs
	// everywhere is what answers on hosts that no endpoint names.
	everywhere *world // first, usually
	first      world  // in the same place in memory
	byHost     map[string]*world
	// broken is why the mock cannot be served; then the rest is empty.
	broken   error
	own      *headers          // of the answers that the server makes itself
	errors   map[int]*endpoint // answers instead of those, by status
	keep     bool              // it has rate limits that must not be forgotten
	clock    time.Time         // when its time stands still; zero if it does not
	memory   *memory
	env      bool // something in it may name variables of the workspace
	fromUser bool
	besides  int64             // bytes of its content that are not left for later
	compiler *endpointCompiler // of its endpoints
}

// world is what answers on one host.
type world struct {
	tree    route.Tree[place]
	sockets route.Tree[socket]
	places  []*place
	next    map[*place]*place // of those that may decline, the next of the same method and path
	cors    crossOrigin
}

// socket is one compiled WebSocket.
type socket struct {
	params scope.Params
	serve  Socket
	err    error
}

// program returns the compiled mock, compiling it if nobody has.
func (h *hosted) program() *program {
	if p := h.compiled.Load(); p != nil {
		p.item.Use()
		return p
	}
	h.compiling.Lock()
	defer h.compiling.Unlock()
	if p := h.compiled.Load(); p != nil {
		return p
	}
	p := h.compile()
	h.core.count.mocks.Inc()
	pool := h.core.deps.Cache
	pool.Add(h.site.WorkspaceID, &p.item, p.size(), p)
	h.compiled.Store(p)
	if !pool.Has(&p.item) {
		p.Drop() // others needed the memory at once
	}
	select {
	case <-h.done: // requests that are underway still use it
		p.forget()
	default:
	}
	return p
}

// Drop implements cache.Droppable: the mock is read again when it is called.
func (p *program) Drop() {
	if p.of.compiled.CompareAndSwap(p, nil) {
		p.forget()
	}
}

// forget counts a mock and its endpoints out.
func (p *program) forget() {
	pool := p.of.core.deps.Cache
	pool.Remove(&p.item)
	if p.compiler == nil {
		return
	}
	p.compiler.gone.Store(true)
	for _, w := range p.all() {
		for _, at := range w.places {
			if e := at.made.Load(); e != nil {
				pool.Remove(&e.item)
			}
		}
	}
}

// rest drops the compiled mock if nobody asked since the last call. It is made again when somebody does.
func (h *hosted) rest() {
	if p := h.compiled.Load(); p != nil && p.item.Rested() && !p.keep {
		p.Drop()
	}
}

func (h *hosted) compile() *program {
	mock, outlines, fromUser, err := parse(h.site)
	if err != nil {
		return &program{of: h, broken: err, own: h.own}
	}
	p := &program{of: h, mock: mock, fromUser: fromUser, besides: int64(len(h.site.Content))}
	p.everywhere = &p.first
	if h.core.deps.Docs != nil {
		p.docs = h.core.deps.Docs(h.site, func() *mockspec.Mock {
			h.core.deps.Cache.Grow(&p.item, timesDescribed*int64(len(h.site.Content)))
			return described(h.site)
		})
	}
	compat := mock.Settings.Compat
	if h.site.Compat != "" {
		compat = h.site.Compat
	}
	c := &endpointCompiler{
		core: h.core, mock: h, compat: compat == mockspec.CompatMoclojer04, fromUser: fromUser, fake: h.core.fake,
		cors: crossOriginOf(mock.Settings.CORS), defaults: defaults{mock.Settings.Defaults}, validate: mock.Settings.Validate,
	}
	p.compiler = c
	p.everywhere.cors = c.cors
	p.remember(c)
	p.env = !c.compat && theEnv.in(string(h.site.Content))
	p.own = c.common(nil)
	p.errors = c.errors(mock.Settings.Errors)
	// On its own hosts a mock answers with everything; only a mock without hosts obeys what its items name.
	byItem := len(h.site.Hosts) == 0
	if byItem {
		for i := range outlines {
			p.addWorld(outlines[i].Host)
		}
		for i := range mock.WebSockets {
			p.addWorld(mock.WebSockets[i].Host)
		}
		for i := range mock.Resources {
			p.addWorld(mock.Resources[i].Host)
		}
	}
	for i := range mock.Resources {
		outlines = append(outlines, mockspec.Outlines(mock.Resources[i].Endpoints())...)
	}
	for i := range outlines {
		o := &outlines[i]
		p.besides -= int64(len(o.Line))
		at := c.place(o)
		p.keep = p.keep || at.limiter != nil
		for _, w := range p.worlds(o.Host, byItem) {
			w.add(o, at)
		}
	}
	for i := range mock.WebSockets {
		spec := &mock.WebSockets[i]
		s := &socket{params: paramsOf(&spec.Path, nil, c.compat, c.fake)}
		if h.core.deps.Socket != nil {
			s.serve, s.err = h.core.deps.Socket(h.site, spec)
		}
		for _, w := range p.worlds(spec.Host, byItem) {
			w.sockets.Add("GET", spec.Path.Segments, s)
		}
	}
	c.grow = func(bytes int64) { h.core.deps.Cache.Grow(&p.item, bytes) }
	return p
}

// add leads requests to an endpoint, or to it if those before it decline. One that never gets any is left out.
func (w *world) add(o *mockspec.Outline, p *place) {
	last := w.tree.Add(o.Method, o.Path.Segments, p)
	if last != nil {
		for w.next[last] != nil {
			last = w.next[last]
		}
		if !last.declines {
			return
		}
		if w.next == nil {
			w.next = map[*place]*place{}
		}
		w.next[last] = p
	}
	w.places = append(w.places, p)
}

// addWorld makes room for what answers on a host that an item names.
func (p *program) addWorld(host string) {
	if host = strings.ToLower(host); host != "" && p.byHost[host] == nil {
		if p.byHost == nil {
			p.byHost = map[string]*world{}
		}
		p.byHost[host] = &world{cors: p.everywhere.cors}
	}
}

// worlds returns where an item belongs: on the host that it names, or on all.
func (p *program) worlds(host string, byItem bool) []*world {
	switch {
	case !byItem:
		return []*world{p.everywhere}
	case host != "":
		return []*world{p.byHost[strings.ToLower(host)]}
	}
	return p.all()
}

// all are all worlds.
func (p *program) all() []*world {
	all := []*world{p.everywhere}
	for _, w := range p.byHost {
		all = append(all, w)
	}
	return all
}

// on returns what answers on the host of a request.
func (p *program) on(host string) *world {
	if len(p.byHost) > 0 {
		if w := p.byHost[route.Host(host)]; w != nil {
			return w
		}
	}
	return p.everywhere
}

// parse reads a site's content: its endpoints as outlines, the rest as a mock. fromUser reports whether positions in it are
// places in the file that the user wrote: what is published has lines of its own, such as hosts.
func parse(s *site.Site) (rest *mockspec.Mock, endpoints []mockspec.Outline, fromUser bool, err error) {
	if s.Parsed != nil {
		return s.Parsed, mockspec.Outlines(s.Parsed.Endpoints), true, nil
	}
	if isLines(s.Content) {
		if rest, endpoints, err := mockspec.ReadOutlines(s.Content); err == nil {
			return rest, endpoints, false, nil
		}
	}
	mock, err := fromYAML(s)
	if err != nil {
		return nil, nil, false, err
	}
	return mock, mockspec.Outlines(mock.Endpoints), false, nil
}

// whole reads all of a site's content.
func whole(s *site.Site) (*mockspec.Mock, error) {
	if s.Parsed != nil {
		return s.Parsed, nil
	}
	if isLines(s.Content) {
		if mock, err := mockspec.DecodeLines(s.Content); err == nil {
			return mock, nil
		}
	}
	return fromYAML(s)
}

// fromYAML reads content that is not lines.
func fromYAML(s *site.Site) (*mockspec.Mock, error) {
	mock, problems := mockspec.Parse(s.Content, mockspec.Options{Compat: s.Compat})
	for _, d := range problems {
		if d.Severity == mockspec.Error {
			return nil, fmt.Errorf("line %d, column %d: %s", d.Line, d.Column, d.Message)
		}
	}
	return mock, nil
}

// described is what a mock's description tells; nothing, if its content cannot be read.
func described(s *site.Site) *mockspec.Mock {
	mock, err := whole(s)
	if err != nil {
		return &mockspec.Mock{}
	}
	return mock
}

// isLines guesses whether content is lines of the unified mock.
func isLines(content []byte) bool {
	for len(content) > 0 {
		line, rest, _ := bytes.Cut(content, []byte("\n"))
		if len(line) > 0 && line[0] != '#' {
			return bytes.HasPrefix(line, []byte(`- {"`))
		}
		content = rest
	}
	return true
}
