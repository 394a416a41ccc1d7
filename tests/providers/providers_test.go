// Package providers_test runs cloudops and the proxy together against a fake provider: what one plans, the other must permit,
// and the provider's own document must take.
package providers_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
	"github.com/mocloud/mocloud/services/cloudops"
	"github.com/mocloud/mocloud/services/proxy"
)

const token = "cloudops-token-of-the-test"

// changes is the api's memory of the domains stream.
type changes struct {
	mu  sync.Mutex
	all []event.Envelope
}

func (c *changes) Head(context.Context) (stream.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return stream.Position{Epoch: "e1", Number: uint64(len(c.all))}, nil
}

func (c *changes) After(_ context.Context, number uint64, limit int) (stream.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := min(number+uint64(limit), uint64(len(c.all)))
	return stream.Batch{Epoch: "e1", From: number, To: to, Changes: slices.Clone(c.all[number:to]), More: to < uint64(len(c.all))}, nil
}

// safeBuffer is a log that two services write and the test reads.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// bench is cloudops and the proxy at work.
type bench struct {
	cloudflare *providertest.Cloudflare
	app        *providertest.DigitalOcean
	changes    *changes
	producer   *stream.Producer
	statuses   chan event.DomainApplied
	log        *safeBuffer
	redis      *redis.Client
}

func start(t *testing.T, environ ...string) *bench {
	t.Helper()
	b := &bench{
		cloudflare: providertest.NewCloudflare(t), app: providertest.NewDigitalOcean(t), changes: &changes{}, statuses: make(chan event.DomainApplied, 1024), log: &safeBuffer{},
	}
	log := slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	b.redis = client
	objects, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	check(t, err)
	t.Cleanup(func() {
		check(t, client.Close())
		check(t, objects.Close())
	})
	b.producer, err = stream.NewProducer(stream.ProducerConfig{Stream: event.Domains, Prefix: "mocloud:", Service: "api"}, client, b.changes)
	check(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)

	ofProxy, ofOps := []string{}, []string{}
	for _, kv := range environ {
		if strings.HasPrefix(kv, "PROXY_") {
			ofProxy = append(ofProxy, kv)
		} else {
			ofOps = append(ofOps, kv)
		}
	}
	proxyConfig, err := config.Load[proxy.Config](append([]string{
		"PROXY_REVERSE_CALLERS=cloudops:" + token, "PROXY_OWNER=test", "PROXY_CLOUDFLARE_URL=" + b.cloudflare.URL,
		"PROXY_CLOUDFLARE_TOKEN=" + b.cloudflare.Token, "PROXY_CLOUDFLARE_ZONES=" + b.cloudflare.Zone + "=mocks.example.com",
		"PROXY_DIGITALOCEAN_URL=" + b.app.URL, "PROXY_DIGITALOCEAN_TOKEN=" + b.app.Token, "PROXY_DIGITALOCEAN_APPS=" + b.app.App,
	}, ofProxy...))
	check(t, err)
	exit, err := proxy.New(proxyConfig, proxy.Deps{Log: log, ReverseListener: listener})
	check(t, err)
	opsConfig, err := config.Load[cloudops.Config](append([]string{
		"BASE_DOMAIN=mocks.example.com", "DNS_MODE=per-host", "CLOUDOPS_PROXY_URL=http://" + listener.Addr().String(),
		"CLOUDOPS_PROXY_TOKEN=" + token, "CLOUDOPS_CLOUDFLARE_ZONE=" + b.cloudflare.Zone, "CLOUDOPS_TARGET=edge.example.net",
		"CLOUDOPS_POLICY=sync", "CLOUDOPS_OWNER=test", "CLOUDOPS_QUIET=10ms", "CLOUDOPS_DELETE_AFTER=0s", "CLOUDOPS_INTERVAL=1s",
	}, ofOps...))
	check(t, err)
	ops, err := cloudops.New(opsConfig, cloudops.Deps{Log: log, Redis: client, Objects: objects})
	check(t, err)

	listening := make(chan struct{})
	connect := sync.OnceFunc(func() { close(listening) })
	for _, run := range []func(context.Context) error{
		b.producer.Run, exit.Run, ops.Run,
		func(ctx context.Context) error {
			return stream.Listen(ctx, client, log, "mocloud:", []event.Type{event.TypeDomainApplied},
				func(connected bool) {
					if connected {
						connect()
					}
				},
				func(e event.Envelope) {
					if status, err := event.Decode[event.DomainApplied](e); err == nil {
						b.statuses <- status
					}
				})
		},
	} {
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		t.Cleanup(func() {
			cancel()
			check(t, <-done)
		})
	}
	<-listening
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) publish(t *testing.T, p event.Payload) {
	t.Helper()
	e, err := event.New(p)
	check(t, err)
	b.changes.mu.Lock()
	e.Epoch, e.Number = "e1", uint64(len(b.changes.all)+1)
	b.changes.all = append(b.changes.all, e)
	b.changes.mu.Unlock()
	check(t, b.producer.Publish(t.Context(), e))
}

// await waits until a domain is reported in that state, and returns the reason.
func (b *bench) await(t *testing.T, domain, state string) string {
	t.Helper()
	return b.awaitStatus(t, func(s event.DomainApplied) bool { return s.DomainID == domain && s.State == state }).Reason
}

// awaitStatus waits until something that fits is reported.
func (b *bench) awaitStatus(t *testing.T, fits func(event.DomainApplied) bool) event.DomainApplied {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case s := <-b.statuses:
			if fits(s) {
				return s
			}
		case <-deadline:
			t.Fatalf("it is not reported in time:\n%s", b.log)
		}
	}
}

func created(id, host string) event.DomainCreated {
	return event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: id, Host: host}
}

func TestADomainsLife(t *testing.T) {
	b := start(t)
	b.cloudflare.Put(providertest.Record{Type: "A", Name: "shop.mocks.example.com", Content: "192.0.2.1", TTL: 60})
	b.cloudflare.Put(providertest.Record{Type: "TXT", Name: "example.com", Content: "v=spf1 -all", TTL: 60})

	b.publish(t, created("d1", "pets-ann.mocks.example.com"))
	b.await(t, "d1", "published")
	b.publish(t, created("d2", "shop.mocks.example.com"))
	if reason := b.await(t, "d2", "offline_invalid"); !strings.Contains(reason, "type A") {
		t.Errorf("the reason of a conflict: %s", reason)
	}
	b.publish(t, created("d3", "www.mocks.example.com"))
	if reason := b.await(t, "d3", "offline_invalid"); !strings.Contains(reason, "reserved") {
		t.Errorf("the reason of a name that the proxy refuses: %s", reason)
	}
	names := func() []string {
		var all []string
		for _, r := range b.cloudflare.Records() {
			all = append(all, r.Type+" "+r.Name+" "+r.Comment)
		}
		return all
	}
	ours := "CNAME pets-ann.mocks.example.com mocloud:v1 owner=test ref=d1"
	foreign := []string{"TXT example.com ", "A shop.mocks.example.com "}
	if got := names(); !slices.Equal(got, []string{foreign[0], ours, foreign[1]}) {
		t.Errorf("the zone holds %q", got)
	}
	b.publish(t, event.DomainDeleted{WorkspaceID: "w", DomainID: "d1", Host: "pets-ann.mocks.example.com"})
	b.await(t, "d1", "offline")
	eventually(t, func() bool { return slices.Equal(names(), foreign) })

	log := b.log.String()
	for _, want := range []string{`"action":"create","content_sha256":`, `"action":"delete"`, `"caller":"cloudops"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit trail lacks %s", want)
		}
	}
	for _, secret := range []string{b.cloudflare.Token, token} {
		if strings.Contains(log, secret) {
			t.Error("a token is in the log")
		}
	}
}

// Cloudflare is slow, overloaded, cuts connections after it acted: in the end the records are what they should be, once each.
func TestAFailingProvider(t *testing.T) {
	b := start(t)
	n := 0
	b.cloudflare.Fail(func(method, _ string) (int, http.Header, bool) {
		n++
		switch {
		case n%3 == 0 && method == http.MethodPost:
			return -1, nil, true
		case n%4 == 0:
			return http.StatusBadGateway, nil, false
		}
		return 0, nil, false
	})
	for _, id := range []string{"d1", "d2", "d3", "d4"} {
		b.publish(t, created(id, id+".mocks.example.com"))
	}
	eventually(t, func() bool { return len(b.cloudflare.Records()) == 4 })
	b.cloudflare.Fail(nil)
	for _, r := range b.cloudflare.Records() {
		if r.Content != "edge.example.net" {
			t.Errorf("%+v", r)
		}
	}
}

// eventually looks until it is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(2 * time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen in time")
		}
	}
}

// With a wildcard there is one record for all hosts: cloudops makes it, mends it, and publishing changes nothing.
func TestTheWildcard(t *testing.T) {
	b := start(t, "DNS_MODE=wildcard")
	wildcard := func() bool {
		all := b.cloudflare.Records()
		return len(all) == 1 && all[0].Name == "*.mocks.example.com" && all[0].Content == "edge.example.net" && all[0].Comment == "mocloud:v1 owner=test ref=wildcard"
	}
	eventually(t, wildcard)
	b.publish(t, created("d1", "pets-ann.mocks.example.com"))
	b.await(t, "d1", "published")
	b.cloudflare.Remove("*.mocks.example.com")
	eventually(t, wildcard)
}
