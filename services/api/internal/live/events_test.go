package live

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/services/api/internal/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// follow follows the workspace w as the account ann.
func (e *Events) follow(after string) *EventFollower {
	fl := e.Follow(after, "ann")
	fl.Concern(map[string]bool{"w": true})
	return fl
}

func onlyReset(events []Event) bool { return len(events) == 1 && events[0].Name == ResetEvent }

func TestFollowersSeeEveryEventOrAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewEvents(outbox.New(slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler), time.Now)
		slow, late := s.follow(""), s.follow("nonsense")
		if events, at, err := late.Next(t.Context()); err != nil || !onlyReset(events) || events[0].ID != at {
			t.Errorf("an unknown place: %v at %s, %v", events, at, err)
		}
		follower := s.follow("")
		var position string
		for i := range kept + 10 {
			s.Append(Event{WorkspaceID: "w", Value: i})
			events, at, err := follower.Next(t.Context())
			if err != nil || len(events) != 1 || events[0].Value != i || events[0].ID != at {
				t.Fatalf("event %d: %+v, %v", i, events, err)
			}
			if i == kept {
				position = at
			}
		}
		if events, _, err := s.follow(position).Next(t.Context()); err != nil || len(events) != 9 || events[0].Value != kept+1 {
			t.Errorf("resumed: %d events, %v", len(events), err)
		}
		if events, _, err := slow.Next(t.Context()); err != nil || !onlyReset(events) {
			t.Errorf("too slow: %v, %v", events, err)
		}
		s.Notify("w", MockEvent, "before")
		s.Reset()
		s.Notify("w", MockEvent, "after")
		var names []string
		for range 2 { // a reset is the last of what Next returns
			events, _, err := follower.Next(t.Context())
			for _, e := range events {
				names = append(names, e.Name)
			}
			if err != nil {
				t.Error(err)
			}
		}
		if want := []string{MockEvent, ResetEvent, MockEvent}; !slices.Equal(names, want) {
			t.Errorf("around a reset: %v", names)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := follower.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing new: %v", err)
		}
	})
}

// TestFollowersEndWithTheService: whoever waits when Run ends, or follows later, is sent away.
func TestFollowersEndWithTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewEvents(outbox.New(slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler), time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- s.Run(ctx) }()
		go func() {
			_, _, err := s.follow("").Next(t.Context())
			ended <- err
		}()
		synctest.Wait()
		cancel()
		first, second := <-ended, <-ended
		if !errors.Is(errors.Join(first, second), ErrStopping) || first != nil && second != nil {
			t.Errorf("%v, %v", first, second)
		}
		if _, _, err := s.follow("").Next(t.Context()); !errors.Is(err, ErrStopping) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestWatch: what an account may see is asked again when its access or everybody's to the workspace changes, or a reset comes, and
// now and then; what is no longer allowed ends.
func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*Events)
		asked   int64
	}{
		"nothing":               {func(*Events) {}, 0},
		"the account":           {func(e *Events) { e.AccessChanged("ann", "") }, 1},
		"the workspace":         {func(e *Events) { e.AccessChanged("", "w") }, 1},
		"a reset":               {(*Events).Reset, 1},
		"another account":       {func(e *Events) { e.AccessChanged("bob", "w") }, 0},
		"another workspace":     {func(e *Events) { e.AccessChanged("", "v") }, 0},
		"another kind of event": {func(e *Events) { e.Notify("w", MockEvent, nil) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := NewEvents(outbox.New(slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler), time.Now)
				var asked atomic.Int64
				refused := errors.New("not any more")
				watched, stop := e.Watch(t.Context(), "ann", "w", time.Minute, func(context.Context) error {
					if asked.Add(1) > c.asked {
						return refused
					}
					return nil
				})
				defer stop()
				synctest.Wait()
				c.happens(e)
				synctest.Wait()
				if asked.Load() != c.asked || watched.Err() != nil {
					t.Errorf("asked %d times; %v", asked.Load(), watched.Err())
				}
				<-watched.Done() // it is asked after a minute at the latest
				if !errors.Is(context.Cause(watched), refused) {
					t.Errorf("it ended with %v", context.Cause(watched))
				}
			})
		})
	}
}
