package store

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// EndpointCounts implements record.Repository. A mock keeps so many requests at the most, so that counting them is bounded.
func (s recordStore) EndpointCounts(ctx context.Context, who workspace.Caller, mockID string, since time.Time) (record.EndpointCounts, error) {
	var counts record.EndpointCounts
	if _, err := seenMock(ctx, s.read, who, mockID); err != nil {
		return counts, failed("count requests", err)
	}
	requests := s.read.NewSelect().TableExpr("requests AS q").Where("q.mock_id = ? AND q.time >= ?", mockID, since.UTC())
	err := requests.Clone().ColumnExpr("count(*)").Scan(ctx, &counts.Recorded)
	if err != nil {
		return counts, failed("count requests", err)
	}
	err = requests.Clone().ColumnExpr("q.endpoint, count(*) AS requests, max(q.time) AS last_request_at").
		ColumnExpr("sum(CASE WHEN q.status BETWEEN 400 AND 499 THEN 1 ELSE 0 END) AS client_error").
		ColumnExpr("sum(CASE WHEN q.status >= 500 THEN 1 ELSE 0 END) AS server_error").
		Where("q.endpoint <> ''").GroupExpr("q.endpoint").OrderExpr("count(*) DESC, q.endpoint").Limit(record.MaxEndpointCounts).Scan(ctx, &counts.Items)
	if err != nil {
		return counts, failed("count requests", err)
	}
	err = requests.Clone().ColumnExpr("q.method, q.path, count(*) AS requests, max(q.time) AS last_request_at").
		Where("q.endpoint = ''").GroupExpr("q.method, q.path").OrderExpr("count(*) DESC, q.path, q.method").Limit(record.MaxUnmatched).Scan(ctx, &counts.Unmatched)
	return counts, failed("count requests", err)
}
