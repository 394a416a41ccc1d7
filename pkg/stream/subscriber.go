package stream

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// subscriber keeps a subscription alive. Its hooks are called by the goroutine of run, one at a time, and must not block.
type subscriber struct {
	bus       bus
	log       *slog.Logger
	channels  []string
	connected func()
	lost      func()
	received  func(message)
}

// run subscribes again and again, with backoff, until ctx ends.
func (s *subscriber) run(ctx context.Context) {
	retry := backoff{first: 50 * time.Millisecond, most: 2 * time.Second}
	for ctx.Err() == nil {
		sub, err := s.bus.subscribe(ctx, s.channels...)
		if err == nil {
			retry.reset()
			s.connected()
			err = s.drain(ctx, sub)
			sub.close()
			s.lost()
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, context.Canceled) {
			s.log.WarnContext(ctx, "subscription lost", "error", err)
		}
		if !retry.wait(ctx) {
			return
		}
	}
}

func (s *subscriber) drain(ctx context.Context, sub subscription) error {
	for {
		m, err := sub.receive(ctx)
		if err != nil {
			return err
		}
		s.received(m)
	}
}

// backoff doubles a wait from first to most, with jitter. It belongs to one goroutine.
type backoff struct {
	first, most time.Duration
	next        time.Duration
}

func (b *backoff) reset() { b.next = 0 }

// ease takes half of the last doubling back: where waiting helps, it goes on being as long as it has to be.
func (b *backoff) ease() { b.next = max(b.first, b.next/4) }

// step returns the next wait: between half and all of a duration that doubles each time.
func (b *backoff) step() time.Duration {
	if b.next == 0 {
		b.next = b.first
	}
	d := b.next
	b.next = min(2*b.next, b.most)
	return d/2 + rand.N(d/2+1)
}

// wait sleeps for a step; false if ctx ended.
func (b *backoff) wait(ctx context.Context) bool {
	t := time.NewTimer(b.step())
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// retry calls do until it succeeds; false if ctx ended first.
func retry(ctx context.Context, b backoff, failed func(error), do func(context.Context) error) bool {
	for {
		err := do(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		failed(err)
		if !b.wait(ctx) {
			return false
		}
	}
}
