// Package source keeps the mock server's sites in step with what is published: it starts from the unified mock, follows
// the unified stream from there, and looks at the unified mock again while the stream is away.
package source

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// Table takes the sites; package route implements it. Each call replaces what concerns it at once.
type Table interface {
	Put(s *site.Site)
	Remove(mockID string)
	Replace(sites []*site.Site)
}

// Config bounds what following costs. Every field is needed.
type Config struct {
	Prefix   string        // of Redis channels
	Instance string        // unique while it lives
	Poll     time.Duration // between looks at the unified mock while there is no stream
	Parallel int           // files that are fetched at the same time
	Timeout  time.Duration // of one file
	// LoadTimeout is how long the unified mock may take.
	LoadTimeout time.Duration
	// Silence is how long the api may say nothing before it counts as away, and what there is as everything.
	Silence time.Duration
	// CatchUp is how long what is missing may take until the rest is served without it.
	CatchUp time.Duration
}

// Deps are what a Source works with.
type Deps struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Redis   *redis.Client
	Objects objstore.Store
	Table   Table
	// Deleted, if it is set, is called when a mock that was served here is deleted, which unpublishing is not. Every mock server calls
	// its own, perhaps more than once.
	Deleted func(ctx context.Context, mockID string)
	// Ready is called when everything is served that the api had published at the start, see Config.Silence and CatchUp.
	Ready func()
}

// Source implements stream.Handler. Make it with New and run it once.
type Source struct {
	cfg    Config
	deps   Deps
	meters meters

	mu       sync.Mutex // held while the table is brought to another position; guards the rest
	position stream.Position
	etag     string          // of the unified mock that was looked at last
	live     map[string]bool // the mocks in the table
	// suspect are mocks whose file was not what the change said, by the change's number: the unified mock will tell.
	suspect map[string]uint64
}

var (
	_ stream.Handler     = (*Source)(nil)
	_ stream.Snapshotter = (*Source)(nil)
)

// New makes a source; it does no I/O.
func New(cfg Config, deps Deps) *Source {
	return &Source{
		cfg: cfg, deps: deps, meters: newMeters(deps.Metrics), live: map[string]bool{}, suspect: map[string]uint64{},
	}
}

// Run loads the unified mock and follows the stream until ctx ends; then it returns nil.
func (s *Source) Run(ctx context.Context) error {
	if !s.start(ctx) {
		return nil
	}
	consumer, err := stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Unified, Prefix: s.cfg.Prefix, Service: "mockserver", Instance: s.cfg.Instance,
		Log: s.deps.Log, Metrics: s.deps.Metrics,
	}, s.deps.Redis, s)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.poll(ctx, consumer.Connected) })
	wg.Go(func() {
		if s.catchUp(ctx) {
			s.deps.Ready()
		}
	})
	err = consumer.Run(ctx)
	wg.Wait()
	return err
}

// start loads the unified mock, again and again while the store is away. False if ctx ended.
func (s *Source) start(ctx context.Context) bool {
	for ctx.Err() == nil {
		err := s.look(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			s.deps.Log.WarnContext(ctx, "cannot load the unified mock, trying again", "error", err)
		}
		if !pause(ctx, min(s.cfg.Poll, time.Second)) {
			return false
		}
	}
	return false
}

// poll looks at the unified mock while there is no stream, or while some mock's file is not what it should be. What is
// large is looked at less often.
func (s *Source) poll(ctx context.Context, connected func() bool) {
	rest := s.cfg.Poll
	for pause(ctx, rest) {
		rest = s.cfg.Poll
		if connected() && !s.suspicious() {
			continue
		}
		began := time.Now()
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.deps.Log.WarnContext(ctx, "cannot read the unified mock", "error", err)
		}
		rest = max(rest, 10*time.Since(began))
	}
}

func (s *Source) suspicious() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.suspect) > 0
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Position implements stream.Handler.
func (s *Source) Position(context.Context) (stream.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position, nil
}

// Reset implements stream.Handler; it is not called, since there is Snapshot.
func (*Source) Reset(context.Context, string) error {
	return errors.New("the unified mock is the only snapshot")
}
