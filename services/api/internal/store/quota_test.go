package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Those who write at the same time cannot go beyond a limit together.
func TestQuotaIsHeldUnderConcurrency(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		s.Limit(quota.Limits{quota.Mocks: 3})
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wg.Go(func() { _, results[i] = s.Mocks.CreateMock(ctx, as(ann), newMock(fmt.Sprint("m", i)), anyone) })
		}
		wg.Wait()
		created := 0
		for _, err := range results {
			e, exceeded := errors.AsType[*quota.ExceededError](err)
			switch {
			case err == nil:
				created++
			case !exceeded || e.Use.Limit != 3 || e.Use.Used != 4 || apperr.CodeOf(err) != apperr.QuotaExceeded:
				t.Error(err)
			}
		}
		if created != 3 {
			t.Errorf("%d mocks were created", created)
		}
	})
}

// A mock that grows is held to the limits; one that shrinks never is, even beyond a limit that was lowered.
func TestQuotaOfContent(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		small, large := newMock("small"), newMock("large")
		small.Endpoints, small.Content, large.Endpoints, large.Content = 1, "1", 5, "12345"
		small = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), small, anyone))
		large = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), large, anyone))
		edit := func(id string, endpoints int, content string) error {
			_, _, err := s.Mocks.UpdateMock(ctx, as(ann), id, func(m mock.Mock) (mock.Write, error) {
				m.Revision++
				m.Endpoints, m.Content = endpoints, content
				return mock.Write{Mock: m, NewRevision: true}, nil
			})
			return err
		}
		s.Limit(quota.Limits{quota.Endpoints: 4, quota.Content: 4})
		for _, step := range []struct {
			what      string
			id        string
			endpoints int
			content   string
			exceeded  quota.Resource
		}{
			{"more endpoints", small.ID, 2, "1", quota.Endpoints},
			{"more bytes", small.ID, 1, "☃", quota.Content},
			{"fewer, and still beyond the limit", large.ID, 4, "1234", ""},
			{"the same", large.ID, 4, "4321", ""},
			{"within the limit again", large.ID, 1, "1", ""},
			{"up to the limit", small.ID, 3, "☃", ""},
			{"one too many", large.ID, 2, "1", quota.Endpoints},
		} {
			err := edit(step.id, step.endpoints, step.content)
			e, _ := errors.AsType[*quota.ExceededError](err)
			if got := func() quota.Resource {
				if e == nil {
					return ""
				}
				return e.Use.Resource
			}(); got != step.exceeded || (err != nil && e == nil) {
				t.Errorf("%s: %v, wanted a lack of %q", step.what, err, step.exceeded)
			}
		}
		in := must[workspace.Membership](t)(s.Workspaces.Membership(ctx, as(ann), "ann"))
		used := map[quota.Resource]int64{}
		for _, u := range must[[]quota.Use](t)(s.Quotas.QuotaUse(ctx, in.ID)) {
			used[u.Resource] = u.Used
		}
		if used[quota.Mocks] != 2 || used[quota.Endpoints] != 4 || used[quota.Content] != 4 || used[quota.Members] != 1 {
			t.Errorf("used %v", used)
		}
	})
}
