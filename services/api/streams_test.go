package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/openapi"
)

// generator is a fake yamlgen: it follows the mocks stream, remembers what comes, and reports how far it is.
type generator struct {
	mu       sync.Mutex
	position stream.Position
	changes  []event.Envelope
	grown    chan struct{}
}

func (b *bench) generator() *generator {
	b.t.Helper()
	g := &generator{grown: make(chan struct{}, 1)}
	b.background(func(ctx context.Context) error {
		c, err := stream.NewConsumer(stream.ConsumerConfig{Stream: event.Mocks, Prefix: prefix, Service: "yamlgen"}, b.redis, g)
		if err != nil {
			return err
		}
		return c.Run(ctx)
	})
	return g
}

// background runs something until the test ends.
func (b *bench) background(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
}

func (g *generator) Position(context.Context) (stream.Position, error) { return stream.Position{}, nil }

func (g *generator) Reset(_ context.Context, epoch string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.position, g.changes = stream.Position{Epoch: epoch}, nil
	return nil
}

func (g *generator) Apply(_ context.Context, batch stream.Batch) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changes = append(g.changes, batch.Changes...)
	g.position = stream.Position{Epoch: batch.Epoch, Number: batch.To}
	select {
	case g.grown <- struct{}{}:
	default:
	}
	return nil
}

// reach waits until the generator has applied number and returns its position and all changes.
func (g *generator) reach(t *testing.T, number uint64) (stream.Position, []event.Envelope) {
	t.Helper()
	timeout := time.After(soon)
	for {
		g.mu.Lock()
		position, changes := g.position, slices.Clone(g.changes)
		g.mu.Unlock()
		if position.Number >= number {
			return position, changes
		}
		select {
		case <-g.grown:
		case <-timeout:
			t.Fatalf("the generator is at %d, not at %d", position.Number, number)
		}
	}
}

// applied has a mock server say what it has applied, instead of what it said before.
func (b *bench) applied(instance string, p stream.Position, leaving bool) {
	b.t.Helper()
	if stop := b.saying[instance]; stop != nil {
		stop()
	}
	b.saying[instance] = b.repeat(event.Applied{
		Service: "mockserver", Instance: instance, Of: event.Unified, Epoch: p.Epoch, Number: p.Number, Leaving: leaving,
	})
}

// say publishes an event.
func (b *bench) say(p event.Payload) {
	b.t.Helper()
	if err := stream.Announce(b.t.Context(), b.redis, prefix, p); err != nil {
		b.t.Fatal(err)
	}
}

// repeat says an event, and again and again until stop or the test's end, as services do: what is said while nobody listens is lost,
// and who is silent for long counts as gone.
func (b *bench) repeat(p event.Payload) (stop func()) {
	b.t.Helper()
	b.say(p)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = stream.Announce(ctx, b.redis, prefix, p) // or it is said the next time
			}
		}
	}()
	stop = func() { cancel(); <-done }
	b.t.Cleanup(stop)
	return stop
}

// follow opens the stream of publications; next returns an event's name, id and data.
func (b *bench) follow(headers ...string) (next func() (name, id, data string)) {
	b.t.Helper()
	return b.events("/api/v1/events", headers...)
}

// events is eventsAndResets without the resets: a service that has just started resets its followers when it begins to hear
// other replicas, which is at any time.
func (b *bench) events(path string, headers ...string) (next func() (name, id, data string)) {
	b.t.Helper()
	all := b.eventsAndResets(path, headers...)
	return func() (name, id, data string) {
		b.t.Helper()
		for name == "" || name == "reset" {
			name, id, data = all()
		}
		return name, id, data
	}
}

// eventsAndResets opens a stream of events; next returns an event's name, id and data.
func (b *bench) eventsAndResets(path string, headers ...string) (next func() (name, id, data string)) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.t.Cleanup(cancel)
	guard := time.AfterFunc(soon, cancel) // a stream that says nothing ends the test
	b.t.Cleanup(func() { guard.Stop() })
	lines := bufio.NewScanner(b.open(ctx, path, headers...))
	return func() (name, id, data string) {
		b.t.Helper()
		for lines.Scan() {
			line := lines.Bytes()
			switch {
			case bytes.HasPrefix(line, []byte("event: ")):
				name = string(line[7:])
			case bytes.HasPrefix(line, []byte("id: ")):
				id = string(line[4:])
			case bytes.HasPrefix(line, []byte("data: ")):
				data = string(line[6:])
			case len(line) == 0 && name != "":
				promised(b.t, path, name, data)
				return name, id, data
			}
		}
		b.t.Fatalf("the stream ended: %v", lines.Err())
		return "", "", ""
	}
}

// promised checks an event against the contract: the name is one of the stream's, and the data is what that name promises.
func promised(t testing.TB, path, name, data string) {
	t.Helper()
	t.Helper()
	doc, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	of := "WorkspaceEvents"
	if strings.Contains(path, "/requests/") {
		of = "RequestEvents"
	}
	kind, ok := doc.Components.Schemas[of].Value.Properties[name]
	if !ok {
		t.Fatalf("%s: the contract knows no event %q", path, name)
	}
	var value map[string]any
	if err := json.Unmarshal([]byte(data), &value); err != nil {
		t.Fatalf("%s: %s %s: %v", path, name, data, err)
	}
	if err := kind.Value.VisitJSON(value); err != nil {
		t.Errorf("%s: %s %s: %v", path, name, data, err)
	}
	for field := range value {
		if _, ok := kind.Value.Properties[field]; !ok {
			t.Errorf("%s: the contract knows no %q in the event %s", path, field, name)
		}
	}
}

// open opens a stream of events, until ctx ends.
func (b *bench) open(ctx context.Context, path string, headers ...string) io.Reader {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		b.t.Fatalf("events: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	return res.Body
}
