package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/question"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/draft"
	"github.com/mocloud/mocloud/services/api/internal/export"
	"github.com/mocloud/mocloud/services/api/internal/file"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/httpapi"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
	"github.com/mocloud/mocloud/services/api/internal/idp"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/outbox"
	"github.com/mocloud/mocloud/services/api/internal/passhash"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/remembered"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/store"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/variable"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// parts are the running pieces of the service.
type parts struct {
	service          *Service
	db               *store.Store
	accounts         *account.Service
	signIns          *signin.Service
	provider         *idp.Provider // nil if there is none
	tokens           *token.Service
	mocks            *mock.Service
	files            *file.Service
	variables        *variable.Service
	domains          *domain.Service
	events           *live.Events
	publications     *publication.Service
	outbox           *outbox.Outbox
	idempotency      *idempotency.Service
	server           *http.Server
	workspaces       *workspace.Service
	deletedWorkspace chan struct{} // holds one if there may be a deleted workspace to remove
	producers        map[event.Stream]*stream.Producer
	outcomes         *stream.Consumer
	intake           *record.Intake
}

func (s *Service) assemble(db *store.Store) (*parts, error) {
	addresses := mock.Addresses{BaseDomain: s.cfg.BaseDomain, URL: s.cfg.MockURL, PathURL: s.cfg.PathURL}
	limits := mockspec.Limits{Bytes: s.cfg.MaxContent, Endpoints: s.cfg.MaxEndpoints}
	p := &parts{service: s, db: db, producers: map[event.Stream]*stream.Producer{}}
	p.accounts = account.NewService(db.Accounts, now)
	cfg := signin.Config{Passwords: s.cfg.AuthMode == Local, SignUp: s.cfg.SignUp, Issuer: s.cfg.issuer(), PublicURL: s.cfg.PublicURL}
	if cfg.Issuer != "" && s.cfg.SupabasePublishableKey != "" {
		cfg.Supabase = &signin.Supabase{
			URL: strings.TrimRight(s.cfg.SupabaseURL, "/"), PublishableKey: s.cfg.SupabasePublishableKey, Providers: s.cfg.SupabaseProviders,
		}
	}
	var provider signin.Provider
	if cfg.Issuer != "" {
		p.provider = idp.New(idp.Config{
			Issuer: cfg.Issuer, Audience: s.cfg.SupabaseAudience, JWKSURL: cfg.Issuer + "/.well-known/jwks.json", Secret: s.cfg.SupabaseSecret,
		}, s.deps.Log, now)
		provider = p.provider
	}
	p.signIns = signin.NewService(cfg, db.SignIns, passhash.New(passhash.Recommended(), passwordsAtOnce), provider, s.deps.Log, now)
	p.tokens = token.NewService(db.Tokens, s.deps.Log, now)
	p.files = file.NewService(db.Files, s.deps.Objects, file.Limits{File: s.cfg.MaxFile, Files: s.cfg.MaxFiles}, s.deps.Log, now)
	seal, err := env.NewSeal(s.cfg.SealKey)
	if err != nil {
		return nil, err
	}
	p.variables = variable.NewService(db.Variables, seal, p.files.PublishIndex, now)
	p.idempotency = idempotency.NewService(db.Keys, now)
	p.outbox = outbox.New(s.deps.Log)
	p.events = live.NewEvents(p.outbox, s.deps.Log, time.Now)
	p.publications = publication.New(db.Publications, db.Log(event.Mocks), db.Log(event.Domains), p.outbox, p.events, s.deps.Log, time.Now)
	p.mocks = mock.NewService(db.Mocks, mock.Config{
		Addresses: addresses, Limits: limits, KeepRevisions: s.cfg.KeepRevisions, MaxPinned: s.cfg.MaxPinned,
		KeepDeletedFor: s.cfg.KeepDeletedFor, KeepDeleted: s.cfg.KeepDeleted, Fetch: s.fetch, PerHost: s.cfg.DNSMode == PerHost,
	}, p.publications, now)
	p.domains = domain.NewService(db.Domains, domain.Hosts{BaseDomain: s.cfg.BaseDomain, PerMock: s.cfg.DNSMode == PerHost, Of: addresses.Host}, domain.Times{Grace: s.cfg.DomainGrace, Keep: s.cfg.KeepLostDomains}, p.mocks.BuildChange, p.publications, p.events, s.deps.Log, now)

	recent := record.NewRecent()
	p.intake = record.NewIntake(db.Reports, recent, s.deps.Log, s.deps.Metrics, func(ctx context.Context, stored event.ReportsStored) error {
		return stream.Announce(ctx, s.deps.Redis, s.cfg.RedisPrefix, stored)
	})
	p.deletedWorkspace = make(chan struct{}, 1)
	p.workspaces = workspace.NewService(db.Workspaces, s.cfg.HoldSlugs, now, p.workspaceDeleted, p.events.AccessChanged)
	profiles := account.NewProfiles(db.Accounts, s.cfg.HoldSlugs, now, p.workspaceDeleted)

	records := record.NewService(db.Records, recent, p.publications)

	handler, err := httpapi.New(
		httpapi.Config{
			Gate: gate.Config{
				Secure:               strings.HasPrefix(s.cfg.PublicURL, "https:"),
				MaxBody:              4*int64(s.cfg.MaxContent) + 64<<10, // JSON writes some characters as \u…
				MaxConcurrentAccount: s.cfg.MaxLongLived, MaxConcurrentAddress: s.cfg.MaxLongLivedAddress, TrustedProxies: s.cfg.TrustedProxies,
				RateAddress: s.cfg.RateAddress, RateAccount: s.cfg.RateAccount, RateSignIn: s.cfg.RateSignIn,
			},
			PublicURL: s.cfg.PublicURL, Addresses: addresses, Origins: s.cfg.origins(), KeepAlive: s.keepAlive, Instance: s.instance(),
		},
		httpapi.Deps{
			Idempotency: p.idempotency, Console: s.deps.Console,
			Log: s.deps.Log, Metrics: s.deps.Metrics, Accounts: p.accounts, SignIns: p.signIns, Tokens: p.tokens, Workspaces: p.workspaces,
			Mocks: p.mocks, Publications: p.publications, Events: p.events, Audit: audit.NewService(db.Audit), Quotas: quota.NewService(db.Quotas),
			Files:     p.files,
			Variables: p.variables,
			Domains:   p.domains,
			Profiles:  profiles,
			Available: availability.NewService(db.Slugs),
			Export:    &export.Service{Profiles: profiles, Workspaces: p.workspaces, Mocks: p.mocks, Files: p.files, Tokens: p.tokens},
			Drafts:    draft.NewService(p.mocks, db.Workspaces, records, addresses, s.ask),
			Records:   records,
			Search:    search.NewService(db.Search, p.mocks.Outline),
			Remembered: remembered.NewService(p.mocks, db.Records, func(ctx context.Context, q control.Question) (control.Answer, error) {
				return control.Place(s.deps.Redis, s.cfg.RedisPrefix).Ask(ctx, q)
			}, db.Records, remembered.Settling{
				Servers: p.publications.MockServers,
				Ask: func(ctx context.Context, server string) (bool, error) {
					a, err := control.SettlePlace(s.deps.Redis, s.cfg.RedisPrefix, server).Ask(ctx, control.SettleQuestion{})
					return a.Settled, err
				},
			}),
		})
	if err != nil {
		return nil, err
	}
	p.server = &http.Server{
		Handler: lifecycle.OnKnownHosts(s.cfg.PublicURL, handler), ReadHeaderTimeout: httpapi.ReadHeaderTimeout, ReadTimeout: httpapi.ReadTimeout,
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

// instance is what this installation is.
func (s *Service) instance() httpapi.Instance {
	mocks := strings.ReplaceAll(strings.TrimRight(s.cfg.MockURL, "/"), "{host}", "{mock_slug}-{workspace_slug}."+s.cfg.BaseDomain)
	i := httpapi.Instance{
		Name: s.cfg.InstanceName, Version: cmp.Or(s.deps.Version, "dev"), PublicURL: s.cfg.PublicURL, BaseDomain: s.cfg.BaseDomain,
		MockURL: mocks, WebsocketURL: websocket(mocks), RestorableSeconds: int64(s.cfg.KeepDeletedFor / time.Second),
		Limits: httpapi.InstanceLimits{
			ContentBytes: int64(s.cfg.MaxContent), Endpoints: int64(s.cfg.MaxEndpoints), FileBytes: s.cfg.MaxFile, Files: s.cfg.MaxFiles,
			DocumentBytes: mock.MaxDocument, Revisions: int64(s.cfg.KeepRevisions), PinnedRevisions: int64(s.cfg.MaxPinned),
		},
		Features: []httpapi.Feature{httpapi.FeatureCustomDomains, httpapi.FeatureWebhooks},
	}
	if s.deps.Console != nil {
		i.Features = append(i.Features, httpapi.FeatureConsole)
	}
	return i
}

// ask asks a mock server what a draft would answer.
func (s *Service) ask(ctx context.Context, q tryit.Question) (tryit.Answer, error) {
	return tryit.Place(s.deps.Redis, s.cfg.RedisPrefix).Ask(ctx, q)
}

// fetch lets a mock server read what is at a URL: it is the one that reaches out, through the proxy and within its bounds.
func (s *Service) fetch(ctx context.Context, accountID, url string) ([]byte, error) {
	a, err := s.ask(ctx, tryit.Question{WorkspaceID: accountID, Fetch: url})
	switch {
	case errors.Is(err, question.ErrBusy):
		return nil, apperr.New(apperr.RateLimited, "Too much is being fetched and tried just now; try again in a moment.")
	case err != nil:
		return nil, apperr.New(apperr.Unavailable, "No mock server is there to fetch the document; try again in a moment, or send the document itself.").WithCause(err)
	case a.Problem != "":
		return nil, apperr.New(apperr.Invalid, "The document could not be fetched: %s", a.Problem).WithField("url")
	}
	return a.Body, nil
}

// now is the time as both databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
