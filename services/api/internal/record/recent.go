package record

import (
	"context"
	"slices"
	"sync"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Bounds of what Recent keeps.
const (
	maxRecent     = 500     // requests, of all mocks
	maxRecentSize = 8 << 20 // bytes of them, roughly
	maxReports    = 2000    // that are known again
	maxWaiting    = 500     // requests for the followers of a mock; a report has fewer
	maxResumed    = 1000    // requests that a follower who comes back gets at most
)

// Recent is the last requests that were reported, which may not be stored yet, and the feeds of the mocks that somebody follows. It is
// safe for concurrent use.
type Recent struct {
	stopping chan struct{} // closed when followers end

	mu       sync.Mutex
	followed map[string]*followed // by mock
	recent   []*event.RequestRecord
	size     int
	reports  map[reportID]struct{} // that were passed on
	order    []reportID
}

// followed is a mock that somebody follows.
type followed struct {
	feed      *live.Feed[event.RequestRecord]
	followers int
}

type reportID struct {
	instance string
	sequence uint64
}

// NewRecent makes a Recent without requests.
func NewRecent() *Recent {
	return &Recent{stopping: make(chan struct{}), followed: map[string]*followed{}, reports: map[reportID]struct{}{}}
}

// pass hands the requests of a report on, unless it is a repetition. It never blocks.
func (l *Recent) pass(r *event.RequestsRecorded) {
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
		if of := l.followed[e.MockID]; of != nil {
			of.feed.Append(summary(*e))
		}
	}
}

// sizeOf is what a request costs in memory, roughly.
func sizeOf(e *event.RequestRecord) int {
	size := 512 + len(e.Path) + len(e.Query) + len(e.Request.Head) + len(e.Request.Body) + len(e.Response.Head) + len(e.Response.Body)
	for _, n := range e.Nearest {
		size += len(n.Endpoint) + len(n.Why)
	}
	return size
}

// summary is a request without headers, bodies and the reasons.
func summary(e event.RequestRecord) event.RequestRecord {
	e.Request = event.RecordedPart{Size: e.Request.Size}
	e.Response = event.RecordedPart{Size: e.Response.Size}
	e.Nearest = nil
	return e
}

// find returns a request that was reported a moment ago.
func (l *Recent) find(mockID, id string) (event.RequestRecord, bool) {
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
func (l *Recent) forget(mockID string) {
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

// stop ends all followers.
func (l *Recent) stop() { close(l.stopping) }

// Follower gets a mock's requests as they come. It belongs to one goroutine, which closes it.
type Follower struct {
	recent   *Recent
	mockID   string
	requests *live.Follower[event.RequestRecord]
	first    []event.RequestRecord // what Next returns first
	missed   int                   // before first
}

// Follow begins after the request with the id after, as far as it is kept, or with the next request if that is empty.
func (s *Service) Follow(ctx context.Context, who workspace.Caller, mockID, after string) (*Follower, error) {
	f := s.recent.follow(mockID, after)
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
	if len(stored) > maxResumed {
		stored, f.missed = stored[len(stored)-maxResumed:], len(stored)-maxResumed
	}
	known := make(map[string]bool, len(stored))
	for i := range stored {
		known[stored[i].ID] = true
	}
	meanwhile, missed := f.requests.Take()
	f.missed += missed
	for _, e := range append(f.first, meanwhile...) {
		if !known[e.ID] {
			stored = append(stored, e)
		}
	}
	f.first = stored
	return f, nil
}

func (l *Recent) follow(mockID, after string) *Follower {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.followed[mockID]
	if of == nil {
		of = &followed{feed: live.NewFeed[event.RequestRecord](maxWaiting, l.stopping)}
		l.followed[mockID] = of
	}
	of.followers++
	f := &Follower{recent: l, mockID: mockID, requests: of.feed.Follow()}
	if after != "" {
		for _, e := range l.recent {
			if e.MockID == mockID && e.ID > after {
				f.first = append(f.first, summary(*e))
			}
		}
	}
	return f
}

// Close ends following.
func (f *Follower) Close() {
	l := f.recent
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.followed[f.mockID]; of.followers > 1 {
		of.followers--
	} else {
		delete(l.followed, f.mockID)
	}
}

// Next waits for requests, without headers and bodies. missed is how many there were before them, at least, that did not fit.
// It returns ctx's error when ctx ends, and live.ErrStopping when the service does.
func (f *Follower) Next(ctx context.Context) (requests []event.RequestRecord, missed int, err error) {
	if len(f.first) > 0 || f.missed > 0 {
		more, lost := f.requests.Take()
		requests, missed = append(f.first, more...), f.missed+lost
		f.first, f.missed = nil, 0
		return requests, missed, nil
	}
	return f.requests.Next(ctx)
}
