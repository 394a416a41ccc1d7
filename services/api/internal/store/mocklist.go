package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Mocks implements mock.Repository. It goes from workspace to workspace, each in an order that an index has: one query
// over all of them would have to sort all the mocks that a caller can see, for every page.
func (s mockStore) Mocks(ctx context.Context, who workspace.Caller, q mock.Query) ([]mock.Mock, error) {
	var found []mock.Mock
	after := q.After
	for first := true; len(found) < q.Limit; first = false {
		in, err := s.nextWorkspace(ctx, who, q.Filter, after, first)
		if err != nil || in == nil {
			return found, err
		}
		if after == nil || after.WorkspaceID != in.ID {
			after = &mock.Place{WorkspaceID: in.ID}
		}
		page, err := list(ctx, s.mocksOf(in.ID, q.Filter, *after, q.Limit-len(found)))
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			m.Role = in.Role
			found = append(found, m)
		}
	}
	return found, nil
}

// nextWorkspace finds the caller's first workspace with mocks behind a place, or (first) the one of the place; nil if
// there is none.
func (s mockStore) nextWorkspace(ctx context.Context, who workspace.Caller, f mock.Filter, after *mock.Place, first bool) (*membershipRow, error) {
	var rows []membershipRow
	q := s.read.NewSelect().ColumnExpr("w.id, w.slug, w.name, w.created_at, mb.role").
		TableExpr("members AS mb").Join("JOIN workspaces AS w ON w.id = mb.workspace_id").Where("?", membership(who)).
		Where("EXISTS (SELECT 1 FROM mocks AS m WHERE m.workspace_id = mb.workspace_id AND ?)", existence(f.Deleted)).
		Order("mb.workspace_id").Limit(1)
	if f.WorkspaceSlug != "" {
		q = q.Where("w.slug = ?", f.WorkspaceSlug)
	}
	switch {
	case after != nil && first:
		q = q.Where("mb.workspace_id >= ?", after.WorkspaceID)
	case after != nil:
		q = q.Where("mb.workspace_id > ?", after.WorkspaceID)
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("list workspaces with mocks", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// lastRequest is about when a mock m was called last: in its last hour with requests.
//
//nolint:gochecknoglobals // a constant
var lastRequest = bun.SafeQuery(`(SELECT max(coalesce(c.last_at, c.hour)) FROM request_counts AS c WHERE c.subject = m.id
	AND c.hour = (SELECT max(h.hour) FROM request_counts AS h WHERE h.subject = m.id))`)

// mocksOf selects the mocks of a workspace behind a place in it, or from the first on if the place has no mock.
func (s mockStore) mocksOf(workspaceID string, f mock.Filter, after mock.Place, limit int) *bun.SelectQuery {
	q := selectMocks(s.read, false).ColumnExpr("? AS last_at", lastRequest).Where("m.workspace_id = ?", workspaceID).Where("?", existence(f.Deleted)).Limit(int64(limit))
	direction, comparison := bun.Safe("ASC"), bun.Safe(">")
	if f.Backwards {
		direction, comparison = "DESC", "<"
	}
	if f.Sort == mock.BySlug {
		q = q.OrderExpr("m.slug ?", direction)
		if after.ID != "" {
			q = q.Where("m.slug ? ?", comparison, after.Slug)
		}
	} else {
		column := bun.SafeQuery("?", bun.Ident("m."+string(f.Sort)))
		if f.Sort == mock.ByRequest {
			column = bun.SafeQuery("coalesce(?, ?)", lastRequest, time.Time{})
		}
		q = q.OrderExpr("? ?, m.id ?", column, direction, direction)
		if after.ID != "" {
			q = q.Where("(?, m.id) ? (?, ?)", column, comparison, after.Time.UTC(), after.ID)
		}
	}
	if f.Text != "" {
		slug, pattern := bun.Safe("m.slug"), contains(f.Text)
		if f.Deleted {
			slug = "m.deleted_slug" // the other one is free again
		}
		q = q.Where("(? LIKE ? ESCAPE '!' OR lower(m.name) LIKE ? ESCAPE '!')", slug, pattern, pattern)
	}
	return inState(q, publication.State(f.State), f.Applied)
}

// inState limits q to the mocks that are in a state, as publication.Of derives it: applied is the change up to which
// every living mock server has applied.
func inState(q *bun.SelectQuery, state publication.State, applied uint64) *bun.SelectQuery {
	at := int64(applied)
	switch state {
	case publication.Published:
		return q.Where("m.published_revision > 0 AND (m.revision = m.published_revision OR m.errors = 0) AND m.rejected <> m.change AND m.change <= ?", at)
	case publication.Publishing:
		return q.Where("m.published_revision > 0 AND (m.revision = m.published_revision OR m.errors = 0) AND m.rejected <> m.change AND m.change > ?", at)
	case publication.Invalid:
		return q.Where(`((m.published_revision = 0 AND m.errors > 0 AND m.change <= ?) OR
			(m.published_revision > 0 AND (m.revision > m.published_revision AND m.errors > 0 OR m.rejected = m.change)))`, at)
	case publication.Offline:
		return q.Where("m.published_revision = 0 AND (m.errors = 0 OR m.change > ?)", at)
	}
	return q
}
