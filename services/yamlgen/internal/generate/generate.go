// Package generate turns changes of mocks into their files, the unified mock and the events that say so. It is the consumer
// of the mocks stream and the producer of the unified stream. The service's root runs it, one life (term) at a time.
package generate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/checkpoint"
	"github.com/mocloud/mocloud/services/yamlgen/internal/index"
)

// ErrNotActive says that this instance may not write now.
var ErrNotActive = errors.New("this instance is not the active generator")

// Config bounds what generating costs.
type Config struct {
	Limits     mockspec.Limits
	Tombstones int // removed mocks that are remembered
	Parallel   int // object store calls at a time
	Timeout    time.Duration
	Linger     time.Duration // how long another generator may think that it is the active one
	Checkpoint checkpoint.Config
}

// Deps are what a Generator works with.
type Deps struct {
	Log        *slog.Logger
	Store      objstore.Store
	Metrics    *Metrics
	Checkpoint *checkpoint.Metrics
	// Active reports whether this instance may write; it is asked before every write of a mock's file.
	Active func() bool
	// Announce publishes an event that is not numbered.
	Announce func(ctx context.Context, p event.Payload) error
}

// Generator is one term of the active generator. Load it, give it a publisher, then consume with it. It implements
// stream.Handler; Log is what its producer answers from.
type Generator struct {
	cfg     Config
	deps    Deps
	writer  *checkpoint.Writer
	publish func(context.Context, stream.Batch) error

	live atomic.Pointer[index.Index] // what is announced

	mu    sync.Mutex      // held while mocks' files change; guards the rest
	files map[string]file // what this term has written, by mock id
	// fresh is the index of a snapshot that is being built, nil in ordinary times.
	fresh *index.Index

	leftMu      sync.Mutex          // guards the next three; taken after mu
	left        map[string]leftover // files that are to be deleted, by key
	revived     map[string]revival  // files that are to be looked for, by key
	revivedSize int                 // bytes of the content in revived

	remind chan struct{} // wakes the collector
	inFile atomic.Uint64 // removals up to here are in the unified mock, and in left until their files are gone
}

var _ stream.Handler = (*Generator)(nil)

// New makes a generator; it does no I/O.
func New(cfg Config, deps Deps) *Generator {
	g := &Generator{
		cfg: cfg, deps: deps, files: map[string]file{}, left: map[string]leftover{}, revived: map[string]revival{},
		remind: make(chan struct{}, 1),
	}
	g.writer = checkpoint.New(cfg.Checkpoint, checkpoint.Deps{
		Store: deps.Store, Log: deps.Log, Metrics: deps.Checkpoint, Written: g.written,
	})
	g.live.Store(index.New(stream.Position{}, 0))
	return g
}

// Log is the change log of the unified stream. Until there is a unified mock its epoch is empty.
func (g *Generator) Log() stream.Purger { return current{&g.live} }

// current is whichever index is announced.
type current struct{ live *atomic.Pointer[index.Index] }

func (c current) Head(ctx context.Context) (stream.Position, error) { return c.live.Load().Head(ctx) }

func (c current) Forgotten(ctx context.Context) (uint64, error) { return c.live.Load().Forgotten(ctx) }

func (c current) After(ctx context.Context, number uint64, limit int) (stream.Batch, error) {
	return c.live.Load().After(ctx, number, limit)
}

// Load reads the unified mock, from which this term goes on. publish publishes the changes of the unified stream.
func (g *Generator) Load(ctx context.Context, publish func(context.Context, stream.Batch) error) error {
	g.publish = publish
	var mocks []unified.Mock
	h, ok, err := g.writer.Load(ctx, func(m unified.Mock) { mocks = append(mocks, m) })
	if err != nil {
		return err
	}
	x := index.New(stream.Position{}, 0)
	if ok {
		x = index.New(stream.Position{Epoch: h.Epoch, Number: h.Change}, h.Forgotten)
	}
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	for i := range mocks {
		x.Load(mocks[i])
		if mocks[i].Removed != nil { // a former term may have left the file
			g.left[single.Key(mocks[i].WorkspaceID, mocks[i].ID)] = leftover{id: mocks[i].ID}
		}
	}
	x.Settle()
	g.live.Store(x)
	g.deps.Log.InfoContext(ctx, "unified mock loaded", "epoch", h.Epoch, "change", h.Change, "mocks", h.Mocks, "endpoints", h.Endpoints)
	return nil
}

// Run keeps the unified mock in step and removes the files of removed mocks, until ctx ends (nil) or another generator
// writes too (checkpoint.ErrTaken).
func (g *Generator) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { g.collect(ctx) })
	err := g.writer.Run(ctx)
	cancel()
	wg.Wait()
	return err
}

// Flush writes the unified mock now.
func (g *Generator) Flush(ctx context.Context) error { return g.writer.Flush(ctx) }

// Position implements stream.Handler.
func (g *Generator) Position(context.Context) (stream.Position, error) {
	return g.live.Load().Position(), nil
}

// Reset implements stream.Handler. The announced index stays until the snapshot is complete.
func (g *Generator) Reset(_ context.Context, epoch string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fresh = index.New(stream.Position{Epoch: epoch}, 0)
	return nil
}

// Apply implements stream.Handler: files first, then the index and the unified mock's pending changes, then the events.
func (g *Generator) Apply(ctx context.Context, b stream.Batch) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.From == 0 {
		g.fresh = index.New(stream.Position{Epoch: b.Epoch}, 0)
	}
	results, err := g.make(ctx, b)
	if err != nil {
		return err
	}
	to := stream.Position{Epoch: b.Epoch, Number: b.To}
	if g.fresh != nil {
		return g.snapshot(ctx, b, to, results)
	}
	mocks, changes := split(results)
	x := g.live.Load()
	x.Apply(to, mocks)
	for _, m := range x.Purge(g.cfg.Tombstones, g.inFile.Load(), g.uncollected) {
		changes = append(changes, drop(m))
	}
	forgotten, _ := x.Forgotten(ctx) // never fails
	g.writer.Add(changes, checkpoint.Target{Position: to, Forgotten: forgotten})
	g.publishResults(ctx, b, results)
	return nil
}

// snapshot takes a batch of a replay from 0. Until the last one the unified mock's position stays where it was, so that
// whoever starts from it begins the replay again.
func (g *Generator) snapshot(ctx context.Context, b stream.Batch, to stream.Position, results []result) error {
	mocks, changes := split(results)
	old := g.live.Load()
	g.fresh.Apply(to, mocks)
	if b.More {
		target := checkpoint.Target{Position: old.Position()}
		if target.Epoch == "" {
			target.Epoch = b.Epoch
		}
		target.Forgotten, _ = old.Forgotten(ctx) // never fails
		g.writer.Add(changes, target)
		return nil
	}
	for _, m := range old.All() {
		if g.fresh.Mock(m.ID) == nil {
			changes = append(changes, drop(m))
		}
	}
	// Who stands at an earlier number cannot learn from here what is gone.
	g.fresh.Forget(b.To)
	g.writer.Add(changes, checkpoint.Target{Position: to, Forgotten: b.To})
	if err := g.writer.Flush(ctx); err != nil {
		return fmt.Errorf("write the unified mock of a snapshot: %w", err)
	}
	g.live.Store(g.fresh)
	g.fresh = nil
	g.publishResults(ctx, b, results)
	return nil
}

// publishResults publishes what became of the changes in b. Who misses it asks for a replay.
func (g *Generator) publishResults(ctx context.Context, b stream.Batch, results []result) {
	out := stream.Batch{Epoch: b.Epoch, From: b.From, To: b.To}
	for i := range results {
		m := &results[i].mock
		e, ok, err := index.Event(b.Epoch, m, m.Latest(), results[i].lines())
		if err != nil {
			g.deps.Log.ErrorContext(ctx, "cannot make an event", "mock_id", m.ID, "error", err)
			continue
		}
		if ok {
			out.Changes = append(out.Changes, e)
		}
	}
	if err := g.publish(ctx, out); err != nil && ctx.Err() == nil {
		g.deps.Log.WarnContext(ctx, "cannot publish events", "from", b.From, "to", b.To, "error", err)
	}
}

func drop(m *unified.Mock) unified.Change {
	return unified.Change{Mock: unified.Mock{ID: m.ID, WorkspaceID: m.WorkspaceID}, Drop: true}
}

// Metrics are the figures of all generators of a process, one after another.
type Metrics struct {
	generated, unchanged, rejected, removed, skipped prometheus.Counter
}

// NewMetrics registers them; reg may be nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	mocks := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "mocloud", Subsystem: "yamlgen", Name: "mocks_total", Help: "Changes of mocks, by outcome.",
	}, []string{"result"})
	if reg != nil {
		reg.MustRegister(mocks)
	}
	return &Metrics{
		generated: mocks.WithLabelValues("generated"), unchanged: mocks.WithLabelValues("unchanged"),
		rejected: mocks.WithLabelValues("rejected"), removed: mocks.WithLabelValues("removed"),
		skipped: mocks.WithLabelValues("skipped"),
	}
}
