package stream

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
)

// TestForgottenWhileReplaying: a replay from 0 that is under way when tombstones are forgotten may hold what they
// removed, and has to start over; one that began afterwards misses nothing.
func TestForgottenWhileReplaying(t *testing.T) {
	l := newSimLog("e1")
	l.commit("a", false)
	l.commit("b", false)
	p, err := newProducer(ProducerConfig{Stream: event.Mocks}, newSimBus(1, faults{}), l)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(r request) *answer {
		t.Helper()
		r.Epoch = "e1"
		a, err := p.replay(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	began := ask(request{Snapshot: true})
	l.commit("a", true) // number 3: the replay above holds a
	l.commit("c", false)
	l.purge()
	l.commit("d", false)

	if a := ask(request{After: 1, Snapshot: true, Forgotten: began.Forgotten}); !a.TooOld {
		t.Error("a replay from 0 that misses a removal goes on")
	}
	again := ask(request{Snapshot: true})
	if a := ask(request{After: 2, Snapshot: true, Forgotten: again.Forgotten}); a.TooOld {
		t.Error("a replay from 0 that misses nothing has to begin anew")
	}
	if a := ask(request{After: 2}); !a.TooOld {
		t.Error("a position below what was forgotten is good enough")
	}
	if a := ask(request{After: 4}); a.TooOld || len(a.Changes) != 1 {
		t.Errorf("after 4: %+v", a)
	}
}
