// Package mockserver serves mocks: every published mock on its hosts, as the unified mock and its changes say, or one
// file on disk (`mocloud run`). It records requests and reports how far it has applied changes.
package mockserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/machine"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/mockserver/internal/accesslog"
	"github.com/mocloud/mocloud/services/mockserver/internal/apidoc"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/certificate"
	"github.com/mocloud/mocloud/services/mockserver/internal/controlport"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/filesource"
	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/report"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/source"
	"github.com/mocloud/mocloud/services/mockserver/internal/trial"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
	"github.com/mocloud/mocloud/services/mockserver/internal/websocket"
)

// Deps are what the service works with. With Config.File, Redis and Objects are not used.
type Deps struct {
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Health   *lifecycle.Health
	Redis    *redis.Client
	Objects  objstore.Store
	Listener net.Listener // for HTTP; Run closes it
	Secure   net.Listener // for HTTPS, with Config.ACME; Run closes it
	Control  net.Listener // optional, with Config.File: where testers reach what the mock remembers; Run closes it
}

// Bounds of following what is published.
const (
	fetchParallel = 16
	fetchTimeout  = 10 * time.Second // of one mock's file
	loadTimeout   = 5 * time.Minute  // of a unified mock of any size
	apiSilence    = 3 * time.Second  // three heartbeats
	catchUp       = time.Minute
)

// healthPart is ready when there is something to serve.
const healthPart = "snapshot"

// Service is the mock server. Make it with New and run it once.
type Service struct {
	cfg      Config
	instance string // unique while this process lives
	deps     Deps
	core     *serve.Core
	state    mockstate.Store // what mocks remember; nil in file mode, where the core has its own
	recorder *record.Recorder
	reporter *report.Reporter // what reports to the api; nil in file mode
	external *external.Loader
	webhooks *webhook.Sender
	sockets  *websocket.Hub
	drafts   *trial.Trier
	secure   *certificate.Keeper // of certificates; nil if none are got
	roots    []*os.Root          // of the files that external bodies may name; file mode only
}

// New checks the configuration and builds the service; it reads no mock and starts nothing.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, deps: deps, instance: uuid.NewString()}
	s.recorder = record.New(record.Limits{
		PerSecond: cfg.RecordPerSecond, AllPerSecond: cfg.RecordAllPerSecond, Body: cfg.RecordBody, Rate: cfg.RecordRate,
		Bytes: cfg.RecordBytes,
	})
	way := egress.Config{ProxyURL: cfg.EgressURL, Service: "mockserver", Token: cfg.EgressToken, AllowPrivate: cfg.File != nil}
	client, err := egress.New(way)
	if err != nil {
		return nil, fmt.Errorf("outgoing calls: %w", err)
	}
	calls := depth.New(cfg.EgressToken.Reveal()) // all mock servers of an installation have it
	files, folders, variables, err := s.files()
	if err != nil {
		return nil, err
	}
	pool := cache.New(cfg.cacheBytes())
	s.external = external.New(external.Config{}, external.Deps{Depth: calls, Cache: pool, Files: files, Folders: folders, Client: client, Metrics: deps.Metrics})
	var changed func(webhook.Delivery)
	if cfg.File == nil {
		s.reporter = report.New(report.Config{
			Prefix: cfg.Prefix, Instance: s.instance, Words: cfg.RecordRedact, Bytes: cfg.RecordBytes,
		}, report.Deps{Log: deps.Log, Metrics: deps.Metrics, Redis: deps.Redis, Recorder: s.recorder})
		changed = s.reporter.Webhook
	}
	s.webhooks = webhook.New(webhook.Config{}, webhook.Deps{Depth: calls, Client: client, Log: deps.Log, Metrics: deps.Metrics, Changed: changed})
	turns := limit.NewTurns(runtime.GOMAXPROCS(0), orAny(cfg.ConcurrentRequests))
	s.sockets = websocket.New(websocket.Config{}, turns, deps.Metrics)
	docs := func(s *site.Site, read func() *mockspec.Mock) serve.Docs {
		return apidoc.New(read, apidoc.Info{Title: s.MockSlug, Version: strconv.Itoa(s.Revision)})
	}
	s.drafts = trial.New(cfg.MaxBody, trial.Deps{
		Log: deps.Log, Turns: turns, External: s.external, Env: variables, Docs: docs, Page: apidoc.NewPage(), Webhooks: s.webhooks,
	})
	if cfg.File == nil {
		s.state = mockstate.NewRedis(deps.Redis, cfg.Prefix, mockstate.DefaultLimits())
	}
	s.core = serve.New(serve.Config{
		PathForm: cfg.PathForm, MaxBody: cfg.MaxBody, PerSecond: cfg.RequestsPerSecond, Concurrent: cfg.ConcurrentRequests,
		ClientIPHeader: cfg.ClientIPHeader, WriteTimeout: cfg.WriteTimeout,
		Journal: deps.Control != nil || cfg.File != nil && cfg.File.Journal,
	}, serve.Deps{
		Log: deps.Log, Metrics: deps.Metrics, Turns: turns, Cache: pool, Recorder: s.recorder, Depth: calls, External: s.external, Page: apidoc.NewPage(), Docs: docs,
		State: s.state, Env: variables,
		Webhook: func(of *site.Site, endpoint string, w *mockspec.Webhook) (serve.Hook, error) {
			h, err := s.webhooks.Compile(of, endpoint, w)
			if err != nil {
				return nil, err // not a typed nil
			}
			return h, nil
		},
		Socket: func(of *site.Site, w *mockspec.WebSocket) (serve.Socket, error) {
			h, err := s.sockets.Compile(of, w)
			if err != nil {
				return nil, err // not a typed nil
			}
			return h, nil
		},
	})
	if s.secure, err = s.keeper(way); err != nil {
		return nil, err
	}
	return s, nil
}

// memory is what the process may use, as far as anybody has said: its memory limit, or what the machine has.
func memory() int64 {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		return limit
	}
	return machine.Memory()
}

// cacheBytes is the size of the cache: what is set, or half of the memory that the process may use.
func (c *Config) cacheBytes() int64 {
	if c.Cache > 0 {
		return c.Cache
	}
	return max(memory()/2, leastCache)
}

// orAny is a limit as a number: zero means none.
func orAny(limit int) int {
	if limit == 0 {
		return math.MaxInt
	}
	return limit
}

// files is where external bodies and variables are. Names of files are relative to the mock or, as in moclojer, to the working directory.
func (s *Service) files() (external.Source, external.Folders, serve.Environment, error) {
	if s.cfg.File == nil {
		seal, err := env.NewSeal(s.cfg.SealKey)
		if err != nil {
			return nil, nil, nil, err
		}
		objects := external.NewObjects(s.deps.Objects, seal, s.deps.Log)
		return objects, nil, objects, nil
	}
	folder := s.cfg.File.Files[0]
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	folders := external.Disk{folder}
	if folders[0] != "." {
		folders = append(folders, ".")
	}
	var found external.Directories
	for _, folder := range folders {
		root, err := os.OpenRoot(folder)
		if err != nil {
			s.closeRoots()
			return nil, nil, nil, fmt.Errorf("open the folder of external bodies: %w", err)
		}
		s.roots = append(s.roots, root)
		found = append(found, external.Directory{Root: root})
	}
	return found, folders, fixedEnvironment{env.NewSet(s.cfg.File.Env, nil)}, nil
}

// fixedEnvironment is that of `mocloud run`: the variables are those that were given at the start.
type fixedEnvironment struct{ set *env.Set }

// Variables implements serve.Environment.
func (e fixedEnvironment) Variables(context.Context, string) (*env.Set, error) { return e.set, nil }

// Run serves until ctx ends, then lets requests finish for a few seconds. It closes the listener.
func (s *Service) Run(ctx context.Context) error {
	defer s.close()
	s.deps.Health.Set(healthPart, false)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// What requests rely on goes on until the last of them is answered.
	behind, end := context.WithCancel(context.WithoutCancel(ctx))
	// Reports of it end last.
	reporting, stopReporting := context.WithCancel(context.WithoutCancel(ctx))
	var before, after, last sync.WaitGroup
	run := func(group *sync.WaitGroup, ctx context.Context, member func(context.Context) error) {
		group.Go(func() {
			if err := member(ctx); err != nil {
				stop(err)
			}
		})
	}
	run(&after, behind, s.webhooks.Run)
	run(&after, behind, s.housekeep)
	if s.cfg.File == nil {
		run(&before, ctx, s.published().Run)
		run(&before, ctx, func(ctx context.Context) error {
			return control.Place(s.deps.Redis, s.cfg.Prefix).Serve(ctx, s.deps.Log, s.core.Control)
		})
		run(&before, ctx, func(ctx context.Context) error {
			return control.SettlePlace(s.deps.Redis, s.cfg.Prefix, s.instance).Serve(ctx, s.deps.Log, func(ctx context.Context, _ control.SettleQuestion) control.SettleAnswer {
				return control.SettleAnswer{Settled: s.reporter.Settle(ctx)}
			})
		})
		run(&before, ctx, func(ctx context.Context) error {
			return tryit.Place(s.deps.Redis, s.cfg.Prefix).Serve(ctx, s.deps.Log, s.drafts.Try)
		})
		run(&last, reporting, s.reporter.Run)
		if s.secure != nil {
			run(&before, ctx, s.secure.Run)
			run(&before, ctx, s.serveSecure)
		}
	} else if follow, err := s.file(ctx); err == nil {
		run(&before, ctx, follow)
		if s.deps.Control != nil {
			run(&before, ctx, func(ctx context.Context) error {
				return controlport.Run(ctx, s.deps.Control, s.deps.Log, s.core.Control)
			})
		}
		if out := s.cfg.File.Log; out != nil {
			run(&last, reporting, func(ctx context.Context) error {
				accesslog.Run(ctx, s.recorder, out)
				return nil
			})
		}
	} else {
		stop(err)
	}
	run(&before, ctx, func(ctx context.Context) error { return s.serve(ctx) })
	run(&before, ctx, s.hangUp)
	before.Wait()
	end()
	after.Wait()
	stopReporting()
	last.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Control answers a question about what the mocks remember, as the control address does.
func (s *Service) Control(ctx context.Context, q control.Question) control.Answer {
	return s.core.Control(ctx, q)
}

// Requests are the latest requests, oldest first, if FileConfig.Journal keeps them.
func (s *Service) Requests() []control.Request { return s.core.Requests() }

// ForgetRequests empties what Requests returns.
func (s *Service) ForgetRequests() { s.core.ForgetRequests() }

// published is the source of a cloud: what is published, as the object store and the stream say.
func (s *Service) published() *source.Source {
	var table source.Table = s.core
	if s.secure != nil {
		table = certified{s.core, s.secure}
	}
	return source.New(source.Config{
		Prefix: s.cfg.Prefix, Instance: s.instance, Poll: s.cfg.Poll, Parallel: fetchParallel,
		Timeout: fetchTimeout, LoadTimeout: loadTimeout, Silence: apiSilence, CatchUp: catchUp,
	}, source.Deps{
		Log: s.deps.Log, Metrics: s.deps.Metrics, Redis: s.deps.Redis, Objects: s.deps.Objects, Table: table,
		Deleted: s.forget, Ready: s.ready,
	})
}

// dropStateWithin bounds forgetting what a deleted mock remembered: changes of other mocks wait for it. What is left then expires.
const dropStateWithin = time.Second

// forget drops what a deleted mock has left: what it remembered, and webhooks that wait.
func (s *Service) forget(ctx context.Context, mockID string) {
	s.webhooks.Forget(mockID)
	s.dropState(ctx, mockID)
}

// dropState forgets what a deleted mock remembered.
func (s *Service) dropState(ctx context.Context, mockID string) {
	ctx, cancel := context.WithTimeout(ctx, dropStateWithin)
	defer cancel()
	if err := s.state.Drop(ctx, mockID); err != nil {
		s.deps.Log.WarnContext(ctx, "the state of a deleted mock is left to expire", "mock_id", mockID, "error", err)
	}
}

// file loads the files that are served and returns what follows their changes.
func (s *Service) file(ctx context.Context) (follow func(context.Context) error, err error) {
	file := s.fileSource()
	if err := file.Load(ctx); err != nil {
		return nil, err
	}
	s.ready()
	if ready := s.cfg.File.Ready; ready != nil {
		ready(s.url())
	}
	return func(ctx context.Context) error {
		file.Watch(ctx)
		return nil
	}, nil
}

// ready says that it is known which mocks there are.
func (s *Service) ready() {
	s.core.Ready()
	s.deps.Health.Set(healthPart, true)
}

// hangUp closes WebSockets when the service stops: the HTTP server does not know them.
func (s *Service) hangUp(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := lifecycle.Stopping(ctx)
	defer cancel()
	if err := s.sockets.Shutdown(ctx); err != nil {
		s.deps.Log.WarnContext(ctx, "websockets were cut off", "error", err)
	}
	return nil
}

func (s *Service) close() {
	s.external.Close()
	s.closeRoots()
}

func (s *Service) closeRoots() {
	for _, root := range s.roots {
		_ = root.Close() // it was only read
	}
}

func (s *Service) fileSource() *filesource.Source {
	f := s.cfg.File
	return filesource.New(filesource.Config{
		Files: f.Files, Prefix: f.Prefix, Mocks: f.Mocks, Compat: f.Compat, Watch: f.Watch, Out: f.Out, URL: s.url(),
	}, s.core)
}

// url is where a person on this machine reaches the mocks.
func (s *Service) url() string {
	scheme := "http://"
	if s.cfg.TLSCertificate != "" {
		scheme = "https://"
	}
	return scheme + address(s.deps.Listener)
}

// address is where a person on this machine reaches a listener.
func address(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return l.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// serve serves what most requests are by itself, and lets net/http serve all others.
func (s *Service) serve(ctx context.Context) error {
	encryption, err := s.cfg.tls()
	if err != nil {
		return err
	}
	return s.listen(ctx, s.deps.Listener, encryption)
}

// serveSecure serves over HTTPS with the certificates that are got.
func (s *Service) serveSecure(ctx context.Context) error {
	return s.listen(ctx, s.deps.Secure, s.secure.TLS())
}

func (s *Service) listen(ctx context.Context, listener net.Listener, encryption *tls.Config) error {
	var old, h2c http.Protocols
	old.SetHTTP1(true)
	h2c.SetUnencryptedHTTP2(true)
	var simple http1.Handler = s.core
	rest, http2 := s.server(&old), s.server(&h2c)
	if rest.TLSConfig = encryption; encryption != nil {
		old.SetHTTP2(true)
	}
	if s.secure != nil {
		p := proven{s.core, s.core, s.secure}
		simple, rest.Handler = p, p
	}
	return http1.New(http1.Config{
		ReadHeaderTimeout: s.cfg.ReadHeaderTimeout, ReadTimeout: s.cfg.ReadTimeout, WriteTimeout: s.cfg.WriteTimeout,
		IdleTimeout: s.cfg.IdleTimeout, MaxHeaderBytes: s.cfg.MaxHeaderBytes, MaxBody: s.cfg.MaxBody,
		MaxConnections: lifecycle.MostConnections(),
	}, simple, s.deps.Log).Run(ctx, listener, rest, http2)
}

func (s *Service) server(protocols *http.Protocols) *http.Server {
	return &http.Server{
		Protocols:         protocols,
		Handler:           s.core,
		ReadHeaderTimeout: s.cfg.ReadHeaderTimeout,
		ReadTimeout:       s.cfg.ReadTimeout,
		WriteTimeout:      s.cfg.WriteTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeaderBytes,
		// net/http would answer OPTIONS * itself, without saying which mock.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelDebug),
	}
}

// housekeep lets mocks rest that nobody calls.
func (s *Service) housekeep(ctx context.Context) error {
	ticker := time.NewTicker(s.cfg.IdleMocks)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.core.Rest()
		}
	}
}
