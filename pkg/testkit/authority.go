package testkit

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"testing"

	"github.com/mocloud/mocloud/pkg/testkit/certificate"
	"github.com/mocloud/mocloud/pkg/testkit/internal/server"
)

// Authority is a certificate authority of one test's own.
type Authority struct {
	*Server
	// Roots are what its own address is judged by, in PEM.
	Roots string

	management string
}

// NewAuthority starts one (Pebble). It asks the name server at dns, ip:port, where hosts are, and finds them at the two ports.
func NewAuthority(t testing.TB, dns string, httpPort, tlsPort int) *Authority {
	t.Helper()
	chain, key := certificate.New(t)
	a := &Authority{Roots: chain}
	a.Server = start(t, func() (p *server.Process, err error) {
		p, a.management, err = server.Pebble(dns, chain, key, httpPort, tlsPort)
		return p, err
	})
	return a
}

// Directory is the URL at which it is asked for certificates.
func (a *Authority) Directory() string { return a.URL() }

// Issues are the roots of the certificates that it issues.
func (a *Authority) Issues(t testing.TB) *x509.CertPool {
	t.Helper()
	own, issued := x509.NewCertPool(), x509.NewCertPool()
	own.AppendCertsFromPEM([]byte(a.Roots))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: own, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	for _, path := range []string{"/roots/0", "/intermediates/0"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.management+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !issued.AppendCertsFromPEM(raw) {
			t.Fatalf("the authority's root: %v\n%s", err, raw)
		}
	}
	return issued
}

// DNSServer is a name server of one test's own, which takes dynamic updates.
type DNSServer struct {
	*Server
	// Key signs updates and transfers, as NAME:SECRET.
	Key string
}

// NewDNSServer starts one (Knot) that is responsible for a zone. Its URL is its ip:port. The zone has one record besides its own: an address
// at by-hand.
func NewDNSServer(t testing.TB, zone string) *DNSServer {
	t.Helper()
	s := &DNSServer{}
	s.Server = start(t, func() (p *server.Process, err error) {
		p, s.Key, err = server.Knot(zone)
		return p, err
	})
	return s
}
