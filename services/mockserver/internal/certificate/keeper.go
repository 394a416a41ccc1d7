// Package certificate gets certificates for the hosts of mocks from a certificate authority (ACME, RFC 8555) and keeps them: one for all
// hosts right under the base domain, if it is wanted, and one for each custom domain, as soon as a mock answers on it. All mock servers of an
// installation share them in the object store, encrypted; of several that want the same one, one asks and the others wait.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
)

// Config says whom to ask for what.
type Config struct {
	Directory  string         // URL of the authority
	Email      string         // of the operator, for the authority
	Roots      *x509.CertPool // that the authority's own certificate is judged by; nil: the system's
	Key        []byte         // 32 bytes, encrypts what is stored
	BaseDomain string
	Wildcard   bool // one certificate for all hosts right under the base domain; otherwise each gets its own when it is called
	// Address is where HTTP-01 finds this server, and TLSAddress where TLS-ALPN-01 does.
	Address, TLSAddress net.Addr
	// RenewEvery and RenewalShare are for tests: how often certificates are looked at, and which share of their life is left when they
	// are renewed. 0: certmagic's.
	RenewEvery   time.Duration
	RenewalShare float64
}

// Deps are what a Keeper works with.
type Deps struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: none
	Objects objstore.Store
	// Active reports whether a mock answers on a host; from memory.
	Active func(host string) bool
	// Report says how a certificate stands.
	Report func(context.Context, event.CertificateObserved) error
	// Ask has cloudops do something with the record of the base domain's proof; nil: there is no wildcard certificate.
	Ask func(context.Context, challenge.Question) (challenge.Answer, error)
	// Proxy is the way to the authority; nil: a direct one.
	Proxy func(*http.Request) (*url.URL, error)
}

// Keeper keeps certificates. Make it with New and run it once; its other methods are safe for concurrent use.
type Keeper struct {
	cfg     Config
	deps    Deps
	cache   *certmagic.Cache
	single  *certmagic.Config // for hosts of their own, ahead
	called  *certmagic.Config // for hosts that are called
	all     *certmagic.Config // for the wildcard
	issuer  *certmagic.ACMEIssuer
	changed chan struct{}
	count   *prometheus.GaugeVec // by state

	mu     sync.Mutex
	wanted map[string]int // hosts that get a certificate ahead, by how many mocks claim them
	hosts  map[string][]string
	states map[string]*state
}

// obtainWithin bounds one attempt, waiting for other mock servers included.
const obtainWithin = 3 * time.Minute

// New makes a keeper; it does no I/O.
func New(cfg Config, deps Deps) (*Keeper, error) {
	store, err := newStorage(deps.Objects, cfg.Key)
	if err != nil {
		return nil, err
	}
	k := &Keeper{
		cfg: cfg, deps: deps, changed: make(chan struct{}, 1),
		wanted: map[string]int{}, hosts: map[string][]string{}, states: map[string]*state{},
		count: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "mocloud", Subsystem: "mockserver", Name: "certificates", Help: "Certificates that are kept, by state.",
		}, []string{"state"}),
	}
	if deps.Metrics != nil {
		if err := deps.Metrics.Register(k.count); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	silent := zap.NewNop() // what happens is said by this package
	k.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(c certmagic.Certificate) (*certmagic.Config, error) {
			if len(c.Names) > 0 && c.Names[0] == k.wildcard() {
				return k.all, nil
			}
			return k.single, nil
		},
		RenewCheckInterval: cfg.RenewEvery, Logger: silent,
	})
	config := func(solver *solver) *certmagic.Config {
		c := certmagic.New(k.cache, certmagic.Config{
			Storage: store, OnEvent: k.onEvent, RenewalWindowRatio: cfg.RenewalShare, Logger: silent, OCSP: certmagic.OCSPConfig{HTTPProxy: deps.Proxy},
			DisableStorageCheck: true,
		})
		template := certmagic.ACMEIssuer{
			CA: cfg.Directory, Email: cfg.Email, Agreed: true, TrustedRoots: cfg.Roots, HTTPProxy: deps.Proxy, CertObtainTimeout: obtainWithin, Logger: silent,
		}
		template.ListenHost, template.AltHTTPPort = place(cfg.Address)
		_, template.AltTLSALPNPort = place(cfg.TLSAddress)
		if solver != nil {
			template.DNS01Solver = solver
		}
		issuer := certmagic.NewACMEIssuer(c, template)
		c.Issuers = []certmagic.Issuer{issuer}
		if solver == nil {
			k.issuer = issuer
		}
		return c
	}
	k.called = config(nil)
	k.called.OnDemand = &certmagic.OnDemandConfig{DecisionFunc: k.decide}
	k.single = config(nil)
	k.all = config(&solver{ask: deps.Ask})
	return k, nil
}

// place is where certmagic believes that it could listen itself; as we do, it leaves the answers to us.
func place(a net.Addr) (host string, port int) {
	if tcp, ok := a.(*net.TCPAddr); ok {
		if port = tcp.Port; !tcp.IP.IsUnspecified() {
			host = tcp.IP.String()
		}
	}
	return host, port
}

func (k *Keeper) wildcard() string { return "*." + k.cfg.BaseDomain }

// own reports whether a host is one that mocks have by themselves.
func (k *Keeper) own(host string) bool { return strings.HasSuffix(host, "."+k.cfg.BaseDomain) }

// TLS is how connections are encrypted.
func (k *Keeper) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: k.get,
		NextProtos:     []string{"h2", "http/1.1", "acme-tls/1"},
	}
}

// get finds the certificate for a connection: first in memory, whoever renews it, and only then in the store or at the authority.
func (k *Keeper) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c, err := k.single.GetCertificate(hello); err == nil {
		return c, nil
	}
	return k.called.GetCertificate(hello)
}

// Challenge answers the authority's question for a host of ours over HTTP. It reports whether that is what the request was.
func (k *Keeper) Challenge(w http.ResponseWriter, r *http.Request) bool {
	if !certmagic.LooksLikeHTTPChallenge(r) {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return k.deps.Active(strings.ToLower(host)) && k.issuer.HandleHTTPChallenge(w, r)
}

// errNotOurs is why callers get no certificate.
var errNotOurs = errors.New("no mock answers on this host")

// decide says whether a host that is called and has no certificate in memory gets one: read from the store, or issued. Calls never wait
// for an authority that is being asked already.
func (k *Keeper) decide(_ context.Context, name string) error {
	if !k.deps.Active(name) || k.own(name) && k.cfg.Wildcard {
		return errNotOurs
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.states[name]; s != nil && s.pending {
		return errors.New("the certificate is being issued")
	}
	return nil
}

// Put notes on which hosts a mock answers; none: it is gone.
func (k *Keeper) Put(mockID string, hosts []string) {
	k.mu.Lock()
	k.put(mockID, hosts)
	k.mu.Unlock()
	k.wake()
}

// Replace notes on which hosts all mocks answer.
func (k *Keeper) Replace(hosts map[string][]string) {
	k.mu.Lock()
	clear(k.wanted)
	clear(k.hosts)
	for id, of := range hosts {
		k.put(id, of)
	}
	k.mu.Unlock()
	k.wake()
}

func (k *Keeper) put(mockID string, hosts []string) {
	for _, host := range k.hosts[mockID] {
		if k.wanted[host]--; k.wanted[host] == 0 {
			delete(k.wanted, host)
		}
	}
	delete(k.hosts, mockID)
	var custom []string
	for _, host := range hosts {
		if host != "" && !k.own(host) && certmagic.SubjectQualifiesForPublicCert(host) && !strings.Contains(host, "*") {
			custom = append(custom, host)
			k.wanted[host]++
		}
	}
	if len(custom) > 0 {
		k.hosts[mockID] = custom
	}
}

func (k *Keeper) wake() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// onEvent takes certmagic's events: a renewal that failed is known in no other way.
func (k *Keeper) onEvent(_ context.Context, name string, data map[string]any) error {
	host, _ := data["identifier"].(string)
	err, _ := data["error"].(error)
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.states[host]; s != nil {
		switch name {
		case "cert_failed":
			s.reason = because(err)
		case "cert_obtained":
			s.reason = ""
		}
	}
	return nil
}

// because is an error of an authority as a person can act on it.
func because(err error) string {
	if err == nil {
		return "The certificate authority did not say why."
	}
	if problem, ok := errors.AsType[acme.Problem](err); ok {
		return fmt.Sprintf("The certificate authority says: %s", problem.Detail)
	}
	if unproven, ok := errors.AsType[unprovenError](err); ok {
		return string(unproven)
	}
	return "The certificate authority could not be asked: " + err.Error()
}
