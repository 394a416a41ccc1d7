// Package cloudops makes DNS records what they should be. It follows the domains stream, keeps the domains as they should be with
// its position in the object store, compares them with what the provider has, changes the records that are its own, looks for the
// proofs of custom domains, and reports how each domain stands. It has no credentials: its provider calls go through the proxy.
package cloudops

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lease"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/question"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/ownership"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/proof"
	"github.com/mocloud/mocloud/services/cloudops/internal/reconcile"
)

// Deps is what cloudops is given. Metrics and Health may be nil.
type Deps struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Health  *lifecycle.Health
	Redis   *redis.Client
	Objects objstore.Store
}

// Service is cloudops.
type Service struct {
	consumer   *stream.Consumer
	reconciler *reconcile.Reconciler
	checker    *ownership.Checker
	prover     *proof.Prover
	challenges question.Place[challenge.Question, challenge.Answer]
	transport  *http.Transport // to the proxy
	log        *slog.Logger
	lease      *lease.Lease
	every      time.Duration // of the lease
}

// New checks cfg and makes a service. It does no I/O; Run works.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Log == nil || deps.Redis == nil || deps.Objects == nil {
		return nil, errors.New("cloudops: Deps.Log, Redis or Objects is missing")
	}
	health := deps.Health
	if health == nil {
		health = &lifecycle.Health{}
	}
	s := &Service{log: deps.Log, every: cfg.Lease, lease: lease.New(deps.Redis, cfg.RedisPrefix+"cloudops:lease", rand.Text(), cfg.Lease), transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: 150 * time.Second, // the proxy may read before it writes, each within a minute
	}}
	state := desired.New(deps.Objects, func() { s.reconciler.Wake() }, func(id string) { s.checker.Check(id) })
	announce := func(ctx context.Context, p event.Payload) error {
		return stream.Announce(ctx, deps.Redis, cfg.RedisPrefix, p)
	}
	servers := ownership.NewServers(cfg.Resolver)
	s.checker = ownership.New(servers, state.Snapshot, announce, deps.Log)
	dns, apps, err := newProviders(cfg, deps, s.transport)
	if err != nil {
		return nil, fmt.Errorf("cloudops: %w", err)
	}
	s.reconciler, err = reconcile.New(reconcile.Config{
		Plan: plan.Config{
			BaseDomain: cfg.BaseDomain, PerHost: cfg.DNSMode == "per-host", Provider: cfg.hasProvider(), Domain: cfg.BaseDomain,
			Target: cfg.Target, Proxied: cfg.Proxied && cfg.CloudflareZone != "", Mark: cloudprovider.Mark{Owner: cfg.Owner}, Policy: cfg.policy(), DeleteAfter: cfg.DeleteAfter,
		},
		Quiet: cfg.Quiet, Interval: cfg.Interval, Report: cfg.Report,
	}, dns, apps, state.Snapshot, announce, deps.Log, deps.Metrics)
	if err != nil {
		return nil, fmt.Errorf("cloudops: %w", err)
	}
	s.prover = &proof.Prover{DNS: dns, Seen: servers, Domain: cfg.BaseDomain, Mark: cloudprovider.Mark{Owner: cfg.Owner}, Policy: cfg.policy(), Log: deps.Log}
	s.challenges = challenge.Place(deps.Redis, cfg.RedisPrefix)
	health.Set("domains stream", false)
	s.consumer, err = stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Domains, Prefix: cfg.RedisPrefix, Service: "cloudops", Log: deps.Log, Metrics: deps.Metrics,
		Connection: func(connected bool) { health.Set("domains stream", connected) },
	}, deps.Redis, state)
	if err != nil {
		return nil, fmt.Errorf("cloudops: %w", err)
	}
	return s, nil
}

// Run works until ctx ends; then it finishes what it is doing and returns nil. Of several instances one is active; all follow the
// stream, so that another one takes over at once.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.consumer.Run(ctx) })
	group.Go(func() error { return s.lead(ctx) })
	// Each question is one instance's, whichever; that may be one that stands by.
	group.Go(func() error { return s.challenges.Serve(ctx, s.log, s.prover.Answer) })
	err := group.Wait()
	s.transport.CloseIdleConnections()
	return err
}

// lead works whenever this instance has the lease.
func (s *Service) lead(ctx context.Context) error {
	ticker := time.NewTicker(s.every / 3)
	defer ticker.Stop()
	stop := func() error { return nil }
	active := false
	for {
		if _, err := s.lease.Take(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "cannot renew the lease; it will be retried", "error", err)
		}
		if held := s.lease.Held(); held != active {
			s.log.InfoContext(ctx, "this instance became active or standby", "active", held)
			if active = held; held {
				stop = s.work(ctx)
			} else if err := stop(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			err := stop()
			// Another takes over at once; without this, when the lease ends.
			if released := s.lease.Release(context.WithoutCancel(ctx)); released != nil {
				s.log.DebugContext(ctx, "cannot release the lease; it will expire", "error", released)
			}
			return err
		case <-ticker.C:
		}
	}
}

// work starts what the active instance does, and returns how to stop it.
func (s *Service) work(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	s.reconciler.Wake() // what the others left
	group.Go(func() error { return s.reconciler.Run(ctx) })
	group.Go(func() error { return s.checker.Run(ctx) })
	return func() error {
		cancel()
		return group.Wait()
	}
}
