package publication

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/outbox"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// tick is how often the service looks for instances that died and for a new epoch of the log.
const tick = time.Second

// gather is how long a touched mock waits for being touched again, as it is three times by one publish, before it is read for
// its followers.
const gather = 25 * time.Millisecond

// lookTimeout bounds a look into the database that nobody waits for.
const lookTimeout = 5 * time.Second

// Service tells whether mocks are live, lets callers wait for it and follow it. It is safe for concurrent use, as soon
// as Run runs.
type Service struct {
	repo     Repository
	mocks    Log
	past     *past
	log      *slog.Logger
	fleet    *fleet
	events   *live.Events
	touched  *touched
	waits    *waits
	measures *measures
	outbox   *outbox.Outbox
	reports  chan event.Applied
	stopping chan struct{} // closed when Run ends: nobody waits any longer
}

// maxReports bounds the reports that wait to be looked at. They are repeated, so that one that finds no room is no loss.
const maxReports = 1024

// New makes a Service over the logs of the mocks and the domains stream. What it announces leaves through out, and its events
// through events; now tells the time.
func New(repo Repository, mocks, domains Log, out *outbox.Outbox, events *live.Events, log *slog.Logger, now func() time.Time) *Service {
	return &Service{
		repo: repo, mocks: mocks, past: newPast(mocks, domains, log, now), log: log, fleet: newFleet(now), events: events, touched: newTouched(events.Reset), waits: newWaits(), measures: newMeasures(now),
		outbox: out, reports: make(chan event.Applied, maxReports), stopping: make(chan struct{}),
	}
}

// Touch says that what is known of mocks changed, beside the mocks themselves, so that their followers read them again.
func (s *Service) Touch(ids ...string) { s.touch(ids...) }

// touch says that the publication of a mock may have changed.
func (s *Service) touch(ids ...string) {
	s.waits.poke(ids...)
	s.touched.add("", ids...)
}

// Hear takes an event of the status stream. It never blocks.
func (s *Service) Hear(e event.Envelope) {
	if e.Type == event.TypeWorkspaceChanged {
		if n := s.events.Receive(e); n != nil && n.MockID() != "" {
			s.touch(n.MockID())
		}
		return
	}
	a, err := event.Decode[event.Applied](e)
	if err != nil {
		return // of a newer service; it shows as one that does not report
	}
	select {
	case s.reports <- a:
	default:
	}
}

// observe takes a report of how far a service is.
func (s *Service) observe(ctx context.Context, a event.Applied) {
	s.past.check(ctx, a)
	if s.fleet.observe(a) {
		s.settle()
	}
}

// settle touches the mocks whose latest change has now arrived everywhere.
func (s *Service) settle() {
	ids := s.waits.settled(s.fleet.applied())
	s.measures.arrived(ids...)
	s.touch(ids...)
}

// Run keeps what the service knows current until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	defer close(s.stopping)
	s.lookAtEpoch(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case a := <-s.reports:
				s.observe(ctx, a)
			}
		}
	})
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var gathered <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.touched.dirty:
			if gathered == nil {
				gathered = time.After(gather)
			}
		case <-gathered:
			gathered = nil
			s.refresh(ctx)
		case <-ticker.C:
			s.lookAtEpoch(ctx)
			if s.fleet.expire() {
				s.settle()
			}
		}
	}
}

// Applied is the change up to which every living mock server has applied, for mock.Filter.
func (s *Service) Applied() uint64 { return s.fleet.applied() }

// MockServers are the living mock servers, by the names in their reports.
func (s *Service) MockServers() []string { return s.fleet.mockServers() }

func (s *Service) lookAtEpoch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	head, err := s.mocks.Head(ctx)
	if err != nil {
		return // it is looked at again in a second; who needs the database says so
	}
	if s.fleet.setEpoch(head.Epoch) {
		s.settle()
	}
}

// refresh turns touched mocks into events.
func (s *Service) refresh(ctx context.Context) {
	touched := s.touched.take()
	if len(touched) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	mocks, err := s.repo.MocksByID(ctx, slices.Collect(maps.Keys(touched)))
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.log.WarnContext(ctx, "read mocks for their followers", "error", err)
		}
		s.events.Reset() // they read again, when they can
		return
	}
	for _, m := range mocks {
		s.events.Append(live.Event{WorkspaceID: m.WorkspaceID, Name: live.PublicationEvent, Value: s.Derive(m)})
		delete(touched, m.ID)
	}
	for id, workspaceID := range touched {
		if workspaceID != "" {
			s.events.AppendDeleted(workspaceID, id)
		}
	}
}

// Wait returns the publication of a mock as soon as it is settled at the revision or a later one (0: at any), or after
// the time, as it is then.
func (s *Service) Wait(ctx context.Context, who workspace.Caller, id string, revision int, wait time.Duration) (Publication, error) {
	poked, done := s.waits.watch(id)
	defer done()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		m, err := s.repo.Mock(ctx, who, id)
		if err != nil {
			return Publication{}, err
		}
		s.waits.expect(id, m.Change) // before looking: what arrives in between pokes
		p := s.Derive(m)
		if wait <= 0 || (p.Settled && m.Revision >= revision) {
			return p, nil
		}
		select {
		case <-poked:
		case <-timer.C:
			wait = 0 // one last look
		case <-s.stopping:
			wait = 0
		case <-ctx.Done():
			return Publication{}, ctx.Err()
		}
	}
}
