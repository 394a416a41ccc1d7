package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/availability"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestProfiles(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		profiles := account.NewProfiles(s.Accounts, time.Hour, func() time.Time { return o.now }, func() { o.deleted++ })
		update := func(who workspace.Caller, username, email string, expected int) error {
			return second(profiles.Update(ctx, who, account.Change{Username: &username, Email: &email, Expected: expected}))
		}
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, newMock("pets"), anyone))
		if _, _, err := s.Mocks.UpdateMock(ctx, o.ann, m.ID, publish); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			what string
			err  error
			want apperr.Code
		}{
			{"an address", update(o.ann, "ann", "Ann@Example.com", 1), ""},
			{"no address", update(o.bob, "bob", "bob", 0), apperr.Invalid},
			{"an address of somebody else", update(o.bob, "bob", "ann@example.com", 0), apperr.Conflict},
			{"an old version", update(o.ann, "ann", "", 1), apperr.Precondition},
			{"while published", update(o.ann, "anna", "ann@example.com", 0), apperr.Conflict},
			{"a username of somebody else", update(o.bob, "cid", "", 0), apperr.Conflict},
			{"a reserved username", update(o.bob, "admin", "", 0), apperr.Invalid},
			{"an impossible username", update(o.bob, "b'ob", "", 0), apperr.Invalid},
			{"a free username", update(o.bob, "robert", "", 0), ""},
			{"the old one, by an organisation", second(o.Create(ctx, o.cid, "bob", "")), apperr.Conflict},
			{"the old one, by its owner", update(o.bob, "bob", "", 0), ""},
		} {
			if code := apperr.CodeOf(step.err); step.want == "" && step.err != nil || step.want != "" && code != step.want {
				t.Errorf("%s: %v, wanted %q", step.what, step.err, step.want)
			}
		}
		ann := must[account.Profile](t)(profiles.Find(ctx, o.ann))
		if ann.Username != "ann" || ann.Email != "ann@example.com" || ann.Version != 2 || ann.HasPassword {
			t.Errorf("%+v", ann)
		}
		if in := must[workspace.Membership](t)(o.Find(ctx, o.bob, "bob")); !in.Personal || in.Name != "bob" {
			t.Errorf("bob's own workspace is %+v", in)
		}
	})
}

// An account that is deleted leaves nothing but tombstones of its mocks, and what it wrote for others without its name.
func TestDeletingAnAccount(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		profiles := account.NewProfiles(s.Accounts, time.Hour, func() time.Time { return o.now }, func() { o.deleted++ })
		o.acme(t, workspace.Admin, workspace.Editor)
		own := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, newMock("pets"), anyone))
		if _, _, err := s.Mocks.UpdateMock(ctx, o.ann, own.ID, publish); err != nil {
			t.Fatal(err)
		}
		shared := newMock("shared")
		shared.WorkspaceSlug = "acme"
		shared = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, shared, anyone))

		if err := profiles.Delete(ctx, o.ann, "anna"); apperr.CodeOf(err) != apperr.Invalid {
			t.Errorf("with a wrong confirmation: %v", err)
		}
		if err := profiles.Delete(ctx, o.ann, "ann"); apperr.CodeOf(err) != apperr.Conflict || !strings.Contains(fmt.Sprint(err), "acme") {
			t.Errorf("as the last owner of acme: %v", err)
		}
		if _, err := s.Mocks.Mock(ctx, o.ann, own.ID); err != nil {
			t.Errorf("a refusal changed something: %v", err)
		}
		must[workspace.Member](t)(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Owner, workspace.SeenMember{}))
		if err := profiles.Delete(ctx, o.ann, "ann"); err != nil {
			t.Fatal(err)
		}
		if memberships := must[[]workspace.Membership](t)(s.Workspaces.Workspaces(ctx, o.ann, "", 10)); len(memberships) != 0 {
			t.Errorf("still a member: %+v", memberships)
		}
		if _, err := s.Accounts.CreateAccount(ctx, account.New{Username: "ann", CreatedAt: o.now}); apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("the name went to somebody else at once: %v", err)
		}
		anonymous := func(when string) {
			t.Helper()
			if r := must[mock.Revision](t)(s.Mocks.Revision(ctx, o.bob, shared.ID, 1)); r.Author != "" || r.Content == "" {
				t.Errorf("%s, the shared revision is %+v", when, r)
			}
			log := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, shared.WorkspaceID, audit.Query{Limit: 100}))
			for _, r := range log {
				if r.AccountID == o.ann.AccountID && r.Username != "" {
					t.Errorf("%s, the audit log has %+v", when, r)
				}
			}
			if len(log) == 0 {
				t.Errorf("%s, the audit log is empty", when)
			}
		}
		anonymous("before anything was removed")
		if _, mocks, tombstones := reap(t, s); mocks != 1 || tombstones != 1 {
			t.Errorf("%d mocks were removed with %d tombstones", mocks, tombstones)
		}
		anonymous("afterwards")
		var accounts int
		if err := s.read.NewRaw("SELECT COUNT(*) FROM accounts WHERE id = ?", o.ann.AccountID).Scan(ctx, &accounts); err != nil || accounts != 0 {
			t.Errorf("%d accounts are left, %v", accounts, err)
		}
		must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", o.now)) // the operator's own is not held back
	})
}

func TestAvailability(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		o.now = time.Now()
		must[workspace.Membership](t)(o.Create(ctx, o.ann, "acme", ""))
		must[workspace.Membership](t)(o.Create(ctx, o.ann, "acme2", ""))
		must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, newMock("pets"), anyone))
		must[workspace.Membership](t)(o.Create(ctx, o.ann, "gone", ""))
		if err := o.Delete(ctx, o.ann, "gone", ""); err != nil {
			t.Fatal(err)
		}
		service := availability.NewService(s.Slugs)
		for _, c := range []struct {
			who        workspace.Caller
			kind       availability.Kind
			slug, in   string
			free       bool
			suggestion string
		}{
			{o.bob, availability.Workspace, "fresh", "", true, ""},
			{o.bob, availability.Account, "acme", "", false, "acme3"},
			{o.bob, availability.Workspace, "ann", "", false, "ann2"},
			{o.bob, availability.Workspace, "gone", "", false, "gone2"},
			{o.ann, availability.Workspace, "gone", "", true, ""},
			{o.bob, availability.Workspace, "api", "", false, "api2"},
			{o.bob, availability.Workspace, "Big Corp!", "", false, "bigcorp"},
			{o.bob, availability.Workspace, "42", "", false, ""},
			{o.ann, availability.Mock, "pets", "ann", false, "pets-2"},
			{o.ann, availability.Mock, "pets", "acme", true, ""},
			{o.ann, availability.Mock, "Pet Store", "ann", false, "pet-store"},
			{o.ann, availability.Mock, "xn--a", "ann", false, ""},
		} {
			a, err := service.Check(ctx, c.who, c.kind, c.slug, c.in)
			if err != nil || a.Free != c.free || a.Suggestion != c.suggestion || (a.Reason == "") != c.free {
				t.Errorf("%s %q: %+v, %v", c.kind, c.slug, a, err)
			}
		}
		if _, err := service.Check(ctx, o.bob, availability.Mock, "pets", "ann"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("in a workspace of others: %v", err)
		}
	})
}
