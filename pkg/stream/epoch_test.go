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

func TestEpochsGrow(t *testing.T) {
	for _, former := range []string{"", "ABCDEFGHIJKLMNOP", "ZZZZZZZZZZZZZZZZ", "7777", NewEpoch("")} {
		last := former
		for range 100 {
			next := NewEpoch(last)
			if next <= last || !IsEpoch(next) {
				t.Fatalf("%q comes after %q", next, last)
			}
			last = next
		}
	}
	for _, s := range []string{"", "e", "e1", "e00001796061600-", "e-0001796061600000-ABCDEF", "f00001796061600-ABCDEF", "e99999999999999-ABCDEF"} {
		if s != "e00001796061600-" && IsEpoch(s) {
			t.Errorf("%q counts as an epoch", s)
		}
	}
}

// TestEpochAfterAClockThatWasPutBack: the next epoch is greater all the same.
func TestEpochAfterAClockThatWasPutBack(t *testing.T) {
	future := fmt.Sprintf("e%014d-ABCDEF", time.Now().Add(24*time.Hour).UnixMilli())
	if next := NewEpoch(future); next <= future {
		t.Errorf("%q comes after %q", next, future)
	}
}

// keptSnapshot is a mock server's handler: its snapshot is one file in a store, of one epoch.
type keptSnapshot struct {
	*simHandler
	log *simLog
}

func (h *keptSnapshot) Snapshot(_ context.Context, epoch string) (Position, error) {
	p, state := h.log.state()
	if p.Epoch < epoch {
		return p, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position, h.state = p, state
	return p, nil
}

// stray is a message that does not belong to the living stream.
type stray func() (message, error)

func heartbeatOf(epoch string, head uint64) stray {
	return func() (message, error) {
		return encode(names{"", event.Mocks}.heartbeat(), &heartbeat{V: wireVersion, Epoch: epoch, Head: head})
	}
}

func eventOf(epoch string, number uint64) stray {
	return func() (message, error) {
		return encode(names{"", event.Mocks}.event(event.TypeMockUpdated), &event.Envelope{
			ID: "x", Stream: event.Mocks, Epoch: epoch, Number: number, Version: 1, Type: event.TypeMockUpdated, Payload: []byte(`{"mock_id":"stray"}`),
		})
	}
}

func batchOf(epoch string, from, to uint64) stray {
	return func() (message, error) {
		return encode(names{"", event.Mocks}.batch(), &answer{V: wireVersion, Epoch: epoch, From: from, To: to, Head: to})
	}
}

// TestStrayEpochs: whatever an epoch that is over, or never was, says, and whenever: the living one is followed at last, without a
// restart; and what is over resets nobody.
func TestStrayEpochs(t *testing.T) {
	cases := map[string]struct {
		says   stray
		times  int
		resets bool // the consumer may start over
	}{
		"an old heartbeat":                         {says: heartbeatOf("e1", 500), times: 1},
		"an old heartbeat of a number seen":        {says: heartbeatOf("e1", 1), times: 1},
		"an old event":                             {says: eventOf("e1", 501), times: 1},
		"an old event that would be next":          {says: eventOf("e1", 2), times: 1},
		"an old batch":                             {says: batchOf("e1", 0, 700), times: 1},
		"an old generator that goes on":            {says: heartbeatOf("e1", 500), times: 900},
		"two old generators":                       {says: heartbeatOf("e0", 500), times: 300},
		"one heartbeat of a life that never was":   {says: heartbeatOf("e9", 3), times: 1, resets: true},
		"some heartbeats of one that never was":    {says: heartbeatOf("e9", 3), times: 5, resets: true},
		"an event of a life that never was":        {says: eventOf("e9", 1), times: 1, resets: true},
		"a batch of a life that never was":         {says: batchOf("e9", 0, 2), times: 1, resets: true},
		"a heartbeat of a life that sorts highest": {says: heartbeatOf("zzz", 3), times: 1, resets: true},
	}
	for name, c := range cases {
		for _, kind := range []string{"plain", "snapshotter"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, l := newSimBus(1, faults{}), newSimLog("e2")
					sim := newSimHandler()
					var h Handler = sim
					if kind == "snapshotter" {
						h = &keptSnapshot{simHandler: sim, log: l}
					}
					p, consumer := producerOf(t, b, l), consumerOf(t, b, h)
					play(t, p, consumer)
					edit := func() {
						if err := p.Publish(t.Context(), l.commit("k", false)); err != nil {
							t.Fatal(err)
						}
						pass(time.Second)
					}
					for range 20 {
						edit()
					}
					applied := sim.applied
					var wg sync.WaitGroup
					wg.Go(func() {
						for range c.times {
							m, err := c.says()
							if err != nil {
								t.Error(err)
							}
							_ = b.publish(t.Context(), m)
							pass(300 * time.Millisecond)
						}
					})
					for range 30 {
						edit()
					}
					if !c.resets {
						if d := sim.differs(l); d != "" {
							t.Errorf("while it is heard: %s", d)
						}
						if again := sim.applied - applied; again != 30 {
							t.Errorf("30 changes came, and %d were applied", again)
						}
					}
					wg.Wait()
					pass(time.Minute)
					edit()
					if d := sim.differs(l); d != "" {
						t.Error(d)
					}
				})
			})
		}
	}
}

// TestNewerEpochDuringAReset: news of a newer epoch replaces a reset that is under way and cannot end.
func TestNewerEpochDuringAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l := newSimBus(1, faults{}), newSimLog("e1")
		sim := newSimHandler()
		p, consumer := producerOf(t, b, l), consumerOf(t, b, &keptSnapshot{simHandler: sim, log: l})
		play(t, p, consumer)
		l.commit("a", false)
		l.commit("b", false)
		pass(2 * time.Second)
		m, err := heartbeatOf("e2", 7)() // a life whose snapshot never comes
		if err != nil {
			t.Fatal(err)
		}
		_ = b.publish(t.Context(), m)
		pass(100 * time.Millisecond)
		l.restore("e3")
		l.commit("c", false)
		pass(5 * time.Second)
		if d := sim.differs(l); d != "" {
			t.Error(d)
		}
	})
}

// TestProducerOfThePastDoesNotAnswer: what a producer that was asleep while a newer epoch began would answer is of no use.
func TestProducerOfThePastDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, l, past := newSimBus(1, faults{}), newSimLog("e2"), newSimLog("e1")
		for i := range 50 {
			past.commit(fmt.Sprint("old", i), false)
		}
		sim := newSimHandler()
		p, old, consumer := producerOf(t, b, l), producerOf(t, b, past), consumerOf(t, b, sim)
		play(t, p, consumer)
		l.commit("a", false)
		pass(5 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = old.Run(ctx) })
		defer wg.Wait()
		defer cancel()
		for i := range 20 {
			l.commit(fmt.Sprint("k", i), false) // not published: each is asked for
			pass(3 * time.Second)
			if d := sim.differs(l); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// TestNobodyIsHeard: a connection without a producer counts as none, though it is up.
func TestNobodyIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, elsewhere, l, h := newSimBus(1, faults{}), newSimBus(2, faults{}), newSimLog("e1"), newSimHandler()
		p, c := producerOf(t, elsewhere, l), consumerOf(t, b, h)
		play(t, p, c)
		for i := range 100 {
			if err := p.Publish(t.Context(), l.commit(fmt.Sprint("k", i), false)); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
		}
		if c.Connected() {
			t.Error("nobody was heard for 100 seconds, and the consumer says that changes can arrive")
		}
		here := producerOf(t, b, l)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = here.Run(ctx) })
		defer wg.Wait()
		defer cancel()
		pass(5 * time.Second)
		if !c.Connected() {
			t.Error("a producer is heard, and the consumer says that changes cannot arrive")
		}
		if d := h.differs(l); d != "" {
			t.Error(d)
		}
	})
}
