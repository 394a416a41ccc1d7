package egress_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/secret"
)

func newClient(t *testing.T, cfg egress.Config) *http.Client {
	t.Helper()
	client, err := egress.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func get(t *testing.T, client *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(egress.WithTenant(t.Context(), "w-1"), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = res.Body.Close() })
	}
	return res, err
}

func TestDirectClientFollowsTheRule(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	t.Cleanup(server.Close)
	everyPort := []uint16{0}

	if _, err := get(t, newClient(t, egress.Config{Policy: egress.Policy{Ports: everyPort}}), server.URL); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("loopback: %v, want ErrDenied", err)
	}
	for name, cfg := range map[string]egress.Config{
		"allowed prefix": {Policy: egress.Policy{Ports: everyPort, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}},
		"own machine":    {AllowPrivate: true},
	} {
		res, err := get(t, newClient(t, cfg), server.URL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := egress.ReadBody(res.Body, 5)
		if err != nil || string(body) != "hello" {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	hops := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	if _, err := get(t, newClient(t, egress.Config{AllowPrivate: true}), server.URL); err == nil {
		t.Error("no error after endless redirects")
	}
	if hops != 6 {
		t.Errorf("%d requests, want 6", hops)
	}
}

func TestProxiedClientIdentifiesItselfAndReadsOutcomes(t *testing.T) {
	var user string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth, _ := strings.CutPrefix(r.Header.Get("Proxy-Authorization"), "Basic ")
		decoded, _ := base64.StdEncoding.DecodeString(auth)
		user = string(decoded)
		switch host := r.URL.Hostname(); {
		case strings.HasPrefix(r.Host, "unauthorized"):
			w.WriteHeader(http.StatusProxyAuthRequired)
		case strings.HasPrefix(r.Host, "forged"):
			w.WriteHeader(http.StatusForbidden)
		case host == "fine":
			_, _ = io.WriteString(w, "fine")
		default:
			outcome, _, _ := strings.Cut(r.Host, ".")
			w.Header().Set(egress.OutcomeHeader, outcome)
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(proxy.Close)
	client := newClient(t, egress.Config{ProxyURL: proxy.URL, Service: "mockserver", Token: secret.New("s3cr:et")})

	for host, want := range map[string]error{
		"denied": egress.ErrDenied, "limited": egress.ErrLimited, "unreachable": egress.ErrUnreachable,
	} {
		for _, scheme := range []string{"http", "https"} {
			if _, err := get(t, client, scheme+"://"+host+".example/"); !errors.Is(err, want) {
				t.Errorf("%s %s: %v, want %v", scheme, host, err, want)
			}
			if user != "mockserver+w-1:s3cr:et" {
				t.Errorf("%s: proxy was told %q", scheme, user)
			}
		}
	}
	if _, err := get(t, client, "http://unauthorized/"); err == nil || strings.Contains(err.Error(), "s3cr") {
		t.Errorf("refused token: %v", err)
	}
	if _, err := get(t, client, "https://unauthorized/"); err == nil || strings.Contains(err.Error(), "s3cr") {
		t.Errorf("refused token, tunnel: %v", err)
	}
	res, err := get(t, client, "http://fine/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := egress.ReadBody(res.Body, 3); !errors.Is(err, egress.ErrTooLarge) {
		t.Errorf("body over its limit: %v", err)
	}
	if res, err := get(t, client, "http://forged/"); err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a destination's own 403 is an answer: %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	token := secret.New("t")
	for name, cfg := range map[string]egress.Config{
		"no scheme":       {ProxyURL: "proxy:3128", Service: "a", Token: token},
		"user in the URL": {ProxyURL: "http://a:b@proxy:3128", Service: "a", Token: token},
		"no service":      {ProxyURL: "http://proxy:3128", Token: token},
		"no token":        {ProxyURL: "http://proxy:3128", Service: "a"},
		"plus in service": {ProxyURL: "http://proxy:3128", Service: "a+b", Token: token},
		"private":         {ProxyURL: "http://proxy:3128", Service: "a", Token: token, AllowPrivate: true},
	} {
		if _, err := egress.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	client := newClient(t, egress.Config{ProxyURL: "http://127.0.0.1:1", Service: "a", Token: token})
	req, err := http.NewRequestWithContext(egress.WithTenant(t.Context(), "x:y"), http.MethodGet, "http://example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := client.Do(req); err == nil || !strings.Contains(err.Error(), "not a tenant's name") {
		t.Errorf("odd tenant: %v", err)
		if err == nil {
			_ = res.Body.Close()
		}
	}
}
