package store

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Every write of a mock has an entry in its own transaction, and a refused one has none.
func TestAuditOfMocks(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		who := as(ann)
		who.Operation, who.Means, who.RequestID = "createMock", workspace.Token, "r1"
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, who, newMock("pets"), anyone))
		if _, err := s.Mocks.CreateMock(ctx, who, newMock("pets"), anyone); err == nil {
			t.Fatal("the slug was taken twice")
		}
		who.Operation, who.Means, who.RequestID = "publishMock", workspace.Session, "r2"
		if _, _, err := s.Mocks.UpdateMock(ctx, who, m.ID, publish); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Mocks.UpdateMock(ctx, who, m.ID, func(mock.Mock) (mock.Write, error) { return mock.Write{}, nil }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), m.ID, remove); err != nil {
			t.Fatal(err)
		}
		about := func(action string) audit.Entry {
			return audit.Entry{WorkspaceID: m.WorkspaceID, Action: action, Kind: "mock", TargetID: m.ID, Label: "pets"}
		}
		want := []audit.Record{
			{Entry: about(audit.Internal), AccountID: ann.ID, Username: "ann"},
			{Entry: about("publishMock"), AccountID: ann.ID, Username: "ann", Means: workspace.Session, RequestID: "r2"},
			{Entry: about("createMock"), AccountID: ann.ID, Username: "ann", Means: workspace.Token, RequestID: "r1"},
		}
		got := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, m.WorkspaceID, audit.Query{Limit: 10}))
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(audit.Record{}, "ID", "At")); diff != "" {
			t.Error(diff)
		}
		for _, r := range got {
			if age := time.Since(r.At); age < -time.Second || age > time.Minute {
				t.Errorf("%s happened %s ago", r.Action, age)
			}
		}
	})
}

func TestAuditLog(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		in := must[workspace.Membership](t)(s.Workspaces.Membership(ctx, as(ann), "ann"))
		var times []time.Time
		for i, a := range []account.Account{ann, bob, ann, bob, ann} {
			who := as(a)
			who.Operation = []string{"one", "two"}[i/3]
			err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				return s.audit(ctx, tx, who, audit.Entry{WorkspaceID: in.ID, TargetID: string(rune('a' + i))})
			})
			if err != nil {
				t.Fatal(err)
			}
			all := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, in.ID, audit.Query{Limit: 1}))
			times = append(times, all[0].At)
			for time.Since(times[i]) < 2*time.Millisecond {
				runtime.Gosched() // the next entry has another millisecond
			}
		}
		page := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, in.ID, audit.Query{Limit: 2}))
		for name, c := range map[string]struct {
			q    audit.Query
			want string
		}{
			"all":             {audit.Query{}, "edcba"},
			"a page":          {audit.Query{Limit: 2}, "ed"},
			"the next page":   {audit.Query{Before: page[1].ID}, "cba"},
			"by action":       {audit.Query{Action: "one"}, "cba"},
			"by actor":        {audit.Query{Username: "bob"}, "db"},
			"by an unknown":   {audit.Query{Username: "' OR 1=1 --"}, ""},
			"by both":         {audit.Query{Username: "bob", Action: "two"}, "d"},
			"since":           {audit.Query{Since: times[3]}, "ed"},
			"until":           {audit.Query{Until: times[3]}, "cba"},
			"between":         {audit.Query{Since: times[1], Until: times[3]}, "cb"},
			"before all time": {audit.Query{Until: time.Time{}.Add(time.Hour)}, ""},
		} {
			if c.q.Limit == 0 {
				c.q.Limit = 10
			}
			got := ""
			for _, r := range must[[]audit.Record](t)(s.Audit.AuditLog(ctx, in.ID, c.q)) {
				got += r.TargetID
			}
			if got != c.want {
				t.Errorf("%s: %q, wanted %q", name, got, c.want)
			}
		}
		if other := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, "another", audit.Query{Limit: 10})); len(other) != 0 {
			t.Errorf("%d entries of another workspace", len(other))
		}
		if n := must[int64](t)(s.Audit.PurgeAudit(ctx, times[2])); n != 2 {
			t.Errorf("purged %d", n)
		}
		if left := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, in.ID, audit.Query{Limit: 10})); len(left) != 3 {
			t.Errorf("%d are left", len(left))
		}
	})
}

// What concerns the account alone is written to its own workspace.
func TestAuditOfTheAccount(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		in := must[workspace.Membership](t)(s.Workspaces.Membership(ctx, as(ann), "ann"))
		err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			return s.audit(ctx, tx, as(ann), audit.Entry{Kind: "token"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := must[[]audit.Record](t)(s.Audit.AuditLog(ctx, in.ID, audit.Query{Limit: 10})); len(got) != 1 || got[0].Kind != "token" {
			t.Errorf("%+v", got)
		}
	})
}
