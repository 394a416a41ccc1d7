package cloudops_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/cloudops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// domainLog is the api's memory of the domains stream.
type domainLog struct {
	mu      sync.Mutex
	changes []event.Envelope
}

func (l *domainLog) add(t *testing.T, p event.Payload) event.Envelope {
	t.Helper()
	e, err := event.New(p)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Epoch, e.Number = "e1", uint64(len(l.changes)+1)
	l.changes = append(l.changes, e)
	return e
}

func (l *domainLog) Head(context.Context) (stream.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return stream.Position{Epoch: "e1", Number: uint64(len(l.changes))}, nil
}

func (l *domainLog) After(_ context.Context, number uint64, limit int) (stream.Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	to := min(number+uint64(limit), uint64(len(l.changes)))
	return stream.Batch{
		Epoch: "e1", From: number, To: to, Changes: slices.Clone(l.changes[number:to]), More: to < uint64(len(l.changes)),
	}, nil
}

// world is a Redis, an object store, an api's end of the domains stream, and somebody who listens to the status stream.
type world struct {
	log      *domainLog
	producer *stream.Producer
	client   *redis.Client
	objects  objstore.Store
	events   chan event.Envelope
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	objects, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{log: &domainLog{}, client: client, objects: objects, events: make(chan event.Envelope, 256)}
	if w.producer, err = stream.NewProducer(stream.ProducerConfig{Stream: event.Domains, Prefix: "test:", Service: "api"}, client, w.log); err != nil {
		t.Fatal(err)
	}
	listening := make(chan struct{})
	listens := sync.OnceFunc(func() { close(listening) })
	w.background(t, w.producer.Run)
	w.background(t, func(ctx context.Context) error {
		return stream.Listen(ctx, client, nil, "test:", []event.Type{event.TypeDomainApplied, event.TypeApplied},
			func(connected bool) {
				if connected {
					listens()
				}
			}, func(e event.Envelope) { w.events <- e })
	})
	<-listening
	t.Cleanup(func() {
		_ = client.Close()
		_ = objects.Close()
	})
	return w
}

// background runs f until the test ends, or the function that it returns is called.
func (w *world) background(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run: %v", err)
				}
				return
			case <-w.events: // nobody may wait for us
			}
		}
	})
	t.Cleanup(stop)
	return stop
}

func (w *world) start(t *testing.T, health *lifecycle.Health, environ ...string) (stop func()) {
	t.Helper()
	cfg, err := config.Load[cloudops.Config](append([]string{"REDIS_PREFIX=test:"}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	service, err := cloudops.New(cfg, cloudops.Deps{Log: slog.New(slog.DiscardHandler), Health: health, Redis: w.client, Objects: w.objects})
	if err != nil {
		t.Fatal(err)
	}
	return w.background(t, service.Run)
}

func (w *world) publish(t *testing.T, p event.Payload) {
	t.Helper()
	if err := w.producer.Publish(t.Context(), w.log.add(t, p)); err != nil {
		t.Fatal(err)
	}
}

// await waits until something was said that fits.
func await[T event.Payload](t *testing.T, w *world, fits func(T) bool) T {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e := <-w.events:
			if got, err := event.Decode[T](e); err == nil && fits(got) {
				return got
			}
		case <-deadline:
			t.Fatal("it was not said in time")
		}
	}
}

func TestFollowsTheStreamAndReports(t *testing.T) {
	w := newWorld(t)
	health := &lifecycle.Health{}
	stop := w.start(t, health, "BASE_DOMAIN=localhost")
	w.publish(t, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: "d1", Host: "pets-ann.localhost"})
	got := await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d1" })
	if got.State != "published" || got.Host != "pets-ann.localhost" || !strings.Contains(got.Reason, "No DNS provider") {
		t.Errorf("%+v", got)
	}
	await(t, w, func(e event.Applied) bool { return e.Service == "cloudops" && e.Of == event.Domains && e.Number == 1 })
	if broken := health.Broken(); len(broken) != 0 {
		t.Errorf("not healthy: %q", broken)
	}

	// While it is away a domain goes and another comes; it goes on from where it was.
	stop()
	w.publish(t, event.DomainDeleted{WorkspaceID: "w", MockID: "m", DomainID: "d1", Host: "pets-ann.localhost"})
	w.publish(t, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: "d2", Host: "api.customer.dev", Custom: true})
	w.start(t, nil, "BASE_DOMAIN=localhost")
	got = await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d2" })
	if got.State != "published" || got.Reason == "" || !got.Custom {
		t.Errorf("%+v", got)
	}
	await(t, w, func(e event.Applied) bool { return e.Number == 3 })
	w.publish(t, event.DomainDeleted{WorkspaceID: "w", DomainID: "d2", Host: "api.customer.dev"})
	if got := await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d2" && e.State != "published" }); got.State != "offline" {
		t.Errorf("%+v", got)
	}
}

func TestConfigProblems(t *testing.T) {
	for want, environ := range map[string][]string{
		"CLOUDOPS_POLICY":          {"CLOUDOPS_CLOUDFLARE_ZONE=023e105f4ecef8ad9ca31a8372d0c353", "CLOUDOPS_PROXY_URL=http://p:1", "CLOUDOPS_PROXY_TOKEN=x", "CLOUDOPS_TARGET=a.b"},
		"CLOUDOPS_PROXY_URL":       {"CLOUDOPS_CLOUDFLARE_ZONE=023e105f4ecef8ad9ca31a8372d0c353", "CLOUDOPS_POLICY=sync"},
		"CLOUDOPS_PROXY_TOKEN":     {"CLOUDOPS_CLOUDFLARE_ZONE=023e105f4ecef8ad9ca31a8372d0c353", "CLOUDOPS_POLICY=sync"},
		"CLOUDOPS_TARGET":          {"CLOUDOPS_CLOUDFLARE_ZONE=023e105f4ecef8ad9ca31a8372d0c353", "CLOUDOPS_TARGET=x"},
		"CLOUDOPS_CLOUDFLARE_ZONE": {"CLOUDOPS_CLOUDFLARE_ZONE=example.com"},
		"DNS_MODE: per-host":       {"DNS_MODE=per-host"},
		"DNS_MODE":                 {"DNS_MODE=both"},
		"BASE_DOMAIN":              {"BASE_DOMAIN=Example.com"},
		"CLOUDOPS_OWNER":           {"CLOUDOPS_OWNER=a b"},
		"CLOUDOPS_QUIET":           {"CLOUDOPS_QUIET=-1s"},
		"CLOUDOPS_INTERVAL":        {"CLOUDOPS_INTERVAL=0s"},
	} {
		if _, err := config.Load[cloudops.Config](environ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", environ, err)
		}
	}
	if _, err := cloudops.New(cloudops.Config{}, cloudops.Deps{}); err == nil {
		t.Error("an empty configuration is taken")
	}
}

// Of two instances one works; when it ends, the other one does, from where it was.
// The lease is long enough to be given back on a slow machine: time stands still in this Redis, so that it would never expire.
func TestOneWorksTheOtherStandsBy(t *testing.T) {
	w := newWorld(t)
	first := w.start(t, nil, "BASE_DOMAIN=localhost", "CLOUDOPS_LEASE=3s")
	w.publish(t, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: "d1", Host: "pets-ann.localhost"})
	await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d1" })
	w.start(t, nil, "BASE_DOMAIN=localhost", "CLOUDOPS_LEASE=3s")
	owner := w.client.Get(t.Context(), "test:cloudops:lease").Val()
	w.publish(t, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: "d2", Host: "cats-ann.localhost"})
	await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d2" })
	if now := w.client.Get(t.Context(), "test:cloudops:lease").Val(); owner == "" || now != owner {
		t.Errorf("the lease went from %q to %q though its owner lives", owner, now)
	}
	first()
	w.publish(t, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: "d3", Host: "dogs-ann.localhost"})
	await(t, w, func(e event.DomainApplied) bool { return e.DomainID == "d3" })
	if now := w.client.Get(t.Context(), "test:cloudops:lease").Val(); now == owner {
		t.Error("the lease stayed with who is gone")
	}
}
