package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Config describes how calls leave.
type Config struct {
	// ProxyURL is the proxy's forward listener, for example "http://proxy:3128". Empty means that calls are made directly,
	// under the same rule.
	ProxyURL string
	// Service and Token identify the caller to the proxy. They are required with a ProxyURL.
	Service string
	Token   secret.String
	// Policy is the rule of direct calls; through the proxy, the proxy's own policy counts.
	Policy Policy
	// AllowPrivate lifts the rule from direct calls: for a program that serves its own user on his own machine, where
	// webhooks to localhost are what he expects. With a ProxyURL it is an error.
	AllowPrivate bool
	// RootCAs are the certificate authorities that destinations are checked by; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout bounds a call, redirects and the reading of the body included. Default 30 s.
	Timeout time.Duration
}

// Errors of a call that the proxy did not make; compare with errors.Is. (ErrDenied is the third.)
var (
	// ErrLimited says that the caller or its tenant has too many calls open or made too many.
	ErrLimited = errors.New("too many outgoing calls")
	// ErrUnreachable says that the proxy could not connect to the destination.
	ErrUnreachable = errors.New("destination not reachable")
)

// OutcomeHeader is how the proxy marks an answer of its own. It never passes an upstream's header of this name.
const OutcomeHeader = "X-Proxy-Outcome"

// Values of OutcomeHeader in forward mode.
const (
	OutcomeDenied      = "denied"
	OutcomeLimited     = "limited"
	OutcomeUnreachable = "unreachable"
)

// maxRedirects of one call; each hop is judged like a call of its own.
const maxRedirects = 5

// New makes the client. It is safe for concurrent use and meant to be kept: it pools connections, by tenant. Name the
// tenant of a call with WithTenant. Redirects are followed up to five times.
func New(cfg Config) (*http.Client, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig:        &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12},
	}
	switch {
	case cfg.ProxyURL != "":
		proxy, err := proxyURL(cfg)
		if err != nil {
			return nil, err
		}
		transport.Proxy = proxy.forRequest
		transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
			return outcome(res)
		}
	case !cfg.AllowPrivate:
		dialer.Control = NewRule(cfg.Policy).Control
	}
	return &http.Client{
		Transport: &roundTripper{transport, cfg.ProxyURL != ""},
		Timeout:   cfg.Timeout,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("stopped after %d redirects", maxRedirects)
			}
			return nil
		},
	}, nil
}

// proxy is where calls go, and as whom.
type proxy struct {
	url     url.URL
	service string
	token   secret.String
}

// name is the shape of service and tenant names, so that they can be told apart in a user name.
var name = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func proxyURL(cfg Config) (*proxy, error) {
	u, err := url.Parse(cfg.ProxyURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("egress: the proxy's URL is not of the form http://host:port")
	}
	if u.User != nil {
		return nil, errors.New("egress: the proxy's URL must not contain a user; give the service and its token separately")
	}
	if cfg.AllowPrivate {
		return nil, errors.New("egress: private addresses cannot be allowed here when a proxy decides")
	}
	if !name.MatchString(cfg.Service) || cfg.Token.Empty() {
		return nil, errors.New("egress: a proxy needs a service name and its token")
	}
	return &proxy{*u, cfg.Service, cfg.Token}, nil
}

// forRequest implements http.Transport.Proxy. The user name is part of the pool's key, so that tenants share no
// connection.
func (p *proxy) forRequest(req *http.Request) (*url.URL, error) {
	user := p.service
	if tenant, _ := req.Context().Value(tenantKey{}).(string); tenant != "" {
		if !name.MatchString(tenant) {
			return nil, fmt.Errorf("%q is not a tenant's name", tenant)
		}
		user += UserSeparator + tenant
	}
	u := p.url
	u.User = url.UserPassword(user, p.token.Reveal())
	return &u, nil
}

// Way is the way through the proxy for a client that somebody else makes, as http.Transport.Proxy has it; nil if there is no proxy.
func Way(cfg Config) (func(*http.Request) (*url.URL, error), error) {
	if cfg.ProxyURL == "" {
		return nil, nil //nolint:nilnil // a direct way is no error
	}
	proxy, err := proxyURL(cfg)
	if err != nil {
		return nil, err
	}
	return proxy.forRequest, nil
}

// UserSeparator stands between service and tenant in the user name that the proxy is given: "mockserver+TENANT".
const UserSeparator = "+"

type tenantKey struct{}

// WithTenant names the tenant (a workspace's id) on whose behalf calls are made: the proxy limits and logs by it.
func WithTenant(ctx context.Context, tenant string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenant)
}

// roundTripper turns the proxy's own answers into errors, so that nobody takes them for the destination's.
type roundTripper struct {
	*http.Transport
	proxied bool
}

// RoundTrip implements http.RoundTripper.
func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.Transport.RoundTrip(req)
	if err != nil || !t.proxied || req.URL.Scheme != "http" {
		return res, err
	}
	if err := outcome(res); err != nil {
		_ = res.Body.Close() // nothing of it is used
		return nil, err
	}
	return res, nil
}

// outcome is the error that a proxy's answer stands for, nil if it made the call.
func outcome(res *http.Response) error {
	switch res.Header.Get(OutcomeHeader) {
	case OutcomeDenied:
		return ErrDenied
	case OutcomeLimited:
		return ErrLimited
	case OutcomeUnreachable:
		return ErrUnreachable
	}
	if res.StatusCode == http.StatusProxyAuthRequired {
		return errors.New("the proxy does not accept the service's token")
	}
	return nil
}

// ErrTooLarge says that a body is longer than its limit.
var ErrTooLarge = errors.New("the answer is too large")

// ReadBody reads all of body, at most limit bytes. ErrTooLarge if there is more.
func ReadBody(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return data, nil
}
