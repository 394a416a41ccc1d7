// Package tunnel is the proxy's forward mode: tenants' calls to addresses that they chose, by CONNECT for https and in absolute
// form for http. Whether an address may be reached is decided by egress.Rule at the moment of connecting, on the address itself.
// TLS is never opened.
package tunnel

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/services/proxy/internal/audit"
	"github.com/mocloud/mocloud/services/proxy/internal/caller"
)

// Config bounds forward calls.
type Config struct {
	Rule           *egress.Rule
	ConnectTimeout time.Duration
	IdleTimeout    time.Duration // of a tunnel
	TotalTimeout   time.Duration // of a tunnel or call
	MaxBytes       int64         // of a tunnel or call, in each direction
	MaxOpen        int
	MaxOpenPerUser int
	PerMinute      int // calls of a user
}

// Handler serves forward calls. Close it after its server has stopped.
type Handler struct {
	cfg     Config
	callers *caller.Set
	trail   *audit.Trail
	log     *slog.Logger
	limits  *limits
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	proxy   *httputil.ReverseProxy
	idle    func() // closes pooled connections

	calls *prometheus.CounterVec
	bytes *prometheus.CounterVec

	closing context.Context //nolint:containedctx // the life of the handler's tunnels, which outlive their requests' contexts
	close   context.CancelFunc
	open    sync.WaitGroup // calls whose audit line is still to be written
}

// NewHandler makes the handler; a nil registerer means no metrics.
func NewHandler(cfg Config, callers *caller.Set, trail *audit.Trail, log *slog.Logger, metrics prometheus.Registerer) (*Handler, error) {
	dialer := &net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: 30 * time.Second, Control: cfg.Rule.Control}
	h := &Handler{
		cfg: cfg, callers: callers, trail: trail, log: log.With("component", "forward"),
		limits: newLimits(cfg.MaxOpen, cfg.MaxOpenPerUser, cfg.PerMinute), dial: dialer.DialContext,
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "mocloud", Subsystem: "proxy", Name: "forward_calls_total", Help: "Tenants' outgoing calls, by outcome.",
		}, []string{"outcome"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "mocloud", Subsystem: "proxy", Name: "forward_bytes_total", Help: "Bytes of tenants' outgoing calls.",
		}, []string{"direction"}),
	}
	transport := &http.Transport{
		DialContext: h.dial, MaxIdleConns: 128, MaxIdleConnsPerHost: 4, IdleConnTimeout: cfg.IdleTimeout,
		ResponseHeaderTimeout: cfg.IdleTimeout, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
	}
	h.idle = transport.CloseIdleConnections
	h.proxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   rewrite,
		ModifyResponse: func(res *http.Response) error {
			res.Header.Del(egress.OutcomeHeader)
			res.Body = &boundedBody{ReadCloser: res.Body, left: h.cfg.MaxBytes}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { h.failed(w, r, err) },
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // what it would say is in the audit trail
	}
	h.closing, h.close = context.WithCancel(context.Background())
	if metrics != nil {
		if err := errors.Join(metrics.Register(h.calls), metrics.Register(h.bytes)); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return h, nil
}

// Close ends all tunnels and waits until the audit trail has every call.
func (h *Handler) Close() {
	h.close()
	h.open.Wait()
	h.idle()
}

// call is a forward call on its way; it ends in an audit line.
type call struct {
	start time.Time
	entry audit.Entry
}

type callKey struct{}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.open.Add(1)
	defer h.open.Done()
	c := &call{start: time.Now(), entry: audit.Entry{Mode: "forward", Method: "other", Outcome: "answered"}}
	switch r.Method {
	case http.MethodConnect, http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		c.entry.Method = r.Method
	}
	defer h.finish(r, c)

	service, tenant, err := h.authenticate(r)
	if err != nil {
		c.refuse("unauthorized", err.Error(), http.StatusProxyAuthRequired)
		w.Header().Set("Proxy-Authenticate", `Basic realm="mocloud"`)
		http.Error(w, "the proxy needs a service's name and token", http.StatusProxyAuthRequired)
		return
	}
	c.entry.Caller, c.entry.Tenant = service, tenant
	target, err := targetOf(r)
	if err != nil {
		c.refuse(egress.OutcomeDenied, err.Error(), http.StatusBadRequest)
		own(w, http.StatusBadRequest, egress.OutcomeDenied, err.Error())
		return
	}
	c.entry.Target = target
	end, reason := h.limits.begin(service + egress.UserSeparator + tenant)
	if reason != "" {
		c.refuse(egress.OutcomeLimited, reason, http.StatusTooManyRequests)
		w.Header().Set("Retry-After", "1")
		own(w, http.StatusTooManyRequests, egress.OutcomeLimited, egress.ErrLimited.Error())
		return
	}
	defer end()
	ctx, cancel := context.WithTimeout(r.Context(), h.cfg.TotalTimeout)
	defer cancel()
	r = r.WithContext(context.WithValue(ctx, callKey{}, c))
	if r.Method == http.MethodConnect {
		h.connect(w, r, target, c)
		return
	}
	counted := &countingWriter{ResponseWriter: w}
	sent := &countingReader{ReadCloser: http.MaxBytesReader(w, r.Body, h.cfg.MaxBytes)}
	r.Body = sent
	// Deferred, because the library panics when a body breaks off, for the server to close the connection.
	defer func() { c.entry.Status, c.entry.BytesIn, c.entry.BytesOut = counted.status, counted.n, sent.n.Load() }()
	h.proxy.ServeHTTP(counted, r)
}

func (c *call) refuse(outcome, reason string, status int) {
	c.entry.Outcome, c.entry.Reason, c.entry.Status = outcome, reason, status
}

// finish writes the audit line.
func (h *Handler) finish(r *http.Request, c *call) {
	c.entry.Time = c.start.UTC()
	c.entry.Millis = time.Since(c.start).Milliseconds()
	if id, err := uuid.NewV7(); err == nil {
		c.entry.ID = id.String()
	}
	h.calls.WithLabelValues(c.entry.Outcome).Inc()
	h.bytes.WithLabelValues("in").Add(float64(c.entry.BytesIn))
	h.bytes.WithLabelValues("out").Add(float64(c.entry.BytesOut))
	h.trail.Write(context.WithoutCancel(r.Context()), c.entry)
}

// authenticate reads "service+tenant:token" from Basic authentication.
func (h *Handler) authenticate(r *http.Request) (service, tenant string, err error) {
	encoded, ok := strings.CutPrefix(r.Header.Get("Proxy-Authorization"), "Basic ")
	raw, decodeErr := base64.StdEncoding.DecodeString(encoded)
	if !ok || decodeErr != nil {
		return "", "", caller.ErrUnknown
	}
	user, token, _ := strings.Cut(string(raw), ":")
	service, tenant, _ = strings.Cut(user, egress.UserSeparator)
	if len(tenant) > 64 || strings.ContainsFunc(tenant, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", "", caller.ErrUnknown
	}
	return service, tenant, h.callers.Check(service, token)
}

// targetOf returns host:port of a request to a proxy.
func targetOf(r *http.Request) (string, error) {
	if r.Method == http.MethodConnect {
		// RequestURI is what the client wrote; URL.Host may have been cleaned up.
		return parseTarget(r.RequestURI)
	}
	u := r.URL
	switch {
	case !u.IsAbs() || u.Host == "":
		return "", errors.New("this is a proxy: ask for http://host/path, or CONNECT host:port")
	case u.Scheme != "http":
		return "", errors.New("only http:// works without CONNECT")
	case u.User != nil:
		return "", errors.New("the URL must not contain a user")
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return parseTarget(net.JoinHostPort(u.Hostname(), port))
}

// rewrite makes the outgoing request. The library has dropped hop-by-hop headers and what clients say about forwarding; the
// latter are a webhook's own business here and are put back.
func rewrite(p *httputil.ProxyRequest) {
	for _, key := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values := p.In.Header.Values(key); len(values) > 0 {
			p.Out.Header[key] = values
		}
	}
	p.Out.Header.Del("Proxy-Authorization")
	p.Out.Header.Del("Proxy-Connection")
	p.Out.Header.Del("Connection") // no upgrades: they would leave the limits of a call
	p.Out.Header.Del("Upgrade")
	p.Out.URL.RawQuery = p.In.URL.RawQuery // the library drops what it cannot read
	// Connect to the target that was judged, whatever the Host header says.
	c, _ := p.In.Context().Value(callKey{}).(*call)
	p.Out.URL.Host = c.entry.Target
}

// failed answers for a destination that could not be called.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, err error) {
	c, _ := r.Context().Value(callKey{}).(*call)
	status, outcome, message := http.StatusBadGateway, egress.OutcomeUnreachable, egress.ErrUnreachable.Error()
	tooLarge, isTooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, egress.ErrDenied):
		status, outcome, message = http.StatusForbidden, egress.OutcomeDenied, egress.ErrDenied.Error()
	case isTooLarge:
		status, outcome, message = http.StatusRequestEntityTooLarge, egress.OutcomeLimited, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
	}
	c.refuse(outcome, err.Error(), status)
	own(w, status, outcome, message)
}

// own writes an answer of the proxy itself.
func own(w http.ResponseWriter, status int, outcome, message string) {
	w.Header().Set(egress.OutcomeHeader, outcome)
	http.Error(w, message, status)
}

// errTooLong ends a body that exceeds its limit.
var errTooLong = errors.New("the answer is longer than the proxy allows")

// boundedBody is an answer's body with a bound.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}
