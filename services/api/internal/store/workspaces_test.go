package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// orgs is the business of workspaces over a store, with a clock that a test moves, and some accounts.
type orgs struct {
	*workspace.Service
	s                   *Store
	now                 time.Time
	deleted             int
	ann, bob, cid, dora workspace.Caller
}

func newOrgs(t *testing.T, s *Store) *orgs {
	t.Helper()
	o := &orgs{s: s, now: start}
	o.Service = workspace.NewService(s.Workspaces, time.Hour, func() time.Time { return o.now }, func() { o.deleted++ }, func(string, string) {})
	for name, who := range map[string]*workspace.Caller{"ann": &o.ann, "bob": &o.bob, "cid": &o.cid, "dora": &o.dora} {
		*who = as(must[account.Account](t)(s.Accounts.EnsureAccount(t.Context(), name, start)))
	}
	return o
}

// acme makes an organisation of ann with bob and cid in these roles.
func (o *orgs) acme(t *testing.T, bob, cid workspace.Role) workspace.Membership {
	t.Helper()
	in := must[workspace.Membership](t)(o.Create(t.Context(), o.ann, "acme", "Acme Inc."))
	o.join(t, "bob", o.bob, bob)
	o.join(t, "cid", o.cid, cid)
	return in
}

func (o *orgs) join(t *testing.T, username string, who workspace.Caller, role workspace.Role) {
	t.Helper()
	i, _, err := o.Invite(t.Context(), o.ann, "acme", username, role)
	if err != nil {
		t.Fatal(err)
	}
	if in := must[workspace.Membership](t)(o.Accept(t.Context(), who, i.ID)); in.Role != role || in.Slug != "acme" {
		t.Fatalf("%s joined %s as %s", username, in.Slug, in.Role)
	}
}

// Who may do what to whom.
func TestMemberRules(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		o.acme(t, workspace.Admin, workspace.Editor)
		setRole := func(who workspace.Caller, username string, role workspace.Role) error {
			return second(o.SetRole(ctx, who, "acme", username, role, workspace.SeenMember{}))
		}
		invite := func(who workspace.Caller, username string, role workspace.Role) error {
			_, _, err := o.Invite(ctx, who, "acme", username, role)
			return err
		}
		for _, step := range []struct {
			what string
			err  error
			want apperr.Code // "" for none
		}{
			{"an editor changes a role", setRole(o.cid, "bob", workspace.Viewer), apperr.Forbidden},
			{"an editor removes", o.Remove(ctx, o.cid, "acme", "bob", workspace.SeenMember{}), apperr.Forbidden},
			{"an editor invites", invite(o.cid, "dora", workspace.Viewer), apperr.Forbidden},
			{"an editor asks for an unknown member", o.Remove(ctx, o.cid, "acme", "nobody", workspace.SeenMember{}), apperr.Forbidden},
			{"an admin makes an owner", setRole(o.bob, "cid", workspace.Owner), apperr.Forbidden},
			{"an admin makes an owner of themselves", setRole(o.bob, "bob", workspace.Owner), apperr.Forbidden},
			{"an admin demotes an owner", setRole(o.bob, "ann", workspace.Viewer), apperr.Forbidden},
			{"an admin removes an owner", o.Remove(ctx, o.bob, "acme", "ann", workspace.SeenMember{}), apperr.Forbidden},
			{"an admin invites an owner", invite(o.bob, "dora", workspace.Owner), apperr.Forbidden},
			{"an admin makes an admin", setRole(o.bob, "cid", workspace.Admin), ""},
			{"an admin demotes an admin", setRole(o.bob, "cid", workspace.Viewer), ""},
			{"an admin removes a stranger", o.Remove(ctx, o.bob, "acme", "dora", workspace.SeenMember{}), apperr.NotFound},
			{"a stranger removes", o.Remove(ctx, o.dora, "acme", "cid", workspace.SeenMember{}), apperr.NotFound},
			{"a stranger leaves", o.Leave(ctx, o.dora, "acme"), apperr.NotFound},
			{"the last owner leaves", o.Leave(ctx, o.ann, "acme"), apperr.Conflict},
			{"the last owner demotes themselves", setRole(o.ann, "ann", workspace.Admin), apperr.Conflict},
			{"the last owner removes themselves", o.Remove(ctx, o.ann, "acme", "ann", workspace.SeenMember{}), apperr.Conflict},
			{"a member is invited", invite(o.ann, "bob", workspace.Owner), apperr.Conflict},
			{"somebody who does not exist is invited", invite(o.ann, "nobody", workspace.Owner), apperr.NotFound},
			{"into an own workspace", func() error { _, _, err := o.Invite(ctx, o.ann, "ann", "bob", workspace.Viewer); return err }(), apperr.Conflict},
			{"out of the own workspace", o.Leave(ctx, o.ann, "ann"), apperr.Conflict},
			{"an owner makes an owner", setRole(o.ann, "bob", workspace.Owner), ""},
			{"then the first may leave", o.Leave(ctx, o.ann, "acme"), ""},
			{"and sees nothing any more", second(o.Find(ctx, o.ann, "acme")), apperr.NotFound},
			{"an admin who was removed", o.Remove(ctx, o.bob, "acme", "cid", workspace.SeenMember{}), ""},
			{"does nothing any more", setRole(o.cid, "bob", workspace.Viewer), apperr.NotFound},
		} {
			if code := apperr.CodeOf(step.err); step.want == "" && step.err != nil || step.want != "" && code != step.want {
				t.Errorf("%s: %v, wanted %q", step.what, step.err, step.want)
			}
		}
	})
}

// Whoever changes a member says what they saw, and changes nothing else.
func TestMembersAreNotChangedUnseen(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		o.acme(t, workspace.Admin, workspace.Editor)
		bob := must[workspace.Member](t)(o.Member(ctx, o.cid, "acme", "bob")) // any member may look
		seen := workspace.SeenMember{AccountID: bob.AccountID, Role: workspace.Admin}
		other := workspace.SeenMember{AccountID: o.cid.AccountID, Role: workspace.Admin}
		for _, step := range []struct {
			what string
			err  error
			want apperr.Code // "" for none
		}{
			{"who is not there is no conflict", second(o.SetRole(ctx, o.ann, "acme", "dora", workspace.Viewer, seen)), apperr.NotFound},
			{"another account", second(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Viewer, other)), apperr.Precondition},
			{"who may not", second(o.SetRole(ctx, o.cid, "acme", "bob", workspace.Viewer, other)), apperr.Forbidden},
			{"as it was seen", second(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Viewer, seen)), ""},
			{"as it was", second(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Editor, seen)), apperr.Precondition},
			{"removed as it was", o.Remove(ctx, o.ann, "acme", "bob", seen), apperr.Precondition},
			{"removed as it is", o.Remove(ctx, o.ann, "acme", "bob", workspace.SeenMember{AccountID: bob.AccountID, Role: workspace.Viewer}), ""},
			{"gone", second(o.Member(ctx, o.ann, "acme", "bob")), apperr.NotFound},
			{"a stranger looks", second(o.Member(ctx, o.dora, "acme", "cid")), apperr.NotFound},
		} {
			if code := apperr.CodeOf(step.err); step.want == "" && step.err != nil || step.want != "" && code != step.want {
				t.Errorf("%s: %v, wanted %q", step.what, step.err, step.want)
			}
		}
	})
}

// Two owners who take each other's role at the same time: one of them stays.
func TestTheLastOwnerStaysUnderConcurrency(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		in := o.acme(t, workspace.Owner, workspace.Owner)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { _ = o.Leave(ctx, o.ann, "acme") })
			wg.Go(func() { _, _ = o.SetRole(ctx, o.bob, "acme", "bob", workspace.Viewer, workspace.SeenMember{}) })
			wg.Go(func() { _ = o.Remove(ctx, o.bob, "acme", "cid", workspace.SeenMember{}) })
			wg.Go(func() { _ = o.Remove(ctx, o.cid, "acme", "bob", workspace.SeenMember{}) })
		}
		wg.Wait()
		owners := 0
		for _, m := range must[[]workspace.Member](t)(s.Workspaces.Members(ctx, in.ID, "", 10)) {
			if m.Role == workspace.Owner {
				owners++
			}
		}
		if owners == 0 {
			t.Error("nobody owns the workspace any more")
		}
	})
}

func TestInvitations(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		in := o.acme(t, workspace.Admin, workspace.Editor)
		link := func() (workspace.Invitation, secret.String) {
			i, shown, err := o.Invite(ctx, o.bob, "acme", "", workspace.Admin)
			if err != nil {
				t.Fatal(err)
			}
			return i, shown
		}
		code := func(what string, err error, want apperr.Code) {
			t.Helper()
			if err == nil || apperr.CodeOf(err) != want {
				t.Errorf("%s: %v", what, err)
			}
		}
		t.Run("a link works once", func(t *testing.T) {
			_, shown := link()
			eve := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "eve", start)))
			var wg sync.WaitGroup
			errs := make([]error, 6)
			for i := range errs {
				wg.Go(func() { _, errs[i] = o.Claim(ctx, []workspace.Caller{o.dora, eve}[i%2], shown) })
			}
			wg.Wait()
			claimed := 0
			for _, err := range errs {
				if err == nil {
					claimed++
				} else if apperr.CodeOf(err) != apperr.NotFound {
					t.Error(err)
				}
			}
			if claimed != 1 {
				t.Errorf("claimed %d times", claimed)
			}
		})
		t.Run("what is not there", func(t *testing.T) {
			i, shown := link()
			code("a wrong secret", second(o.Claim(ctx, o.dora, secret.New("x"))), apperr.NotFound)
			code("a link that nobody claimed, by id", second(o.Accept(ctx, o.dora, i.ID)), apperr.NotFound)
			code("a member's claim", second(o.Claim(ctx, o.cid, shown)), apperr.Conflict)
			if err := o.Revoke(ctx, o.bob, "acme", i.ID); err != nil {
				t.Error(err)
			}
			code("a revoked one", second(o.Claim(ctx, o.dora, shown)), apperr.NotFound)
			code("revoked again", o.Revoke(ctx, o.bob, "acme", i.ID), apperr.NotFound)
		})
		t.Run("of somebody else", func(t *testing.T) {
			frank := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "frank", start)))
			i, _, err := o.Invite(ctx, o.ann, "acme", "frank", workspace.Owner)
			if err != nil {
				t.Fatal(err)
			}
			code("accepted", second(o.Accept(ctx, o.cid, i.ID)), apperr.NotFound)
			code("declined", o.Decline(ctx, o.cid, i.ID), apperr.NotFound)
			code("an owner's, revoked by an admin", o.Revoke(ctx, o.bob, "acme", i.ID), apperr.Forbidden)
			code("a second one", func() error { _, _, err := o.Invite(ctx, o.ann, "acme", "frank", workspace.Viewer); return err }(), apperr.Conflict)
			own, err := o.InvitationsFor(ctx, frank, "", 10)
			if err != nil || len(own.Items) != 1 || own.Items[0].WorkspaceSlug != "acme" || own.Items[0].Inviter != "ann" {
				t.Errorf("frank has %+v, %v", own, err)
			}
			if err := o.Decline(ctx, frank, i.ID); err != nil {
				t.Error(err)
			}
			code("declined and accepted", second(o.Accept(ctx, frank, i.ID)), apperr.NotFound)
		})
		t.Run("it ends", func(t *testing.T) {
			_, shown := link()
			o.now = o.now.Add(workspace.InvitationLife)
			code("too late", second(o.Claim(ctx, o.dora, shown)), apperr.NotFound)
			if open, err := o.Invitations(ctx, o.ann, "acme", "", 10); err != nil || len(open.Items) != 0 {
				t.Errorf("open: %+v, %v", open, err)
			}
		})
		t.Run("it is void when the inviter could not give it", func(t *testing.T) {
			gail := as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "gail", start)))
			i, _, err := o.Invite(ctx, o.bob, "acme", "gail", workspace.Admin)
			if err != nil {
				t.Fatal(err)
			}
			must[workspace.Member](t)(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Editor, workspace.SeenMember{}))
			code("by somebody who was demoted", second(o.Accept(ctx, gail, i.ID)), apperr.Conflict)
			must[workspace.Member](t)(o.SetRole(ctx, o.ann, "acme", "bob", workspace.Admin, workspace.SeenMember{}))
			must[workspace.Membership](t)(o.Accept(ctx, gail, i.ID))
		})
		t.Run("it counts as a member", func(t *testing.T) {
			if _, _, err := o.Invite(ctx, o.ann, "acme", "dora", workspace.Viewer); err != nil {
				t.Fatal(err)
			}
			var used int64
			for _, u := range must[[]quota.Use](t)(s.Quotas.QuotaUse(ctx, in.ID)) {
				if u.Resource == quota.Members {
					used = u.Used
				}
			}
			s.Limit(quota.Limits{quota.Members: used})
			code("one more", func() error { _, _, err := o.Invite(ctx, o.ann, "acme", "", workspace.Viewer); return err }(), apperr.QuotaExceeded)
		})
	})
}

func TestRenamingAWorkspace(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		o.acme(t, workspace.Admin, workspace.Editor)
		rename := func(who workspace.Caller, from, to string, expected int) error {
			return second(o.Update(ctx, who, from, workspace.Change{Slug: &to, Expected: expected}))
		}
		name := "Acme, renamed"
		renamed := must[workspace.Membership](t)(o.Update(ctx, o.bob, "acme", workspace.Change{Name: &name, Expected: 1}))
		if renamed.Name != name || renamed.Version != 2 {
			t.Errorf("renamed: %+v", renamed)
		}
		m := newMock("pets")
		m.WorkspaceSlug = "acme"
		m = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, m, anyone))
		if _, _, err := s.Mocks.UpdateMock(ctx, o.ann, m.ID, publish); err != nil {
			t.Fatal(err)
		}
		unpublish := func() error {
			_, _, err := s.Mocks.UpdateMock(ctx, o.ann, m.ID, func(m mock.Mock) (mock.Write, error) {
				m.PublishedRevision = 0
				return mock.Write{Mock: m}, nil
			})
			return err
		}
		for _, step := range []struct {
			what string
			err  error
			want apperr.Code
		}{
			{"an old version", second(o.Update(ctx, o.bob, "acme", workspace.Change{Name: &name, Expected: 1})), apperr.Precondition},
			{"by an editor", second(o.Update(ctx, o.cid, "acme", workspace.Change{Name: &name})), apperr.Forbidden},
			{"a slug by an admin", rename(o.bob, "acme", "emca", 0), apperr.Forbidden},
			{"a slug while published", rename(o.ann, "acme", "emca", 0), apperr.Conflict},
			{"unpublished", unpublish(), ""},
			{"an impossible slug", rename(o.ann, "acme", "e-mca", 0), apperr.Invalid},
			{"a reserved slug", rename(o.ann, "acme", "api", 0), apperr.Invalid},
			{"a slug of an account", rename(o.ann, "acme", "dora", 0), apperr.Conflict},
			{"the own workspace's slug", rename(o.ann, "ann", "anna", 0), apperr.Conflict},
			{"a free slug", rename(o.ann, "acme", "emca", 2), ""},
			{"the old slug, by somebody else", second(o.Create(ctx, o.dora, "acme", "")), apperr.Conflict},
			{"the old slug, by its owner", second(o.Create(ctx, o.ann, "acme", "")), ""},
		} {
			if code := apperr.CodeOf(step.err); step.want == "" && step.err != nil || step.want != "" && code != step.want {
				t.Errorf("%s: %v, wanted %q", step.what, step.err, step.want)
			}
		}
		if got := must[mock.Mock](t)(s.Mocks.Mock(ctx, o.ann, m.ID)); got.WorkspaceSlug != "emca" {
			t.Errorf("the mock is in %s", got.WorkspaceSlug)
		}
	})
}

// A deleted workspace is out of reach at once, and all that is left of it in the end are tombstones in the change log.
func TestDeletingAWorkspace(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		in := o.acme(t, workspace.Admin, workspace.Editor)
		const mocks, published = reapedAtOnce + 5, 7
		for i := range mocks {
			m := newMock(fmt.Sprint("m", i))
			m.WorkspaceSlug = "acme"
			m = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, m, anyone))
			if i < published {
				if _, _, err := s.Mocks.UpdateMock(ctx, o.ann, m.ID, publish); err != nil {
					t.Fatal(err)
				}
			}
		}
		for what, err := range map[string]error{
			"by an admin":          o.Delete(ctx, o.bob, "acme", "acme"),
			"without confirmation": o.Delete(ctx, o.ann, "acme", ""),
			"a wrong confirmation": o.Delete(ctx, o.ann, "acme", "acne"),
			"the own workspace":    o.Delete(ctx, o.ann, "ann", "ann"),
			"by a stranger":        o.Delete(ctx, o.dora, "acme", "acme"),
		} {
			if err == nil {
				t.Errorf("deleted %s", what)
			}
		}
		if err := o.Delete(ctx, o.ann, "acme", "acme"); err != nil || o.deleted != 1 {
			t.Fatalf("%v, said %d times", err, o.deleted)
		}
		if _, err := o.Find(ctx, o.ann, "acme"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("found: %v", err)
		}
		if list := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, o.ann, mock.Query{Limit: 10})); len(list) != 0 {
			t.Errorf("%d mocks are listed", len(list))
		}
		if _, err := o.Create(ctx, o.dora, "acme", ""); apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("the slug went to somebody else at once: %v", err)
		}
		steps, reaped, tombstones := reap(t, s)
		if steps != 4 || reaped != mocks || tombstones != published { // 20, 5, the workspace, nothing
			t.Errorf("%d steps removed %d mocks with %d tombstones", steps, reaped, tombstones)
		}
		batch := must[stream.Batch](t)(s.Log(event.Mocks).After(ctx, 0, 100))
		for _, c := range batch.Changes {
			if c.Type != event.TypeMockDeleted {
				t.Errorf("change %d is %s", c.Number, c.Type)
			}
		}
		if len(batch.Changes) != published {
			t.Errorf("%d changes are left", len(batch.Changes))
		}
		for _, table := range []string{"workspaces WHERE id = ?", "members WHERE workspace_id = ?", "mocks WHERE workspace_id = ?"} {
			var n int
			if err := s.read.NewRaw("SELECT COUNT(*) FROM "+table, in.ID).Scan(ctx, &n); err != nil || n != 0 {
				t.Errorf("%d %s are left, %v", n, table, err)
			}
		}
		if _, err := s.Accounts.CreateAccount(ctx, account.New{Username: "acme", CreatedAt: o.now}); apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("the slug went to a new account at once: %v", err)
		}
		o.now = o.now.Add(time.Hour)
		must[workspace.Membership](t)(o.Create(ctx, o.dora, "acme", ""))
	})
}

func reap(t *testing.T, s *Store) (steps, mocks, tombstones int) {
	t.Helper()
	for more := true; more; steps++ {
		r := must[Reaped](t)(s.Workspaces.Reap(t.Context()))
		mocks += len(r.Mocks)
		for _, c := range r.Changes {
			tombstones += len(c)
		}
		more = r.More
	}
	return steps, mocks, tombstones
}

// A mock that is published while its workspace gets another slug has one or the other in its hosts, not the old one for
// good.
func TestRenamingAgainstPublishing(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		o := newOrgs(t, s)
		must[workspace.Membership](t)(o.Create(ctx, o.ann, "acme", ""))
		m := newMock("pets")
		m.WorkspaceSlug = "acme"
		m = must[mock.Mock](t)(s.Mocks.CreateMock(ctx, o.ann, m, anyone))
		var hosted string
		decided, renamed := make(chan struct{}), make(chan error, 1)
		go func() {
			<-decided
			slug := "emca"
			_, err := o.Update(ctx, o.ann, "acme", workspace.Change{Slug: &slug})
			renamed <- err
		}()
		_, _, err := s.Mocks.UpdateMock(ctx, o.ann, m.ID, func(m mock.Mock) (mock.Write, error) {
			close(decided)
			stop, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			select { // a rename that did not wait would be done by now
			case err := <-renamed:
				renamed <- err
			case <-stop.Done():
			}
			hosted = m.WorkspaceSlug
			return publish(m)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = <-renamed
		if got := must[mock.Mock](t)(s.Mocks.Mock(ctx, o.ann, m.ID)); got.WorkspaceSlug != hosted || apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("published in %s, now in %s, renamed: %v", hosted, got.WorkspaceSlug, err)
		}
	})
}
