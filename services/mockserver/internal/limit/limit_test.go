package limit

import (
	"fmt"
	"testing"
	"time"
)

func TestGateRate(t *testing.T) {
	g := Gate{PerSecond: 10}
	now := time.Unix(1000, 0)
	count := func() (n int) {
		for g.Enter(now) == Admitted {
			g.Leave()
			n++
		}
		return n
	}
	if n := count(); n != 10 {
		t.Fatalf("a full second admits %d", n)
	}
	now = now.Add(500 * time.Millisecond)
	if n := count(); n != 5 {
		t.Fatalf("half a second later %d are admitted", n)
	}
	now = now.Add(time.Hour)
	if n := count(); n != 10 {
		t.Fatalf("what was not used must not add up: %d", n)
	}
}

func TestGateConcurrency(t *testing.T) {
	g := Gate{Concurrent: 2}
	now := time.Unix(0, 0)
	for i, want := range []Refusal{Admitted, Admitted, TooMany} {
		if got := g.Enter(now); got != want {
			t.Fatalf("request %d: %v", i+1, got)
		}
	}
	g.Leave()
	if g.Enter(now) != Admitted {
		t.Fatal("a place that was left stays taken")
	}
	var open Gate
	for range 100_000 {
		if open.Enter(now) != Admitted {
			t.Fatal("no limit means no limit")
		}
	}
}

func TestGateRefusalTakesNoPlace(t *testing.T) {
	g := Gate{PerSecond: 1, Concurrent: 1}
	now := time.Unix(0, 0)
	g.Enter(now)
	g.Leave()
	for range 5 {
		if got := g.Enter(now); got != TooFast {
			t.Fatalf("Enter = %v", got)
		}
	}
	if g.Enter(now.Add(time.Second)) != Admitted {
		t.Fatal("refused requests kept the place")
	}
}

func TestWindows(t *testing.T) {
	w := NewWindows(time.Minute, 2, 10)
	now := time.Unix(1000, 0)
	for i, want := range []Verdict{
		{true, 2, 1, now.Add(time.Minute)},
		{true, 2, 0, now.Add(time.Minute)},
		{false, 2, 0, now.Add(time.Minute)},
	} {
		if got := w.Take("ann", now); got != want {
			t.Fatalf("request %d: %+v", i+1, got)
		}
	}
	if got := w.Take("bob", now); !got.Allowed {
		t.Fatal("keys are counted apart")
	}
	later := now.Add(time.Minute)
	if got := w.Take("ann", later); !got.Allowed || got.Reset != later.Add(time.Minute) {
		t.Fatalf("the next window: %+v", got)
	}
}

func TestWindowsAreBounded(t *testing.T) {
	w := NewWindows(time.Minute, 1, 100)
	now := time.Unix(1000, 0)
	for i := range 10_000 {
		w.Take(fmt.Sprint(i), now)
		if len(w.open) > 100 {
			t.Fatalf("%d keys", len(w.open))
		}
	}
	none := NewWindows(time.Minute, 0, 1)
	if none.Take("x", now).Allowed {
		t.Fatal("zero requests means none")
	}
}

func TestNothingAllocates(t *testing.T) {
	g, w := Gate{PerSecond: 1e6, Concurrent: 10}, NewWindows(time.Minute, 1<<30, 100)
	now := time.Unix(1000, 0)
	w.Take("key", now)
	if n := testing.AllocsPerRun(100, func() {
		if g.Enter(now) == Admitted {
			g.Leave()
		}
		w.Take("key", now)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
