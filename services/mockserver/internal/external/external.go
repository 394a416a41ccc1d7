// Package external loads the bodies that a mock keeps elsewhere (`external-body`): a file of its workspace, or an
// http(s) URL; as it is, or a spreadsheet as rows of JSON.
//
// A mock can name only files of its own workspace and URLs that the injected client may reach. Nothing of this
// server's own disk, and nothing of another workspace, has a name here (name.go).
package external

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/sync/singleflight"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/fair"
	"github.com/mocloud/mocloud/pkg/files"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// Providers of an external body.
const (
	ProviderFile = "json" // moclojer's name: the content as it is, whatever it is
	ProviderCSV  = "csv"  // comma-separated values as a JSON array of objects
	ProviderXLSX = "xlsx" // the rows of one sheet as a JSON array of objects
)

// Config bounds a Loader. Zero fields mean the default.
type Config struct {
	MaxBytes         int64         // largest content, as loaded and as JSON of a sheet; 8 MiB
	MaxSheetXML      int64         // largest unpacked spreadsheet; 48 MiB
	MaxRows          int           // most rows of a sheet; 50,000
	MaxCells         int           // most cells of a sheet; 200,000
	FileTTL          time.Duration // a file is looked at again after this; 2 s
	URLTTL           time.Duration // a URL is fetched again after this; 10 s
	ErrorTTL         time.Duration // a failed load is tried again after this; 1 s
	MaxStale         time.Duration // the last good content outlives a failing origin by this; 10 min
	Timeout          time.Duration // one load; 10 s
	Loads            int           // loads underway at once; 64
	LoadsOfWorkspace int           // loads underway at once for one workspace; 8
}

func orDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (c *Config) setDefaults() {
	orDefault(&c.MaxBytes, 8<<20)
	orDefault(&c.MaxSheetXML, 48<<20)
	orDefault(&c.MaxRows, 50_000)
	orDefault(&c.MaxCells, 200_000)
	orDefault(&c.FileTTL, 2*time.Second)
	orDefault(&c.URLTTL, 10*time.Second)
	orDefault(&c.ErrorTTL, time.Second)
	orDefault(&c.MaxStale, 10*time.Minute)
	orDefault(&c.Timeout, 10*time.Second)
	orDefault(&c.Loads, 64)
	orDefault(&c.LoadsOfWorkspace, 8)
}

// Deps are what a Loader needs.
type Deps struct {
	Files   Source                // the workspaces' files; nil: there are none
	Folders Folders               // folders of this machine that mocks may name; nil, as in a hosted server: none
	Depth   *depth.Signer         // nil: one of its own
	Cache   *cache.Cache          // of contents and what is made of them; nil: without a bound
	Client  *http.Client          // fetches URLs: the egress client, never a plain one in a hosted server; nil: URLs are refused
	Metrics prometheus.Registerer // nil: not measured
}

// Request names one external body. It is mockspec.External with its path rendered.
type Request struct {
	WorkspaceID string // whose mock asks
	Provider    string // ProviderFile or ProviderXLSX
	Path        string // a file of the workspace, or an http(s) URL
	Folder      string // mockspec.External.Folder: the beginning of Path, if it leaves the workspace; the file is below it
	Sheet       string // ProviderXLSX only; "" is the first sheet
	Depth       int    // webhooks and external bodies that led to the request that asks
}

// Content is a loaded body. Data is shared between callers and must not be changed.
type Content struct {
	Data      []byte
	MediaType string // as for Content-Type
	JSON      bool   // MediaType is a JSON type (Data is not checked: it is served as it is)
	Stale     bool   // the origin failed and this is what it gave before
	Derived   *Derived
}

// Loader loads and caches external bodies. It is safe for concurrent use. Close ends it.
type Loader struct {
	cfg     Config
	deps    Deps
	cache   *contents
	flights singleflight.Group
	slots   chan struct{} // one for each load underway
	sheets  *fair.Slots   // spreadsheets cost far more memory than they weigh: few at once, and one of a workspace
	loads   *prometheus.CounterVec

	base   context.Context // of every load; cancelled by Close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	active map[string]int // loads underway, by workspace
	wg     sync.WaitGroup // loads underway
}

// New makes a Loader; it starts nothing.
func New(cfg Config, deps Deps) *Loader {
	cfg.setDefaults()
	if deps.Depth == nil {
		deps.Depth = depth.New("")
	}
	base, cancel := context.WithCancel(context.Background())
	return &Loader{
		cfg:    cfg,
		deps:   deps,
		cache:  newContents(deps.Cache),
		slots:  make(chan struct{}, cfg.Loads),
		sheets: fair.NewSlots(2, 1, cfg.LoadsOfWorkspace),
		active: map[string]int{},
		base:   base,
		cancel: cancel,
		loads: promauto.With(deps.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "mocloud_external_body_loads_total",
			Help: "External bodies requested, by where the answer came from.",
		}, []string{"result"}),
	}
}

// Close cancels the loads underway and waits for their end. Later loads are refused; contents in the cache are not.
func (l *Loader) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.wg.Wait()
}

// Load returns the external body that req names. Callers who ask for the same at the same time share one load, which
// goes on when a caller leaves. Errors are apperr: Invalid for what the mock's author must correct, NotFound,
// TooLarge, and Unavailable for an origin that fails; their sentences are for the author.
func (l *Loader) Load(ctx context.Context, req Request) (Content, error) {
	k, err := newKey(req)
	if err != nil {
		return Content{}, err
	}
	if e, ok := l.cache.get(k); ok && time.Now().Before(e.expires) {
		l.loads.WithLabelValues("cache").Inc()
		return e.content, e.err
	}
	if k.url && req.Depth >= depth.Max {
		return Content{}, apperr.New(apperr.Invalid, "external-body %q is not loaded: external bodies and webhooks call each other in a loop", k.path)
	}
	result := l.flights.DoChan(k.String(), func() (any, error) { //nolint:contextcheck // a shared load outlives the caller who began it
		e, err := l.refresh(k, req.Depth)
		return e, err
	})
	select {
	case <-ctx.Done():
		return Content{}, apperr.New(apperr.Unavailable, "external-body %q was not loaded in time", k.path).WithCause(ctx.Err())
	case r := <-result:
		if r.Err != nil {
			return Content{}, r.Err
		}
		e := r.Val.(entry)
		return e.content, e.err
	}
}

// refresh loads k anew, or finds that it has not changed, and caches the outcome. An error of its own means that no
// load was tried and that nothing was cached.
func (l *Loader) refresh(k key, calls int) (entry, error) {
	if err := l.begin(k.workspace); err != nil {
		return entry{}, err
	}
	defer l.end(k.workspace)
	ctx, cancel := context.WithTimeout(l.base, l.cfg.Timeout)
	defer cancel()
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return entry{}, apperr.New(apperr.Unavailable, "too many external bodies are being loaded; try again").WithCause(ctx.Err())
	}

	old, known := l.cache.get(k)
	known = known && old.err == nil
	e, err := l.load(ctx, k, old, calls)
	now := time.Now()
	switch {
	case err == nil && e.unchanged:
		l.loads.WithLabelValues("unchanged").Inc()
		e = old
		e.content.Stale = false
		e.verified, e.expires = now, now.Add(l.ttl(k))
	case err == nil:
		l.loads.WithLabelValues("loaded").Inc()
		made := &Derived{}
		made = newDerived(func(bytes int64) { l.cache.grow(k, made, bytes) })
		e.content.Derived = made
		e.verified, e.expires = now, now.Add(l.ttl(k))
	case known && apperr.CodeOf(err) == apperr.Unavailable && now.Sub(old.verified) < l.cfg.MaxStale:
		l.loads.WithLabelValues("stale").Inc()
		e = old
		e.content.Stale = true
		e.expires = now.Add(l.cfg.ErrorTTL)
	default:
		l.loads.WithLabelValues("error").Inc()
		e = entry{err: err, expires: now.Add(l.cfg.ErrorTTL)}
	}
	l.cache.put(k, e)
	return e, nil
}

// load fetches k and turns it into content; old says which version is known already.
func (l *Loader) load(ctx context.Context, k key, old entry, calls int) (entry, error) {
	var raw rawContent
	var err error
	if k.url {
		raw, err = l.fetch(ctx, k, old.version, calls)
	} else {
		raw, err = l.open(ctx, k, old.version)
	}
	if err != nil || raw.unchanged {
		return entry{unchanged: raw.unchanged}, err
	}
	if k.provider == ProviderCSV {
		data, err := l.rowsJSON(raw.data)
		if err != nil {
			return entry{}, describe(k, err)
		}
		return entry{content: Content{Data: data, MediaType: "application/json", JSON: true}, version: raw.version}, nil
	}
	if k.provider != ProviderXLSX {
		made := Content{Data: raw.data, MediaType: mediaType(k.path, raw.media, raw.data)}
		if made.JSON = files.IsJSON(made.MediaType); made.JSON {
			made.Data = bytes.TrimPrefix(made.Data, []byte("\ufeff")) // JSON is sent without a mark (RFC 8259 section 8.1)
		}
		return entry{content: made, version: raw.version}, nil
	}
	leave, err := l.sheets.Take(ctx, k.workspace)
	if err != nil {
		return entry{}, apperr.New(apperr.Unavailable, "too many spreadsheets are being read; try again").WithCause(err)
	}
	defer leave()
	data, err := l.sheetJSON(ctx, raw.data, k.sheet)
	if err != nil {
		return entry{}, describe(k, err)
	}
	return entry{content: Content{Data: data, MediaType: "application/json", JSON: true}, version: raw.version}, nil
}

func (l *Loader) ttl(k key) time.Duration {
	if k.url {
		return l.cfg.URLTTL
	}
	return l.cfg.FileTTL
}

// begin counts a load in, so that Close waits for it and no workspace takes all slots.
func (l *Loader) begin(workspaceID string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return apperr.New(apperr.Unavailable, "the server is stopping")
	}
	if l.active[workspaceID] >= l.cfg.LoadsOfWorkspace {
		return apperr.New(apperr.Unavailable, "%d external bodies of this workspace are being loaded already; try again", l.cfg.LoadsOfWorkspace)
	}
	l.active[workspaceID]++
	l.wg.Add(1)
	return nil
}

func (l *Loader) end(workspaceID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active[workspaceID]--; l.active[workspaceID] == 0 {
		delete(l.active, workspaceID)
	}
	l.wg.Done()
}

// rawContent is what an origin gave.
type rawContent struct {
	data      []byte
	media     string // "" if the origin does not say
	version   string // tells one content from the next; "" if the origin has none
	unchanged bool   // the content still has the version that the caller knows; data is nil
}

// describe makes err one about k for the mock's author. It keeps the code of an apperr.
func describe(k key, err error) error {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		return apperr.New(e.Code, "external-body %q: %s", k.path, e.Message).WithCause(errors.Unwrap(e))
	}
	return apperr.New(apperr.Unavailable, "external-body %q could not be read; try again", k.path).WithCause(fmt.Errorf("load external body: %w", err))
}

// tooLarge is the error for content above limit bytes.
func tooLarge(limit int64) error {
	return apperr.New(apperr.TooLarge, "it is larger than %d KiB; use a smaller file", limit>>10)
}
