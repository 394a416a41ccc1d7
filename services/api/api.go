// Package api is the service that people and programs talk to: the HTTP API, the plain page, and the change log that
// tells the other services what to serve. It owns the database. Only its main, cmd/mocloud and tests import it.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/draft"
	"github.com/mocloud/mocloud/services/api/internal/export"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/httpapi"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/idp"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/passhash"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/store"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Deps are what the service needs from its process. All are required.
type Deps struct {
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Health   *lifecycle.Health // part "api database"; without Redis the api serves and accepts edits
	Redis    *redis.Client     // stays the caller's
	Objects  objstore.Store    // for the files of workspaces; stays the caller's
	Listener net.Listener      // for HTTP; the service closes it
}

// Service is the api. Make it with New, call Run once.
type Service struct {
	cfg  Config
	deps Deps
}

const (
	serviceName  = "api"
	databasePart = "api database"   // of Health
	openTimeout  = 10 * time.Minute // database, migrations and seed
	pingEvery    = 2 * time.Second
	purgeEvery   = time.Hour
	reapEvery    = time.Minute
	purgeTimeout = time.Minute
	// passwordsAtOnce bounds the memory of hashing: each takes 19 MiB and one core.
	passwordsAtOnce = 4
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
	return &Service{cfg: cfg, deps: deps}, nil
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
	p, err := s.assemble(db) //nolint:contextcheck // its handlers run in their requests' contexts
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

// now is the time as both databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// parts are the running pieces of the service.
type parts struct {
	service      *Service
	db           *store.Store
	accounts     *account.Service
	signIns      *signin.Service
	provider     *idp.Provider // nil if there is none
	tokens       *token.Service
	mocks        *mock.Service
	files        *file.Service
	domains      *domain.Service
	publications *publication.Service
	idempotency  *idempotency.Service
	server       *http.Server
	workspaces   *workspace.Service
	buried       chan struct{} // holds one if there may be a deleted workspace to remove
	producers    map[event.Stream]*stream.Producer
	outcomes     *stream.Consumer
	intake       *record.Intake
}

func (s *Service) assemble(db *store.Store) (*parts, error) {
	addresses := mock.Addresses{BaseDomain: s.cfg.BaseDomain, URL: s.cfg.MockURL}
	limits := mockspec.Limits{Bytes: s.cfg.MaxContent, Endpoints: s.cfg.MaxEndpoints}
	p := &parts{service: s, db: db, producers: map[event.Stream]*stream.Producer{}}
	p.accounts = account.NewService(db, now)
	cfg := signin.Config{Passwords: s.cfg.AuthMode == Local, SignUp: s.cfg.SignUp, Issuer: s.cfg.issuer(), PublicURL: s.cfg.PublicURL}
	var provider signin.Provider
	if cfg.Issuer != "" {
		p.provider = idp.New(idp.Config{
			Issuer: cfg.Issuer, Audience: s.cfg.SupabaseAudience, JWKSURL: cfg.Issuer + "/.well-known/jwks.json", Secret: s.cfg.SupabaseSecret,
		}, s.deps.Log, now)
		provider = p.provider
	}
	p.signIns = signin.NewService(cfg, db, passhash.New(passhash.Recommended(), passwordsAtOnce), provider, s.deps.Log, now)
	p.tokens = token.NewService(db, s.deps.Log, now)
	p.files = file.NewService(db, s.deps.Objects, file.Limits{File: s.cfg.MaxFile, Files: s.cfg.MaxFiles}, s.deps.Log, now)
	p.idempotency = idempotency.NewService(db, now)
	p.publications = publication.New(db, db.Log(event.Mocks), s.deps.Log, time.Now)
	p.mocks = mock.NewService(db, mock.Config{
		Addresses: addresses, Limits: limits, KeepRevisions: s.cfg.KeepRevisions, MaxPinned: s.cfg.MaxPinned,
		KeepDeletedFor: s.cfg.KeepDeletedFor, KeepDeleted: s.cfg.KeepDeleted,
	}, p.publications, now)
	p.domains = domain.NewService(db, s.cfg.BaseDomain, domain.Times{Grace: s.cfg.DomainGrace, Keep: s.cfg.KeepLostDomains}, p.mocks.Told, p.publications, s.deps.Log, now)

	live := record.NewLive()
	p.intake = record.NewIntake(db, live, s.deps.Log, s.deps.Metrics, func(ctx context.Context, stored event.ReportsStored) error {
		return stream.Announce(ctx, s.deps.Redis, s.cfg.RedisPrefix, stored)
	})
	p.buried = make(chan struct{}, 1)
	p.workspaces = workspace.NewService(db, s.cfg.HoldSlugs, now, p.bury, p.publications.AccessChanged)
	profiles := account.NewProfiles(db, s.cfg.HoldSlugs, now, p.bury)

	handler, err := httpapi.New(
		httpapi.Config{
			PublicURL: s.cfg.PublicURL, Secure: strings.HasPrefix(s.cfg.PublicURL, "https:"), Addresses: addresses,
			MaxLasting: s.cfg.MaxLasting, MaxCrowding: s.cfg.MaxLastingAddress,
			TrustedProxies: s.cfg.TrustedProxies, RateAddress: s.cfg.RateAddress, RateAccount: s.cfg.RateAccount, RateSignIn: s.cfg.RateSignIn,
			MaxBody: 4*int64(s.cfg.MaxContent) + 64<<10, // JSON writes some characters as \u…
		},
		httpapi.Deps{
			Idempotency: p.idempotency,
			Log:         s.deps.Log, Metrics: s.deps.Metrics, Accounts: p.accounts, SignIns: p.signIns, Tokens: p.tokens, Workspaces: p.workspaces,
			Mocks: p.mocks, Publications: p.publications, Audit: audit.NewService(db), Quotas: quota.NewService(db),
			Files:     p.files,
			Domains:   p.domains,
			Profiles:  profiles,
			Available: availability.NewService(db),
			Export:    &export.Service{Profiles: profiles, Workspaces: p.workspaces, Mocks: p.mocks, Files: p.files, Tokens: p.tokens},
			Drafts:    draft.NewService(p.mocks, db, addresses, s.ask),
			Records:   record.NewService(db, live, p.publications),
		})
	if err != nil {
		return nil, err
	}
	p.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: httpapi.ReadHeaderTimeout, ReadTimeout: httpapi.ReadTimeout,
		WriteTimeout: httpapi.WriteTimeout, IdleTimeout: httpapi.IdleTimeout, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelDebug),
	}
	for _, name := range []event.Stream{event.Mocks, event.Domains} {
		p.producers[name], err = stream.NewProducer(stream.ProducerConfig{
			Stream: name, Prefix: s.cfg.RedisPrefix, Service: serviceName, Log: s.deps.Log, Metrics: s.deps.Metrics,
		}, s.deps.Redis, db.Log(name))
		if err != nil {
			return nil, err
		}
	}
	p.outcomes, err = stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Unified, Prefix: s.cfg.RedisPrefix, Service: serviceName,
		Silent: true, // nobody waits for the api
		Log:    s.deps.Log, Metrics: s.deps.Metrics,
	}, s.deps.Redis, p.publications.Outcomes())
	return p, err
}

// ask asks a mock server what a draft would answer.
func (s *Service) ask(ctx context.Context, q tryit.Question) (tryit.Answer, error) {
	return tryit.Ask(ctx, s.deps.Redis, s.cfg.RedisPrefix, q)
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
	mocks, _, err := p.mocks.List(ctx, who, mock.Filter{}, "", 1)
	if err != nil || len(mocks) > 0 {
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
	producers := map[event.Stream]publication.Producer{}
	for name, producer := range p.producers {
		producers[name] = producer
		start("produce "+string(name), producer.Run)
	}
	start("publish changes", func(ctx context.Context) error {
		return p.publications.RunPublisher(ctx, producers, func(ctx context.Context, payload event.Payload) error {
			return stream.Announce(ctx, deps.Redis, p.service.cfg.RedisPrefix, payload)
		})
	})
	start("follow publications", p.publications.Run)
	start("consume outcomes", p.outcomes.Run)
	start("listen to reports", func(ctx context.Context) error {
		return stream.Listen(ctx, deps.Redis, deps.Log, p.service.cfg.RedisPrefix,
			[]event.Type{event.TypeApplied, event.TypeWorkspaceChanged}, p.publications.Connected, p.publications.Hear)
	})
	start("note the use of tokens", p.tokens.Run)
	start("keep files in order", p.files.Run)
	start("keep domains in order", p.domains.Run)
	start("listen to domains", func(ctx context.Context) error {
		return stream.Listen(ctx, deps.Redis, deps.Log, p.service.cfg.RedisPrefix, []event.Type{event.TypeDomainUpdated}, nil, p.domains.Hear)
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
	start("purge requests", p.purgeRequests)
	start("watch the database", p.watchDatabase)
	start("purge the change log", p.purge)
	start("purge the audit log", p.purgeAudit)
	start("purge deleted mocks", p.purgeMocks)
	start("remove deleted workspaces", p.reap)
	start("purge idempotency keys", p.purgeKeys)
	start("forget failed tries to sign in", p.purgeFailures)
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

// purgeRequests forgets requests and counts when it is time.
func (p *parts) purgeRequests(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		if err := p.db.RetainAll(ctx, time.Now(), p.service.cfg.KeepUsage); err != nil && ctx.Err() == nil {
			p.service.deps.Log.WarnContext(ctx, "purge requests", "error", err)
		}
	})
	return nil
}

// purge bounds what the change log remembers of deleted things.
func (p *parts) purge(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		for name := range p.producers {
			ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
			n, err := p.db.Log(name).Purge(ctx, time.Now().Add(-p.service.cfg.KeepTombstones))
			cancel()
			if err != nil && ctx.Err() == nil {
				p.service.deps.Log.WarnContext(ctx, "purge the change log", "stream", name, "error", err)
			}
			if n > 0 {
				p.service.deps.Log.InfoContext(ctx, "purged the change log", "stream", name, "tombstones", n)
			}
		}
	})
	return nil
}

// purgeAudit bounds what the audit log remembers.
func (p *parts) purgeAudit(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
		defer cancel()
		n, err := p.db.PurgeAudit(ctx, time.Now().Add(-p.service.cfg.KeepAudit))
		if err != nil && ctx.Err() == nil {
			p.service.deps.Log.WarnContext(ctx, "purge the audit log", "error", err)
		}
		if n > 0 {
			p.service.deps.Log.InfoContext(ctx, "purged the audit log", "entries", n)
		}
	})
	return nil
}

// purgeMocks ends deleted mocks for good that can be restored no longer.
func (p *parts) purgeMocks(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
		defer cancel()
		n, err := p.mocks.Purge(ctx)
		if err != nil && ctx.Err() == nil {
			p.service.deps.Log.WarnContext(ctx, "purge deleted mocks", "error", err)
		}
		if n > 0 {
			p.service.deps.Log.InfoContext(ctx, "purged deleted mocks", "mocks", n)
		}
	})
	return nil
}

// bury says that there is a deleted workspace to remove. It never blocks.
func (p *parts) bury() {
	select {
	case p.buried <- struct{}{}:
	default:
	}
}

// reap removes deleted workspaces, bit by bit: those that were deleted here at once, others (of an instance that died)
// within reapEvery.
func (p *parts) reap(ctx context.Context) error {
	ticker := time.NewTicker(reapEvery)
	defer ticker.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			step, cancel := context.WithTimeout(ctx, purgeTimeout)
			reaped, err := p.db.Reap(step)
			cancel()
			if err != nil && ctx.Err() == nil {
				p.service.deps.Log.WarnContext(ctx, "remove a deleted workspace", "error", err)
			}
			for i, m := range reaped.Mocks {
				p.publications.Announce(mock.Notice{Action: mock.Deleted, Mock: m, Changes: reaped.Changes[i]})
			}
			more = reaped.More && err == nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.buried:
		case <-ticker.C:
		}
	}
}

// purgeFailures forgets failed tries to sign in that mean nothing any more.
func (p *parts) purgeFailures(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
		defer cancel()
		if err := p.db.PurgeFailures(ctx, time.Now().Add(-signin.Forgotten)); err != nil && ctx.Err() == nil {
			p.service.deps.Log.WarnContext(ctx, "purge failed tries to sign in", "error", err)
		}
	})
	return nil
}

// purgeKeys forgets the answers that nobody may ask for again.
func (p *parts) purgeKeys(ctx context.Context) error {
	every(ctx, purgeEvery, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
		defer cancel()
		if _, err := p.idempotency.Purge(ctx); err != nil && ctx.Err() == nil {
			p.service.deps.Log.WarnContext(ctx, "purge idempotency keys", "error", err)
		}
	})
	return nil
}

// every calls do at once and then again and again until ctx ends.
func every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
