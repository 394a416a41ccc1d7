package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// mockRow is a mock with what other tables say about it.
type mockRow struct {
	bun.BaseModel `bun:"table:mocks,alias:m"`

	ID                string    `bun:"id,pk"`
	WorkspaceID       string    `bun:"workspace_id"`
	Slug              string    `bun:"slug"`
	Name              string    `bun:"name"`
	Description       string    `bun:"description"`
	Settings          int       `bun:"version"`
	Errors            int       `bun:"errors"`
	Revision          int       `bun:"revision"`
	PublishedRevision int       `bun:"published_revision"`
	Change            int64     `bun:"change"`
	Rejected          int64     `bun:"rejected"`
	Rejection         string    `bun:"rejection"`
	Endpoints         int       `bun:"endpoints"`
	Bytes             int       `bun:"bytes"`
	CreatedAt         time.Time `bun:"created_at"`
	UpdatedAt         time.Time `bun:"updated_at"`
	DeletedAt         time.Time `bun:"deleted_at,nullzero"`
	DeletedSlug       string    `bun:"deleted_slug"`

	WorkspaceSlug string         `bun:"workspace,scanonly"`
	Role          workspace.Role `bun:"role,scanonly"`
	Content       string         `bun:"content,scanonly"`
	Diagnostics   string         `bun:"diagnostics,scanonly"`
	Message       string         `bun:"message,scanonly"`
	Domains       string         `bun:"domains,scanonly"` // with a space between them
	LastAt        time.Time      `bun:"last_at,scanonly"`
}

func (r *mockRow) mock() (mock.Mock, error) {
	m := mock.Mock{
		ID: r.ID, WorkspaceID: r.WorkspaceID, WorkspaceSlug: r.WorkspaceSlug, Role: r.Role,
		Slug: r.Slug, Name: r.Name, Description: r.Description, Settings: r.Settings,
		Revision: r.Revision, Content: r.Content, Endpoints: r.Endpoints, Message: r.Message, PublishedRevision: r.PublishedRevision,
		Change: uint64(r.Change), Rejected: uint64(r.Rejected), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.Content == "" {
		m.Bytes = r.Bytes
	}
	if !r.LastAt.IsZero() {
		m.LastRequestAt = r.LastAt.UTC()
	}
	if r.Domains != "" {
		m.Domains = strings.Fields(r.Domains)
	}
	if !r.DeletedAt.IsZero() {
		m.Slug, m.DeletedAt = r.DeletedSlug, r.DeletedAt.UTC()
	}
	err := errors.Join(json.Unmarshal([]byte(r.Diagnostics), &m.Diagnostics), json.Unmarshal([]byte(r.Rejection), &m.Rejection))
	if err != nil {
		return m, fmt.Errorf("decode the diagnostics of mock %s: %w", r.ID, err)
	}
	return m, nil
}

// rowOf is how m is stored. It leaves out what outcomes say, and how large its current revision is: see measure.
func rowOf(m mock.Mock) mockRow {
	r := mockRow{
		ID: m.ID, WorkspaceID: m.WorkspaceID, Slug: m.Slug, Name: m.Name, Description: m.Description, Settings: m.Settings,
		Revision: m.Revision, PublishedRevision: m.PublishedRevision, Change: int64(m.Change), Rejection: "[]",
		CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(),
	}
	r.Errors, _ = severities(m.Diagnostics)
	if m.Deleted() {
		r.Slug, r.DeletedSlug, r.DeletedAt = "~"+m.ID, m.Slug, m.DeletedAt.UTC()
	}
	return r
}

// selectMocks begins every query for mocks, deleted ones included. Without content it does not read the contents.
func selectMocks(db bun.IDB, content bool) *bun.SelectQuery {
	q := db.NewSelect().Model((*mockRow)(nil)).ColumnExpr("m.*, w.slug AS workspace, r.diagnostics, r.message").
		ColumnExpr("(SELECT coalesce(string_agg(d.host, ' ' ORDER BY d.id), '') FROM domains AS d WHERE d.mock_id = m.id AND d.ownership IN ('verified', 'grace')) AS domains").
		Join("JOIN workspaces AS w ON w.id = m.workspace_id").
		Join("JOIN revisions AS r ON r.mock_id = m.id AND r.number = m.revision")
	if content {
		q = q.ColumnExpr("r.content")
	}
	return q
}

// membership is the condition that a row mb of members is one of who's.
func membership(who workspace.Caller) schema.QueryWithArgs {
	if who.WorkspaceID != "" {
		return bun.SafeQuery("mb.account_id = ? AND mb.workspace_id = ?", who.AccountID, who.WorkspaceID)
	}
	return bun.SafeQuery("mb.account_id = ?", who.AccountID)
}

var (
	errNoMock        = apperr.New(apperr.NotFound, "There is no mock with this id in your workspaces.")
	errNoSuchMock    = apperr.New(apperr.NotFound, "There is no mock with this slug in that workspace, or you are not a member of it.")
	errNoDeletedMock = apperr.New(apperr.NotFound, "There is no deleted mock with this id in your workspaces.")
)

// findMock reads a mock with its content: a living one, or one that is deleted.
func findMock(ctx context.Context, db bun.IDB, who workspace.Caller, id string, deleted bool) (mock.Mock, error) {
	return scanMock(ctx, selectMocks(db, true), who, id, deleted)
}

// scanMock finishes a query for one mock by its id: a living one of the caller's, or one that is deleted.
func scanMock(ctx context.Context, q *bun.SelectQuery, who workspace.Caller, id string, deleted bool) (mock.Mock, error) {
	unknown := errNoMock
	if deleted {
		unknown = errNoDeletedMock
	}
	return scanOne(ctx, q.Where("m.id = ?", id).Where("?", existence(deleted)), who, unknown)
}

// scanOne finishes a query for one of the caller's mocks.
func scanOne(ctx context.Context, q *bun.SelectQuery, who workspace.Caller, unknown error) (mock.Mock, error) {
	var row mockRow
	err := q.ColumnExpr("mb.role").Join("JOIN members AS mb ON mb.workspace_id = m.workspace_id AND ?", membership(who)).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return mock.Mock{}, unknown
	}
	if err != nil {
		return mock.Mock{}, err
	}
	return row.mock()
}

// existence is the condition that a mock m is alive, or deleted.
func existence(deleted bool) schema.QueryWithArgs {
	if deleted {
		return bun.SafeQuery("m.deleted_at IS NOT NULL")
	}
	return bun.SafeQuery("m.deleted_at IS NULL")
}

// Mock implements mock.Repository.
func (s mockStore) Mock(ctx context.Context, who workspace.Caller, id string) (mock.Mock, error) {
	m, err := findMock(ctx, s.read, who, id, false)
	return m, failed("read a mock", err)
}

// MockBySlug implements mock.Repository.
func (s mockStore) MockBySlug(ctx context.Context, who workspace.Caller, workspaceSlug, slug string) (mock.Mock, error) {
	q := selectMocks(s.read, true).Where("w.slug = ?", workspaceSlug).Where("m.slug = ?", slug).Where("?", existence(false))
	m, err := scanOne(ctx, q, who, errNoSuchMock)
	return m, failed("read a mock", err)
}

// MocksByID implements publication.Repository.
func (s mockStore) MocksByID(ctx context.Context, ids []string) ([]mock.Mock, error) {
	return list(ctx, selectMocks(s.read, false).Where("m.id IN (?)", bun.List(ids)).Where("?", existence(false)))
}

func list(ctx context.Context, q *bun.SelectQuery) ([]mock.Mock, error) {
	var rows []mockRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("list mocks", err)
	}
	mocks := make([]mock.Mock, len(rows))
	for i := range rows {
		var err error
		if mocks[i], err = rows[i].mock(); err != nil {
			return nil, err
		}
	}
	return mocks, nil
}
