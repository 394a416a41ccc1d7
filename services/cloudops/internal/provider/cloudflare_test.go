package provider_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// connect returns a client whose requests reach the fake as the proxy would pass them on. The fake judges each by
// Cloudflare's own document.
func connect(t *testing.T) (*providertest.Cloudflare, *provider.Cloudflare) {
	t.Helper()
	fake := providertest.NewCloudflare(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, "/cloudflare/")
		if !ok || r.Header.Get("Authorization") != "Bearer token-at-the-proxy" {
			t.Errorf("%s %s with %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
		r.URL.Path = "/client/v4/" + rest
		r.Header.Set("Authorization", "Bearer "+fake.Token)
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	return fake, provider.NewCloudflare(proxy.URL+"/", secret.New("token-at-the-proxy"), fake.Zone, client)
}

func TestCloudflareRecords(t *testing.T) {
	fake, dns := connect(t)
	ctx := t.Context()
	record := provider.Record{
		Type: "CNAME", Name: "a.mocks.example.com", Content: "edge.example.net", TTL: 1, Proxied: true, Comment: "mocloud:v1 owner=prod ref=d1",
	}
	if err := dns.Create(ctx, record); err != nil {
		t.Fatal(err)
	}
	got, err := dns.Records(ctx, "mocks.example.com")
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	record.ID = got[0].ID
	if diff := cmp.Diff(record, got[0]); diff != "" {
		t.Error(diff)
	}
	record.Content, record.Proxied = "edge2.example.net", false
	if err := dns.Update(ctx, record); err != nil {
		t.Fatal(err)
	}
	if r := fake.Records()[0]; r.Content != "edge2.example.net" || r.Proxied {
		t.Errorf("%+v", r)
	}
	for range 2 { // the second time it is not there any more
		if err := dns.Delete(ctx, record.ID); err != nil {
			t.Error(err)
		}
	}
	if len(fake.Records()) != 0 {
		t.Error("the record is still there")
	}
}

func TestCloudflarePages(t *testing.T) {
	fake, dns := connect(t)
	for i := range 1100 {
		fake.Put(providertest.Record{Type: "A", Name: fmt.Sprintf("H%d.Mocks.example.com", i), Content: "192.0.2.1", TTL: 60})
	}
	for _, name := range []string{"mocks.example.com", "other.example.com", "evilmocks.example.com"} {
		fake.Put(providertest.Record{Type: "A", Name: name, Content: "192.0.2.1", TTL: 60})
	}
	got, err := dns.Records(t.Context(), "mocks.example.com")
	if err != nil || len(got) != 1101 {
		t.Fatalf("%d records, want 1101: %v", len(got), err)
	}
	if got[0].Name != "h0.mocks.example.com" {
		t.Errorf("the name is not normalised: %s", got[0].Name)
	}
	if n := len(fake.Calls()); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
	// A page that fails makes the whole list fail: half a list would look like records that are gone.
	pages := 0
	fake.Fail(func(string, string) (int, http.Header, bool) {
		pages++
		if pages == 2 {
			return 500, nil, false
		}
		return 0, nil, false
	})
	if got, err := dns.Records(t.Context(), "mocks.example.com"); err == nil {
		t.Errorf("%d records and no error", len(got))
	}
}

func TestCloudflareErrors(t *testing.T) {
	fake, dns := connect(t)
	fake.Put(providertest.Record{Type: "CNAME", Name: "a.mocks.example.com", Content: "x.example.net", TTL: 1})
	record := provider.Record{Type: "CNAME", Name: "a.mocks.example.com", Content: "edge.example.net", TTL: 1}

	err := dns.Create(t.Context(), record)
	if e, ok := provider.Of(err); !ok || !e.Conflict() || e.Terminal() || e.Code != 81053 {
		t.Errorf("conflict: %v", err)
	}
	for status, check := range map[int]func(*provider.Error) bool{
		400: func(e *provider.Error) bool {
			return e.Terminal() && !e.Refused() && e.Message == "a failure that was asked for"
		},
		401: func(e *provider.Error) bool { return e.Refused() && !e.Terminal() },
		403: func(e *provider.Error) bool { return e.Refused() && !e.Terminal() },
		429: func(e *provider.Error) bool { return e.RetryAfter == 7*time.Second && !e.Terminal() },
		503: func(e *provider.Error) bool { return !e.Terminal() && !e.Refused() },
	} {
		before := len(fake.Calls())
		fake.Fail(func(string, string) (int, http.Header, bool) { return status, http.Header{"Retry-After": {"7"}}, false })
		err := dns.Create(t.Context(), record)
		if e, ok := provider.Of(err); !ok || e.Status != status || !check(e) {
			t.Errorf("%d: %v", status, err)
		}
		if n := len(fake.Calls()) - before; n != 1 {
			t.Errorf("%d: %d calls, want 1: retries are the proxy's", status, n)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), "token-at") {
			t.Errorf("%d: the error shows the token", status)
		}
	}
	fake.Fail(func(string, string) (int, http.Header, bool) { return -1, nil, false })
	err = dns.Create(t.Context(), record)
	if e, ok := provider.Of(err); !ok || e.Status != 0 || e.Terminal() || errors.Unwrap(e) == nil {
		t.Errorf("cut: %v", err)
	}
}
