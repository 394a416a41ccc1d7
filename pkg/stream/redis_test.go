package stream_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/testkit"
)

// table is a change log without compaction.
type table struct {
	mu      sync.Mutex
	changes []event.Envelope
}

func (l *table) commit(t testing.TB) event.Envelope {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	e, err := event.New(event.MockDeleted{MockID: fmt.Sprint(len(l.changes))})
	if err != nil {
		t.Fatal(err)
	}
	e.Epoch, e.Number = "e1", uint64(len(l.changes)+1)
	l.changes = append(l.changes, e)
	return e
}

func (l *table) Head(context.Context) (stream.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return stream.Position{Epoch: "e1", Number: uint64(len(l.changes))}, nil
}

func (l *table) After(_ context.Context, number uint64, limit int) (stream.Batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	to := min(uint64(len(l.changes)), number+uint64(limit))
	return stream.Batch{
		Epoch: "e1", From: number, To: to, More: to < uint64(len(l.changes)), Changes: l.changes[number:to],
	}, nil
}

// sink passes on what was applied.
type sink struct{ to chan uint64 }

func (s sink) Position(context.Context) (stream.Position, error) { return stream.Position{}, nil }
func (s sink) Reset(context.Context, string) error               { return nil }
func (s sink) Apply(_ context.Context, b stream.Batch) error {
	s.to <- b.To
	return nil
}

// await reads until number was applied.
func (s sink) await(t testing.TB, number uint64) {
	t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case to := <-s.to:
			if to >= number {
				return
			}
		case <-late:
			t.Fatalf("change %d was not applied in time", number)
		}
	}
}

// system is one producer and one consumer over a Redis.
type system struct {
	redis    *miniredis.Miniredis
	client   *redis.Client
	log      *table
	sink     sink
	producer *stream.Producer
	links    chan bool // the consumer's connection
	listens  chan bool // the listener's
	reports  chan event.Applied
	stop     func()
}

func start(t testing.TB) *system {
	t.Helper()
	s := &system{
		redis: miniredis.RunT(t), log: &table{}, sink: sink{make(chan uint64, 1000)},
		links: make(chan bool, 10), listens: make(chan bool, 10), reports: make(chan event.Applied, 1000),
	}
	s.client = redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
	t.Cleanup(func() { _ = s.client.Close() })
	var err error
	if s.producer, err = stream.NewProducer(stream.ProducerConfig{Stream: event.Mocks, Prefix: "t:"}, s.client, s.log); err != nil {
		t.Fatal(err)
	}
	c, err := stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Mocks, Prefix: "t:", Service: "test", Instance: "i1", Connection: func(up bool) { s.links <- up },
	}, s.client, s.sink)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = stream.Listen(ctx, s.client, nil, "t:", []event.Type{event.TypeApplied}, func(up bool) { s.listens <- up },
			func(e event.Envelope) {
				if a, err := event.Decode[event.Applied](e); err == nil {
					s.reports <- a
				}
			})
	})
	<-s.listens
	wg.Go(func() { _ = s.producer.Run(ctx) })
	consuming, leave := context.WithCancel(ctx)
	left := make(chan struct{})
	wg.Go(func() { defer close(left); _ = c.Run(consuming) })
	<-s.links
	s.stop = func() { leave(); <-left }
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s
}

func TestOverRedis(t *testing.T) {
	s := start(t)
	if err := s.producer.Publish(t.Context(), s.log.commit(t), s.log.commit(t)); err != nil {
		t.Fatal(err)
	}
	s.sink.await(t, 2)

	addr := s.redis.Addr()
	s.redis.Close()
	if up := <-s.links; up {
		t.Error("Connection(true) although Redis is gone")
	}
	lost := s.log.commit(t)
	if err := s.producer.Publish(t.Context(), lost); err == nil {
		t.Error("Publish says nothing although Redis is gone")
	}
	if err := s.redis.StartAddr(addr); err != nil {
		t.Fatal(err)
	}
	s.sink.await(t, 3)
	for up := false; !up; {
		up = <-s.listens
	}

	s.stop()
	for late := time.After(time.Minute); ; {
		select {
		case a := <-s.reports:
			if !a.Leaving {
				continue
			}
			if a.Of != event.Mocks || a.Epoch != "e1" || a.Number != 3 || a.Instance != "i1" || a.Service != "test" {
				t.Errorf("last report is %+v", a)
			}
			return
		case <-late:
			t.Fatal("no report of leaving")
		}
	}
}

// TestSilentConnection: a connection that stands and says nothing is given up within seconds.
func TestSilentConnection(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewFaultProxy(t, "redis://"+miniredis.RunT(t).Addr())
	options, err := redis.ParseURL(proxy.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	links := make(chan bool, 10)
	ctx, cancel := context.WithCancel(context.Background())
	var listener sync.WaitGroup
	listener.Go(func() {
		_ = stream.Listen(ctx, client, nil, "t:", []event.Type{event.TypeApplied}, func(up bool) { links <- up }, func(event.Envelope) {})
	})
	t.Cleanup(func() { cancel(); proxy.Heal(); listener.Wait() })
	<-links
	proxy.BlackHole()
	select {
	case up := <-links:
		if up {
			t.Error("it is connected once more, and was not given up")
		}
	case <-time.After(time.Minute):
		t.Error("it is not given up")
	}
}

func TestConstructorsRefuseNonsense(t *testing.T) {
	if _, err := stream.NewProducer(stream.ProducerConfig{Stream: event.Status}, nil, nil); err == nil {
		t.Error("a producer of a stream without numbers")
	}
	if _, err := stream.NewConsumer(stream.ConsumerConfig{Stream: event.Mocks}, nil, nil); err == nil {
		t.Error("a consumer without a service")
	}
}

// BenchmarkPublishToApply is the latency of one change over a Redis in this process.
func BenchmarkPublishToApply(b *testing.B) {
	s := start(b)
	for b.Loop() {
		e := s.log.commit(b)
		if err := s.producer.Publish(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		s.sink.await(b, e.Number)
	}
}
