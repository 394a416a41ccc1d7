package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// findWorkspace finds the caller's membership in the workspace with a slug; "" means the caller's own.
func findWorkspace(ctx context.Context, db bun.IDB, who workspace.Caller, slug string) (workspace.Membership, error) {
	if slug == "" {
		err := db.NewRaw("SELECT username FROM accounts WHERE id = ?", who.AccountID).Scan(ctx, &slug)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return workspace.Membership{}, err
		}
	}
	return findMembership(ctx, db, who, slug)
}

// aboutMock begins the audit entry of a write of m.
func aboutMock(m *mock.Mock) audit.Entry {
	return audit.Entry{WorkspaceID: m.WorkspaceID, Kind: "mock", TargetID: m.ID, Label: m.Slug}
}

// taken explains a violated uniqueness of m's slug.
func taken(err error, m mock.Mock) error {
	if duplicate(err) {
		return apperr.New(apperr.Conflict, "The workspace %q already has a mock %q; edit that one or choose another slug.", m.WorkspaceSlug, m.Slug).WithField("slug")
	}
	return err
}

// CreateMock implements mock.Repository.
func (s mockStore) CreateMock(ctx context.Context, who workspace.Caller, m mock.Mock, check func(workspace.Membership) error) (mock.Mock, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := findWorkspace(ctx, tx, who, m.WorkspaceSlug)
		if err != nil {
			return err
		}
		if err := check(in); err != nil {
			return err
		}
		m.WorkspaceID, m.WorkspaceSlug, m.Role = in.ID, in.Slug, in.Role
		row := rowOf(m)
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return taken(err, m)
		}
		if err := s.insertRevision(ctx, tx, who.AccountID, m, false); err != nil {
			return err
		}
		if err := s.within(ctx, tx, m.WorkspaceID, quota.Mocks); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutMock(&m))
	})
	return m, failed("create a mock", err)
}

// severities counts the errors and the warnings.
func severities(diagnostics []mockspec.Diagnostic) (errors, warnings int) {
	for _, d := range diagnostics {
		if d.Severity == mockspec.Error {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

// insertRevision stores m's current revision, unless it makes the workspace larger than it may be.
func (s mockStore) insertRevision(ctx context.Context, tx bun.Tx, authorID string, m mock.Mock, live bool) error {
	diagnostics := m.Diagnostics
	if diagnostics == nil {
		diagnostics = []mockspec.Diagnostic{}
	}
	encoded, err := json.Marshal(diagnostics)
	if err != nil {
		return fmt.Errorf("encode diagnostics: %w", err)
	}
	wrong, warnings := severities(diagnostics)
	var published time.Time // none
	if live {
		published = m.UpdatedAt
	}
	err = s.edits.exec(ctx, tx, insertRevision,
		m.ID, m.Revision, m.Content, string(encoded), authorID, m.Message, len(m.Content), wrong, warnings, m.UpdatedAt, published)
	if err != nil {
		return err
	}
	if err := insertReferences(ctx, tx, m); err != nil {
		return err
	}
	return s.measure(ctx, tx, m)
}

// measure stores how large m's current revision is. Growth has to be within the quota.
func (s mockStore) measure(ctx context.Context, tx bun.Tx, m mock.Mock) error {
	var endpoints, bytes bool
	err := s.edits.row(ctx, tx, selectGrowth, m.Endpoints, len(m.Content), m.ID).Scan(&endpoints, &bytes)
	if err != nil {
		return err
	}
	if err := s.edits.exec(ctx, tx, updateSize, m.Endpoints, len(m.Content), m.ID); err != nil {
		return err
	}
	if endpoints {
		err = s.within(ctx, tx, m.WorkspaceID, quota.Endpoints)
	}
	if err == nil && bytes {
		err = s.within(ctx, tx, m.WorkspaceID, quota.Content)
	}
	return err
}

// UpdateMock implements mock.Repository.
func (s mockStore) UpdateMock(ctx context.Context, who workspace.Caller, id string, decide func(mock.Mock) (mock.Write, error)) (mock.Mock, []event.Envelope, error) {
	return s.writeMock(ctx, who, id, false, func(_ context.Context, _ bun.Tx, m mock.Mock) (mock.Write, error) { return decide(m) })
}

// RestoreMock implements mock.Repository.
func (s mockStore) RestoreMock(ctx context.Context, who workspace.Caller, id string, decide func(mock.Mock) (mock.Write, error)) (mock.Mock, []event.Envelope, error) {
	return s.writeMock(ctx, who, id, true, func(_ context.Context, _ bun.Tx, m mock.Mock) (mock.Write, error) { return decide(m) })
}

// MoveMock implements mock.Repository.
func (s mockStore) MoveMock(ctx context.Context, who workspace.Caller, id, into string, decide func(mock.Mock, workspace.Membership) (mock.Write, error)) (mock.Mock, []event.Envelope, error) {
	return s.writeMock(ctx, who, id, false, func(ctx context.Context, tx bun.Tx, m mock.Mock) (mock.Write, error) {
		in, err := findWorkspace(ctx, tx, who, into)
		if err == nil {
			in, err = s.lockWorkspace(ctx, tx, who, in.Slug, forSlug)
		}
		if err != nil {
			return mock.Write{}, err
		}
		return decide(m, in)
	})
}

// writeMock locks a mock, living or deleted, and stores what decide says.
func (s mockStore) writeMock(ctx context.Context, who workspace.Caller, id string, deleted bool, decide func(context.Context, bun.Tx, mock.Mock) (mock.Write, error)) (mock.Mock, []event.Envelope, error) {
	var m mock.Mock
	var changes []event.Envelope
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if m, err = s.lockMock(ctx, tx, who, id, deleted); err != nil {
			return err
		}
		w, err := decide(ctx, tx, m)
		if err != nil || w.Mock.ID == "" {
			return err
		}
		if m.WorkspaceID != w.Mock.WorkspaceID { // it is told where the mock was, too
			if err := s.audit(ctx, tx, who, aboutMock(&m)); err != nil {
				return err
			}
		}
		m = w.Mock
		changes, err = s.apply(ctx, tx, who, &m, w)
		return err
	})
	m.Served = ""
	return m, changes, failed("write a mock", err)
}

// lockMock reads a mock that nobody else changes before tx ends.
func (s *core) lockMock(ctx context.Context, tx bun.Tx, who workspace.Caller, id string, deleted bool) (mock.Mock, error) {
	// Lock first and read then: a lock on a join would miss the row if its revision changed while it waited.
	const its = "SELECT id FROM mocks WHERE id = ? AND workspace_id IN (SELECT mb.workspace_id FROM members mb WHERE ?)"
	if err := s.lock(ctx, tx, its, forAll, id, membership(who)); err != nil {
		return mock.Mock{}, err
	}
	const workspaces = "SELECT w.id FROM workspaces w WHERE w.id = (SELECT workspace_id FROM mocks WHERE id = ?)"
	if err := s.lock(ctx, tx, workspaces, forSlug, id); err != nil {
		return mock.Mock{}, err
	}
	m, err := findMock(ctx, tx, who, id, deleted)
	if err != nil {
		return m, err
	}
	return s.withServed(ctx, tx, m)
}

// apply stores w. The changes come last: the stream's row is locked from the first of them to the commit.
func (s mockStore) apply(ctx context.Context, tx bun.Tx, who workspace.Caller, m *mock.Mock, w mock.Write) ([]event.Envelope, error) {
	if w.NewRevision {
		if err := s.insertRevision(ctx, tx, who.AccountID, *m, w.GoesLive); err != nil {
			return nil, err
		}
		if err := s.pruneRevisions(ctx, tx, *m, w.KeepRevisions); err != nil {
			return nil, err
		}
	}
	if w.GoesLive && !w.NewRevision {
		_, err := tx.NewRaw("UPDATE revisions SET published_at = ? WHERE mock_id = ? AND number = ?", m.UpdatedAt.UTC(), m.ID, m.Revision).Exec(ctx)
		if err != nil {
			return nil, err
		}
	}
	row := rowOf(*m)
	err := s.edits.exec(ctx, tx, updateMock, row.WorkspaceID, row.Slug, row.Name, row.Description, row.Settings, row.Errors, row.Revision,
		row.PublishedRevision, row.UpdatedAt, row.DeletedAt, row.DeletedSlug, row.ID)
	if err != nil {
		return nil, taken(err, *m)
	}
	if w.Action == mock.Moved {
		_, err := tx.NewRaw("UPDATE file_references SET workspace_id = ? WHERE mock_id = ?", m.WorkspaceID, m.ID).Exec(ctx)
		if err != nil {
			return nil, err
		}
	}
	if w.Action == mock.Moved || w.Action == mock.Restored {
		if err := s.within(ctx, tx, m.WorkspaceID, quota.Mocks, quota.Endpoints, quota.Content); err != nil {
			return nil, err
		}
	}
	if m.Deleted() {
		if err := pruneDeleted(ctx, tx, m.WorkspaceID, w.KeepDeleted); err != nil {
			return nil, err
		}
	}
	if err := s.audit(ctx, tx, who, aboutMock(m)); err != nil {
		return nil, err
	}
	var changes []event.Envelope
	for _, c := range w.Changes {
		e, err := s.appendChange(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		if changes = append(changes, e); e.Stream == event.Mocks {
			m.Change = e.Number
			if err := s.edits.exec(ctx, tx, updateChange, int64(e.Number), m.ID); err != nil {
				return nil, err
			}
		}
	}
	return changes, nil
}

// pruneDeleted ends the deleted mocks of a workspace for good that were deleted before the latest ones, of which keep stay.
func pruneDeleted(ctx context.Context, tx bun.Tx, workspaceID string, keep int) error {
	_, err := tx.NewRaw(`DELETE FROM mocks WHERE id IN (SELECT id FROM mocks WHERE workspace_id = ? AND deleted_at IS NOT NULL
		ORDER BY deleted_at DESC, id DESC LIMIT ? OFFSET ?)`, workspaceID, maxPruned, keep).Exec(ctx)
	return err
}

// maxPruned bounds what one write removes beside what it is about; the next one removes more.
const maxPruned = 100

// mocksAtOnce bounds what one transaction of PurgeMocks deletes: a mock has many revisions.
const mocksAtOnce = 50

// PurgeMocks implements mock.Repository. Revisions go with their mock.
func (s mockStore) PurgeMocks(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.deleteInTurns(ctx, mocksAtOnce, `DELETE FROM mocks WHERE id IN (SELECT id FROM mocks WHERE deleted_at IS NOT NULL AND deleted_at < ?
		ORDER BY deleted_at LIMIT ?)`, before.UTC())
	return n, failed("purge deleted mocks", err)
}
