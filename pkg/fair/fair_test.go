package fair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(2, 2, 10)
		first, _ := s.Take(t.Context(), "noisy")
		second, err := s.Take(t.Context(), "noisy")
		if err != nil {
			t.Fatalf("alone, one has every place: %v", err)
		}
		var order []string
		var wg sync.WaitGroup
		release := make(chan struct{})
		ask := func(who string) {
			wg.Go(func() {
				leave, err := s.Take(t.Context(), who)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, who)
				<-release
				leave()
			})
			synctest.Wait()
		}
		for range 3 {
			ask("noisy")
		}
		ask("quiet")
		ask("other")
		ask("quiet")
		first()
		first() // again means nothing
		synctest.Wait()
		second()
		for range 6 {
			synctest.Wait()
			release <- struct{}{}
		}
		wg.Wait()
		if order[0] != "quiet" || slices.Index(order, "other") > 2 || len(order) != 6 {
			t.Errorf("%q", order)
		}
		empty(t, s, 2)
	})
}

func TestSlotsOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(2, 1, 1)
		leave, _ := s.Take(t.Context(), "noisy")
		ctx, giveUp := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := s.Take(ctx, "noisy")
			gone <- err
		}()
		synctest.Wait()
		if _, err := s.Take(t.Context(), "noisy"); !errors.Is(err, ErrBusy) {
			t.Errorf("a third of one: %v", err)
		}
		quiet, err := s.Take(t.Context(), "quiet")
		if err != nil {
			t.Fatalf("the second place is for others: %v", err)
		}
		giveUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		leave()
		quiet()
		empty(t, s, 2)
	})
}

func TestSlotsUnderStress(t *testing.T) {
	s := NewSlots(3, 2, 1000)
	var inside atomic.Int64
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				if (g+i)%5 == 0 {
					wg.Go(cancel)
				}
				if leave, err := s.Take(ctx, fmt.Sprint(g%4)); err == nil {
					if inside.Add(1) > 3 {
						t.Error("more at once than there are places")
					}
					inside.Add(-1)
					leave()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	empty(t, s, 3)
}

func empty(t *testing.T, s *Slots, free int) {
	t.Helper()
	if s.free != free || len(s.tenants) != 0 || len(s.waiting) != 0 {
		t.Errorf("left: %d free, %d tenants, %d waiting", s.free, len(s.tenants), len(s.waiting))
	}
}
