package report

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

const prefix = "t:"

// bench is a running reporter in a bubble, and what it publishes. Its Redis has no network: what is published is heard at once, or
// refused while Redis is away, and what was stored is reported to the reporter as if it had heard it. TestOverRedis has a real one.
type bench struct {
	t        *testing.T
	away     atomic.Bool
	recorder *record.Recorder
	metrics  *prometheus.Registry
	mock     *record.MockRecorder
	reporter *Reporter
	events   chan event.Envelope
	stop     func()
}

var errAway = errors.New("the Redis is away")

// inBubble runs a test of a reporter by the bubble's clock.
func inBubble(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, events: make(chan event.Envelope, 1000)}
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Dialer: func(context.Context, string, string) (net.Conn, error) { return nil, errAway }})
		client.AddHook(b)
		t.Cleanup(func() { _ = client.Close() })
		b.start(client)
		test(t, b)
	})
}

// start runs a reporter until the test ends.
func (b *bench) start(client *redis.Client) {
	b.recorder = record.New(record.Limits{PerSecond: 1e6, Body: 1000, Bytes: 1 << 20})
	b.mock = b.recorder.ForMock("w", "m")
	b.metrics = prometheus.NewRegistry()
	b.reporter = New(Config{Prefix: prefix, Instance: "i", Words: []string{"token"}, Bytes: 10_000}, Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: b.metrics, Redis: client, Recorder: b.recorder,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.reporter.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
	b.t.Cleanup(b.stop)
}

// ProcessHook implements redis.Hook: it takes what is published.
func (b *bench) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, cmd redis.Cmder) error {
		if b.away.Load() {
			return errAway
		}
		var e event.Envelope
		if err := json.Unmarshal(cmd.Args()[2].([]byte), &e); err != nil {
			return err
		}
		b.events <- e
		return nil
	}
}

// DialHook implements redis.Hook.
func (*bench) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (*bench) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (b *bench) request(path string) {
	b.mock.Add(&record.Request{At: time.Now(), Method: "GET", Host: "h", Path: path, Query: "token=x", Status: 200})
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
	select {
	case e := <-b.events:
		return e
	case <-time.After(time.Minute):
		b.t.Fatal("nothing is reported")
		return event.Envelope{}
	}
}

// store tells the reporter what was stored.
func (b *bench) store(instance string, sequences ...uint64) {
	b.t.Helper()
	e, err := event.New(event.ReportsStored{Instance: instance, Sequences: sequences})
	if err != nil {
		b.t.Fatal(err)
	}
	b.reporter.receive(e)
	synctest.Wait()
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
	inBubble(t, func(t *testing.T, b *bench) {
		began := time.Now()
		b.request("/1")
		b.request("/2")
		first := b.next()
		if took := time.Since(began); took != linger {
			t.Errorf("a record takes %v", took)
		}
		if first.Instance != "i" || first.Sequence != 1 || len(first.Records) != 2 || first.Counts != nil {
			t.Fatalf("%+v", first)
		}
		if r := first.Records[1]; r.Path != "/2" || r.Query != "token=[redacted]" || r.Mode != event.RecordRedacted || r.ID <= first.Records[0].ID {
			t.Errorf("%+v", r)
		}
		counts := b.next()
		if took := time.Since(began); took != countEvery {
			t.Errorf("a count takes %v", took)
		}
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
	})
}

func TestWhatIsStoredIsNotRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.request("/1")
		b.store("another", 1, 2)
		for range 2 { // the record and the counts
			b.store("i", b.next().Sequence)
		}
		b.request("/2")
		for want := range uint64(2) {
			if r := b.next(); r.Sequence != 3+want {
				t.Errorf("report %d comes again", r.Sequence)
			}
		}
		b.store("i", 3, 4)
		pass(2 * repeatMost)
		if n := len(b.events); n > 0 {
			t.Errorf("%d reports come again", n)
		}
		b.request("/3")
		b.stop() // says all that is left
		if last := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil }); last.Counts[0].Success != 3 {
			t.Errorf("%+v", last)
		}
	})
}

func TestRedisIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.away.Store(true)
		for range 30 { // of 1000 bytes at least, where there is room for 10,000
			b.request("/" + strings.Repeat("x", 1000))
		}
		pass(3 * downFor)
		b.away.Store(false)
		last := b.until(func(r event.RequestsRecorded) bool { return r.Counts != nil })
		if c := last.Counts[0]; c.Success != 30 || c.NotKept != 30 {
			t.Errorf("%+v: the report had no room", c)
		}
		b.request("/after")
		b.until(func(r event.RequestsRecorded) bool { return len(r.Records) == 1 && r.Records[0].Path == "/after" })
	})
}

// pass lets the bubble's time pass.
func pass(d time.Duration) { <-time.After(d) }

func TestWebhooks(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		d := webhook.Delivery{ID: "d", MockID: "m", Version: 1, URL: "https://u:p@h/x?token=1&q=2", State: webhook.Waiting, Queued: time.Now()}
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
		next := as[event.WebhooksDelivered](t, b.envelope())
		if len(next.Deliveries) != 1 || next.Deliveries[0].ID != "bare" || next.Deliveries[0].URL != "https://[redacted]@h/x" {
			t.Errorf("%+v", next)
		}
	})
}

// TestOverRedis: messages over Redis arrive on both sides. When everything is stored, nothing is left to be repeated.
func TestOverRedis(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	heard := client.Subscribe(t.Context(), prefix+string(event.TypeRequestsRecorded))
	t.Cleanup(func() { _ = heard.Close() })
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t}
	b.start(client)
	b.request("/1")
	messages := heard.Channel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for recorded, counted := false, false; !recorded || !counted || b.outstanding() != 0; {
		select {
		case m := <-messages:
			var e event.Envelope
			if err := json.Unmarshal([]byte(m.Payload), &e); err != nil {
				t.Fatal(err)
			}
			r := as[event.RequestsRecorded](t, e)
			recorded, counted = recorded || r.Records != nil, counted || r.Counts != nil
			if err := stream.Announce(t.Context(), client, prefix, event.ReportsStored{Instance: "i", Sequences: []uint64{r.Sequence}}); err != nil {
				t.Fatal(err)
			}
		case <-again.C:
		case <-late:
			t.Fatalf("recorded %t, counted %t, and %v reports are still to be stored", recorded, counted, b.outstanding())
		}
	}
}

// outstanding is how many reports are not known to be stored.
func (b *bench) outstanding() float64 {
	b.t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "mocloud_reports_outstanding" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	b.t.Fatal("it is not measured")
	return 0
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
