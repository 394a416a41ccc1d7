// Package api is the service that people and programs talk to: the HTTP API, the plain page, and the change log that
// tells the other services what to serve. It owns the database.
package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/outbox"
	"github.com/mocloud/mocloud/services/api/internal/store"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Deps are what the service needs from its process. All but the console and the version are required.
type Deps struct {
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Health   *lifecycle.Health // part "api database"; without Redis the api serves and accepts edits
	Redis    *redis.Client     // stays the caller's
	Objects  objstore.Store    // for the files of workspaces; stays the caller's
	Listener net.Listener      // for HTTP; the service closes it
	Console  fs.FS             // the files of the console; nil: the plain page
	Version  string            // of the program; "" for dev
}

// Service is the api. Make it with New, call Run once.
type Service struct {
	cfg       Config
	deps      Deps
	keepAlive time.Duration // of streams of events
}

const (
	serviceName  = "api"
	databasePart = "api database"   // of Health
	openTimeout  = 10 * time.Minute // database, migrations and seed
	pingEvery    = 2 * time.Second
	// passwordsAtOnce bounds the memory of hashing: each takes 19 MiB and one core.
	passwordsAtOnce = 4
	keepAlive       = 15 * time.Second
)

// New checks the configuration. It does no I/O.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Log == nil || deps.Metrics == nil || deps.Health == nil || deps.Redis == nil || deps.Objects == nil || deps.Listener == nil {
		return nil, errors.New("api: a dependency is missing")
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	return &Service{cfg: cfg, deps: deps, keepAlive: keepAlive}, nil
}

// Run opens the database and serves until ctx ends; then it finishes what is going on and returns nil. An error at the
// start is a sentence for the person who starts the service.
func (s *Service) Run(ctx context.Context) (err error) {
	s.deps.Health.Set(databasePart, false) // until it is open
	listening := false
	defer func() {
		if !listening {
			err = errors.Join(err, s.deps.Listener.Close())
		}
	}()
	opening, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	db, err := store.Open(opening, s.cfg.DatabaseURL, s.cfg.Migrate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.Limit(s.cfg.Quota.limits())
	p, err := s.assemble(db) //nolint:contextcheck // what it makes works with the contexts of requests
	if err != nil {
		return err
	}
	if err := s.provision(opening, p); err != nil {
		return err
	}
	cancel()
	listening = true
	return p.run(ctx)
}

// run owns every goroutine of the service. The first that fails ends the others.
func (p *parts) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	deps := p.service.deps
	var wg sync.WaitGroup
	start := func(part string, run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				stop(fmt.Errorf("%s: %w", part, err))
			}
		})
	}
	producers := map[event.Stream]outbox.Producer{}
	for name, producer := range p.producers {
		producers[name] = producer
		start("produce "+string(name), producer.Run)
	}
	start("publish changes", func(ctx context.Context) error {
		return p.outbox.Run(ctx, producers, func(ctx context.Context, payload event.Payload) error {
			return stream.Announce(ctx, deps.Redis, p.service.cfg.RedisPrefix, payload)
		})
	})
	start("keep events", p.events.Run)
	start("follow publications", p.publications.Run)
	start("consume outcomes", p.outcomes.Run)
	start("listen to reports", func(ctx context.Context) error {
		return stream.Listen(ctx, deps.Redis, deps.Log, p.service.cfg.RedisPrefix,
			[]event.Type{event.TypeApplied, event.TypeWorkspaceChanged}, p.events.Connected, p.publications.Hear)
	})
	start("note the use of tokens", p.tokens.Run)
	start("keep files in order", p.files.Run)
	start("keep domains in order", p.domains.Run)
	start("listen to domains", func(ctx context.Context) error {
		return stream.Listen(ctx, deps.Redis, deps.Log, p.service.cfg.RedisPrefix, []event.Type{event.TypeDomainObserved, event.TypeDomainApplied, event.TypeCertificateObserved}, nil, p.domains.Hear)
	})
	start("note the use of sessions", p.signIns.Run)
	if p.provider != nil {
		start("follow the identity provider", p.provider.Run)
	}
	start("listen to mock servers", func(ctx context.Context) error {
		return stream.Listen(ctx, deps.Redis, deps.Log, p.service.cfg.RedisPrefix,
			[]event.Type{event.TypeRequestsRecorded, event.TypeWebhooksDelivered}, nil, p.intake.Hear)
	})
	start("store reports", p.intake.Run)
	start("watch the database", p.watchDatabase)
	start("remove deleted workspaces", p.reap)
	for _, c := range p.chores() {
		start(c.name, func(ctx context.Context) error { return p.keep(ctx, c) })
	}
	start("serve HTTP", func(ctx context.Context) error { return lifecycle.Serve(ctx, p.server, deps.Listener) })
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// watchDatabase keeps the health current.
func (p *parts) watchDatabase(ctx context.Context) error {
	every(ctx, pingEvery, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, pingEvery)
		defer cancel()
		p.service.deps.Health.Set(databasePart, p.db.Ping(ctx) == nil)
	})
	return nil
}

// seedContent is the example of moclojer's README.
const seedContent = `- endpoint:
    method: GET
    path: /hello/:username
    response:
      status: 200
      headers:
        Content-Type: application/json
      body: >
        {
          "hello": "{{path-params.username}}!"
        }
`

// provision makes sure that the configured account can work, and has something to look at.
func (s *Service) provision(ctx context.Context, p *parts) error {
	a, err := p.accounts.Provision(ctx, s.cfg.Account, s.cfg.AdminToken, s.cfg.SignInCode)
	if err != nil || !s.cfg.Seed {
		return err
	}
	head, err := p.db.Log(event.Mocks).Head(ctx)
	if err != nil || head.Number > 0 {
		return err
	}
	who := workspace.Caller{AccountID: a.ID}
	mocks, err := p.mocks.List(ctx, who, mock.Filter{}, "", 1)
	if err != nil || len(mocks.Items) > 0 {
		return err
	}
	m, err := p.mocks.Create(ctx, who, mock.New{Slug: "hello", Content: seedContent})
	if err != nil {
		return fmt.Errorf("create the first mock: %w", err)
	}
	if _, err := p.mocks.Publish(ctx, who, m.ID); err != nil {
		return fmt.Errorf("publish the first mock: %w", err)
	}
	return nil
}
