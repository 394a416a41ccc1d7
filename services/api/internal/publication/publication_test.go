package publication

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/outbox"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeDatabase is a Repository and a Log in memory.
type fakeDatabase struct {
	mu    sync.Mutex
	mocks map[string]mock.Mock
	head  stream.Position
}

func (d *fakeDatabase) put(m mock.Mock) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mocks[m.ID] = m
	d.head.Number = max(d.head.Number, m.Change)
}

func (d *fakeDatabase) Mock(_ context.Context, _ workspace.Caller, id string) (mock.Mock, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m, ok := d.mocks[id]; ok {
		return m, nil
	}
	return mock.Mock{}, apperr.New(apperr.NotFound, "none")
}

func (d *fakeDatabase) MocksByID(_ context.Context, ids []string) ([]mock.Mock, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []mock.Mock
	for _, id := range ids {
		if m, ok := d.mocks[id]; ok {
			found = append(found, m)
		}
	}
	return found, nil
}

func (d *fakeDatabase) Head(context.Context) (stream.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.head, nil
}

func (d *fakeDatabase) RenewEpoch(context.Context, string, string) error {
	return errors.New("not asked for")
}

func (d *fakeDatabase) UnifiedPosition(context.Context) (stream.Position, error) {
	return stream.Position{}, nil
}

func (d *fakeDatabase) SaveOutcomes(context.Context, stream.Position, []Rejection) error { return nil }

func (d *fakeDatabase) ResetOutcomes(context.Context, string) error { return nil }

// running starts a service on the bubble's clock and stops it with the test.
func running(t *testing.T) (*Service, *fakeDatabase) {
	t.Helper()
	d := &fakeDatabase{mocks: map[string]mock.Mock{}, head: stream.Position{Epoch: "e"}}
	log := slog.New(slog.DiscardHandler)
	out := outbox.New(log)
	s := New(d, d, d, out, live.NewEvents(out, log, time.Now), log, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return s, d
}

func (s *Service) hear(t *testing.T, a event.Applied) {
	t.Helper()
	e, err := event.New(a)
	if err != nil {
		t.Fatal(err)
	}
	s.Hear(e)
	synctest.Wait()
}

func server(name string, number uint64) event.Applied {
	return event.Applied{Service: mockServer, Instance: name, Of: event.Unified, Epoch: "e", Number: number}
}

func TestStates(t *testing.T) {
	wrong := []mockspec.Diagnostic{{Line: 1, Severity: mockspec.Error, Message: "wrong"}}
	warning := []mockspec.Diagnostic{{Line: 1, Severity: mockspec.Warning, Message: "odd"}}
	rejection := []event.Diagnostic{{Line: 2, Severity: "error", Message: "hostile"}}
	leaving := server("a", 5)
	leaving.Leaving = true
	stale := server("a", 9)
	stale.Epoch = "before"
	generatorAt := func(n uint64) event.Applied {
		return event.Applied{Service: generator, Instance: "g", Of: event.Mocks, Epoch: "e", Number: n}
	}
	live := mock.Mock{Revision: 2, PublishedRevision: 2, Change: 5}
	for name, c := range map[string]struct {
		mock    mock.Mock
		reports []event.Applied
		pause   time.Duration
		state   State
		settled bool
		says    string
	}{
		"never published":          {mock.Mock{Revision: 1}, nil, 0, Offline, true, "not published"},
		"never valid":              {mock.Mock{Revision: 1, Diagnostics: wrong}, nil, 0, Invalid, true, "line 1: wrong. Nothing is published."},
		"warned of":                {mock.Mock{Revision: 1, Diagnostics: warning}, nil, 0, Offline, true, "not published"},
		"unpublished with errors":  {mock.Mock{Revision: 1, Change: 5, Diagnostics: wrong}, []event.Applied{server("a", 4)}, 0, Offline, false, "being taken offline"},
		"unpublished, not yet":     {mock.Mock{Revision: 1, Change: 5}, []event.Applied{server("a", 4)}, 0, Offline, false, "being taken offline"},
		"unpublished, everywhere":  {mock.Mock{Revision: 1, Change: 5}, []event.Applied{server("a", 5)}, 0, Offline, true, "not published"},
		"no server":                {live, nil, 0, Publishing, false, "No mock server"},
		"no generator":             {live, []event.Applied{server("a", 4)}, 0, Publishing, false, "(yamlgen) is not running"},
		"generator behind":         {live, []event.Applied{server("a", 4), generatorAt(4)}, 0, Publishing, false, "has not got to it"},
		"servers behind":           {live, []event.Applied{server("a", 4), generatorAt(5)}, 0, Publishing, false, "0 of 1 mock servers"},
		"one of two":               {live, []event.Applied{server("a", 5), server("b", 4)}, 0, Publishing, false, "1 of 2 mock servers"},
		"all":                      {live, []event.Applied{server("a", 5), server("b", 6)}, 0, Published, true, ""},
		"another stream's number":  {live, []event.Applied{{Service: mockServer, Instance: "a", Of: event.Mocks, Epoch: "e", Number: 9}}, 0, Publishing, false, "No mock server"},
		"another epoch's number":   {live, []event.Applied{stale}, 0, Publishing, false, "yamlgen"},
		"a server that left":       {live, []event.Applied{server("a", 5), leaving}, 0, Publishing, false, "No mock server"},
		"a server that is silent":  {live, []event.Applied{server("a", 5)}, alive + time.Second, Publishing, false, "No mock server"},
		"a server that was silent": {live, []event.Applied{server("a", 5)}, alive - time.Second, Published, true, ""},
		"edited with errors":       {mock.Mock{Revision: 3, PublishedRevision: 2, Change: 5, Diagnostics: wrong}, nil, 0, Invalid, true, "line 1: wrong. Revision 2 stays published."},
		"rejected":                 {mock.Mock{Revision: 2, PublishedRevision: 2, Change: 5, Rejected: 5, Rejection: rejection}, nil, 0, Invalid, true, "line 2: hostile."},
		"rejected, but edited":     {mock.Mock{Revision: 3, PublishedRevision: 3, Change: 6, Rejected: 5, Rejection: rejection}, []event.Applied{server("a", 6)}, 0, Published, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := running(t)
				for _, r := range c.reports {
					s.hear(t, r)
				}
				time.Sleep(c.pause) //nolint:forbidigo // the bubble's clock
				p := s.Derive(c.mock)
				if p.State != c.state || p.Settled != c.settled || !strings.Contains(p.Reason, c.says) || (c.says == "" && p.Reason != "") {
					t.Errorf("%s, settled %t: %q", p.State, p.Settled, p.Reason)
				}
			})
		})
	}
}

func TestWaitEndsWhenTheSlowestServerDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := running(t)
		d.put(mock.Mock{ID: "m", Revision: 1, PublishedRevision: 1, Change: 1})
		stop := make(chan struct{})
		var healthy sync.WaitGroup
		healthy.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
					e, _ := event.New(server("healthy", 1))
					s.Hear(e)
				}
			}
		})
		s.hear(t, server("healthy", 1))
		s.hear(t, server("dying", 0))
		begin := time.Now()
		p, err := s.Wait(t.Context(), workspace.Caller{}, "m", 1, time.Minute)
		if took := time.Since(begin); err != nil || p.State != Published || took < alive || took > alive+2*tick {
			t.Errorf("%s after %s, %v", p.State, took, err)
		}
		close(stop)
		healthy.Wait()
	})
}

func TestWaitEnds(t *testing.T) {
	published := mock.Mock{ID: "m", WorkspaceID: "w", Revision: 1, PublishedRevision: 1, Change: 1}
	for name, c := range map[string]struct {
		happens func(t *testing.T, s *Service, d *fakeDatabase)
		state   State
		after   time.Duration
		failing apperr.Code
	}{
		"applied": {func(t *testing.T, s *Service, _ *fakeDatabase) { s.hear(t, server("a", 1)) }, Published, 0, ""},
		"time":    {func(*testing.T, *Service, *fakeDatabase) {}, Publishing, 10 * time.Second, ""},
		"a later change": {func(t *testing.T, s *Service, d *fakeDatabase) {
			later := published
			later.Revision, later.PublishedRevision, later.Change = 2, 2, 2
			d.put(later)
			s.Announce(mock.Notice{Action: mock.Edited, Mock: later})
			s.hear(t, server("a", 2))
		}, Published, 0, ""},
		"deleted": {func(_ *testing.T, s *Service, d *fakeDatabase) {
			d.mu.Lock()
			delete(d.mocks, "m")
			d.mu.Unlock()
			s.Announce(mock.Notice{Action: mock.Deleted, Mock: published})
		}, "", 0, apperr.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d := running(t)
				d.put(published)
				begin := time.Now()
				result := make(chan Publication, 1)
				failure := make(chan error, 1)
				go func() {
					p, err := s.Wait(t.Context(), workspace.Caller{}, "m", 1, 10*time.Second)
					failure <- err
					result <- p
				}()
				synctest.Wait()
				c.happens(t, s, d)
				err, p := <-failure, <-result
				if (c.failing == "") != (err == nil) || (err != nil && apperr.CodeOf(err) != c.failing) || p.State != c.state || time.Since(begin) != c.after {
					t.Errorf("%s after %s, %v", p.State, time.Since(begin), err)
				}
			})
		})
	}
}

func TestTooManyTouchedMocksReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := running(t)
		follower := s.events.Follow("", "ann")
		follower.Concern(map[string]bool{"w": true})
		ids := make([]string, maxTouched+1)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		s.touch(ids...)
		if events, _, err := follower.Next(t.Context()); err != nil || len(events) != 1 || events[0].Name != live.ResetEvent {
			t.Errorf("%v, %v", events, err)
		}
	})
}

func TestSettledChangesReachFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := running(t)
		m := mock.Mock{ID: "m", WorkspaceID: "w", Revision: 1, PublishedRevision: 1, Change: 7}
		d.put(m)
		follower := s.events.Follow("", "ann")
		follower.Concern(map[string]bool{"w": true})
		var states []State
		look := func() {
			t.Helper()
			events, _, err := follower.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Name == live.PublicationEvent {
					states = append(states, e.Value.(Publication).State)
				}
			}
		}
		s.Announce(mock.Notice{Action: mock.Published, Mock: m})
		<-time.After(gather)
		synctest.Wait()
		look()
		s.hear(t, server("a", 6))
		s.hear(t, server("a", 7))
		look()
		if want := []State{Publishing, Published}; !slices.Equal(states, want) {
			t.Errorf("saw %v", states)
		}
		if left := slices.Collect(maps.Keys(s.waits.expected)); len(left) != 0 {
			t.Errorf("still expects %v", left)
		}
	})
}
