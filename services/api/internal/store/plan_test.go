package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// No list of mocks slows with the table's size: Postgres reads each of its orders from an index, also with 100,000 mocks.
func TestListsUseAnIndex(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.Postgres(t))
	ctx := t.Context()
	must[account.Account](t)(s.Accounts.EnsureAccount(ctx, "ann", start))
	for _, statement := range []string{
		// A large workspace, and many small ones.
		`INSERT INTO workspaces (id, slug, name, created_at) SELECT 'w' || i, 'w' || i, '', now() FROM generate_series(1, 1000) AS i`,
		`INSERT INTO mocks (id, workspace_id, slug, revision, created_at, updated_at)
			SELECT 'm' || i, 'w' || CASE WHEN i % 2 = 0 THEN 1 ELSE i % 1000 + 1 END, 'slug' || i, 1, now() + i * interval '1 second', now() - i * interval '1 second'
			FROM generate_series(1, 100000) AS i`,
		`INSERT INTO revisions (mock_id, number, content, diagnostics, created_at) SELECT id, 1, '', '[]', now() FROM mocks`,
		// Every fourth mock has a domain, and every second of those answers on it.
		`INSERT INTO domains (id, mock_id, host, token, target, ownership, routing, reason, created_at)
			SELECT 'd' || i, 'm' || i, 'h' || i || '.example.com', '', '', CASE WHEN i % 8 = 0 THEN 'verified' ELSE 'pending' END, 'ok', '', now()
			FROM generate_series(4, 100000, 4) AS i`,
		`INSERT INTO accounts (id, username, created_at) VALUES ('large', 'large', now()), ('small', 'small', now())`,
		`INSERT INTO members (workspace_id, account_id, role, created_at) VALUES ('w1', 'large', 'owner', now()), ('w9', 'small', 'owner', now())`,
		`ANALYZE`,
	} {
		if _, err := s.write.NewRaw(statement).Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, workspaceID := range []string{"w1", "w7"} {
		for _, f := range []mock.Filter{
			{Sort: mock.BySlug},
			{Sort: mock.BySlug, Backwards: true},
			{Sort: mock.ByUpdated},
			{Sort: mock.ByUpdated, Backwards: true},
			{Sort: mock.ByCreated},
			{Sort: mock.ByCreated, Backwards: true},
			{Sort: mock.ByDeleted, Backwards: true, Deleted: true},
			{Sort: mock.BySlug, Text: "slug"},
			{Sort: mock.ByUpdated, Backwards: true, State: string(publication.Offline)},
		} {
			for _, after := range []mock.Place{{}, {Slug: "slug5", Time: start, ID: "m5"}} {
				var lines []string
				if err := s.read.NewRaw("EXPLAIN (COSTS OFF) ?", s.Mocks.mocksOf(workspaceID, f, after, 51)).Scan(ctx, &lines); err != nil {
					t.Fatal(err)
				}
				plan := strings.Join(lines, "\n")
				// A small workspace may be sorted: its cost is its own size.
				sorts := strings.Contains(plan, "Sort") && workspaceID == "w1" && !f.Deleted
				if strings.Contains(plan, "Seq Scan on mocks") || strings.Contains(plan, "Seq Scan on revisions") || sorts || !strings.Contains(plan, "Index") {
					t.Errorf("%s, %+v, %+v:\n%s", workspaceID, f, after, plan)
				}
			}
		}
	}
	for _, who := range []workspace.Caller{{AccountID: "large"}, {AccountID: "small"}} {
		for name, q := range map[string]*bun.SelectQuery{
			"all":          selectDomains(s.read, &who),
			"of workspace": selectDomains(s.read, &who).Where("w.slug = ?", "w9"),
			"of mock":      selectDomains(s.read, &who).Where("d.mock_id = ?", "m8"),
			"one":          selectDomains(s.read, &who).Where("d.id = ?", "d8"),
			"claims":       selectDomains(s.read, nil).Where("d.host = ?", "h8.example.com"),
		} {
			var lines []string
			if err := s.read.NewRaw("EXPLAIN (COSTS OFF) ?", q.Where("d.id > ?", "d").Order("d.id").Limit(51)).Scan(ctx, &lines); err != nil {
				t.Fatal(err)
			}
			if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan on domains") || strings.Contains(plan, "Seq Scan on mocks") {
				t.Errorf("domains, %s, of the %s:\n%s", name, who.AccountID, plan)
			}
		}
	}
	for name, query := range map[string]string{
		"purge":     fmt.Sprintf("SELECT id FROM mocks WHERE deleted_at IS NOT NULL AND deleted_at < now() ORDER BY deleted_at LIMIT %d", maxPruned),
		"revisions": "SELECT number FROM revisions WHERE mock_id = 'm7' ORDER BY number DESC LIMIT 51",
	} {
		var lines []string
		if err := s.read.NewRaw("EXPLAIN (COSTS OFF) "+query).Scan(ctx, &lines); err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
