package publication

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// kept is how many events a follower may be behind before it has to read its lists again.
const kept = 1024

// maxTouched bounds the mocks that are read at once for their followers.
const maxTouched = 512

// The names of events. Others may have names of their own: see Notify.
const (
	PublicationEvent = "publication"
	MockEvent        = "mock"
	DeletedEvent     = "mock_deleted"
	// ChangeEvent says that something else than a mock or a domain was changed.
	ChangeEvent = "change"
	// AccessEvent says that what somebody may see has changed: see AccessChanged. It is for those who write events, not for
	// those who read them.
	AccessEvent = "access"
	// ResetEvent says to everybody, of whatever workspace, that events were missed: what was known before has to be read again.
	ResetEvent = "reset"
)

// Event says that something in a workspace changed.
type Event struct {
	ID          string // for Follow
	WorkspaceID string // whose members may see it
	Name        string
	Publication Publication     // of a PublicationEvent, as it is now
	Data        json.RawMessage // of all others
}

// OfAccount stands for an account where a workspace is named: what is told of it, the account alone may see.
func OfAccount(accountID string) string { return "account:" + accountID }

func resetEvent() Event { return Event{Name: ResetEvent, Data: json.RawMessage("{}")} }

// feed is the latest events, in order, for everybody who follows. It is safe for concurrent use.
type feed struct {
	name  string        // of this life of the process, so that ids of another one are recognised
	dirty chan struct{} // has something when mocks were touched

	mu      sync.Mutex
	touched map[string]string // mock → the workspace from which it is said to be gone, or ""
	events  []Event
	first   uint64        // number of events[0]
	grown   chan struct{} // closed when there is more
}

func newFeed() *feed {
	return &feed{
		name: rand.Text()[:8], dirty: make(chan struct{}, 1), touched: map[string]string{}, first: 1, grown: make(chan struct{}),
	}
}

// touch notes mocks whose publication may have changed.
func (f *feed) touch(ids ...string) { f.note("", ids...) }

// note is touch for mocks that may be gone from a workspace.
func (f *feed) note(goneFrom string, ids ...string) {
	if len(ids) == 0 {
		return
	}
	f.mu.Lock()
	for _, id := range ids {
		if f.touched[id] == "" {
			f.touched[id] = goneFrom
		}
	}
	overflow := len(f.touched) > maxTouched
	if overflow {
		clear(f.touched)
	}
	f.mu.Unlock()
	if overflow {
		f.reset()
		return
	}
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

// takeTouched returns and forgets the touched mocks.
func (f *feed) takeTouched() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	touched := f.touched
	f.touched = map[string]string{}
	return touched
}

// append adds an event.
func (f *feed) append(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e.ID = f.id(f.first + uint64(len(f.events)))
	if len(f.events) == kept {
		f.events = f.events[1:]
		f.first++
	}
	f.events = append(f.events, e)
	close(f.grown)
	f.grown = make(chan struct{})
}

// reset makes every follower read its lists again. What happened before is still told: a caller that has just made a mock
// finds its event, whatever else goes wrong meanwhile.
func (f *feed) reset() { f.append(resetEvent()) }

func (f *feed) id(number uint64) string { return f.name + "-" + strconv.FormatUint(number, 10) }

// number reads an id; ok is false if it is not one of this feed.
func (f *feed) number(id string) (uint64, bool) {
	name, digits, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && name == f.name
}

// Follower reads the feed from a place. It belongs to one goroutine.
type Follower struct {
	feed     *feed
	stopping <-chan struct{}
	next     uint64 // number of the event it wants
	missed   bool   // events are gone that it has not seen
}

// Follow begins after the event with the id after, or with the next event if that is empty. If what came after it is
// not known any more, a ResetEvent comes first.
func (s *Service) Follow(after string) *Follower {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	fl := &Follower{feed: f, stopping: s.stopping, next: f.first + uint64(len(f.events))}
	if after == "" {
		return fl
	}
	seen, ok := f.number(after)
	if ok && seen+1 >= f.first && seen < fl.next {
		fl.next = seen + 1
	} else {
		fl.missed = true
	}
	return fl
}

// Next waits for more events, and returns them in order. If some are gone that the follower has not seen, they begin with a
// ResetEvent. position is the id to go on after. It returns ctx's error when ctx ends, and ErrStopping when the service does.
func (fl *Follower) Next(ctx context.Context) (events []Event, position string, err error) {
	for {
		fl.feed.mu.Lock()
		end := fl.feed.first + uint64(len(fl.feed.events))
		if fl.next < fl.feed.first {
			fl.missed, fl.next = true, end
		}
		if fl.missed || fl.next < end {
			if fl.missed {
				reset := resetEvent()
				reset.ID = fl.feed.id(fl.next - 1)
				events = append(events, reset)
			}
			events = append(events, fl.feed.events[fl.next-fl.feed.first:]...)
			fl.missed, fl.next = false, end
			position = fl.feed.id(end - 1)
			fl.feed.mu.Unlock()
			return events, position, nil
		}
		grown := fl.feed.grown
		fl.feed.mu.Unlock()
		select {
		case <-grown:
		case <-fl.stopping:
			return nil, "", ErrStopping
		case <-ctx.Done():
			return nil, "", ctx.Err()
		}
	}
}
