package limit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Turns go round the workspaces, whatever each has waiting, and within one first come first served.
func TestTurnsGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 10)
		if !turns.Take(t.Context(), "first") {
			t.Fatal("nobody waits, and there is no turn")
		}
		var order []string
		var wg sync.WaitGroup
		for _, who := range []string{"noisy 1", "noisy 2", "noisy 3", "quiet 1", "noisy 4", "other 1", "quiet 2"} {
			wg.Go(func() {
				if turns.Take(t.Context(), who[:5]) {
					order = append(order, who) // one at a time
					turns.Give()
				}
			})
			synctest.Wait() // it waits now, behind those before
		}
		turns.Give()
		wg.Wait()
		if want := []string{"noisy 1", "quiet 1", "other 1", "noisy 2", "quiet 2", "noisy 3", "noisy 4"}; !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}
		if turns.free != 1 || len(turns.lines) != 0 || turns.next != nil {
			t.Errorf("something is left: %+v", turns)
		}
	})
}

func TestTurnsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 2)
		turns.Take(t.Context(), "noisy")
		ctx, cancel := context.WithCancel(t.Context())
		var got atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if turns.Take(ctx, "noisy") {
					got.Add(1)
				}
			})
		}
		synctest.Wait()
		if turns.Take(ctx, "noisy") {
			t.Error("a third waits although two may")
		}
		cancel() // who gives up takes no turn
		wg.Wait()
		if got.Load() != 0 || len(turns.lines) != 0 {
			t.Errorf("%d turns, %d lines", got.Load(), len(turns.lines))
		}
		turns.Give()
		if !turns.Take(t.Context(), "quiet") {
			t.Error("the turn is lost")
		}
	})
}

// Whoever gives up or not, no more work than possible is done at a time, no turn is lost, and nobody waits for ever.
func TestTurnsUnderStress(t *testing.T) {
	const atOnce = 3
	turns := NewTurns(atOnce, 1000)
	var inside, most atomic.Int64
	var wg sync.WaitGroup
	for g := range 24 {
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if (g+i)%5 == 0 {
					go cancel()
				}
				if turns.Take(ctx, fmt.Sprint("w", g%4)) {
					most.Store(max(most.Load(), inside.Add(1)))
					if inside.Load() > atOnce {
						t.Error("more at once than possible")
					}
					inside.Add(-1)
					turns.Give()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if turns.free != atOnce || len(turns.lines) != 0 || turns.next != nil {
		t.Errorf("something is left: %d free, %d lines", turns.free, len(turns.lines))
	}
}

func TestTurnsDoNotAllocateWhenFree(t *testing.T) {
	turns := NewTurns(1, 1)
	if n := testing.AllocsPerRun(100, func() {
		if turns.Take(t.Context(), "w") {
			turns.Give()
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkTurns(b *testing.B) {
	turns, ctx := NewTurns(1, 1), b.Context()
	for b.Loop() {
		turns.Take(ctx, "w")
		turns.Give()
	}
}
