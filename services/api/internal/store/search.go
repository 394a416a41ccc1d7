package store

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/search"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// searched limits q, which has workspaces w, to those of the caller, or to the one with that slug.
func searched(q *bun.SelectQuery, who workspace.Caller, slug string) *bun.SelectQuery {
	q = q.Join("JOIN members AS mb ON mb.workspace_id = w.id AND ?", membership(who))
	if slug != "" {
		q = q.Where("w.slug = ?", slug)
	}
	return q
}

// begins is the pattern of LIKE for texts that begin with text.
func begins(text string) string { return strings.TrimPrefix(contains(text), "%") }

// seenWorkspace is an error if the caller has no workspace with that slug; "" names none.
func (s *core) seenWorkspace(ctx context.Context, who workspace.Caller, slug string) error {
	if slug == "" {
		return nil
	}
	_, err := findMembership(ctx, s.read, who, slug)
	return err
}

// MocksNamed implements search.Repository.
func (s searchStore) MocksNamed(ctx context.Context, who workspace.Caller, slug, text string, limit int) ([]mock.Mock, error) {
	if err := s.seenWorkspace(ctx, who, slug); err != nil {
		return nil, failed("search", err)
	}
	pattern := contains(text)
	return list(ctx, searched(selectMocks(s.read, false), who, slug).Where("?", existence(false)).
		Where("(m.slug LIKE ? ESCAPE '!' OR LOWER(m.name) LIKE ? ESCAPE '!')", pattern, pattern).
		OrderExpr("CASE WHEN m.slug LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, m.slug, m.id", begins(text)).Limit(int64(limit)))
}

// MocksWith implements search.Repository.
func (s searchStore) MocksWith(ctx context.Context, who workspace.Caller, slug, text string, limit int) ([]mock.Mock, error) {
	return list(ctx, searched(selectMocks(s.read, true), who, slug).Where("?", existence(false)).
		Where("LOWER(r.content) LIKE ? ESCAPE '!'", contains(text)).Order("m.updated_at DESC", "m.id").Limit(int64(limit)))
}

// FilesNamed implements search.Repository.
func (s searchStore) FilesNamed(ctx context.Context, who workspace.Caller, slug, text string, limit int) ([]search.File, error) {
	var found []search.File
	q := s.read.NewSelect().ColumnExpr("f.id, f.name, w.slug AS workspace_slug").TableExpr("files AS f").Join("JOIN workspaces AS w ON w.id = f.workspace_id")
	err := searched(q, who, slug).Where("LOWER(f.name) LIKE ? ESCAPE '!'", contains(text)).
		OrderExpr("CASE WHEN LOWER(f.name) LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, f.name, f.id", begins(text)).Limit(int64(limit)).Scan(ctx, &found)
	return found, failed("search", err)
}
