package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/outbox"
)

func quietEvents() *Events {
	log := slog.New(slog.DiscardHandler)
	return NewEvents(outbox.New(log), log, time.Now)
}

// now is Next for what is there already; ok is false if that is nothing.
func (fl *EventFollower) now(t *testing.T) (events []Event, position string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	events, position, err := fl.Next(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return events, position, err == nil
}

// TestFollowersSeeWhatIsTheirs: whatever happens in which order, a follower gets exactly the events of its workspaces and its account,
// each once and in order, also when it reconnects or its workspaces change.
func TestFollowersSeeWhatIsTheirs(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		e := quietEvents()
		follower, in := e.Follow("", "ann"), map[string]bool{}
		position := e.id(0)
		var got, want []int
		read := func() {
			for {
				events, at, ok := follower.now(t)
				position = at
				for _, ev := range events {
					if n, counts := ev.Value.(int); counts {
						got = append(got, n)
					}
				}
				if !ok {
					return
				}
			}
		}
		for i := range 300 {
			switch random.IntN(6) {
			case 0:
				read()
			case 1:
				read()
				follower.Close()
				follower = e.Follow(position, "ann")
				follower.Concern(in)
			case 2:
				read()
				in = map[string]bool{}
				for w := range 5 {
					in[fmt.Sprint(w)] = random.IntN(2) == 0
				}
				follower.Concern(in)
			default:
				of := fmt.Sprint(random.IntN(5))
				mine := in[of]
				if random.IntN(10) == 0 {
					of, mine = OfAccount("ann"), true
				} else if random.IntN(10) == 0 {
					of, mine = OfAccount("bob"), false
				}
				if mine {
					want = append(want, i)
				}
				e.Append(Event{WorkspaceID: of, Name: ChangeEvent, Value: i})
			}
		}
		read()
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
		follower.Close()
		if len(e.followers) != 0 || len(e.following) != 0 {
			t.Fatalf("seed %d: %d followers and %d topics are left", seed, len(e.followers), len(e.following))
		}
	}
}

// TestAccessComesBeforeWhatItOpens: what happens in a workspace after the follower was let in is seen, although both came at once.
func TestAccessComesBeforeWhatItOpens(t *testing.T) {
	e := quietEvents()
	follower := e.Follow("", "ann")
	defer follower.Close()
	e.Append(Event{WorkspaceID: "new", Value: "before"})
	e.AccessChanged("ann", "new")
	e.Append(Event{WorkspaceID: "new", Value: "after"})
	events, _, _ := follower.now(t)
	if len(events) != 1 || !AccessConcerned(events) {
		t.Fatalf("first %v", events)
	}
	follower.Concern(map[string]bool{"new": true})
	if events, _, _ = follower.now(t); len(events) != 1 || events[0].Value != "after" {
		t.Errorf("then %v", events)
	}
}

// TestOthersEventsResetNobody: a follower who has nothing to read is not behind, however much happens elsewhere.
func TestOthersEventsResetNobody(t *testing.T) {
	e := quietEvents()
	follower := e.follow("")
	defer follower.Close()
	for range 3 {
		for range kept + 1 {
			e.Append(Event{WorkspaceID: "other"})
		}
		if events, position, ok := follower.now(t); ok || position != e.id(e.feed.end()-1) {
			t.Fatalf("%v at %s", events, position)
		}
	}
	e.Append(Event{WorkspaceID: "w"})
	if events, _, _ := follower.now(t); len(events) != 1 || events[0].WorkspaceID != "w" {
		t.Errorf("then %v", events)
	}
}

// TestOthersEventsWakeNobody: an event costs nothing for those who follow another workspace.
func TestOthersEventsWakeNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := quietEvents()
		follower := e.follow("")
		defer follower.Close()
		e.Append(Event{WorkspaceID: "other"})
		e.AccessChanged("bob", "w")
		if len(follower.wake) != 0 {
			t.Error("it was woken")
		}
		for name, happens := range map[string]func(){
			"an event": func() { e.Append(Event{WorkspaceID: "w"}) }, "its access": func() { e.AccessChanged("ann", "") },
			"everybody's access": func() { e.AccessChanged("", "w") }, "a reset": e.Reset,
		} {
			happens()
			if len(follower.wake) != 1 {
				t.Errorf("%s did not wake it", name)
			}
			<-follower.wake
		}
	})
}

// BenchmarkEvent measures one event until its follower has it, while others follow another workspace.
func BenchmarkEvent(b *testing.B) {
	for _, others := range []int{0, 1000, 10_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			e := quietEvents()
			var all sync.WaitGroup
			ctx, cancel := context.WithCancel(b.Context())
			for range others {
				fl := e.Follow("", "bob")
				fl.Concern(map[string]bool{"other": true})
				all.Go(func() {
					defer fl.Close()
					for {
						if _, _, err := fl.Next(ctx); err != nil {
							return
						}
					}
				})
			}
			mine := e.follow("")
			for b.Loop() {
				e.Append(Event{WorkspaceID: "w", Name: MockEvent})
				if _, _, err := mine.Next(ctx); err != nil {
					b.Fatal(err)
				}
			}
			mine.Close()
			cancel()
			all.Wait()
		})
	}
}
