package record

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Bounds of what Live keeps.
const (
	maxRecent     = 500     // requests, of all mocks
	maxRecentSize = 8 << 20 // bytes of them, roughly
	maxReports    = 2000    // that are known again
	maxWaiting    = 200     // requests for one follower
	maxResumed    = 1000    // requests that a follower who comes back gets at most
)

// ErrStopping says that the service stops, so that a follower has to go.
var ErrStopping = errors.New("the service is stopping")

// Live passes requests on to those who follow a mock, as they are reported and before they are stored. It is safe for
// concurrent use.
type Live struct {
	mu        sync.Mutex
	followers map[string]map[*Follower]struct{} // by mock
	recent    []*event.RequestRecord            // the last ones: they may not be stored yet
	size      int
	reports   map[reportID]struct{} // that were passed on
	order     []reportID
	stopped   bool
}

type reportID struct {
	instance string
	sequence uint64
}

// NewLive makes a Live that nobody follows.
func NewLive() *Live {
	return &Live{followers: map[string]map[*Follower]struct{}{}, reports: map[reportID]struct{}{}}
}

// pass hands the requests of a report on, unless it is a repetition. It never blocks.
func (l *Live) pass(r *event.RequestsRecorded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := reportID{r.Instance, r.Sequence}
	if _, again := l.reports[id]; again || len(r.Records) == 0 {
		return
	}
	l.reports[id] = struct{}{}
	if l.order = append(l.order, id); len(l.order) > maxReports {
		delete(l.reports, l.order[0])
		l.order = l.order[1:]
	}
	for i := range r.Records {
		e := &r.Records[i]
		l.recent = append(l.recent, e)
		l.size += sizeOf(e)
		for len(l.recent) > maxRecent || l.size > maxRecentSize {
			l.size -= sizeOf(l.recent[0])
			l.recent[0] = nil
			l.recent = l.recent[1:]
		}
		for f := range l.followers[e.MockID] {
			f.take(summary(*e))
		}
	}
}

// sizeOf is what a request costs in memory, roughly.
func sizeOf(e *event.RequestRecord) int {
	return 512 + len(e.Path) + len(e.Query) + len(e.Request.Head) + len(e.Request.Body) + len(e.Response.Head) + len(e.Response.Body)
}

// summary is a request without headers and bodies.
func summary(e event.RequestRecord) event.RequestRecord {
	e.Request = event.RecordedPart{Size: e.Request.Size}
	e.Response = event.RecordedPart{Size: e.Response.Size}
	return e
}

// find returns a request that was reported a moment ago.
func (l *Live) find(mockID, id string) (event.RequestRecord, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.recent {
		if e.ID == id && e.MockID == mockID {
			return *e, true
		}
	}
	return event.RequestRecord{}, false
}

// forget drops what is known of a mock.
func (l *Live) forget(mockID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent = slices.DeleteFunc(l.recent, func(e *event.RequestRecord) bool {
		if e.MockID != mockID {
			return false
		}
		l.size -= sizeOf(e)
		return true
	})
}

// stop sends all followers away.
func (l *Live) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for _, of := range l.followers {
		for f := range of {
			close(f.stopping)
		}
	}
	clear(l.followers)
}

// Follower gets a mock's requests as they come. It belongs to one goroutine, which closes it.
type Follower struct {
	live     *Live
	mockID   string
	stopping chan struct{}
	woken    chan struct{} // holds one

	mu     sync.Mutex
	events []event.RequestRecord
	missed int // of those that did not fit: it was too slow
}

// Follow begins after the request with the id after, as far as it is kept, or with the next request if that is empty.
func (s *Service) Follow(ctx context.Context, who workspace.Caller, mockID, after string) (*Follower, error) {
	f := s.live.follow(mockID, after)
	// Whoever may not see the mock is told so here.
	from := after
	if from == "" {
		from = "\uffff" // after all that there is
	}
	stored, err := s.repo.RequestsSince(ctx, who, mockID, from, maxResumed+1)
	if err != nil {
		f.Close()
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(stored) > maxResumed {
		stored, f.missed = stored[len(stored)-maxResumed:], len(stored)-maxResumed
	}
	known := make(map[string]bool, len(stored))
	for i := range stored {
		known[stored[i].ID] = true
	}
	for _, e := range f.events {
		if !known[e.ID] {
			stored = append(stored, e)
		}
	}
	f.events = stored
	f.wake()
	return f, nil
}

func (l *Live) follow(mockID, after string) *Follower {
	f := &Follower{live: l, mockID: mockID, stopping: make(chan struct{}), woken: make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		close(f.stopping)
		return f
	}
	if l.followers[mockID] == nil {
		l.followers[mockID] = map[*Follower]struct{}{}
	}
	l.followers[mockID][f] = struct{}{}
	if after != "" {
		for _, e := range l.recent {
			if e.MockID == mockID && e.ID > after {
				f.events = append(f.events, summary(*e))
			}
		}
	}
	return f
}

// Close ends following.
func (f *Follower) Close() {
	f.live.mu.Lock()
	defer f.live.mu.Unlock()
	of := f.live.followers[f.mockID]
	if delete(of, f); len(of) == 0 {
		delete(f.live.followers, f.mockID)
	}
}

// take adds an event, in place of the oldest if there are too many.
func (f *Follower) take(e event.RequestRecord) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) >= maxWaiting+maxResumed {
		f.events = f.events[1:]
		f.missed++
	}
	f.events = append(f.events, e)
	f.wake()
}

func (f *Follower) wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// Next waits for requests, without headers and bodies. missed is how many there were before them, at least, that did not fit.
// It returns ctx's error when ctx ends, and ErrStopping when the service does.
func (f *Follower) Next(ctx context.Context) (events []event.RequestRecord, missed int, err error) {
	for {
		f.mu.Lock()
		events, missed = f.events, f.missed
		f.events, f.missed = nil, 0
		f.mu.Unlock()
		if len(events) > 0 || missed > 0 {
			return events, missed, nil
		}
		select {
		case <-f.woken:
		case <-f.stopping:
			return nil, 0, ErrStopping
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}
