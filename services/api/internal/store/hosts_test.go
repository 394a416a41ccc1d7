package store

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/domain"
	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// However the log of the domains stream came about, it ends up saying of mocks' own hosts what the mocks say.
func TestSettleHosts(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start)))
		host := func(m mock.Mock) string { return m.Slug + "-" + m.WorkspaceSlug + ".mocks.example.com" }
		var ids []string
		for _, slug := range []string{"a", "b", "c"} {
			m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, ann, newMock(slug), anyone))
			if ids = append(ids, m.ID); slug == "c" {
				continue // never published
			}
			if _, _, err := s.Mocks.UpdateMock(ctx, ann, m.ID, publish); err != nil {
				t.Fatal(err)
			}
		}
		// A custom domain is none of its business.
		custom := domain.Domain{ID: "d1", MockID: ids[0], Host: "api.customer.dev", Ownership: domain.Pending, Routing: domain.Missing, CreatedAt: start}
		must[domain.Result](t)(s.Domains.AddDomain(ctx, ann, custom, func(mock.Mock) (domain.Write, error) {
			return domain.Write{Domain: custom, Changes: nil}, nil
		}))
		settle := func(wanted bool) (types []event.Type, hosts []string) {
			t.Helper()
			for {
				changes := must[[]event.Envelope](t)(s.Domains.SettleHosts(ctx, wanted, host, 1))
				if len(changes) == 0 {
					return types, hosts
				}
				for _, c := range changes {
					types = append(types, c.Type)
					if created, err := event.Decode[event.DomainCreated](c); err == nil && c.Type == event.TypeDomainCreated {
						hosts = append(hosts, created.Host)
						if created.DomainID != created.MockID || created.Custom || created.WorkspaceID == "" {
							t.Errorf("%+v", created)
						}
					}
				}
			}
		}
		if _, hosts := settle(true); len(hosts) != 2 || hosts[0] != "a-ann.mocks.example.com" || hosts[1] != "b-ann.mocks.example.com" {
			t.Errorf("asked for %q", hosts)
		}
		if types, _ := settle(true); len(types) != 0 {
			t.Errorf("asked again: %v", types)
		}
		if _, _, err := s.Mocks.UpdateMock(ctx, ann, ids[0], remove); err != nil {
			t.Fatal(err)
		}
		if types, _ := settle(true); len(types) != 1 || types[0] != event.TypeDomainDeleted {
			t.Errorf("after a mock was deleted: %v", types)
		}
		if types, _ := settle(false); len(types) != 1 || types[0] != event.TypeDomainDeleted {
			t.Errorf("after the mode changed: %v", types)
		}
		if types, _ := settle(false); len(types) != 0 {
			t.Errorf("given up again: %v", types)
		}
	})
}

func TestSaveHost(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start)))
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, ann, newMock("pets"), anyone))
		h := domain.Host{MockID: m.ID, Host: "pets-ann.mocks.example.com", State: "publishing", Reason: "The DNS record is being created."}
		for i, changed := range []bool{true, false} {
			if got := must[bool](t)(s.Domains.SaveHost(ctx, h)); got != changed {
				t.Errorf("stored the %d. time: changed %t", i+1, got)
			}
		}
		h.State, h.Reason = "published", ""
		if !must[bool](t)(s.Domains.SaveHost(ctx, h)) || must[domain.Host](t)(s.Domains.Host(ctx, m.ID)) != h {
			t.Error("the new state is not stored")
		}
		if must[bool](t)(s.Domains.SaveHost(ctx, domain.Host{MockID: "no-mock", Host: "x", State: "published"})) {
			t.Error("the host of no mock is stored")
		}
		if _, err := s.Domains.Host(ctx, "no-mock"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("of no mock: %v", err)
		}
	})
}
