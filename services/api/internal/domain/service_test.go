package domain

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// memory is a Repository of what the service itself does; its other methods are nil.
type memory struct {
	Repository

	mu      sync.Mutex
	domains map[string]Domain
	told    []event.Type
	rebuilt int
}

func (m *memory) SpentDomains(_ context.Context, before time.Time, _ int) (spent []Domain, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.domains {
		if d.WorkspaceID == "" || !d.SuspendedAt.IsZero() && !d.SuspendedAt.After(before) {
			spent = append(spent, d)
		}
	}
	return spent, nil
}

func (m *memory) SettleHosts(context.Context, bool, func(mock.Mock) string, int) ([]event.Envelope, error) {
	return nil, nil
}

func (m *memory) UpdateDomain(_ context.Context, _ *workspace.Caller, id string, decide func(Domain) (Write, error)) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.domains[id]
	if !ok {
		return Result{}, apperr.New(apperr.NotFound, "no domain")
	}
	w, err := decide(d)
	if err != nil || w.Domain.ID == "" {
		return Result{Domain: d}, err
	}
	if m.domains[id] = w.Domain; w.Delete {
		delete(m.domains, id)
	}
	if w.BuildChange != nil {
		m.rebuilt++
	}
	r := Result{Domain: w.Domain}
	for _, c := range w.Changes {
		m.told = append(m.told, c.Payload.EventType())
		r.Changes = append(r.Changes, event.Envelope{Type: c.Payload.EventType()})
	}
	return r, nil
}

// recorder is an Announcer.
type recorder struct {
	mu  sync.Mutex
	ids []string
}

func (h *recorder) Announce(mock.Notice) {}

func (h *recorder) AnnounceChanges([]event.Envelope) {}

func (h *recorder) Touch(...string) {}

func (h *recorder) Notify(_, _ string, data any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids = append(h.ids, data.(notice).DomainID)
}

// A domain whose proof is gone serves for its grace, is suspended, and is removed with a tombstone, unless its proof comes back. One whose
// mock is gone is removed at once.
func TestEndOfDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		repo := &memory{domains: map[string]Domain{
			"gone":   {ID: "gone", MockID: "m", WorkspaceID: "w", Host: "gone.co", Ownership: Verified, Routing: OK},
			"back":   {ID: "back", MockID: "m", WorkspaceID: "w", Host: "back.co", Ownership: Verified, Routing: OK},
			"orphan": {ID: "orphan", MockID: "x", Host: "orphan.co", Ownership: Verified, Routing: OK},
		}}
		announcer := &recorder{}
		s := NewService(repo, Hosts{BaseDomain: "mocks.example.dev"}, week, nil, announcer, announcer, slog.New(slog.DiscardHandler), time.Now)
		s.buildChange = func(mock.Mock) (changelog.Change, bool) { return changelog.Change{}, false }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		see := func(id, ownership string) {
			s.Hear(event.Envelope{Type: event.TypeDomainObserved, Payload: encoded(t, event.DomainObserved{DomainID: id, Ownership: ownership, Routing: "ok"})})
			synctest.Wait()
		}
		pass := func(d time.Duration) { // of the bubble
			<-time.After(d)
			synctest.Wait()
		}
		owned := func(id string) Ownership {
			repo.mu.Lock()
			defer repo.mu.Unlock()
			return repo.domains[id].Ownership
		}

		pass(2 * time.Minute)
		if owned("orphan") != "" || !slices.Equal(repo.told, []event.Type{event.TypeDomainDeleted}) || repo.rebuilt != 0 {
			t.Errorf("without its mock: %q, told %v", owned("orphan"), repo.told)
		}
		for day := range 8 {
			if see("gone", event.OwnershipMissing); day < 7 && owned("gone") != InGrace {
				t.Errorf("day %d: %s", day, owned("gone"))
			}
			see("back", event.OwnershipMissing)
			pass(24 * time.Hour)
		}
		if owned("gone") != Lost || owned("back") != Lost || repo.rebuilt != 2 {
			t.Errorf("after a week: %s, %s, the mock was told %d times", owned("gone"), owned("back"), repo.rebuilt)
		}
		pass(28 * 24 * time.Hour)
		if see("back", event.OwnershipProven); owned("gone") != Lost || owned("back") != Verified {
			t.Errorf("four weeks later: %s, %s", owned("gone"), owned("back"))
		}
		if pass(2 * 24 * time.Hour); owned("gone") != "" || owned("back") != Verified || !slices.Equal(repo.told, []event.Type{
			event.TypeDomainDeleted, event.TypeDomainCreated, event.TypeDomainCreated, event.TypeDomainCreated, event.TypeDomainDeleted, // two lost, one back
		}) || !slices.Contains(announcer.ids, "gone") {
			t.Errorf("in the end: %q, %s, told %v", owned("gone"), owned("back"), repo.told)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func encoded(t *testing.T, payload event.Payload) []byte {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
