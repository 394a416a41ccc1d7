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
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type revisionRow struct {
	Number      int       `bun:"number"`
	Author      string    `bun:"author"`
	Message     string    `bun:"message"`
	Pinned      bool      `bun:"pinned"`
	Label       string    `bun:"label"`
	Size        int       `bun:"size"`
	Errors      int       `bun:"errors"`
	Warnings    int       `bun:"warnings"`
	Content     string    `bun:"content"`
	Diagnostics string    `bun:"diagnostics"`
	CreatedAt   time.Time `bun:"created_at"`
	PublishedAt time.Time `bun:"published_at"`
}

func (r *revisionRow) revision() (mock.Revision, error) {
	out := mock.Revision{
		Number: r.Number, Author: r.Author, Message: r.Message, Pinned: r.Pinned, Label: r.Label, Size: r.Size,
		Errors: r.Errors, Warnings: r.Warnings, Content: r.Content, CreatedAt: r.CreatedAt.UTC(),
	}
	if !r.PublishedAt.IsZero() {
		out.PublishedAt = r.PublishedAt.UTC()
	}
	if r.Diagnostics == "" { // in lists
		return out, nil
	}
	if err := json.Unmarshal([]byte(r.Diagnostics), &out.Diagnostics); err != nil {
		return out, fmt.Errorf("decode the diagnostics of revision %d: %w", r.Number, err)
	}
	return out, nil
}

// selectRevisions begins every query for revisions of a living mock that the caller may see.
func selectRevisions(db bun.IDB, who workspace.Caller, mockID string) *bun.SelectQuery {
	return db.NewSelect().TableExpr("revisions AS r").
		ColumnExpr("r.number, r.message, r.pinned, r.label, r.size, r.errors, r.warnings, r.created_at, r.published_at, COALESCE(a.username, '') AS author").
		Join("JOIN mocks AS m ON m.id = r.mock_id").
		Join("JOIN members AS mb ON mb.workspace_id = m.workspace_id AND ?", membership(who)).
		Join("LEFT JOIN accounts AS a ON a.id = r.author_id AND a.deleted_at IS NULL").
		Where("r.mock_id = ?", mockID).Where("?", existence(false))
}

// Revisions implements mock.Repository.
func (s revisionStore) Revisions(ctx context.Context, who workspace.Caller, id string, below, limit int) ([]mock.Revision, error) {
	q := selectRevisions(s.read, who, id).Order("r.number DESC").Limit(int64(limit))
	if below > 0 {
		q = q.Where("r.number < ?", below)
	}
	var rows []revisionRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, failed("list revisions", err)
	}
	if len(rows) == 0 && below == 0 {
		return nil, errNoMock // it has at least its current one
	}
	revisions := make([]mock.Revision, len(rows))
	for i := range rows {
		var err error
		if revisions[i], err = rows[i].revision(); err != nil {
			return nil, err
		}
	}
	return revisions, nil
}

func findRevision(ctx context.Context, db bun.IDB, who workspace.Caller, id string, number int) (mock.Revision, error) {
	var row revisionRow
	err := selectRevisions(db, who, id).ColumnExpr("r.content, r.diagnostics").Where("r.number = ?", number).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		// Of a mock that the caller may not see this says no more than of one that does not exist.
		return mock.Revision{}, apperr.New(apperr.NotFound, "There is no revision %d of this mock, or it has been removed; list the mock's revisions.", number).WithField("revision")
	}
	if err != nil {
		return mock.Revision{}, err
	}
	return row.revision()
}

// Revision implements mock.Repository.
func (s revisionStore) Revision(ctx context.Context, who workspace.Caller, id string, number int) (mock.Revision, error) {
	r, err := findRevision(ctx, s.read, who, id, number)
	return r, failed("read a revision", err)
}

// MarkRevision implements mock.Repository.
func (s revisionStore) MarkRevision(ctx context.Context, who workspace.Caller, id string, number int, decide func(m mock.Mock, r mock.Revision, pinned int) (mock.Revision, error)) (mock.Revision, error) {
	var r mock.Revision
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.lockMock(ctx, tx, who, id, false)
		if err != nil {
			return err
		}
		if r, err = findRevision(ctx, tx, who, id, number); err != nil {
			return err
		}
		var pinned int
		err = tx.NewRaw("SELECT count(*) FROM revisions WHERE mock_id = ? AND pinned AND number <> ?", id, number).Scan(ctx, &pinned)
		if err != nil {
			return err
		}
		if r, err = decide(m, r, pinned); err != nil {
			return err
		}
		_, err = tx.NewRaw("UPDATE revisions SET pinned = ?, label = ? WHERE mock_id = ? AND number = ?", r.Pinned, r.Label, id, number).Exec(ctx)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutMock(&m))
	})
	return r, failed("mark a revision", err)
}

// pruneRevisions removes the oldest revisions of m until keep are left beside those that have a pin, are published, or are
// the current one.
func (s *core) pruneRevisions(ctx context.Context, tx bun.Tx, m mock.Mock, keep int) error {
	if err := s.edits.exec(ctx, tx, pruneRevision, m.ID, m.ID, m.Revision, m.PublishedRevision, maxPruned, keep); err != nil {
		return err
	}
	return s.edits.exec(ctx, tx, pruneReferences, m.ID, m.ID)
}
