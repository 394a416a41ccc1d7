// Package budget bounds the work that is done for one tenant: in steps that follow from what the work looks at, with a clock as
// the backstop for a cost that nobody counted, and with a context, so that work ends with whoever waits for it.
package budget

import (
	"context"
	"math"
	"runtime"
	"strconv"
	"time"
)

// PerStep is how many bytes, or elements of lists and maps, can be looked at for one step.
const PerStep = 64

// Every is how many steps pass between two looks at the clock and the context. Others get the processor then: what this work
// holds up waits for less than a millisecond rather than for the ten after which Go would interrupt it.
const Every = 2000

// Slicer lets others work in the midst of long work: whoever works is asked every [Every] steps. An error ends the work.
type Slicer interface{ Slice() error }

// Budget is what one piece of work may still cost. It is for one goroutine. The zero Budget has no step.
type Budget struct {
	// Slicer is asked whether work may go on; nil: always, and others get the processor for a moment.
	Slicer Slicer

	ctx    context.Context // nil: work ends with the budget only
	steps  int             // that there were
	left   int
	look   int // steps left below which the clock and the context are looked at
	noted  int
	carry  int // bytes and elements looked at that make no whole step yet
	most   time.Duration
	used   time.Duration
	marked time.Time // when the clock was last looked at; zero after a pause
	err    error
}

// Make returns a budget of so many steps and so much time. Work ends with ctx, too.
func Make(ctx context.Context, steps int, most time.Duration) Budget {
	b := Steps(steps, most)
	b.ctx = ctx
	return b
}

// Steps is Make for work that nobody waits for.
func Steps(steps int, most time.Duration) Budget {
	return Budget{steps: steps, left: steps, look: max(steps-Every, 0), most: most}
}

// Error says what ran out. It unwraps to the context's error if that was it.
type Error struct {
	What  string // "steps" or "time"; "" if whoever waited is gone
	Limit string
	cause error
}

// Error implements error.
func (e *Error) Error() string {
	switch e.What {
	case "steps":
		return "it takes more than " + e.Limit + " steps"
	case "time":
		return "it takes longer than " + e.Limit
	default:
		return "nobody waits for it any more"
	}
}

func (e *Error) Unwrap() error { return e.cause }

// Note looks at the clock after so many bytes of work whose cost is bounded by itself, such as reading a body: it takes no steps.
func (b *Budget) Note(n int) error {
	if b.noted += n; b.noted < Every*PerStep {
		return nil
	}
	b.noted = 0
	return b.check()
}

// Spend takes steps. Once the budget is exhausted it returns the same error forever.
func (b *Budget) Spend(steps int) error {
	b.left -= steps
	if b.left < b.look {
		return b.check()
	}
	return nil
}

// Scan takes the steps that it costs to look at so many bytes or elements.
func (b *Budget) Scan(n int) error {
	b.carry += n
	if b.carry < PerStep {
		return nil
	}
	steps := b.carry / PerStep
	b.carry %= PerStep
	return b.Spend(steps)
}

// Resume says that work goes on after a pause, such as waiting for another server, which costs nothing.
func (b *Budget) Resume() { b.marked = time.Time{} }

// Refill makes the budget whole again, for the next piece of work with the same bounds.
func (b *Budget) Refill() {
	slicer := b.Slicer
	*b = Make(b.ctx, b.steps, b.most)
	b.Slicer = slicer
}

// Err says what ran out, if anything did.
func (b *Budget) Err() error { return b.err }

// Left is how many steps are left.
func (b *Budget) Left() int { return max(b.left, 0) }

// Used is how many steps were taken.
func (b *Budget) Used() int { return b.steps - b.Left() }

// check looks at everything that can end the work.
func (b *Budget) check() error {
	if b.err != nil {
		b.left = -1
		return b.err
	}
	b.look = max(b.left-Every, 0)
	if b.left < 0 {
		return b.end(&Error{What: "steps", Limit: strconv.Itoa(b.steps)})
	}
	now := time.Now()
	if !b.marked.IsZero() {
		b.used += now.Sub(b.marked)
	}
	b.marked = now
	if b.most > 0 && b.used > b.most {
		return b.end(&Error{What: "time", Limit: b.most.String()})
	}
	if b.ctx != nil {
		if cause := b.ctx.Err(); cause != nil {
			return b.end(&Error{cause: cause})
		}
	}
	if b.Slicer == nil {
		runtime.Gosched()
		return nil
	}
	if err := b.Slicer.Slice(); err != nil {
		return b.end(&Error{cause: err})
	}
	b.marked = time.Now() // waiting costs nothing
	return nil
}

// end exhausts the budget.
func (b *Budget) end(err *Error) error {
	b.err, b.left, b.look = err, -1, math.MaxInt
	return err
}
