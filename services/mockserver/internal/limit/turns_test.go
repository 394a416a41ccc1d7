package limit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The next turn is that of who has used the least, whatever each has waiting; within a workspace, first come first served.
func TestTurnsAreFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 10)
		first, ok := turns.Take(t.Context(), "first")
		if !ok {
			t.Fatal("nobody waits, and there is no turn")
		}
		var order []string
		var wg sync.WaitGroup
		work := func(who string, takes time.Duration) {
			wg.Go(func() {
				if turn, ok := turns.Take(t.Context(), who[:5]); ok {
					order = append(order, who) // one at a time
					pass(takes)
					turn.Give()
				}
			})
			synctest.Wait() // it waits now, behind those before
		}
		for i := range 4 {
			work(fmt.Sprint("noisy ", i), 50*time.Millisecond)
		}
		for i := range 4 {
			work(fmt.Sprint("quiet ", i), time.Millisecond)
		}
		first.Give()
		wg.Wait()
		want := []string{"noisy 0", "quiet 0", "quiet 1", "quiet 2", "quiet 3", "noisy 1", "noisy 2", "noisy 3"}
		if !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}
		empty(t, turns, 1)
	})
}

// Time without work is not saved up: who was away does not get all turns.
func TestTurnsForgetThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 100)
		var order []string
		var wg sync.WaitGroup
		work := func(who string) {
			wg.Go(func() {
				if turn, ok := turns.Take(t.Context(), who); ok {
					order = append(order, who)
					pass(10 * time.Millisecond)
					turn.Give()
				}
			})
			synctest.Wait()
		}
		for range 20 {
			work("steady")
		}
		pass(100 * time.Millisecond) // half of them are done
		for range 10 {
			work("late")
		}
		wg.Wait()
		if late := slices.Index(order, "late"); late < 10 || slices.Index(order[late+2:], "steady") > 1 {
			t.Errorf("%q", order)
		}
		empty(t, turns, 1)
	})
}

// pass lets time pass in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
}

func empty(t *testing.T, turns *Turns, free int) {
	t.Helper()
	if turns.free != free || len(turns.lines) != 0 || len(turns.waiting) != 0 {
		t.Errorf("something is left: %d free, %d lines, %d waiting", turns.free, len(turns.lines), len(turns.waiting))
	}
}

func TestTurnsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 2)
		first, _ := turns.Take(t.Context(), "noisy")
		ctx, cancel := context.WithCancel(t.Context())
		var got atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, ok := turns.Take(ctx, "noisy"); ok {
					got.Add(1)
				}
			})
		}
		synctest.Wait()
		if _, ok := turns.Take(ctx, "noisy"); ok {
			t.Error("a third waits although two may")
		}
		cancel() // who gives up takes no turn
		wg.Wait()
		if got.Load() != 0 || len(turns.lines) != 0 {
			t.Errorf("%d turns, %d lines", got.Load(), len(turns.lines))
		}
		first.Give()
		last, ok := turns.Take(t.Context(), "quiet")
		if !ok {
			t.Error("the turn is lost")
		}
		last.Give()
		empty(t, turns, 1)
	})
}

// Whoever gives up or not, no more work than possible is done at a time, no turn is lost, and nobody waits forever.
func TestTurnsUnderStress(t *testing.T) {
	const atOnce = 3
	turns := NewTurns(atOnce, 1000)
	var inside atomic.Int64
	var wg sync.WaitGroup
	for g := range 24 {
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if (g+i)%5 == 0 {
					wg.Go(cancel)
				}
				if turn, ok := turns.Take(ctx, fmt.Sprint("w", g%4)); ok {
					if inside.Add(1) > atOnce {
						t.Error("more at once than possible")
					}
					inside.Add(-1)
					turn.Give()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	empty(t, turns, atOnce)
}

func TestTurnsDoNotAllocateWhenFree(t *testing.T) {
	turns := NewTurns(1, 1)
	if n := testing.AllocsPerRun(100, func() {
		if turn, ok := turns.Take(t.Context(), "w"); ok {
			turn.Give()
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkTurns(b *testing.B) {
	turns, ctx := NewTurns(1, 1), b.Context()
	for b.Loop() {
		turn, _ := turns.Take(ctx, "w")
		turn.Give()
	}
}

// Long work lets others in between, and goes on before those of its workspace who have not begun.
func TestTurnsPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1, 10)
		var order []string
		var wg sync.WaitGroup
		long, _ := turns.Take(t.Context(), "noisy")
		if pass(time.Second); !long.Pause(t.Context()) {
			t.Fatal("nobody waits, and the turn is over")
		}
		for _, who := range []string{"noisy", "quiet"} {
			wg.Go(func() {
				if turn, ok := turns.Take(t.Context(), who); ok {
					order = append(order, who)
					pass(time.Millisecond)
					turn.Give()
				}
			})
			synctest.Wait()
		}
		if pass(time.Second); !long.Pause(t.Context()) {
			t.Fatal("no turn came again")
		}
		order = append(order, "long")
		if !long.Pause(t.Context()) { // the slice has just begun
			t.Fatal("no turn came again")
		}
		long.Give()
		wg.Wait()
		if want := []string{"quiet", "long", "noisy"}; !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}
		empty(t, turns, 1)

		// Who gives up while others work has no turn, and keeps none.
		long, _ = turns.Take(t.Context(), "noisy")
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if turn, ok := turns.Take(t.Context(), "quiet"); ok {
				cancel()
				pass(time.Second)
				turn.Give()
			}
		})
		synctest.Wait()
		if pass(time.Second); long.Pause(ctx) {
			t.Error("a turn for somebody who is gone")
		}
		wg.Wait()
		empty(t, turns, 1)
	})
}
