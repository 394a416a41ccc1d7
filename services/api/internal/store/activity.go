package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Activity implements record.Repository. It reads the hours of one workspace's mocks, of which its quota allows so many.
func (s recordStore) Activity(ctx context.Context, who workspace.Caller, q record.ActivityQuery) ([]record.Activity, error) {
	in, err := findMembership(ctx, s.read, who, q.WorkspaceSlug)
	if err != nil {
		return nil, failed("read activity", err)
	}
	var mocks []struct {
		ID     string
		Slug   string
		LastAt time.Time
	}
	selected := s.read.NewSelect().ColumnExpr("m.id, m.slug, ? AS last_at", lastRequest).TableExpr("mocks AS m").
		Where("m.workspace_id = ?", in.ID).Where("?", existence(false))
	if len(q.Mocks) > 0 {
		selected = selected.Where("m.id IN (?)", bun.List(q.Mocks))
	} else {
		selected = selected.Where("EXISTS (SELECT 1 FROM request_counts AS c WHERE c.subject = m.id AND c.hour >= ? AND c.hour < ?)", q.From, q.To)
	}
	if err := selected.Scan(ctx, &mocks); err != nil {
		return nil, failed("read activity", err)
	}
	items := make([]record.Activity, len(mocks))
	places := make(map[string]*record.Activity, len(mocks))
	ids := make([]string, len(mocks))
	for i, m := range mocks {
		items[i] = record.Activity{MockID: m.ID, MockSlug: m.Slug, Hours: make([]uint64, int(q.To.Sub(q.From)/time.Hour))}
		if !m.LastAt.IsZero() {
			items[i].LastRequestAt = m.LastAt.UTC()
		}
		ids[i], places[m.ID] = m.ID, &items[i]
	}
	if len(ids) == 0 {
		return items, nil
	}
	var counts []countsRow
	err = s.read.NewSelect().Model(&counts).
		Column("subject", "hour").ColumnExpr("sum(informational + success + redirection + client_error + server_error + other) AS success").
		ColumnExpr("sum(client_error) AS client_error, sum(server_error) AS server_error").
		Where("subject IN (?)", bun.List(ids)).Where("hour >= ? AND hour < ?", q.From, q.To).
		Group("subject", "hour").Scan(ctx)
	for _, c := range counts {
		a, all := places[c.Subject], uint64(c.Success)
		a.Hours[int(c.Hour.Sub(q.From)/time.Hour)] += all
		a.Requests += all
		a.ClientError += uint64(c.ClientError)
		a.ServerError += uint64(c.ServerError)
	}
	return items, failed("read activity", err)
}
