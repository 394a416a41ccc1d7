package budget_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/budget"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, steps := range []int{0, 1, budget.Every - 1, budget.Every, 3*budget.Every + 7} {
		b := budget.Make(t.Context(), steps, 0)
		for i := range steps {
			if err := b.Spend(1); err != nil {
				t.Fatalf("step %d of %d: %v", i+1, steps, err)
			}
		}
		if b.Left() != 0 || b.Used() != steps {
			t.Errorf("of %d steps %d are left and %d used", steps, b.Left(), b.Used())
		}
		for range 3 { // forever
			if e, ok := errors.AsType[*budget.Error](b.Spend(1)); !ok || e.What != "steps" || b.Err() == nil {
				t.Fatalf("after %d steps: %v", steps, e)
			}
		}
		if err := b.Spend(0); err == nil {
			t.Error("an exhausted budget allows work that costs nothing")
		}
	}
}

// What is looked at adds up, however small the pieces are.
func TestScan(t *testing.T) {
	t.Parallel()
	b := budget.Make(t.Context(), 10, 0)
	n := 0
	for b.Scan(1) == nil {
		n++
	}
	if want := 11*budget.PerStep - 1; n != want {
		t.Errorf("%d elements for 10 steps, want %d", n, want)
	}
	whole := budget.Make(t.Context(), 10, 0)
	if err := whole.Scan(10 * budget.PerStep); err != nil {
		t.Error(err)
	}
	if whole.Scan(budget.PerStep) == nil {
		t.Error("more than was there")
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.Make(t.Context(), 100*budget.Every, time.Second)
		work := func(steps int, takes time.Duration) error {
			time.Sleep(takes) //nolint:forbidigo // The time is the bubble's.
			return b.Spend(steps)
		}
		for range 3 {
			if err := work(budget.Every+1, 300*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		b.Resume()
		if err := work(budget.Every+1, time.Hour); err != nil {
			t.Fatalf("a pause counts: %v", err)
		}
		err := work(budget.Every+1, 2*time.Second)
		if e, ok := errors.AsType[*budget.Error](err); !ok || e.What != "time" || e.Limit != "1s" {
			t.Errorf("too long: %v", err)
		}
		b.Refill()
		if err := work(budget.Every+1, time.Second); err != nil || b.Err() != nil {
			t.Errorf("refilled: %v", err)
		}
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := budget.Make(ctx, 100*budget.Every, time.Minute)
	if err := b.Spend(2 * budget.Every); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := b.Spend(2 * budget.Every); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller is gone: %v", err)
	}
}

func TestNothingAllocates(t *testing.T) {
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		b := budget.Make(ctx, 10*budget.Every, time.Minute)
		for range 5 {
			_ = b.Spend(budget.Every)
			_ = b.Scan(1000)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type slicer struct {
	asked int
	err   error
}

func (s *slicer) Slice() error {
	s.asked++
	return s.err
}

func TestSlices(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	s := &slicer{}
	b := budget.Make(t.Context(), 10*budget.Every, time.Minute)
	b.Slicer = s
	for range 5*budget.Every + 5 {
		if err := b.Spend(1); err != nil {
			t.Fatal(err)
		}
	}
	if s.asked != 5 {
		t.Errorf("asked %d times in 5 times Every", s.asked)
	}
	left := b.Left()
	if err := b.Note(3 * budget.Every * budget.PerStep); err != nil || b.Left() != left || s.asked != 6 {
		t.Errorf("noted: %v, %d steps, asked %d times", err, left-b.Left(), s.asked)
	}
	b.Refill()
	s.err = gone
	if err := b.Spend(2 * budget.Every); !errors.Is(err, gone) {
		t.Errorf("the slicer ends the work: %v", err)
	}
}
