package stream

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// tap receives what is sent on a channel of the bus.
func tap(t *testing.T, b *simBus, channel string) *simSub {
	t.Helper()
	s, err := b.subscribe(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	sub, ok := s.(*simSub)
	if !ok {
		t.Fatalf("the bus has a %T", s)
	}
	t.Cleanup(sub.close)
	return sub
}

// sent are the replay requests that a tap has received.
func sent(t *testing.T, tapped *simSub) (list []request) {
	t.Helper()
	for len(tapped.queue) > 0 {
		r, err := decode((<-tapped.queue).payload, func(r *request) int { return r.V })
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// play runs a producer and a consumer that are given, until the test ends. Either may be nil.
func play(t *testing.T, p *Producer, c *Consumer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	if p != nil {
		wg.Go(func() { _ = p.Run(ctx) })
	}
	if c != nil {
		wg.Go(func() { _ = c.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func producerOf(t *testing.T, b bus, l Log) *Producer {
	t.Helper()
	p, err := newProducer(ProducerConfig{Stream: event.Mocks, BatchChanges: 10}, b, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func consumerOf(t *testing.T, b bus, h Handler) *Consumer {
	t.Helper()
	c, err := newConsumer(ConsumerConfig{Stream: event.Mocks, Service: "test", Instance: "i1"}, b, h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var mocks = names{"", event.Mocks}

// afterHeartbeat waits for one, so that the next is far.
func afterHeartbeat(t *testing.T, b *simBus) {
	t.Helper()
	heard := tap(t, b, mocks.heartbeat())
	<-heard.queue
	synctest.Wait()
}

// TestRequestsSayWhatTheyContinue: the pages of a replay from 0 say that they are, and what was forgotten when it began; what is asked
// for once it is complete does not.
func TestRequestsSayWhatTheyContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l, h := newSimBus(1, faults{}), newSimLog("e1"), newSimHandler()
		for i := range 5 {
			l.commit(fmt.Sprint("gone ", i), true)
		}
		l.purge()
		for i := range 25 {
			l.commit(fmt.Sprint(i), false)
		}
		requests := tap(t, b, mocks.replay())
		play(t, producerOf(t, b, l), consumerOf(t, b, h))
		pass(10 * time.Second)
		synctest.Wait()
		if problem := h.differs(l); problem != "" {
			t.Error(problem)
		}
		cutConsumer(b)
		pass(time.Second)
		all := sent(t, requests)
		for len(all) > 1 && all[0].After == 0 && all[1].After == 0 {
			all = all[1:] // asked before anybody could hear it
		}
		if len(all) != 4 {
			t.Fatalf("%d requests: %+v", len(all), all)
		}
		for i, want := range []request{
			{After: 0, Snapshot: true},
			{After: 15, Snapshot: true, Forgotten: 5, Epoch: "e1"},
			{After: 25, Snapshot: true, Forgotten: 5, Epoch: "e1"},
			{After: 30, Snapshot: false, Epoch: "e1"},
		} {
			got := all[i]
			if got.After != want.After || got.Snapshot != want.Snapshot || got.Snapshot && got.Forgotten != want.Forgotten || i > 0 && got.Epoch != want.Epoch {
				t.Errorf("request %d is %+v, want %+v", i, got, want)
			}
		}
	})
}

// cutConsumer breaks the connection of whoever hears heartbeats and is no tap.
func cutConsumer(b *simBus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		if len(s.channels) > 1 {
			s.close()
		}
	}
}

// TestUnansweredRequestsAreRepeated: each time under another name, at most 4 s apart.
func TestUnansweredRequestsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimBus(1, faults{})
		requests := tap(t, b, mocks.replay())
		play(t, nil, consumerOf(t, b, newSimHandler()))
		pass(20 * time.Second)
		names := map[string]bool{}
		for _, r := range sent(t, requests) {
			names[r.Request] = true
		}
		if len(names) < 6 || len(names) > 14 {
			t.Errorf("%d requests in 20 s", len(names))
		}
	})
}

// TestReconnectionAsks: what was missed while the connection was gone comes with the connection, not with the next heartbeat.
func TestReconnectionAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		afterHeartbeat(t, x.bus)
		cutConsumer(x.bus)
		synctest.Wait()
		if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
			t.Fatal(err)
		}
		pass(60 * time.Millisecond) // a heartbeat follows a publish after 100 ms
		x.agrees(t)
	})
}

// TestBurstHasAHeartbeat: the loss of a burst's last message shows soon after it.
func TestBurstHasAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		afterHeartbeat(t, x.bus)
		x.bus.set(faults{lose: 1})
		if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
			t.Fatal(err)
		}
		x.bus.set(faults{})
		pass(settle + 31*time.Millisecond)
		x.agrees(t)
	})
}

// TestOneRequestAtATime: while an answer is on its way, holes and heartbeats do not make another request.
func TestOneRequestAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimBus(1, faults{})
		requests := tap(t, b, mocks.replay())
		play(t, nil, consumerOf(t, b, newSimHandler()))
		for head := range uint64(6) {
			m, err := encode(mocks.heartbeat(), heartbeat{V: wireVersion, Epoch: "e1", Head: head + 5})
			if err != nil {
				t.Fatal(err)
			}
			_ = b.publish(t.Context(), m) // it never fails
			pass(40 * time.Millisecond)
		}
		if n := len(sent(t, requests)); n != 1 {
			t.Errorf("%d requests within half of the time that the first may take", n)
		}
	})
}

// slowHandler counts resets, and does not finish an Apply before it may, whatever becomes of the context.
type slowHandler struct {
	*simHandler
	resets int
	finish chan struct{} // nil: at once
}

func (h *slowHandler) Reset(ctx context.Context, epoch string) error {
	h.resets++
	return h.simHandler.Reset(ctx, epoch)
}

func (h *slowHandler) Apply(ctx context.Context, b Batch) error {
	if h.finish != nil {
		<-h.finish
	}
	return h.simHandler.Apply(ctx, b)
}

// TestFormerEpochIsNoNews: a message of the epoch that was just left is late; it does not bring that epoch back.
func TestFormerEpochIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowHandler{simHandler: newSimHandler()}
		x := setup(t, h)
		late := x.log.commit("a", false)
		if err := x.producer.Publish(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			x.log.commit("b", false)
		}
		pass(2 * time.Second)
		x.log.restore("e2")
		pass(3 * time.Second)
		if err := x.producer.Publish(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		synctest.Wait()
		if problem := h.differs(x.log); problem != "" || h.resets != 1 || x.consumer.Lag() != 0 {
			t.Errorf("%s; %d resets, lag %d", problem, h.resets, x.consumer.Lag())
		}
	})
}

// TestApplyEndsAfterTheEpoch: an Apply that was going on when another epoch began, and succeeds all the same, is not taken for the
// beginning of that epoch.
func TestApplyEndsAfterTheEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowHandler{simHandler: newSimHandler(), finish: make(chan struct{})}
		x := setup(t, h)
		if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Millisecond)
		x.log.restore("e2")
		afterHeartbeat(t, x.bus)
		close(h.finish)
		synctest.Wait()
		if at := x.consumer.Position(); at.Epoch != "e2" || h.resets != 1 {
			t.Errorf("at %v after %d resets", at, h.resets)
		}
		pass(2 * time.Second)
		if problem := h.differs(x.log); problem != "" {
			t.Error(problem)
		}
	})
}

// stuckHandler cannot apply anything of epoch e1.
type stuckHandler struct{ *simHandler }

func (h stuckHandler) Apply(ctx context.Context, b Batch) error {
	if b.Epoch == "e1" {
		return errSim
	}
	return h.simHandler.Apply(ctx, b)
}

// TestStuckApplyGivesWay: what cannot be applied in one epoch does not hold up the next.
func TestStuckApplyGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := stuckHandler{newSimHandler()}
		x := setup(t, h)
		if err := x.producer.Publish(t.Context(), x.log.commit("a", false), x.log.commit("b", false)); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		x.log.restore("e2")
		pass(2 * time.Second)
		synctest.Wait()
		if problem := h.differs(x.log); problem != "" {
			t.Error(problem)
		}
	})
}

// TestOverflowAsks: whoever could not take all messages asks, since the lost one may have been the last.
func TestOverflowAsks(t *testing.T) {
	c := consumerOf(t, newSimBus(1, faults{}), newSimHandler())
	l := newLoop(c, Position{"e1", 3})
	text := message{mocks.heartbeat(), []byte(`{"v":1,"epoch":"e1","head":3}`)}
	for range maxInbox {
		c.receive(text)
	}
	l.take(<-c.inbox)
	if l.want {
		t.Error("it asks although nothing was lost")
	}
	c.receive(text)
	c.receive(text)
	if l.take(<-c.inbox); !l.want {
		t.Error("it does not ask")
	}
}

// TestReports: how far a consumer is shows at once after a batch, and again and again while nothing happens.
func TestReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		reports := tap(t, x.bus, names{}.event(event.TypeApplied))
		last := func() (n uint64, count int) {
			for ; len(reports.queue) > 0; count++ {
				e, err := decode((<-reports.queue).payload, func(*event.Envelope) int { return wireVersion })
				if err != nil {
					t.Fatal(err)
				}
				a, err := event.Decode[event.Applied](e)
				if err != nil {
					t.Fatal(err)
				}
				n = a.Number
			}
			return n, count
		}
		for want := range uint64(3) {
			if err := x.producer.Publish(t.Context(), x.log.commit("a", false)); err != nil {
				t.Fatal(err)
			}
			pass(2 * reportGap)
			if n, _ := last(); n != want+1 {
				t.Errorf("%v after change %d it says %d", 2*reportGap, want+1, n)
			}
		}
		pass(10 * time.Second)
		if n, count := last(); n != 3 || count < 9 {
			t.Errorf("in 10 s it said %d times that it is at %d", count, n)
		}
	})
}

// TestSnapshotAsksAtOnce: a state that was begun anew is built at once, not from the next heartbeat on.
func TestSnapshotAsksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := setup(t, nil)
		x.log.commit("a", false)
		x.log.commit("b", false)
		x.log.restore("e2")
		afterHeartbeat(t, x.bus)
		pass(time.Millisecond)
		x.agrees(t)
	})
}
