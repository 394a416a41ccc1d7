package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scenario is one life of a stream with everything that may go wrong in it.
type scenario struct {
	Seed           uint64
	Faults         faults
	Changes        int
	Keys           int
	Producers      int
	SkipPublish    float64 // killed between commit and publish
	Crashes        int     // of the consumer
	Purge, Restore bool
	FailApply      float64
	BatchChanges   int
	WaitChanges    int
}

func drawScenario(t *rapid.T) scenario {
	p := func(name string, most float64) float64 { return rapid.Float64Range(0, most).Draw(t, name) }
	return scenario{
		Seed: rapid.Uint64().Draw(t, "seed"),
		Faults: faults{
			lose: p("lose", 0.5), repeat: p("repeat", 0.5), cut: p("cut", 0.1), refuse: p("refuse", 0.2),
			delay: time.Duration(rapid.IntRange(0, 200).Draw(t, "delay")) * time.Millisecond,
		},
		Changes:      rapid.IntRange(0, 120).Draw(t, "changes"),
		Keys:         rapid.IntRange(1, 40).Draw(t, "keys"),
		Producers:    rapid.IntRange(1, 3).Draw(t, "producers"),
		SkipPublish:  p("skip publish", 0.5),
		Crashes:      rapid.IntRange(0, 4).Draw(t, "crashes"),
		Purge:        rapid.Bool().Draw(t, "purge"),
		Restore:      rapid.Bool().Draw(t, "restore"),
		FailApply:    p("fail apply", 0.5),
		BatchChanges: rapid.IntRange(1, 20).Draw(t, "batch"),
		WaitChanges:  rapid.IntRange(1, 50).Draw(t, "wait"),
	}
}

// TestProtocol: whatever is lost, repeated, reordered, killed, purged or restored, the output ends equal to the log, and
// on the way every Apply continues exactly where the former ended.
func TestProtocol(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScenario(rt)
		var problem string
		synctest.Test(t, func(t *testing.T) { problem = s.play(t) })
		if problem != "" {
			rt.Fatalf("%s", problem)
		}
	})
}

func (s scenario) play(t *testing.T) string {
	ctx, cancel := context.WithCancel(t.Context())
	rng := rand.New(rand.NewPCG(s.Seed, 2))
	b := newSimBus(s.Seed, s.Faults)
	l := newSimLog("e1")
	h := newSimHandler()
	flaky := rand.New(rand.NewPCG(s.Seed, 3))
	healthy := false
	h.fail = func() bool { return !healthy && flaky.Float64() < s.FailApply }

	var wg sync.WaitGroup
	producers := make([]*Producer, s.Producers)
	for i := range producers {
		p, err := newProducer(ProducerConfig{Stream: event.Mocks, BatchChanges: s.BatchChanges}, b, l)
		if err != nil {
			t.Fatal(err)
		}
		producers[i] = p
		wg.Go(func() { _ = p.Run(ctx) })
	}
	consume := func() (stop func()) {
		c, err := newConsumer(ConsumerConfig{
			Stream: event.Mocks, Service: "test", BatchChanges: s.BatchChanges, WaitChanges: s.WaitChanges,
		}, b, h)
		if err != nil {
			t.Fatal(err)
		}
		running, stopIt := context.WithCancel(ctx)
		var done sync.WaitGroup
		done.Go(func() { _ = c.Run(running) })
		return func() { stopIt(); done.Wait() }
	}
	stop := consume()
	crashAt := map[int]bool{}
	for range s.Crashes {
		crashAt[rng.IntN(s.Changes+1)] = true
	}
	for i := range s.Changes {
		e := l.commit(fmt.Sprint("k", rng.IntN(s.Keys)), rng.IntN(4) == 0)
		if rng.Float64() >= s.SkipPublish {
			_ = producers[rng.IntN(len(producers))].Publish(ctx, e) // a publish that fails is one of the faults
		}
		if rng.IntN(3) == 0 {
			pass(time.Duration(rng.IntN(300)) * time.Millisecond)
		}
		if rng.IntN(5) == 0 {
			h.save()
		}
		if crashAt[i] {
			stop()
			h.crash()
			stop = consume()
		}
		if s.Purge && i == s.Changes/2 {
			l.purge()
		}
		if s.Restore && i == s.Changes*2/3 {
			l.restore("e2")
		}
	}
	b.set(faults{})
	h.mu.Lock()
	healthy = true
	h.mu.Unlock()
	pass(time.Minute)
	problem := h.differs(l)
	stop()
	cancel()
	wg.Wait()
	b.wg.Wait()
	return problem
}

type bench struct {
	bus      *simBus
	log      *simLog
	handler  *simHandler
	producer *Producer
	consumer *Consumer
}

// setup runs one producer and one consumer in the bubble until the test ends.
func setup(t *testing.T, h Handler) bench {
	t.Helper()
	x := bench{bus: newSimBus(1, faults{}), log: newSimLog("e1"), handler: newSimHandler()}
	if h == nil {
		h = x.handler
	}
	x.producer, x.consumer = producerOf(t, x.bus, x.log), consumerOf(t, x.bus, h)
	play(t, x.producer, x.consumer)
	synctest.Wait()
	return x
}

// agrees checks that the consumer has by now what the log says.
func (x bench) agrees(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if problem := x.handler.differs(x.log); problem != "" {
		t.Error(problem)
	}
}

func TestLiveChangesAreAppliedWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		begin := time.Now()
		for range 100 {
			if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
				t.Fatal(err)
			}
		}
		x.agrees(t)
		if d := time.Since(begin); d != 0 {
			t.Errorf("took %v of simulated time, want none", d)
		}
		if x.consumer.Lag() != 0 || !x.consumer.Connected() || x.consumer.Position() != (Position{"e1", 100}) {
			t.Errorf("lag %d, connected %v, position %v", x.consumer.Lag(), x.consumer.Connected(), x.consumer.Position())
		}
	})
}

func TestHoleHealsWithinTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		x.log.commit("lost", false)
		if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
			t.Fatal(err)
		}
		pass(31 * time.Millisecond)
		x.agrees(t)
	})
}

func TestLastMessageLostShowsByTheHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		x.log.commit("lost", false)
		pass(1200 * time.Millisecond)
		x.agrees(t)
	})
}

func TestSupersededRangeIsNoHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		x.log.commit("a", false)
		x.log.commit("a", false)
		b, err := x.log.After(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.producer.PublishBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		x.agrees(t)
		if x.handler.applied != 1 {
			t.Errorf("applied %d changes, want 1", x.handler.applied)
		}
	})
}

// snapshotHandler loads its snapshot by itself, on the second attempt of the right epoch.
type snapshotHandler struct {
	*simHandler
	log   *simLog
	tries int
}

func (h *snapshotHandler) Snapshot(context.Context, string) (Position, error) {
	h.tries++
	if h.tries == 1 {
		return Position{"e0", 1}, nil
	}
	p, state := h.log.state()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position, h.state = p, state
	return p, nil
}

func TestSnapshotTakesThePlaceOfReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &snapshotHandler{simHandler: newSimHandler()}
		h.position = Position{"e0", 7}
		x := bench{bus: newSimBus(1, faults{}), log: newSimLog("e1")}
		h.log = x.log
		x.log.commit("a", false)
		x.log.commit("b", false)
		p, err := newProducer(ProducerConfig{Stream: event.Mocks}, x.bus, x.log)
		if err != nil {
			t.Fatal(err)
		}
		c, err := newConsumer(ConsumerConfig{Stream: event.Mocks, Service: "test"}, x.bus, h)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = p.Run(ctx) })
		wg.Go(func() { _ = c.Run(ctx) })
		pass(2 * time.Second)
		if problem := h.differs(x.log); problem != "" || h.tries != 2 || h.applied != 0 {
			t.Errorf("%s; tries %d, applied %d", problem, h.tries, h.applied)
		}
		cancel()
		wg.Wait()
	})
}

// TestLongReplayIsBounded: a consumer far behind catches up batch by batch, and no answer is larger than agreed.
func TestLongReplayIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newSimHandler()
		b, l := newSimBus(1, faults{}), newSimLog("e1")
		for i := range 1000 {
			l.commit(fmt.Sprint(i), false)
		}
		p, err := newProducer(ProducerConfig{Stream: event.Mocks, BatchChanges: 50, BatchBytes: 200}, b, l)
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.replay(t.Context(), request{After: 0})
		if err != nil || a.To != 13 || a.Head != 1000 || len(a.Changes) != 13 {
			t.Errorf("answer = (%d, %d] of %d, %d changes, %v", a.From, a.To, a.Head, len(a.Changes), err)
		}
		c, err := newConsumer(ConsumerConfig{Stream: event.Mocks, Service: "test"}, b, h)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = p.Run(ctx) })
		wg.Go(func() { _ = c.Run(ctx) })
		pass(time.Second)
		if problem := h.differs(l); problem != "" {
			t.Error(problem)
		}
		cancel()
		wg.Wait()
	})
}
