package report

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

const (
	prefix = "t:"
	soon   = 10 * time.Second
)

// bench is a running reporter and somebody who hears it.
type bench struct {
	t        *testing.T
	server   *miniredis.Miniredis
	client   *redis.Client
	recorder *record.Recorder
	log      *record.Log
	reporter *Reporter
	heard    *redis.PubSub
	stop     func()
}

func start(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, server: miniredis.RunT(t)}
	b.client = redis.NewClient(&redis.Options{Addr: b.server.Addr()})
	t.Cleanup(func() { _ = b.client.Close() })
	b.listen()
	b.recorder = record.New(record.Limits{PerSecond: 1e6, Body: 1000, Bytes: 1 << 20})
	b.log = b.recorder.Open("w", "m")
	r := New(Config{Prefix: prefix, Instance: "i", Words: []string{"token"}, Bytes: 10_000}, Deps{
		Log: slog.New(slog.DiscardHandler), Redis: b.client, Recorder: b.recorder,
	})
	b.reporter = r
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	ended := false
	b.stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(b.stop)
	return b
}

func (b *bench) listen() {
	b.t.Helper()
	b.heard = b.client.Subscribe(b.t.Context(), prefix+string(event.TypeRequestsRecorded), prefix+string(event.TypeWebhooksDelivered))
	b.t.Cleanup(func() { _ = b.heard.Close() })
	for range 2 {
		if _, err := b.heard.Receive(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) request(path string) {
	b.log.Add(&record.Request{At: time.Now(), Method: "GET", Host: "h", Path: path, Query: "token=x", Status: 200})
}

// next is the next report of requests.
func (b *bench) next() event.RequestsRecorded {
	b.t.Helper()
	return as[event.RequestsRecorded](b.t, b.envelope())
}

func as[T event.Payload](t *testing.T, e event.Envelope) T {
	t.Helper()
	p, err := event.Decode[T](e)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// envelope is the next event.
func (b *bench) envelope() event.Envelope {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), soon)
	defer cancel()
	m, err := b.heard.ReceiveMessage(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	var e event.Envelope
	if err := json.Unmarshal([]byte(m.Payload), &e); err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) store(instance string, sequences ...uint64) {
	b.t.Helper()
	if err := stream.Announce(b.t.Context(), b.client, prefix, event.ReportsStored{Instance: instance, Sequences: sequences}); err != nil {
		b.t.Fatal(err)
	}
}

// until reads reports until one is as wanted.
func (b *bench) until(wanted func(event.RequestsRecorded) bool) event.RequestsRecorded {
	b.t.Helper()
	for {
		if r := b.next(); wanted(r) {
			return r
		}
	}
}

func TestReports(t *testing.T) {
	b := start(t)
	began := time.Now()
	b.request("/1")
	b.request("/2")
	first := b.next()
	if took := time.Since(began); took > time.Second {
		t.Errorf("a record takes %v", took)
	}
	if first.Instance != "i" || first.Sequence != 1 || len(first.Records) != 2 || first.Counts != nil {
		t.Fatalf("%+v", first)
	}
	if r := first.Records[1]; r.Path != "/2" || r.Query != "token=[redacted]" || r.Mode != event.RecordRedacted || r.ID <= first.Records[0].ID {
		t.Errorf("%+v", r)
	}
	counts := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil })
	if len(counts.Counts) != 2 || counts.Counts[0].MockID != "m" || counts.Counts[0].Success != 2 || counts.Counts[1].MockID != "" || counts.Counts[1].Success != 2 {
		t.Fatalf("%+v", counts)
	}
	// Nobody said that anything was stored: the records come again as they were, the totals with what has come since.
	b.request("/3")
	again := b.until(func(r event.RequestsRecorded) bool { return r.Sequence == 1 })
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	grown := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil && r.Counts[0].Success == 3 })
	if grown.Sequence == counts.Sequence {
		t.Error("other totals have the same number")
	}
}

func TestWhatIsStoredIsNotRepeated(t *testing.T) {
	b := start(t)
	b.request("/1")
	b.store("another", 1, 2)
	for range 2 { // the record and the counts
		b.store("i", b.next().Sequence)
	}
	b.request("/2")
	seen := map[uint64]bool{}
	for range 2 {
		r := b.next()
		if r.Sequence <= 2 || seen[r.Sequence] {
			t.Errorf("report %d comes again", r.Sequence)
		}
		seen[r.Sequence] = true
	}
	b.stop() // says all that is left
	if last := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil }); last.Counts[0].Success != 2 {
		t.Errorf("%+v", last)
	}
}

func TestRedisIsAway(t *testing.T) {
	b := start(t)
	b.server.Close()
	for range 30 { // of 1000 bytes at least, where there is room for 10,000
		b.request("/" + strings.Repeat("x", 1000))
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = b.server.Restart() })
	for b.client.Ping(t.Context()).Err() != nil {
		if t.Context().Err() != nil {
			t.Fatal("Redis does not come back")
		}
	}
	b.listen()
	last := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil })
	if c := last.Counts[0]; c.Success != 30 || c.NotKept != 30 {
		t.Errorf("%+v: the report had no room", c)
	}
	b.request("/after")
	b.until(func(r event.RequestsRecorded) bool { return len(r.Records) == 1 && r.Records[0].Path == "/after" })
}

func TestWebhooks(t *testing.T) {
	b := start(t)
	d := webhook.Delivery{ID: "d", Mock: "m", Version: 1, URL: "https://u:p@h/x?token=1&q=2", State: webhook.Waiting, Queued: time.Now()}
	b.reporter.Webhook(d)
	d.Version, d.State, d.Attempts, d.Status = 2, webhook.Delivered, 1, 204
	b.reporter.Webhook(d)
	off := d
	off.ID, off.Recording = "off", &event.Recording{Mode: event.RecordOff}
	b.reporter.Webhook(off)
	got := as[event.WebhooksDelivered](t, b.envelope())
	if len(got.Deliveries) != 1 || got.Deliveries[0].Version != 2 || got.Deliveries[0].State != "delivered" || got.Deliveries[0].URL != "https://[redacted]@h/x?token=[redacted]&q=2" {
		t.Errorf("%+v", got)
	}
	if again := as[event.WebhooksDelivered](t, b.envelope()); again.Sequence != got.Sequence {
		t.Errorf("what nobody stored does not come again: %+v", again)
	}
	bare := d
	bare.ID, bare.Recording = "bare", &event.Recording{Mode: event.RecordMetadata}
	b.reporter.Webhook(bare)
	b.store("i", got.Sequence)
	for {
		if got := as[event.WebhooksDelivered](t, b.envelope()); got.Deliveries[0].ID == "bare" {
			if got.Deliveries[0].URL != "https://[redacted]@h/x" {
				t.Errorf("%+v", got)
			}
			return
		}
	}
}

func TestBodies(t *testing.T) {
	for name, c := range map[string]struct {
		body []byte
		size int
		want event.RecordedPart
	}{
		"text":                     {[]byte("ä"), 2, event.RecordedPart{Body: "ä"}},
		"cut within a character":   {[]byte("aä")[:2], 3, event.RecordedPart{Body: "a"}},
		"not text":                 {[]byte{1, 0xff}, 2, event.RecordedPart{Body: "Af8=", Base64: true}},
		"not text, cut off":        {[]byte{0xff, 0xfe, 1, 2}, 10, event.RecordedPart{Body: "//4BAg==", Base64: true}},
		"with zeros":               {[]byte("a\x00b"), 3, event.RecordedPart{Body: "YQBi", Base64: true}},
		"nothing":                  {nil, 0, event.RecordedPart{}},
		"nothing kept of a binary": {nil, 7, event.RecordedPart{}},
	} {
		p := event.RecordedPart{Size: c.size}
		c.want.Size = c.size
		setBody(&p, c.body)
		if diff := cmp.Diff(c.want, p); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPause: counts of a few mocks come every second, those of very many less often, but not seldom.
func TestPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: 0, 10 * time.Millisecond: 500 * time.Millisecond, 100 * time.Millisecond: 5 * time.Second, time.Minute: mostPause,
	} {
		if got := pause(took); got != want {
			t.Errorf("after %s: %s, want %s", took, got, want)
		}
	}
}
