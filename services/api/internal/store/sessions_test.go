package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func newSession(address string) signin.Session {
	return signin.Session{
		ID: uuid.Must(uuid.NewV7()).String(), Means: signin.FromPassword, CreatedAt: start, LastUsedAt: start,
		ExpiresAt: start.Add(10 * time.Hour), Address: address, UserAgent: "a browser",
	}
}

// long before start: sessions that were used since are not idle.
var longBefore = start.Add(-time.Hour)

func TestSessions(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		first, second := newSession("192.0.2.1"), newSession("192.0.2.2")
		for hash, session := range map[account.Hash]signin.Session{"first": first, "second": second} {
			if err := s.SignIns.CreateSession(ctx, ann.ID, hash, session); err != nil {
				t.Fatal(err)
			}
		}
		live := func(hash account.Hash, now, idle time.Time) bool {
			t.Helper()
			_, _, err := s.SignIns.AccountBySession(ctx, hash, now, idle)
			if err != nil && !errors.Is(err, signin.ErrNotFound) {
				t.Error(err)
			}
			return err == nil
		}

		a, got, err := s.SignIns.AccountBySession(ctx, "first", start, longBefore)
		if diff := cmp.Diff(first, got); err != nil || a != ann || diff != "" {
			t.Errorf("found %+v %s, %v", a, diff, err)
		}
		if diff := cmp.Diff([]signin.Session{second, first}, must[[]signin.Session](t)(s.SignIns.Sessions(ctx, ann.ID, start, longBefore))); diff != "" {
			t.Errorf("listed %s", diff)
		}
		if live("first", first.ExpiresAt, longBefore) || live("none", start, longBefore) {
			t.Error("a session that ended is good")
		}
		if live("first", start.Add(time.Hour), start) {
			t.Error("an idle session is good")
		}
		if err := s.SignIns.SessionsUsed(ctx, map[string]time.Time{"first": start.Add(time.Minute), "none": start}); err != nil {
			t.Fatal(err)
		}
		if !live("first", start.Add(time.Hour), start) {
			t.Error("a session that is used idles")
		}
		for address, want := range map[string]bool{"192.0.2.1": true, "192.0.2.9": false} {
			if known := must[bool](t)(s.SignIns.SignedInFrom(ctx, ann.ID, address)); known != want {
				t.Errorf("signed in from %s: %t", address, known)
			}
		}

		if err := s.SignIns.EndSessionByID(ctx, as(bob), first.ID); !errors.Is(err, signin.ErrNotFound) {
			t.Errorf("bob ended ann's session: %v", err)
		}
		if err := s.SignIns.EndSessionByID(ctx, as(ann), first.ID); err != nil || live("first", start, longBefore) {
			t.Errorf("end by id: %v", err)
		}
		if err := s.SignIns.EndSession(ctx, "second"); err != nil || live("second", start, longBefore) {
			t.Errorf("end: %v", err)
		}
		for hash, owner := range map[account.Hash]account.Account{"keep": ann, "other": ann, "bobs": bob} {
			if err := s.SignIns.CreateSession(ctx, owner.ID, hash, newSession("192.0.2.1")); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SignIns.EndOtherSessions(ctx, as(ann), "keep"); err != nil || !live("keep", start, longBefore) || live("other", start, longBefore) || !live("bobs", start, longBefore) {
			t.Errorf("end others: %v", err)
		}
	})
}

func TestSessionsAreBounded(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		for i := range signin.MaxSessions + 3 {
			if err := s.SignIns.CreateSession(ctx, ann.ID, account.Hash(fmt.Sprint(i)), newSession("192.0.2.1")); err != nil {
				t.Fatal(err)
			}
		}
		for hash, want := range map[account.Hash]bool{"0": false, "2": false, "3": true, "202": true} {
			if _, _, err := s.SignIns.AccountBySession(ctx, hash, start, longBefore); (err == nil) != want {
				t.Errorf("session %s: %v", hash, err)
			}
		}
		later := newSession("192.0.2.1")
		later.CreatedAt = later.ExpiresAt
		if err := s.SignIns.CreateSession(ctx, ann.ID, "later", later); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := s.read.NewRaw("SELECT COUNT(*) FROM sessions").Scan(ctx, &left); err != nil || left != 0 {
			t.Errorf("%d expired sessions are left, %v", left, err)
		}
	})
}

func TestCodesWorkOnceAndInTime(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		if err := s.Accounts.AddCode(ctx, ann.ID, "code", start, start.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := s.SignIns.AddLink(ctx, as(ann), ann, "late", signin.FromOwnLink, start, start.Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wg.Go(func() {
				_, results[i] = s.SignIns.RedeemCode(ctx, "code", account.Hash(fmt.Sprint("session", i)), newSession("192.0.2.1"))
			})
		}
		wg.Wait()
		worked := 0
		for i, err := range results {
			_, _, lookup := s.SignIns.AccountBySession(ctx, account.Hash(fmt.Sprint("session", i)), start, longBefore)
			switch {
			case err == nil && lookup == nil:
				worked++
			case !errors.Is(err, signin.ErrNotFound) || !errors.Is(lookup, signin.ErrNotFound):
				t.Errorf("redeem: %v, look up: %v", err, lookup)
			}
		}
		if worked != 1 {
			t.Errorf("the code worked %d times", worked)
		}
		if _, err := s.SignIns.RedeemCode(ctx, "late", "s", newSession("192.0.2.1")); !errors.Is(err, signin.ErrNotFound) {
			t.Errorf("the expired code: %v", err)
		}
	})
}

func TestPasswordsAndNames(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.CreateAccount(ctx, account.New{Username: "ann", Email: "ann@example.com", Password: "hash", CreatedAt: start}))
		if mine := must[[]workspace.Membership](t)(s.Workspaces.Workspaces(ctx, as(ann), "", 9)); len(mine) != 1 || mine[0].Slug != "ann" || mine[0].Role != workspace.Owner {
			t.Errorf("memberships: %+v", mine)
		}
		for _, login := range []string{"ann", "ann@example.com"} {
			if a, encoded, err := s.Accounts.Login(ctx, login); err != nil || a != ann || encoded != "hash" {
				t.Errorf("%s: %+v %q %v", login, a, encoded, err)
			}
		}
		for _, login := range []string{"", "bob", "' OR '1'='1"} {
			if _, _, err := s.Accounts.Login(ctx, login); !errors.Is(err, signin.ErrNotFound) {
				t.Errorf("%q: %v", login, err)
			}
		}

		t.Run("names are nobody else's", func(t *testing.T) {
			_, err := s.Accounts.CreateAccount(ctx, account.New{Username: "ann", CreatedAt: start})
			wantCode(t, apperr.Conflict, err)
			_, err = s.Accounts.CreateAccount(ctx, account.New{Username: "anne", Email: "ann@example.com", CreatedAt: start})
			wantCode(t, apperr.Conflict, err)
			if _, err := s.Accounts.AccountByUsername(ctx, "anne"); !errors.Is(err, signin.ErrNotFound) {
				t.Errorf("half an account: %v", err)
			}
			must[account.Account](t)(s.Accounts.CreateAccount(ctx, account.New{Username: "anne", CreatedAt: start})) // the slug is free again
			if _, err := s.write.NewRaw("INSERT INTO workspaces (id, slug, name, created_at) VALUES ('o', 'acme', 'acme', ?)", start).Exec(ctx); err != nil {
				t.Fatal(err)
			}
			_, err = s.Accounts.CreateAccount(ctx, account.New{Username: "acme", CreatedAt: start})
			wantCode(t, apperr.Conflict, err)
			_, err = s.Accounts.EnsureAccount(ctx, "acme", start)
			wantCode(t, apperr.Conflict, err)
		})
		t.Run("a new password ends other sessions", func(t *testing.T) {
			for _, hash := range []account.Hash{"keep", "other"} {
				if err := s.SignIns.CreateSession(ctx, ann.ID, hash, newSession("192.0.2.1")); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Accounts.SetPassword(ctx, as(ann), "new", "keep"); err != nil {
				t.Fatal(err)
			}
			if encoded := must[string](t)(s.Accounts.Password(ctx, ann.ID)); encoded != "new" {
				t.Errorf("the password is %q", encoded)
			}
			_, _, kept := s.SignIns.AccountBySession(ctx, "keep", start, longBefore)
			_, _, other := s.SignIns.AccountBySession(ctx, "other", start, longBefore)
			if kept != nil || !errors.Is(other, signin.ErrNotFound) {
				t.Errorf("kept: %v, other: %v", kept, other)
			}
		})
		t.Run("rehashing loses no change", func(t *testing.T) {
			for _, step := range [][3]string{{"old", "rehashed", "new"}, {"new", "rehashed", "rehashed"}} {
				if err := s.Accounts.Rehash(ctx, ann.ID, step[0], step[1]); err != nil {
					t.Fatal(err)
				}
				if encoded := must[string](t)(s.Accounts.Password(ctx, ann.ID)); encoded != step[2] {
					t.Errorf("%v: %q", step, encoded)
				}
			}
		})
		t.Run("an invitation makes one account", func(t *testing.T) {
			_, err := s.write.NewRaw(`INSERT INTO invitations (id, workspace_id, role, secret_hash, inviter_id, created_at, expires_at)
				VALUES ('i', 'o', 'editor', 'secret', ?, ?, ?)`, ann.ID, start, start.Add(time.Hour)).Exec(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for username, c := range map[string]account.New{
				"late":   {Invitation: "secret", CreatedAt: start.Add(time.Hour)},
				"nobody": {Invitation: "guess", CreatedAt: start},
			} {
				c.Username = username
				_, err := s.Accounts.CreateAccount(ctx, c)
				wantCode(t, apperr.NotFound, err)
				if _, err := s.Accounts.AccountByUsername(ctx, username); !errors.Is(err, signin.ErrNotFound) {
					t.Errorf("%s is there: %v", username, err)
				}
			}
			bob := must[account.Account](t)(s.Accounts.CreateAccount(ctx, account.New{Username: "bob", Invitation: "secret", CreatedAt: start}))
			if mine := must[[]workspace.Invitation](t)(s.Workspaces.InvitationsFor(ctx, bob.ID, start, "", 9)); len(mine) != 1 || mine[0].ID != "i" {
				t.Errorf("bob's invitations: %+v", mine)
			}
			_, err = s.Accounts.CreateAccount(ctx, account.New{Username: "carol", Invitation: "secret", CreatedAt: start})
			wantCode(t, apperr.NotFound, err)
		})
		t.Run("identities are one account each", func(t *testing.T) {
			id := account.Identity{Issuer: "https://idp.example", Subject: "s"}
			if _, err := s.Accounts.AccountByIdentity(ctx, id); !errors.Is(err, signin.ErrNotFound) {
				t.Errorf("before: %v", err)
			}
			carl := must[account.Account](t)(s.Accounts.CreateAccount(ctx, account.New{Username: "carl", Identity: id, CreatedAt: start}))
			if got := must[account.Account](t)(s.Accounts.AccountByIdentity(ctx, id)); got != carl {
				t.Errorf("found %+v", got)
			}
			_, err := s.Accounts.CreateAccount(ctx, account.New{Username: "carla", Identity: id, CreatedAt: start})
			wantCode(t, apperr.Conflict, err)
			if _, err := s.Accounts.AccountByIdentity(ctx, account.Identity{Issuer: "https://other.example", Subject: "s"}); !errors.Is(err, signin.ErrNotFound) {
				t.Errorf("of another issuer: %v", err)
			}
		})
	})
}
