package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/idempotency"
)

func TestIdempotencyKeys(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		claim := func(a account.Account, key, fingerprint string, at time.Time) (idempotency.Record, bool) {
			t.Helper()
			r, fresh, err := s.Keys.ClaimKey(ctx, idempotency.Claim{
				AccountID: a.ID, Key: key, Fingerprint: fingerprint, Now: at, LockedUntil: at.Add(time.Minute), Expires: at.Add(time.Hour), Kept: 3,
			})
			if err != nil {
				t.Fatal(err)
			}
			return r, fresh
		}
		t.Run("one of many that come at once is the first", func(t *testing.T) {
			var wg sync.WaitGroup
			fresh := make([]bool, 8)
			for i := range fresh {
				wg.Go(func() { _, fresh[i] = claim(ann, "crowd", "f", start) })
			}
			wg.Wait()
			first := 0
			for _, f := range fresh {
				if f {
					first++
				}
			}
			if first != 1 {
				t.Errorf("%d were the first", first)
			}
		})
		t.Run("the answer is there for who asks again, until it expires", func(t *testing.T) {
			if _, fresh := claim(ann, "k", "f", start); !fresh {
				t.Fatal("not the first")
			}
			if r, fresh := claim(ann, "k", "g", start); fresh || r != (idempotency.Record{Fingerprint: "f"}) {
				t.Errorf("while it is worked on: %+v, %t", r, fresh)
			}
			if err := s.Keys.FinishKey(ctx, ann.ID, "k", "sealed"); err != nil {
				t.Fatal(err)
			}
			if err := s.Keys.ReleaseKey(ctx, ann.ID, "k"); err != nil { // too late
				t.Fatal(err)
			}
			if r, fresh := claim(ann, "k", "f", start.Add(59*time.Minute)); fresh || r.Answer != "sealed" {
				t.Errorf("later: %+v, %t", r, fresh)
			}
			if _, fresh := claim(bob, "k", "f", start); !fresh {
				t.Error("another account's key counts")
			}
			if _, fresh := claim(ann, "k", "f", start.Add(time.Hour)); !fresh {
				t.Error("it does not expire")
			}
		})
		t.Run("who gives up, or dies, makes room", func(t *testing.T) {
			claim(ann, "given up", "f", start)
			if err := s.Keys.ReleaseKey(ctx, ann.ID, "given up"); err != nil {
				t.Fatal(err)
			}
			if _, fresh := claim(ann, "given up", "g", start); !fresh {
				t.Error("a released key is taken")
			}
			if _, fresh := claim(ann, "given up", "h", start.Add(time.Minute)); !fresh {
				t.Error("a key is taken by who died")
			}
		})
		t.Run("bounded, and purged", func(t *testing.T) {
			for i := range 6 {
				claim(bob, fmt.Sprint(i), "f", start.Add(time.Duration(i)*time.Second))
			}
			var left []string
			if err := s.read.NewRaw("SELECT key FROM idempotency_keys WHERE account_id = ? ORDER BY created_at", bob.ID).Scan(ctx, &left); err != nil || fmt.Sprint(left) != "[3 4 5]" {
				t.Errorf("left %v, %v", left, err)
			}
			if n := must[int64](t)(s.Keys.PurgeKeys(ctx, start.Add(time.Hour+4*time.Second))); n != 3 { // 3 and 4 of bob, the crowd of ann
				t.Errorf("purged %d", n)
			}
		})
	})
}
