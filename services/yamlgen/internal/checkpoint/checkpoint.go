// Package checkpoint keeps the unified mock in the object store in step with the changes: at once while the file is small,
// at a bounded share of the generator's time when it is large.
package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
)

// ErrTaken says that another generator has written the file since it was read: whoever gets it starts again from the file.
var ErrTaken = errors.New("another generator wrote the unified mock")

// Config bounds what writing costs.
type Config struct {
	Share        float64       // of the time, at most spent on writing; 0 < Share <= 1
	MaxAge       time.Duration // a change waits no longer than this, whatever Share says
	PendingBytes int           // changes that wait in memory; more of them are written at once
	WriteTimeout time.Duration
}

// Deps are what a Writer works with.
type Deps struct {
	Store   objstore.Store
	Log     *slog.Logger
	Metrics *Metrics
	// Written is called for each file that was written, with the changes in it. The next write waits for it; it must not call
	// the Writer.
	Written func(ctx context.Context, e event.UnifiedGenerated, changes []unified.Change)
}

// Writer owns the unified mock. Load it, then Run it; Add is safe for concurrent use.
type Writer struct {
	cfg    Config
	deps   Deps
	meters *Metrics

	writing sync.Mutex // held while the file is written; guards the next four
	etag    string     // "" when there is no file
	header  unified.Header
	placed  map[string]placed // what each block of the file takes
	bytes   int64             // of all blocks

	mu      sync.Mutex // guards the rest
	pending map[string]unified.Change
	size    int // of the items in pending
	target  Target
	since   time.Time // when the oldest pending change came; zero when nothing is pending
	wake    chan struct{}
}

// Target is what the header says when everything pending is written.
type Target struct {
	stream.Position
	Forgotten uint64
}

// placed is a block's share of the file.
type placed struct {
	comment int   // bytes of the comment line
	items   int64 // bytes of the items
	count   int   // of the items
}

func (p placed) bytes() int64 { return int64(p.comment) + p.items }

// New makes a Writer; it does no I/O.
func New(cfg Config, deps Deps) *Writer {
	return &Writer{
		cfg: cfg, deps: deps, meters: deps.Metrics, placed: map[string]placed{},
		pending: map[string]unified.Change{}, wake: make(chan struct{}, 1),
	}
}

// Load reads the file and calls each for every block's mock. It reports false when there is no file. A damaged file is
// reported and treated as if it were not there, except that it will be replaced: everything in it can be made again.
func (w *Writer) Load(ctx context.Context, each func(unified.Mock)) (unified.Header, bool, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	o, err := w.deps.Store.Get(ctx, unified.Key)
	if errors.Is(err, objstore.ErrNotFound) {
		return unified.Header{}, false, nil
	}
	if err != nil {
		return unified.Header{}, false, fmt.Errorf("open %s: %w", unified.Key, err)
	}
	defer o.Body.Close()
	w.etag = o.ETag
	mocks, err := w.scan(o)
	if errors.Is(err, unified.ErrCorrupt) {
		w.deps.Log.ErrorContext(ctx, "unified mock is damaged, rebuilding it", "error", err)
		w.meters.damaged.Inc()
		w.header, w.placed, w.bytes = unified.Header{}, map[string]placed{}, 0
		return unified.Header{}, false, nil
	}
	if err != nil {
		return unified.Header{}, false, fmt.Errorf("read %s: %w", unified.Key, err)
	}
	for _, m := range mocks {
		each(m)
	}
	w.target = Target{stream.Position{Epoch: w.header.Epoch, Number: w.header.Change}, w.header.Forgotten}
	w.meters.size.Set(float64(o.Size))
	return w.header, true, nil
}

func (w *Writer) scan(o *objstore.Object) ([]unified.Mock, error) {
	s, err := unified.NewScanner(o.Body)
	if err != nil {
		return nil, err
	}
	var mocks []unified.Mock
	err = blocks(s, func(m unified.Mock, comment int, size int64, items int) {
		mocks = append(mocks, m)
		p := placed{comment, size, items}
		w.placed[m.ID] = p
		w.bytes += p.bytes()
	})
	w.header = s.Header
	return mocks, err
}

// Add has changes written; target is where the file stands with them. A later change of a mock replaces an earlier one.
func (w *Writer) Add(changes []unified.Change, target Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		w.since = time.Now()
	}
	for _, c := range changes {
		w.size += len(c.Items) - len(w.pending[c.Mock.ID].Items)
		w.pending[c.Mock.ID] = c
	}
	w.target = target
	w.meters.pending.Set(float64(len(w.pending)))
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// full reports whether more waits than may.
func (w *Writer) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size >= w.cfg.PendingBytes
}

// Run writes what is pending as Config allows, until ctx ends (nil) or another generator is found to write too (ErrTaken).
// What could not be written for other reasons is tried again with backoff.
func (w *Writer) Run(ctx context.Context) error {
	rest := time.NewTimer(0) // runs while the writer has to rest
	defer rest.Stop()
	resting, failures := true, 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
			resting = false
		case <-w.wake:
			if resting && w.full() && failures == 0 {
				resting = false
			}
		}
		if resting || !w.waiting() {
			continue
		}
		began := time.Now()
		err := w.Flush(ctx)
		switch {
		case errors.Is(err, ErrTaken):
			return err
		case err != nil && ctx.Err() == nil:
			failures++
			w.meters.failures.Inc()
			w.deps.Log.WarnContext(ctx, "cannot write the unified mock, trying again", "attempt", failures, "error", err)
			rest.Reset(min(50*time.Millisecond<<min(failures, 10), 10*time.Second))
		default:
			failures = 0
			rest.Reset(w.pause(time.Since(began)))
		}
		resting = true
	}
}

// pause is how long to rest after a write that took so long.
func (w *Writer) pause(took time.Duration) time.Duration {
	share := time.Duration(float64(took) * (1/w.cfg.Share - 1))
	w.mu.Lock()
	defer w.mu.Unlock()
	age := time.Duration(0)
	if !w.since.IsZero() {
		age = time.Since(w.since)
	}
	return max(0, min(share, w.cfg.MaxAge-age))
}

func (w *Writer) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero()
}
