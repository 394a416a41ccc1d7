// Package proxy is mocloud's only way out. In reverse mode it makes provider calls for cloudops: it alone has the providers'
// tokens, permits only the calls on its allow-list, keeps them within budgets and writes an audit line for each. In forward mode
// it makes tenants' outgoing calls, which never reach a private address. It knows no business rules.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
	"github.com/mocloud/mocloud/pkg/cloudprovider/rfc2136"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/proxy/internal/audit"
	"github.com/mocloud/mocloud/services/proxy/internal/caller"
	"github.com/mocloud/mocloud/services/proxy/internal/dnsupdate"
	"github.com/mocloud/mocloud/services/proxy/internal/tunnel"
	"github.com/mocloud/mocloud/services/proxy/internal/upstream"
)

// Deps is what the proxy is given. A nil listener leaves its mode out; Metrics and Health may be nil.
type Deps struct {
	Log             *slog.Logger
	Metrics         prometheus.Registerer
	Health          *lifecycle.Health
	ReverseListener net.Listener // provider calls; for services only
	ForwardListener net.Listener // tenants' calls; for services only
}

// Service is the proxy.
type Service struct {
	deps    Deps
	trail   *audit.Trail
	reverse *upstream.Handler
	forward *tunnel.Handler
	servers []server
	direct  *http.Transport // to the providers
}

type server struct {
	*http.Server
	listener net.Listener
}

// New checks cfg and makes a proxy. It does no I/O; Run serves.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Log == nil {
		return nil, errors.New("proxy: Deps.Log is missing")
	}
	if deps.Health == nil {
		deps.Health = &lifecycle.Health{}
	}
	s := &Service{deps: deps, trail: audit.New(deps.Log, cfg.AuditFile, cfg.AuditFileBytes)}
	if err := s.newReverse(cfg); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := s.newForward(cfg); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return s, nil
}

func (s *Service) newReverse(cfg Config) error {
	s.direct = &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        8,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	callers, err := caller.Parse(cfg.ReverseCallers)
	if err != nil {
		return err
	}
	cloudflareURL, err := baseURL(cfg.CloudflareURL)
	if err != nil {
		return err
	}
	digitalOceanURL, err := baseURL(cfg.DigitalOceanURL)
	if err != nil {
		return err
	}
	mark := cloudprovider.Mark{Owner: cfg.Owner}
	atCloudflare, err := s.upstream(upstream.Provider{
		Contract: cloudflare.Contract(cloudflare.Config{Zones: cfg.CloudflareZones, Mark: mark, Reserved: cfg.ReservedNames}), Base: cloudflareURL,
	}, cfg.CloudflareToken, cfg.CloudflareTokenFile)
	if err != nil {
		return err
	}
	atDigitalOcean, err := s.upstream(upstream.Provider{
		Contract: digitalocean.Contract(digitalocean.Config{Apps: cfg.DigitalOceanApps}), Base: digitalOceanURL,
	}, cfg.DigitalOceanToken, cfg.DigitalOceanTokenFile)
	if err != nil {
		return err
	}
	atNameServer, err := s.upstream(upstream.Provider{
		Contract: rfc2136.Contract(rfc2136.Config{Zones: cfg.RFC2136Zones, Mark: mark, Reserved: cfg.ReservedNames}),
		Base:     &url.URL{Scheme: "dns", Host: cfg.RFC2136Server}, Transport: dnsupdate.Transport{},
	}, cfg.RFC2136Key, cfg.RFC2136KeyFile)
	if err != nil {
		return err
	}
	if s.reverse, err = upstream.NewHandler(callers, s.trail, s.deps.Log, s.deps.Metrics, atCloudflare, atDigitalOcean, atNameServer); err != nil {
		return err
	}
	// A call takes at most a minute, and a guard may read before it writes.
	trail := s.trail.Handler(cfg.AuditToken)
	s.serve(s.deps.ReverseListener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() == audit.Path {
			trail.ServeHTTP(w, r)
			return
		}
		s.reverse.ServeHTTP(w, r) // as it is: a mux would clean paths that have to be refused
	}), 3*time.Minute)
	return nil
}

func (s *Service) upstream(p upstream.Provider, token secret.String, path string) (*upstream.Upstream, error) {
	return upstream.New(p, upstream.NewCredential(s.deps.Log, token, path), s.direct, s.deps.Log, s.deps.Metrics)
}

func (s *Service) newForward(cfg Config) error {
	callers, err := caller.Parse(cfg.ForwardCallers)
	if err != nil {
		return err
	}
	policy, err := cfg.policy()
	if err != nil {
		return err
	}
	s.forward, err = tunnel.NewHandler(tunnel.Config{
		Rule: egress.NewRule(policy), ConnectTimeout: cfg.ForwardConnectTimeout, IdleTimeout: cfg.ForwardIdleTimeout,
		TotalTimeout: cfg.ForwardTotalTimeout, MaxBytes: cfg.ForwardMaxBytes, MaxOpen: cfg.ForwardMaxOpen,
		MaxOpenPerUser: cfg.ForwardMaxOpenPerTenant, PerMinute: cfg.ForwardPerMinute,
	}, callers, s.trail, s.deps.Log, s.deps.Metrics)
	if err != nil {
		return err
	}
	s.serve(s.deps.ForwardListener, s.forward, cfg.ForwardTotalTimeout+time.Minute)
	return nil
}

// serve adds a server, unless there is no listener for it.
func (s *Service) serve(listener net.Listener, handler http.Handler, timeout time.Duration) {
	if listener == nil {
		return
	}
	s.servers = append(s.servers, server{&http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: timeout, WriteTimeout: timeout,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelDebug),
	}, listener})
}

// Run serves until ctx ends; then it lets calls finish for some seconds, cuts what is left, and returns nil.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, server := range s.servers {
		group.Go(func() error { return lifecycle.Serve(ctx, server.Server, server.listener) })
	}
	if len(s.servers) == 0 {
		<-ctx.Done()
	}
	s.deps.Health.Set("proxy", true)
	err := group.Wait()
	s.deps.Health.Set("proxy", false)
	s.forward.Close()
	s.direct.CloseIdleConnections()
	return errors.Join(err, s.trail.Close())
}
