// Package yamlgen is the generator: it turns the changes of the mocks stream into each mock's file, the unified mock, and
// the unified stream that mock servers follow. Several may run; one is active, another takes over within seconds.
package yamlgen

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lease"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/yamlgen/internal/checkpoint"
	"github.com/mocloud/mocloud/services/yamlgen/internal/generate"
)

// Bounds of single steps.
const (
	loadTimeout  = 10 * time.Minute // of a unified mock of any size
	writeTimeout = 10 * time.Minute
	callTimeout  = 10 * time.Second // of a call to the object store about one mock
	flushTimeout = 10 * time.Second // of the last write of a generator that stops
)

// serviceName is what reports and metrics call this service; healthPart is ready when it knows its part.
const (
	serviceName = "yamlgen"
	healthPart  = "generator"
)

// errDeposed ends a term: another instance has the lease.
var errDeposed = errors.New("another generator is active")

// Deps are what the service works with.
type Deps struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Health  *lifecycle.Health
	Redis   *redis.Client
	Objects objstore.Store
}

// Service is one generator, active or standing by. Make it with New and run it once.
type Service struct {
	cfg      Config
	deps     Deps
	instance string
	lease    *lease.Lease
	mocks    *generate.Metrics
	files    *checkpoint.Metrics
	active   prometheus.Gauge
}

// New checks the configuration and builds the service; it does no I/O and starts nothing.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make instance id: %w", err)
	}
	s := &Service{
		cfg: cfg, deps: deps, instance: id.String(),
		lease: lease.New(deps.Redis, cfg.Prefix+"yamlgen.lease", id.String(), cfg.Lease),
		mocks: generate.NewMetrics(deps.Metrics), files: checkpoint.NewMetrics(deps.Metrics),
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "mocloud", Subsystem: "yamlgen", Name: "active", Help: "1 while this instance is the active generator.",
		}),
	}
	if deps.Metrics != nil {
		deps.Metrics.MustRegister(s.active)
	}
	return s, nil
}

// Run generates while this instance is the active one and stands by otherwise, until ctx ends. The object store and Redis
// may be away for as long as they like.
func (s *Service) Run(ctx context.Context) error {
	s.deps.Health.Set(healthPart, false)
	for ctx.Err() == nil {
		if !s.standBy(ctx) {
			break
		}
		s.active.Set(1)
		err := s.term(ctx)
		s.active.Set(0)
		if ctx.Err() == nil {
			s.deps.Log.WarnContext(ctx, "no longer the active generator, standing by", "error", err)
			pause(ctx, time.Second)
		}
	}
	s.active.Set(0)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.lease.Release(leaving); err != nil {
		s.deps.Log.InfoContext(ctx, "cannot release the lease; it will expire", "error", err)
	}
	return nil
}

// standBy waits for the lease. False if ctx ended.
func (s *Service) standBy(ctx context.Context) bool {
	for ctx.Err() == nil {
		mine, err := s.lease.Take(ctx)
		switch {
		case mine:
			return true
		case err != nil && ctx.Err() == nil:
			s.deps.Health.Set(healthPart, false)
			s.deps.Log.WarnContext(ctx, "cannot ask for the lease", "error", err)
		case err == nil:
			s.deps.Health.Set(healthPart, true) // standing by is all that is asked of it
		}
		pause(ctx, s.cfg.Lease/5)
	}
	return false
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

// keepLease renews the lease. It ends the term only when another instance has it: while Redis is away nobody can take it,
// and nobody gets changes either.
func (s *Service) keepLease(ctx context.Context) error {
	for {
		if !pause(ctx, s.cfg.Lease/4) {
			return nil
		}
		if mine, err := s.lease.Take(ctx); err == nil && !mine {
			return errDeposed
		}
	}
}

// term is one life as the active generator: from the unified mock on, until ctx or the lease ends or somebody else writes.
func (s *Service) term(ctx context.Context) error {
	var producer *stream.Producer
	g := generate.New(generate.Config{
		Limits:     mockspec.Limits{Bytes: s.cfg.MaxContent, Endpoints: s.cfg.MaxEndpoints},
		Tombstones: s.cfg.Tombstones, Parallel: s.cfg.Parallel, Timeout: callTimeout, Linger: 2 * s.cfg.Lease,
		Checkpoint: checkpoint.Config{
			Share: s.cfg.WriteShare, MaxAge: s.cfg.MaxAge, PendingBytes: s.cfg.PendingBytes, WriteTimeout: writeTimeout,
		},
	}, generate.Deps{
		Log: s.deps.Log, Store: s.deps.Objects, Metrics: s.mocks, Checkpoint: s.files, Active: s.lease.Held,
		Announce: func(ctx context.Context, p event.Payload) error {
			return stream.Announce(ctx, s.deps.Redis, s.cfg.Prefix, p)
		},
	})
	producer, err := stream.NewProducer(stream.ProducerConfig{
		Stream: event.Unified, Prefix: s.cfg.Prefix, Service: serviceName, Log: s.deps.Log, Metrics: s.deps.Metrics,
	}, s.deps.Redis, g.Log())
	if err != nil {
		return err
	}
	consumer, err := stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Mocks, Prefix: s.cfg.Prefix, Service: serviceName, Instance: s.instance,
		Log: s.deps.Log, Metrics: s.deps.Metrics,
	}, s.deps.Redis, g)
	if err != nil {
		return err
	}

	members, running := errgroup.WithContext(ctx)
	members.Go(func() error { return s.keepLease(running) })
	members.Go(func() error {
		if err := s.load(running, g, producer.PublishBatch); err != nil {
			return err
		}
		s.deps.Health.Set(healthPart, true)
		members.Go(func() error { return g.Run(running) })
		members.Go(func() error { return producer.Run(running) })
		return consumer.Run(running)
	})
	err = members.Wait()
	if err == nil { // stopped: leave nothing for the next start to replay
		flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		err = g.Flush(flushing)
	}
	return err
}

// load reads the unified mock, again and again while the store is away.
func (s *Service) load(ctx context.Context, g *generate.Generator, publish func(context.Context, stream.Batch) error) error {
	for {
		loading, cancel := context.WithTimeout(ctx, loadTimeout)
		err := g.Load(loading, publish)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.deps.Health.Set(healthPart, false)
		s.deps.Log.WarnContext(ctx, "cannot load the unified mock, trying again", "error", err)
		pause(ctx, time.Second)
	}
}
