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
	cached    atomic.Pointer[cache.Item] // accounts for compiled
	used      atomic.Bool
}

// life is what outlives the revisions of a mock.
type life struct {
	gate    limit.Gate
	explain limit.Gate // explaining costs far more than answering
	log     *record.Log
}

// program is a compiled mock.
type program struct {
	mock *mockspec.Mock
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
	fromUser bool
	compiler *endpointCompiler // of its endpoints
}

// world is what answers on one host.
type world struct {
	tree      route.Tree[endpoint]
	sockets   route.Tree[socket]
	endpoints []*endpoint
	next      map[*endpoint]*endpoint // of those that may decline, the next of the same method and path
	cors      crossOrigin
}

// socket is one compiled WebSocket.
type socket struct {
	params scope.Params
	serve  Socket
	err    error
}

// program returns the compiled mock, compiling it if nobody has.
func (h *hosted) program() *program {
	if !h.used.Load() {
		h.used.Store(true)
	}
	if p := h.compiled.Load(); p != nil {
		return p
	}
	h.compiling.Lock()
	defer h.compiling.Unlock()
	if p := h.compiled.Load(); p != nil {
		return p
	}
	p := h.compile()
	item := h.core.deps.Cache.Add(timesContent*int64(len(h.site.Content)), &h.used, func() { h.compiled.CompareAndSwap(p, nil) })
	if p.compiler != nil {
		p.compiler.cached.Store(item)
	}
	h.compiled.Store(p)
	h.cached.Swap(item).Remove() // what was there was dropped while nobody called
	select {
	case <-h.done: // requests that are underway still use it
		item.Remove()
	default:
	}
	return p
}

// timesContent is about how many bytes a mock takes in memory for each that is written of it, without its templates.
const timesContent = 24

// rest drops the compiled mock if nobody asked since the last call. It is made again when somebody does.
func (h *hosted) rest() {
	if h.used.Swap(false) {
		return
	}
	if p := h.compiled.Load(); p != nil && !p.keep && h.compiled.CompareAndSwap(p, nil) && p.compiler != nil {
		p.compiler.cached.Load().Remove()
	}
}

func (h *hosted) compile() *program {
	mock, fromUser, err := parse(h.site)
	if err != nil {
		return &program{broken: err, own: h.own}
	}
	p := &program{mock: mock, fromUser: fromUser}
	p.everywhere = &p.first
	if h.core.deps.Docs != nil {
		p.docs = h.core.deps.Docs(h.site, mock)
	}
	compat := mock.Settings.Compat
	if h.site.Compat != "" {
		compat = h.site.Compat
	}
	c := &endpointCompiler{
		core: h.core, mock: h, compat: compat == mockspec.CompatMoclojer04, fromUser: fromUser, fake: h.core.fake,
		cors: crossOriginOf(mock.Settings.CORS), defaults: defaults{mock.Settings.Defaults},
	}
	p.compiler = c
	p.everywhere.cors = c.cors
	p.remember(c)
	p.own = c.common(nil)
	p.errors = c.errors(mock.Settings.Errors)
	// On its own hosts a mock answers with everything; only a mock without hosts obeys what its items name.
	byItem := len(h.site.Hosts) == 0
	if byItem {
		for i := range mock.Endpoints {
			p.addWorld(mock.Endpoints[i].Host)
		}
		for i := range mock.WebSockets {
			p.addWorld(mock.WebSockets[i].Host)
		}
		for i := range mock.Resources {
			p.addWorld(mock.Resources[i].Host)
		}
	}
	for i := range mock.Endpoints {
		spec := &mock.Endpoints[i]
		e := c.endpoint(spec)
		p.keep = p.keep || e.limiter != nil
		for _, w := range p.worlds(spec.Host, byItem) {
			w.add(e)
		}
	}
	for i := range mock.Resources {
		of := mock.Resources[i].Endpoints()
		for j := range of {
			e := c.endpoint(&of[j])
			p.keep = p.keep || e.limiter != nil
			for _, w := range p.worlds(of[j].Host, byItem) {
				w.add(e)
			}
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
	return p
}

// add leads requests to an endpoint, or to it if those before it decline. One that never gets any is left out.
func (w *world) add(e *endpoint) {
	last := w.tree.Add(e.spec.Method, e.spec.Path.Segments, e)
	if last != nil {
		for w.next[last] != nil {
			last = w.next[last]
		}
		if !last.declines {
			return
		}
		if w.next == nil {
			w.next = map[*endpoint]*endpoint{}
		}
		w.next[last] = e
	}
	w.endpoints = append(w.endpoints, e)
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

// parse reads a site's content. fromUser reports whether positions in it are places in the file that the user wrote: what is
// published has lines of its own, such as hosts.
func parse(s *site.Site) (mock *mockspec.Mock, fromUser bool, err error) {
	if s.Parsed != nil {
		return s.Parsed, true, nil
	}
	if isLines(s.Content) {
		if mock, err := mockspec.DecodeLines(s.Content); err == nil {
			return mock, false, nil
		}
	}
	mock, problems := mockspec.Parse(s.Content, mockspec.Options{Compat: s.Compat})
	for _, d := range problems {
		if d.Severity == mockspec.Error {
			return nil, false, fmt.Errorf("line %d, column %d: %s", d.Line, d.Column, d.Message)
		}
	}
	return mock, false, nil
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
