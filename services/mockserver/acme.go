package mockserver

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/mockserver/internal/certificate"
	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/source"
)

// ACME is how certificates are got from an authority; the zero value: they are not.
type ACME struct {
	// Directory is the URL of a certificate authority (ACME) from which certificates for mocks' hosts are got, for example
	// https://acme-v02.api.letsencrypt.org/directory; empty: none are. With it you accept the authority's terms of service. It has to reach
	// mocks at port 80 or 443 of their hosts.
	Directory string `env:"MOCKSERVER_ACME_DIRECTORY"`
	// Email is where the authority reaches the operator.
	Email string `env:"MOCKSERVER_ACME_EMAIL"`
	// Key encrypts private keys in the object store: 32 bytes in base64, the same for all mock servers. `openssl rand -base64 32`
	// makes one.
	Key secret.String `env:"MOCKSERVER_ACME_KEY"`
	// Wildcard gets one certificate for all hosts right under BASE_DOMAIN; cloudops needs a DNS provider for that. Otherwise a host under
	// it gets a certificate of its own when it is called.
	Wildcard bool `env:"MOCKSERVER_ACME_WILDCARD" envDefault:"false"`
	// Roots are certificates in PEM that the authority's own address is judged by; empty: the system's.
	Roots string `env:"MOCKSERVER_ACME_ROOTS"`
	// BaseDomain is the domain under which mocks get their hosts.
	BaseDomain string `env:"BASE_DOMAIN" envDefault:"localhost"`
}

const acmeKeyBytes = 32

// check returns what is wrong, and the key.
func (a *ACME) check() (key []byte, err error) {
	if a.Directory == "" {
		return nil, nil
	}
	u, err := url.Parse(a.Directory)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("MOCKSERVER_ACME_DIRECTORY: %q is not of the form https://host/path", a.Directory)
	}
	if a.Email == "" {
		return nil, errors.New("MOCKSERVER_ACME_EMAIL is missing: the authority has to reach somebody")
	}
	key, err = base64.StdEncoding.DecodeString(a.Key.Reveal())
	if err != nil || len(key) != acmeKeyBytes {
		return nil, errors.New("MOCKSERVER_ACME_KEY must be 32 bytes in base64; `openssl rand -base64 32` makes one")
	}
	if a.Roots != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(a.Roots)) {
		return nil, errors.New("MOCKSERVER_ACME_ROOTS must be certificates in PEM")
	}
	if a.BaseDomain == "" {
		return nil, errors.New("BASE_DOMAIN is missing")
	}
	return key, nil
}

// keeper makes what gets certificates; nil if nothing does.
func (s *Service) keeper(way egress.Config) (*certificate.Keeper, error) {
	key, err := s.cfg.ACME.check()
	if err != nil || key == nil || s.cfg.File != nil {
		return nil, err
	}
	proxy, err := egress.Way(way)
	if err != nil {
		return nil, fmt.Errorf("outgoing calls: %w", err)
	}
	if s.deps.Secure == nil {
		return nil, errors.New("MOCKSERVER_ACME_DIRECTORY: there is no address for HTTPS; set MOCKSERVER_HTTPS_ADDR")
	}
	var roots *x509.CertPool
	if s.cfg.ACME.Roots != "" {
		roots = x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(s.cfg.ACME.Roots))
	}
	return certificate.New(certificate.Config{
		Directory: s.cfg.ACME.Directory, Email: s.cfg.ACME.Email, Roots: roots, Key: key, BaseDomain: s.cfg.ACME.BaseDomain, Wildcard: s.cfg.ACME.Wildcard,
		Address: s.deps.Listener.Addr(), TLSAddress: s.deps.Secure.Addr(),
	}, certificate.Deps{
		Log: s.deps.Log, Metrics: s.deps.Metrics, Objects: s.deps.Objects, Active: s.core.Serves, Proxy: proxy,
		Report: func(ctx context.Context, e event.CertificateObserved) error {
			return stream.Announce(ctx, s.deps.Redis, s.cfg.Prefix, e)
		},
		Ask: func(ctx context.Context, q challenge.Question) (challenge.Answer, error) {
			return challenge.Place(s.deps.Redis, s.cfg.Prefix).Ask(ctx, q)
		},
	})
}

// certified is a table of which the keeper of certificates hears, too.
type certified struct {
	source.Table
	keeper *certificate.Keeper
}

// Put implements source.Table.
func (c certified) Put(s *site.Site) {
	c.Table.Put(s)
	c.keeper.Put(s.MockID, s.Hosts)
}

// Remove implements source.Table.
func (c certified) Remove(mockID string) {
	c.Table.Remove(mockID)
	c.keeper.Put(mockID, nil)
}

// Replace implements source.Table.
func (c certified) Replace(sites []*site.Site) {
	c.Table.Replace(sites)
	hosts := make(map[string][]string, len(sites))
	for _, s := range sites {
		hosts[s.MockID] = s.Hosts
	}
	c.keeper.Replace(hosts)
}

// proven answers an authority's questions before a handler answers anything else. It stands before both HTTP loops.
type proven struct {
	http.Handler
	simple http1.Handler
	keeper *certificate.Keeper
}

const wellKnown = "/.well-known/acme-challenge/"

// Begin implements http1.Handler.
func (p proven) Begin(r *http1.Request) http1.Exchange {
	if strings.HasPrefix(r.Path, wellKnown) {
		return nil // net/http's
	}
	return p.simple.Begin(r)
}

// ServeHTTP implements http.Handler.
func (p proven) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.keeper.Challenge(w, r) {
		p.Handler.ServeHTTP(w, r)
	}
}
