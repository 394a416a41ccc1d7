package stream

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/event"
)

// ranged is a batch of consecutive changes, all of them there.
func ranged(from, to uint64) Batch {
	b := Batch{From: from, To: to}
	for n := from + 1; n <= to; n++ {
		b.Changes = append(b.Changes, event.Envelope{Number: n})
	}
	return b
}

// TestTracker: whatever comes in whatever order, what is taken continues where the former ended and has every number once; what
// waits is bounded; and after everything came once more in order, everything was taken.
func TestTracker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := tracker{maxChanges: rapid.IntRange(1, 12).Draw(t, "room"), maxBytes: 1 << 20}
		x.reset(Position{"e", 0})
		const head = 30
		at := uint64(0)
		take := func() {
			most := rapid.IntRange(1, 10).Draw(t, "most")
			b, ok := x.take(most, 1<<20)
			if !ok {
				return
			}
			if b.From != at || b.To <= at || uint64(len(b.Changes)) != b.To-b.From || b.More != (x.head > b.To) {
				t.Fatalf("at %d comes (%d, %d] with %d changes, more %v of %d", at, b.From, b.To, len(b.Changes), b.More, x.head)
			}
			for i, c := range b.Changes {
				if c.Number != at+uint64(i)+1 {
					t.Fatalf("at %d comes change %d", at, c.Number)
				}
			}
			at = b.To
		}
		add := func(b Batch) {
			x.add(b)
			changes := 0
			for _, w := range x.waiting {
				changes += len(w.Changes)
			}
			next := len(x.waiting) > 0 && x.waiting[len(x.waiting)-1].From <= x.taken
			if changes != x.changes || (changes > x.maxChanges && len(x.waiting) > 1 && !next) {
				t.Fatalf("%d changes wait, %d are counted, there is room for %d", changes, x.changes, x.maxChanges)
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "messages") {
			from := rapid.Uint64Range(0, head-1).Draw(t, "from")
			add(ranged(from, min(head, from+rapid.Uint64Range(1, 4).Draw(t, "size"))))
			if rapid.Bool().Draw(t, "take") {
				take()
			}
		}
		for n := range uint64(head) {
			add(ranged(n, n+1))
			take()
		}
		for b, ok := x.take(1000, 1<<20); ok; b, ok = x.take(1000, 1<<20) {
			at = b.To
		}
		if at != head || x.behind() || x.changes != 0 || x.bytes != 0 || len(x.waiting) != 0 {
			t.Fatalf("taken %d of %d; %d wait", at, head, len(x.waiting))
		}
	})
}

// TestTrackerKeepsWhatIsNext: for want of room goes what is furthest, and never what may be applied at once.
func TestTrackerKeepsWhatIsNext(t *testing.T) {
	x := tracker{maxChanges: 2, maxBytes: 1 << 20}
	x.reset(Position{"e", 0})
	for _, c := range []struct {
		Batch
		dropped bool
	}{{ranged(5, 6), false}, {ranged(7, 8), false}, {ranged(6, 7), true}, {ranged(0, 3), true}, {ranged(0, 4), false}, {ranged(0, 5), false}} {
		if dropped := x.add(c.Batch); dropped != c.dropped {
			t.Errorf("(%d, %d]: dropped %v", c.From, c.To, dropped)
		}
	}
	if b, ok := x.take(100, 1<<20); !ok || b.To != 5 {
		t.Errorf("taken to %d, %v", b.To, ok)
	}
}
