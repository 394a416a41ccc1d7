package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/pkg/testkit/nametest"
)

// world is an authority, names, and mock servers that share a store.
type world struct {
	t         *testing.T
	names     *nametest.Server
	authority *testkit.Authority
	issued    *x509.CertPool
	objects   objstore.Store
	plain     net.Listener
	secure    net.Listener
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, names: nametest.New(t), plain: listen(t), secure: listen(t)}
	w.authority = testkit.NewAuthority(t, w.names.Address, w.plain.Addr().(*net.TCPAddr).Port, w.secure.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it listens for TCP
	w.issued = w.authority.Issues(t)
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.objects = store
	return w
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// server is one mock server's keeper at work.
type server struct {
	*Keeper
	active  sync.Map // hosts
	mu      sync.Mutex
	reports map[string]event.CertificateObserved
}

// serve runs a keeper until the test ends; the first one answers the authority.
func (w *world) serve(cfg Config, ask func(context.Context, challenge.Question) (challenge.Answer, error), plain, secure net.Listener) *server {
	w.t.Helper()
	s := &server{reports: map[string]event.CertificateObserved{}}
	own := x509.NewCertPool()
	own.AppendCertsFromPEM([]byte(w.authority.Roots))
	cfg.Directory, cfg.Roots, cfg.Key, cfg.BaseDomain = w.authority.Directory(), own, bytes.Repeat([]byte("k"), 32), "mocks.example.com"
	cfg.Email = "ops@example.com"
	cfg.Address, cfg.TLSAddress = plain.Addr(), secure.Addr()
	var err error
	s.Keeper, err = New(cfg, Deps{
		Log: slog.New(slog.DiscardHandler), Objects: w.objects, Ask: ask,
		Active: func(host string) bool { _, is := s.active.Load(host); return is },
		Report: func(_ context.Context, e event.CertificateObserved) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.reports[e.Host] = e
			return nil
		},
		Proxy: nil,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.Challenge(w, r) {
			_, _ = io.WriteString(w, "mock")
		}
	})
	servers := []*http.Server{
		{Handler: handler, ReadHeaderTimeout: time.Minute},
		{Handler: handler, ReadHeaderTimeout: time.Minute, TLSConfig: s.TLS(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)},
	}
	ctx, stop := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = servers[0].Serve(plain) })
	running.Go(func() { _ = servers[1].ServeTLS(secure, "", "") })
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(func() {
		stop()
		_, _ = servers[0].Close(), servers[1].Close()
		running.Wait()
	})
	return s
}

// put has a mock answer on hosts.
func (s *server) put(mockID string, hosts ...string) {
	for _, host := range hosts {
		s.active.Store(host, true)
	}
	s.Put(mockID, hosts)
}

// reported waits until a certificate stands so.
func (s *server) reported(t *testing.T, host, state string) event.CertificateObserved {
	t.Helper()
	late := time.After(time.Minute)
	for {
		s.mu.Lock()
		is := s.reports[host]
		s.mu.Unlock()
		if is.State == state {
			return is
		}
		select {
		case <-late:
			t.Fatalf("%s is %+v", host, is)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// call makes a request over HTTPS, and returns the certificate's serial number and the connection's protocol.
func (w *world) call(at net.Listener, host string, protocols ...string) (*x509.Certificate, error) {
	conn, err := (&tls.Dialer{Config: &tls.Config{ServerName: host, RootCAs: w.issued, NextProtos: protocols, MinVersion: tls.VersionTLS12}}).DialContext(w.t.Context(), "tcp", at.Addr().String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()                                                 // it was only looked at
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil //nolint:forcetypeassert // tls.Dialer makes no other
}

// TestCustomDomains: a mock's custom domain has a certificate before anybody calls it, the second server takes the first one's, hosts that
// are nobody's get none, and nothing in the store can be read without the key.
func TestCustomDomains(t *testing.T) {
	w := newWorld(t)
	for _, host := range []string{"api.customer.co", "gone.customer.co", "pets-ann.mocks.example.com"} {
		w.names.Add(t, host+". 1 IN A 127.0.0.1")
	}
	first := w.serve(Config{}, nil, w.plain, w.secure)
	first.put("m1", "pets-ann.mocks.example.com", "api.customer.co")
	if is := first.reported(t, "api.customer.co", event.CertificateActive); time.Until(is.ExpiresAt) < 24*time.Hour || is.Reason != "" {
		t.Errorf("%+v", is)
	}
	leaf, err := w.call(w.secure, "api.customer.co")
	if err != nil {
		t.Fatal(err)
	}
	second, third := listen(t), listen(t)
	other := w.serve(Config{}, nil, second, third)
	other.put("m1", "pets-ann.mocks.example.com", "api.customer.co")
	other.reported(t, "api.customer.co", event.CertificateActive)
	if again, err := w.call(third, "api.customer.co"); err != nil || again.SerialNumber.Cmp(leaf.SerialNumber) != 0 {
		t.Errorf("the second server has another certificate: %v", err)
	}
	// Without a wildcard a mock's own host gets one when it is called.
	if _, err := w.call(w.secure, "pets-ann.mocks.example.com"); err != nil {
		t.Errorf("a mock's own host: %v", err)
	}
	for _, host := range []string{"gone.customer.co", "nobody.mocks.example.com", "mocks.example.com"} {
		if _, err := w.call(w.secure, host); err == nil {
			t.Errorf("%s has a certificate", host)
		}
	}
	keys := 0
	if err := w.objects.List(t.Context(), "", func(i objstore.Info) error {
		o, err := w.objects.Get(t.Context(), i.Key)
		if err != nil {
			return err
		}
		defer o.Body.Close()
		raw, err := io.ReadAll(o.Body)
		if strings.HasSuffix(i.Key, ".key") {
			keys++
		}
		if bytes.Contains(raw, []byte("BEGIN")) || bytes.Contains(raw, []byte("PRIVATE")) {
			t.Errorf("%s can be read", i.Key)
		}
		return err
	}); err != nil || keys < 2 {
		t.Errorf("%d keys, %v", keys, err)
	}
}

// TestWildcard: one certificate is for all hosts under the base domain, proven by the record that cloudops makes, and it is renewed under
// open connections.
func TestWildcard(t *testing.T) {
	w := newWorld(t)
	const name = "_acme-challenge.mocks.example.com"
	var mu sync.Mutex
	values := map[string]bool{}
	w.names.Also(func(host string, kind uint16) (found []dns.RR) {
		mu.Lock()
		defer mu.Unlock()
		for value := range values {
			if rr, err := dns.NewRR(fmt.Sprintf("%s. 1 IN TXT %q", name, value)); err == nil && host == name && kind == dns.TypeTXT {
				found = append(found, rr)
			}
		}
		return found
	})
	asked := 0
	ask := func(_ context.Context, q challenge.Question) (challenge.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		switch q.Do {
		case challenge.Present:
			values[q.Value] = true
		case challenge.Remove:
			delete(values, q.Value)
		}
		if asked++; asked == 1 {
			return challenge.Answer{Error: "The policy observe does not permit making the record."}, nil
		}
		return challenge.Answer{Seen: values[q.Value]}, nil
	}
	s := w.serve(Config{Wildcard: true, RenewEvery: 200 * time.Millisecond, RenewalShare: 0.999999}, ask, w.plain, w.secure)
	s.put("m1", "pets-ann.mocks.example.com")
	if is := s.reported(t, "*.mocks.example.com", event.CertificateFailed); !strings.Contains(is.Reason, "does not permit") {
		t.Errorf("%+v", is)
	}
	s.Keeper.mu.Lock()
	s.states["*.mocks.example.com"].next = time.Time{} // as if the time had come
	s.Keeper.mu.Unlock()
	s.wake()
	s.reported(t, "*.mocks.example.com", event.CertificateActive)
	before, err := w.call(w.secure, "pets-ann.mocks.example.com")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: w.issued, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", w.secure.Addr().String())
		},
	}}
	defer client.CloseIdleConnections()
	for now := before; now.SerialNumber.Cmp(before.SerialNumber) == 0; {
		if now, err = w.call(w.secure, "store-ann.mocks.example.com"); err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://pets-ann.mocks.example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatalf("while it is renewed: %v", err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.Proto != "HTTP/2.0" {
			t.Fatalf("%s %v", answer.Proto, err)
		}
		_ = answer.Body.Close()
	}
}

// TestFailure: what the authority says of a host is reported, and calls of the host do not wait for it.
func TestFailure(t *testing.T) {
	w := newWorld(t)
	s := w.serve(Config{}, nil, w.plain, w.secure)
	s.put("m1", "nowhere.customer.co")
	if is := s.reported(t, "nowhere.customer.co", event.CertificateFailed); !strings.Contains(is.Reason, "The certificate authority says") {
		t.Errorf("%+v", is)
	}
	if _, err := w.call(w.secure, "nowhere.customer.co"); err == nil {
		t.Error("there is a certificate")
	}
	s.Put("m1", nil)
	for late := time.After(time.Minute); len(s.known()) > 0; {
		select {
		case <-late:
			t.Fatalf("still known: %q", s.known())
		case <-time.After(time.Millisecond):
		}
	}
}

// known are the hosts whose certificates are looked after.
func (k *Keeper) known() (hosts []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for host := range k.states {
		hosts = append(hosts, host)
	}
	return hosts
}
