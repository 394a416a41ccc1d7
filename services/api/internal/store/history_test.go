package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// next is the decision to store one more revision, of which two earlier ones are kept.
func next(m mock.Mock) (mock.Write, error) {
	m.Revision++
	m.Content, m.Message = fmt.Sprintf("content %d", m.Revision), fmt.Sprintf("message %d", m.Revision)
	m.Diagnostics = []mockspec.Diagnostic{{Severity: mockspec.Error}, {Severity: mockspec.Warning}, {Severity: mockspec.Warning}}
	return mock.Write{Action: mock.Edited, Mock: m, NewRevision: true, KeepRevisions: 2}, nil
}

func numbers(revisions []mock.Revision) []int {
	var out []int
	for _, r := range revisions {
		out = append(out, r.Number)
	}
	return out
}

func TestRevisions(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		step := func(decide func(mock.Mock) (mock.Write, error)) {
			t.Helper()
			if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), m.ID, decide); err != nil {
				t.Fatal(err)
			}
		}
		pin := func(number int, pinned bool) {
			t.Helper()
			must[mock.Revision](t)(s.Mocks.MarkRevision(ctx, as(ann), m.ID, number, func(_ mock.Mock, r mock.Revision, _ int) (mock.Revision, error) {
				r.Pinned, r.Label = pinned, "why"
				return r, nil
			}))
		}
		step(next)
		pin(1, true)
		step(publish) // revision 2
		for range 5 {
			step(next)
		}
		if got := numbers(must[[]mock.Revision](t)(s.Mocks.Revisions(ctx, as(ann), m.ID, 0, 10))); !slices.Equal(got, []int{7, 6, 5, 2, 1}) {
			t.Errorf("kept %v: the current one, two before it, the published one and the pinned one", got)
		}
		if got := numbers(must[[]mock.Revision](t)(s.Mocks.Revisions(ctx, as(ann), m.ID, 6, 2))); !slices.Equal(got, []int{5, 2}) {
			t.Errorf("the page below 6 is %v", got)
		}
		r := must[mock.Revision](t)(s.Mocks.Revision(ctx, as(ann), m.ID, 7))
		if r.Author != "ann" || r.Message != "message 7" || r.Size != len("content 7") || r.Errors != 1 || r.Warnings != 2 || r.Content != "content 7" || len(r.Diagnostics) != 3 {
			t.Errorf("read back: %+v", r)
		}
		if r := must[mock.Revision](t)(s.Mocks.Revision(ctx, as(ann), m.ID, 1)); !r.Pinned || r.Label != "why" {
			t.Errorf("the pin: %+v", r)
		}
		step(func(m mock.Mock) (mock.Write, error) {
			if m.Served != "content 2" {
				t.Errorf("what is served is %q", m.Served)
			}
			return mock.Write{}, nil
		})
		pin(1, false)
		step(next)
		if got := numbers(must[[]mock.Revision](t)(s.Mocks.Revisions(ctx, as(ann), m.ID, 0, 10))); !slices.Equal(got, []int{8, 7, 6, 2}) {
			t.Errorf("kept %v after unpinning", got)
		}
		for name, err := range map[string]error{
			"foreign list": func() error { _, err := s.Mocks.Revisions(ctx, as(bob), m.ID, 0, 10); return err }(),
			"foreign read": func() error { _, err := s.Mocks.Revision(ctx, as(bob), m.ID, 8); return err }(),
			"foreign mark": func() error {
				_, err := s.Mocks.MarkRevision(ctx, as(bob), m.ID, 8, func(_ mock.Mock, r mock.Revision, _ int) (mock.Revision, error) { return r, nil })
				return err
			}(),
			"pruned": func() error { _, err := s.Mocks.Revision(ctx, as(ann), m.ID, 3); return err }(),
		} {
			if apperr.CodeOf(err) != apperr.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestDeletedMocks(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		restore := func(id, slug string) (mock.Mock, error) {
			m, _, err := s.Mocks.RestoreMock(ctx, as(ann), id, func(m mock.Mock) (mock.Write, error) {
				m.DeletedAt, m.Slug = time.Time{}, slug
				return mock.Write{Action: mock.Restored, Mock: m}, nil
			})
			return m, err
		}
		deleted := func(text string) (slugs []string) {
			for _, m := range must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(ann), mock.Query{Filter: mock.Filter{Deleted: true, Text: text, Sort: mock.ByDeleted, Backwards: true}, Limit: 10})) {
				slugs = append(slugs, m.Slug)
			}
			return slugs
		}
		var ids []string
		for i := range 5 {
			m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone)) // the slug is free each time
			ids = append(ids, m.ID)
			if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), m.ID, func(m mock.Mock) (mock.Write, error) {
				m.DeletedAt = start.Add(time.Duration(i) * time.Hour)
				return mock.Write{Action: mock.Deleted, Mock: m, KeepDeleted: 3}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if got := deleted(""); len(got) != 3 || got[0] != "pets" {
			t.Errorf("deleted are %v", got)
		}
		for text, want := range map[string]int{"pets": 3, "et": 3, "~": 0, ids[4]: 0} {
			if got := deleted(text); len(got) != want {
				t.Errorf("%v are found by %q", got, text)
			}
		}
		if _, err := s.Mocks.Mock(ctx, as(ann), ids[4]); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("a deleted mock is read: %v", err)
		}
		if _, err := restore(ids[0], "pets"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("beyond the bound: %v", err)
		}
		if m := must[mock.Mock](t)(restore(ids[4], "pets")); m.Slug != "pets" || m.Deleted() {
			t.Errorf("restored: %+v", m)
		}
		if _, err := restore(ids[3], "pets"); apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("restored over another: %v", err)
		}
		if _, err := restore(ids[4], "pets"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("restored what is not deleted: %v", err)
		}
		if n := must[int64](t)(s.Mocks.PurgeMocks(ctx, start.Add(3*time.Hour))); n != 1 {
			t.Errorf("purged %d", n)
		}
		if got := deleted(""); len(got) != 1 {
			t.Errorf("deleted are %v after the purge", got)
		}
	})
}

func TestMoves(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		bob := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		_, err := s.write.NewRaw("INSERT INTO members (account_id, workspace_id, role, created_at) SELECT ?, id, 'editor', ? FROM workspaces WHERE slug = 'bob'", ann.ID, start).Exec(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		move := func(who account.Account, into string) (mock.Mock, error) {
			m, _, err := s.Mocks.MoveMock(ctx, as(who), m.ID, into, func(m mock.Mock, in workspace.Membership) (mock.Write, error) {
				m.WorkspaceID, m.WorkspaceSlug, m.Role = in.ID, in.Slug, in.Role
				return mock.Write{Action: mock.Moved, Mock: m, Changes: []changelog.Change{{Key: m.ID, Payload: event.MockUpdated{MockID: m.ID, WorkspaceID: m.WorkspaceID}}}}, nil
			})
			return m, err
		}
		if _, err := move(bob, "bob"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("moved a foreign mock: %v", err)
		}
		if _, err := move(ann, "nobody"); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("moved to a foreign workspace: %v", err)
		}
		if moved := must[mock.Mock](t)(move(ann, "bob")); moved.WorkspaceSlug != "bob" || moved.Role != workspace.Editor || moved.Change != 1 {
			t.Errorf("moved: %+v", moved)
		}
		if seen := must[mock.Mock](t)(s.Mocks.Mock(ctx, as(bob), m.ID)); seen.ID != m.ID || seen.WorkspaceSlug != "bob" {
			t.Errorf("bob sees %+v", seen)
		}
		must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), newMock("pets"), anyone))
		if _, err := move(ann, "ann"); apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("moved over another: %v", err)
		}
	})
}

// Every order and filter pages through the same mocks, each once, workspace by workspace.
func TestListOrdersAndFilters(t *testing.T) {
	conformance(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann := must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
		must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))
		_, err := s.write.NewRaw("INSERT INTO members (account_id, workspace_id, role, created_at) SELECT ?, id, 'viewer', ? FROM workspaces WHERE slug = 'bob'", ann.ID, start).Exec(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 7 {
			m := newMock(fmt.Sprintf("m%d", i))
			m.Name = fmt.Sprintf("The 100%% Shop_%d", i)
			m.CreatedAt, m.UpdatedAt = start.Add(time.Duration(i)*time.Minute), start.Add(-time.Duration(i/2)*time.Minute) // some at the same time
			if i%3 == 0 {
				m.Diagnostics = []mockspec.Diagnostic{{Severity: mockspec.Error}}
			}
			created := must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(ann), m, anyone))
			if i == 4 {
				if _, _, err := s.Mocks.UpdateMock(ctx, as(ann), created.ID, publish); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, c := range map[string]struct {
			filter mock.Filter
			want   string
		}{
			"slug":               {mock.Filter{Sort: mock.BySlug}, "m0 m1 m2 m3 m4 m5 m6"},
			"slug, backwards":    {mock.Filter{Sort: mock.BySlug, Backwards: true}, "m6 m5 m4 m3 m2 m1 m0"},
			"created":            {mock.Filter{Sort: mock.ByCreated}, "m0 m1 m2 m3 m4 m5 m6"},
			"updated":            {mock.Filter{Sort: mock.ByUpdated}, "m6 m4 m5 m2 m3 m0 m1"},
			"updated, backwards": {mock.Filter{Sort: mock.ByUpdated, Backwards: true}, "m1 m0 m3 m2 m5 m4 m6"},
			"text in the slug":   {mock.Filter{Sort: mock.BySlug, Text: "m3"}, "m3"},
			"text in the name":   {mock.Filter{Sort: mock.BySlug, Text: "shop_5"}, "m5"},
			"text is no pattern": {mock.Filter{Sort: mock.BySlug, Text: "100%p"}, ""},
			"invalid":            {mock.Filter{Sort: mock.BySlug, State: "offline_invalid"}, "m0 m3 m6"},
			"offline":            {mock.Filter{Sort: mock.BySlug, State: "offline"}, "m1 m2 m5"},
			"publishing":         {mock.Filter{Sort: mock.BySlug, State: "publishing"}, "m4"},
			"published":          {mock.Filter{Sort: mock.BySlug, State: "published", Applied: 1}, "m4"},
			"another workspace":  {mock.Filter{Sort: mock.BySlug, WorkspaceSlug: "bob"}, ""},
			"nobody's":           {mock.Filter{Sort: mock.BySlug, WorkspaceSlug: "eve"}, ""},
		} {
			q := mock.Query{Filter: c.filter, Limit: 2}
			var slugs []string
			for {
				page := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(ann), q))
				for _, m := range page {
					slugs = append(slugs, m.Slug)
					at := m.UpdatedAt
					if c.filter.Sort == mock.ByCreated {
						at = m.CreatedAt
					}
					q.After = &mock.Place{WorkspaceID: m.WorkspaceID, Slug: m.Slug, Time: at, ID: m.ID}
				}
				if len(page) < q.Limit {
					break
				}
			}
			if got := strings.Join(slugs, " "); got != c.want {
				t.Errorf("%s: %s, wanted %s", name, got, c.want)
			}
		}
		must[mock.Mock](t)(s.Mocks.CreateMock(ctx, as(must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "bob", start))), newMock("of-bob"), anyone))
		all := must[[]mock.Mock](t)(s.Mocks.Mocks(ctx, as(ann), mock.Query{Filter: mock.Filter{Sort: mock.BySlug}, Limit: 10}))
		if len(all) != 8 || all[7].Slug != "of-bob" || all[7].Role != workspace.Viewer || all[0].Role != workspace.Owner {
			t.Errorf("all workspaces: %d mocks, the last %+v", len(all), all[len(all)-1])
		}
	})
}
