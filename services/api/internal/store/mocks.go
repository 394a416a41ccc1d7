package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// mockRow is a mock with what other tables say about it.
type mockRow struct {
	bun.BaseModel `bun:"table:mocks,alias:m"`

	ID                string    `bun:"id,pk"`
	WorkspaceID       string    `bun:"workspace_id"`
	Slug              string    `bun:"slug"`
	Revision          int       `bun:"revision"`
	PublishedRevision int       `bun:"published_revision"`
	Change            int64     `bun:"change"`
	Rejected          int64     `bun:"rejected"`
	Rejection         string    `bun:"rejection"`
	Endpoints         int       `bun:"endpoints"`
	Bytes             int       `bun:"bytes"`
	CreatedAt         time.Time `bun:"created_at"`
	UpdatedAt         time.Time `bun:"updated_at"`

	Workspace   string         `bun:"workspace,scanonly"`
	Role        workspace.Role `bun:"role,scanonly"`
	Content     string         `bun:"content,scanonly"`
	Diagnostics string         `bun:"diagnostics,scanonly"`
}

func (r *mockRow) mock() (mock.Mock, error) {
	m := mock.Mock{
		ID: r.ID, WorkspaceID: r.WorkspaceID, Workspace: r.Workspace, Role: r.Role, Slug: r.Slug,
		Revision: r.Revision, Content: r.Content, Endpoints: r.Endpoints, PublishedRevision: r.PublishedRevision,
		Change: uint64(r.Change), Rejected: uint64(r.Rejected), CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	err := errors.Join(json.Unmarshal([]byte(r.Diagnostics), &m.Diagnostics), json.Unmarshal([]byte(r.Rejection), &m.Rejection))
	if err != nil {
		return m, fmt.Errorf("decode the diagnostics of mock %s: %w", r.ID, err)
	}
	return m, nil
}

// selectMocks begins every query for mocks. Without content it does not read the contents.
func selectMocks(db bun.IDB, content bool) *bun.SelectQuery {
	q := db.NewSelect().Model((*mockRow)(nil)).ColumnExpr("m.*, w.slug AS workspace, r.diagnostics").
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

// asMember limits q to the mocks of the caller's workspaces.
func asMember(q *bun.SelectQuery, who workspace.Caller) *bun.SelectQuery {
	return q.ColumnExpr("mb.role").Join("JOIN members AS mb ON mb.workspace_id = m.workspace_id AND ?", membership(who))
}

var errNoMock = apperr.New(apperr.NotFound, "There is no mock with this id in your workspaces.")

func findMock(ctx context.Context, db bun.IDB, who workspace.Caller, id string) (mock.Mock, error) {
	var row mockRow
	err := asMember(selectMocks(db, true), who).Where("m.id = ?", id).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return mock.Mock{}, errNoMock
	}
	if err != nil {
		return mock.Mock{}, err
	}
	return row.mock()
}

// Mock implements mock.Repository.
func (s *Store) Mock(ctx context.Context, who workspace.Caller, id string) (mock.Mock, error) {
	m, err := findMock(ctx, s.read, who, id)
	return m, failed("read a mock", err)
}

// Mocks implements mock.Repository.
func (s *Store) Mocks(ctx context.Context, who workspace.Caller, query mock.Query) ([]mock.Mock, error) {
	q := asMember(selectMocks(s.read, false), who).Order("m.workspace_id", "m.slug").Limit(int64(query.Limit))
	if query.Workspace != "" {
		q = q.Where("w.slug = ?", query.Workspace)
	}
	if query.AfterWorkspace != "" {
		q = q.Where("(m.workspace_id, m.slug) > (?, ?)", query.AfterWorkspace, query.AfterSlug)
	}
	return list(ctx, q)
}

// MocksByID implements publication.Repository.
func (s *Store) MocksByID(ctx context.Context, ids []string) ([]mock.Mock, error) {
	return list(ctx, selectMocks(s.read, false).Where("m.id IN (?)", bun.List(ids)))
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

// CreateMock implements mock.Repository.
func (s *Store) CreateMock(ctx context.Context, who workspace.Caller, m mock.Mock, check func(workspace.Membership) error) (mock.Mock, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var in membershipRow
		err := tx.NewRaw(membershipSelect+" JOIN accounts AS a ON a.id = mb.account_id WHERE ? AND w.slug = COALESCE(NULLIF(?, ''), a.username)",
			membership(who), m.Workspace).Scan(ctx, &in)
		if errors.Is(err, sql.ErrNoRows) {
			return apperr.New(apperr.NotFound, "You are not a member of a workspace %q.", m.Workspace).WithField("workspace")
		}
		if err != nil {
			return err
		}
		if err := check(in.membership()); err != nil {
			return err
		}
		m.WorkspaceID, m.Workspace, m.Role = in.ID, in.Slug, in.Role
		row := mockRow{
			ID: m.ID, WorkspaceID: m.WorkspaceID, Slug: m.Slug, Revision: m.Revision, Rejection: "[]",
			CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(),
		}
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			if duplicate(err) {
				return apperr.New(apperr.Conflict, "The workspace %q already has a mock %q; edit that one or choose another slug.", m.Workspace, m.Slug).WithField("slug")
			}
			return err
		}
		if err := s.insertRevision(ctx, tx, who.AccountID, m); err != nil {
			return err
		}
		if err := s.within(ctx, tx, m.WorkspaceID, quota.Mocks); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutMock(&m))
	})
	return m, failed("create a mock", err)
}

// aboutMock begins the audit entry of a write of m.
func aboutMock(m *mock.Mock) audit.Entry {
	return audit.Entry{WorkspaceID: m.WorkspaceID, Kind: "mock", TargetID: m.ID, Label: m.Slug}
}

// insertRevision stores m's current revision, unless it makes the workspace larger than it may be.
func (s *Store) insertRevision(ctx context.Context, tx bun.Tx, authorID string, m mock.Mock) error {
	diagnostics := m.Diagnostics
	if diagnostics == nil {
		diagnostics = []mockspec.Diagnostic{}
	}
	encoded, err := json.Marshal(diagnostics)
	if err != nil {
		return fmt.Errorf("encode diagnostics: %w", err)
	}
	_, err = tx.NewRaw("INSERT INTO revisions (mock_id, number, content, diagnostics, author_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		m.ID, m.Revision, m.Content, string(encoded), authorID, m.UpdatedAt.UTC()).Exec(ctx)
	if err != nil {
		return err
	}
	if err := insertReferences(ctx, tx, m); err != nil {
		return err
	}
	return s.measure(ctx, tx, m)
}

// measure stores how large m's current revision is. Growth has to be within the quota.
func (s *Store) measure(ctx context.Context, tx bun.Tx, m mock.Mock) error {
	var grown struct{ Endpoints, Bytes bool }
	err := tx.NewRaw("SELECT endpoints < ? AS endpoints, bytes < ? AS bytes FROM mocks WHERE id = ?", m.Endpoints, len(m.Content), m.ID).Scan(ctx, &grown)
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw("UPDATE mocks SET endpoints = ?, bytes = ? WHERE id = ?", m.Endpoints, len(m.Content), m.ID).Exec(ctx); err != nil {
		return err
	}
	if grown.Endpoints {
		err = s.within(ctx, tx, m.WorkspaceID, quota.Endpoints)
	}
	if err == nil && grown.Bytes {
		err = s.within(ctx, tx, m.WorkspaceID, quota.Content)
	}
	return err
}

// UpdateMock implements mock.Repository.
func (s *Store) UpdateMock(ctx context.Context, who workspace.Caller, id string, decide func(mock.Mock) (mock.Write, error)) (mock.Mock, []event.Envelope, error) {
	var m mock.Mock
	var changes []event.Envelope
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if s.postgres() {
			// Lock first and read then: a lock on a join would miss the row if its revision changed while it waited.
			// SQLite's transaction is the only writer from its beginning.
			var locked string
			err := tx.NewRaw(`SELECT id FROM mocks WHERE id = ? AND workspace_id IN (SELECT mb.workspace_id FROM members mb WHERE ?) FOR UPDATE`,
				id, membership(who)).Scan(ctx, &locked)
			if errors.Is(err, sql.ErrNoRows) {
				return errNoMock
			}
			if err != nil {
				return err
			}
		}
		var err error
		if m, err = findMock(ctx, tx, who, id); err != nil {
			return err
		}
		w, err := decide(m)
		if err != nil || w.Mock.ID == "" {
			return err
		}
		m = w.Mock
		if changes, err = s.apply(ctx, tx, who, &m, w); err != nil {
			return err
		}
		return nil
	})
	return m, changes, failed("write a mock", err)
}

// apply stores w. The changes come last: the stream's row is locked from the first of them to the commit.
func (s *Store) apply(ctx context.Context, tx bun.Tx, who workspace.Caller, m *mock.Mock, w mock.Write) ([]event.Envelope, error) {
	if w.NewRevision {
		if err := s.insertRevision(ctx, tx, who.AccountID, *m); err != nil {
			return nil, err
		}
	}
	if err := s.audit(ctx, tx, who, aboutMock(m)); err != nil {
		return nil, err
	}
	var changes []event.Envelope
	for _, c := range w.Changes {
		e, err := appendChange(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		if changes = append(changes, e); e.Stream == event.Mocks {
			m.Change = e.Number
		}
	}
	var err error
	if w.Delete {
		_, err = tx.NewRaw("DELETE FROM mocks WHERE id = ? AND workspace_id = ?", m.ID, m.WorkspaceID).Exec(ctx)
	} else {
		_, err = tx.NewRaw("UPDATE mocks SET revision = ?, published_revision = ?, change = ?, updated_at = ? WHERE id = ? AND workspace_id = ?",
			m.Revision, m.PublishedRevision, int64(m.Change), m.UpdatedAt.UTC(), m.ID, m.WorkspaceID).Exec(ctx)
	}
	return changes, err
}
