package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestDomains(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann, bob := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))), as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start)))
		pets := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, ann, newMock("pets"), anyone))
		theirs := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, bob, newMock("pets"), anyone))
		if _, _, err := s.Mocks.UpdateMock(ctx, ann, pets.ID, publish); err != nil {
			t.Fatal(err)
		}
		add := func(who workspace.Caller, mockID, host string) (domain.Domain, error) {
			t.Helper()
			d := domain.Domain{
				ID: uuid.Must(uuid.NewV7()).String(), MockID: mockID, Host: host, Token: "t", Target: "x.edge", Ownership: domain.Pending,
				Routing: domain.Missing, Certificate: domain.NoCertificate, Reason: "r", CreatedAt: start,
			}
			r, err := s.Domains.AddDomain(ctx, who, d, func(m mock.Mock) (domain.Write, error) {
				return domain.Write{Domain: d, Changes: []changelog.Change{{Key: d.ID, Payload: event.DomainCreated{DomainID: d.ID, Host: host}}}}, nil
			})
			if err == nil && (len(r.Changes) != 1 || r.Changes[0].Type != event.TypeDomainCreated) {
				t.Errorf("changes %+v", r.Changes)
			}
			return r.Domain, err
		}
		var told []string // the hosts in the last change of the mock
		buildChange := func(m mock.Mock) (changelog.Change, bool) {
			told = m.Domains
			return changelog.Change{Key: m.ID, Payload: event.MockUpdated{MockID: m.ID, Hosts: m.Domains}}, true
		}
		become := func(id string, o domain.Ownership) error {
			_, err := s.Domains.UpdateDomain(ctx, nil, id, func(d domain.Domain) (domain.Write, error) {
				d.Ownership = o
				return domain.Write{Domain: d, BuildChange: buildChange}, nil
			})
			return err
		}
		first := must[domain.Domain](t)(add(ann, pets.ID, "api.customer.dev"))
		got := must[domain.Domain](t)(s.Domains.Domain(ctx, ann, first.ID))
		if diff := cmp.Diff(first, got); diff != "" || got.WorkspaceSlug != "ann" || got.MockSlug != "pets" || got.Role != workspace.Owner {
			t.Errorf("read back: %s", diff)
		}
		claimed := must[domain.Domain](t)(add(bob, theirs.ID, "api.customer.dev")) // both may claim it

		t.Run("what is refused", func(t *testing.T) {
			nothing := func(domain.Domain) (domain.Write, error) { return domain.Write{Delete: true}, nil }
			for name, c := range map[string]struct {
				err  error
				want apperr.Code
			}{
				"twice":         {second(add(ann, pets.ID, "api.customer.dev")), apperr.Conflict},
				"foreign mock":  {second(add(ann, theirs.ID, "b.customer.dev")), apperr.NotFound},
				"foreign read":  {second(s.Domains.Domain(ctx, bob, first.ID)), apperr.NotFound},
				"foreign write": {second(s.Domains.UpdateDomain(ctx, &bob, first.ID, nothing)), apperr.NotFound},
				"foreign list":  {second(s.Domains.Domains(ctx, bob, domain.Query{MockID: pets.ID, Limit: 9})), apperr.NotFound},
				"unknown":       {become("' OR '1'='1", domain.Verified), apperr.NotFound},
			} {
				if apperr.CodeOf(c.err) != c.want {
					t.Errorf("%s: %v", name, c.err)
				}
			}
			if list := must[[]domain.Domain](t)(s.Domains.Domains(ctx, bob, domain.Query{Limit: 9})); len(list) != 1 || list[0].ID != claimed.ID {
				t.Errorf("bob sees %+v", list)
			}
		})
		t.Run("one has it", func(t *testing.T) {
			if err := become(first.ID, domain.Verified); err != nil || !slices.Equal(told, []string{"api.customer.dev"}) {
				t.Fatalf("%v, told %v", err, told)
			}
			for id, taken := range map[string]bool{claimed.ID: true, first.ID: false} {
				if d := must[[]domain.Domain](t)(s.Domains.Domains(ctx, map[string]workspace.Caller{claimed.ID: bob, first.ID: ann}[id], domain.Query{Limit: 9}))[0]; d.ID != id || d.Taken != taken {
					t.Errorf("%+v", d)
				}
			}
			if m := must[mock.Mock](t)(s.Mocks.Mock(ctx, ann, pets.ID)); m.Change != 2 {
				t.Errorf("the mock's change is %d", m.Change)
			}
			if err := become(claimed.ID, domain.Verified); apperr.CodeOf(err) != apperr.Conflict {
				t.Errorf("a second owner: %v", err)
			}
			if _, err := add(bob, must[mock.Mock](t)(s.Mocks.CreateMock(ctx, bob, newMock("other"), anyone)).ID, "api.customer.dev"); apperr.CodeOf(err) != apperr.Conflict {
				t.Errorf("a claim of what another workspace has: %v", err)
			}
			if _, _, err := s.Mocks.UpdateMock(ctx, ann, pets.ID, func(m mock.Mock) (mock.Write, error) {
				if !slices.Equal(m.Domains, []string{"api.customer.dev"}) {
					t.Errorf("a decision sees %v", m.Domains)
				}
				return mock.Write{}, nil
			}); err != nil {
				t.Error(err)
			}
		})
		t.Run("lost, then another's", func(t *testing.T) {
			if err := errors.Join(become(first.ID, domain.Lost), become(claimed.ID, domain.Verified)); err != nil {
				t.Error(err)
			}
			if err := become(first.ID, domain.Verified); apperr.CodeOf(err) != apperr.Conflict {
				t.Errorf("%v", err)
			}
		})
		t.Run("given up", func(t *testing.T) {
			r, err := s.Domains.UpdateDomain(ctx, &bob, claimed.ID, func(d domain.Domain) (domain.Write, error) {
				return domain.Write{Domain: d, Delete: true, BuildChange: buildChange, Changes: []changelog.Change{{Key: d.ID, Tombstone: true, Payload: event.DomainDeleted{DomainID: d.ID}}}}, nil
			})
			if err != nil || len(told) != 0 || len(r.Changes) != 2 {
				t.Errorf("%v, told %v, %+v", err, told, r.Changes)
			}
			if len(r.Rivals) != 1 || r.Rivals[0].ID != first.ID || r.Rivals[0].WorkspaceID != pets.WorkspaceID || r.Rivals[0].Taken {
				t.Errorf("others who claim the host: %+v", r.Rivals)
			}
			if _, err := s.Domains.Domain(ctx, bob, claimed.ID); apperr.CodeOf(err) != apperr.NotFound {
				t.Errorf("%v", err)
			}
		})
		t.Run("suspended for long", func(t *testing.T) {
			since := start.Add(time.Hour)
			r, err := s.Domains.UpdateDomain(ctx, nil, first.ID, func(d domain.Domain) (domain.Write, error) {
				d.SuspendedAt = since
				return domain.Write{Domain: d}, nil
			})
			if err != nil || len(r.Rivals) != 0 {
				t.Errorf("%v, %+v", err, r.Rivals)
			}
			if list := must[[]domain.Domain](t)(s.Domains.SpentDomains(ctx, since.Add(-time.Second), 9)); len(list) != 0 {
				t.Errorf("too early: %+v", list)
			}
			if list := must[[]domain.Domain](t)(s.Domains.SpentDomains(ctx, since, 9)); len(list) != 1 || list[0].ID != first.ID || !list[0].SuspendedAt.Equal(since) {
				t.Errorf("%+v", list)
			}
		})
		t.Run("its mock is gone", func(t *testing.T) {
			if list := must[[]domain.Domain](t)(s.Domains.SpentDomains(ctx, start, 9)); len(list) != 0 {
				t.Errorf("orphans: %+v", list)
			}
			if _, err := s.write.NewRaw("DELETE FROM mocks WHERE id = ?", pets.ID).Exec(ctx); err != nil {
				t.Fatal(err)
			}
			if list := must[[]domain.Domain](t)(s.Domains.SpentDomains(ctx, start, 9)); len(list) != 1 || list[0].ID != first.ID {
				t.Errorf("orphans: %+v", list)
			}
			_, err := s.Domains.UpdateDomain(ctx, nil, first.ID, func(d domain.Domain) (domain.Write, error) { return domain.Write{Domain: d, Delete: true}, nil })
			if err != nil || len(must[[]domain.Domain](t)(s.Domains.SpentDomains(ctx, start, 9))) != 0 {
				t.Errorf("%v", err)
			}
		})
	})
}
