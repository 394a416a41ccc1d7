package stream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// TestHerd: what many consumers that are behind draw from Redis grows with their number, not with its square.
func TestHerd(t *testing.T) {
	const behind = 500
	draws := func(t *testing.T, consumers int) (bytes int) {
		synctest.Test(t, func(t *testing.T) {
			b, l := newSimBus(1, faults{}), newSimLog("e1")
			for i := range behind {
				l.commit(fmt.Sprint("k", i), false)
			}
			handlers := make([]*simHandler, consumers)
			for i := range handlers {
				handlers[i] = newSimHandler()
				c, err := newConsumer(ConsumerConfig{Stream: event.Mocks, Service: "test", Instance: fmt.Sprint("i", i)}, b, handlers[i])
				if err != nil {
					t.Fatal(err)
				}
				play(t, nil, c)
			}
			p, err := newProducer(ProducerConfig{Stream: event.Mocks, BatchChanges: 50}, b, l)
			if err != nil {
				t.Fatal(err)
			}
			play(t, p, nil)
			pass(30 * time.Second)
			for i, h := range handlers {
				if d := h.differs(l); d != "" {
					t.Errorf("consumer %d of %d: %.200s", i, consumers, d)
				}
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			bytes = b.sent
		})
		return bytes
	}
	one := draws(t, 1)
	for _, n := range []int{5, 20, 50} {
		many := draws(t, n)
		t.Logf("%d consumers draw %.2f times what %d times one draws", n, float64(many)/float64(n*one), n)
		if float64(many) > 1.2*float64(n*one) {
			t.Errorf("%d consumers draw %d bytes, one draws %d", n, many, one)
		}
	}
}

func TestRequestsKeepTheLatestOfEachInstance(t *testing.T) {
	q := newRequests()
	for i := range 10 {
		for _, instance := range []string{"a", "b", "c"} {
			if !q.put(request{Instance: instance, After: uint64(i)}) {
				t.Fatal("no room")
			}
		}
	}
	for _, want := range []string{"a", "b", "c"} {
		if r, ok := q.next(t.Context()); !ok || r.Instance != want || r.After != 9 {
			t.Errorf("%+v, not the latest of %s", r, want)
		}
	}
	for i := range maxRequests {
		if !q.put(request{Instance: fmt.Sprint(i)}) {
			t.Fatalf("no room for %d", i)
		}
	}
	if q.put(request{Instance: "one too many"}) {
		t.Error("there is room without end")
	}
	if !q.put(request{Instance: "0", After: 7}) {
		t.Error("who waits may not change what it asks")
	}
}
