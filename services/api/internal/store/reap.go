package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// reapedAtOnce bounds the mocks that one transaction removes with their histories.
const reapedAtOnce = 20

// Reaped is what one step of Reap removed.
type Reaped struct {
	Mocks   []mock.Mock        // their ids only
	Changes [][]event.Envelope // of each
	More    bool               // there may be more to remove
}

// Reap removes a part of what deleted workspaces and accounts hold, in one bounded transaction: of every mock that the other services
// have heard of, the change log keeps a tombstone. What holds nothing is removed itself. Replicas may reap at
// the same time, and what is cut short is gone on with.
func (s workspaceStore) Reap(ctx context.Context) (Reaped, error) {
	var r Reaped
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		free := s.locks(forFree)
		var workspaceID string
		err := tx.NewRaw("SELECT id FROM workspaces WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 1 ?", free).Scan(ctx, &workspaceID)
		if errors.Is(err, sql.ErrNoRows) {
			r.More, err = reapAccount(ctx, tx, free)
			return err
		}
		if err != nil {
			return err
		}
		r.More = true
		return s.reapWorkspace(ctx, tx, workspaceID, &r)
	})
	return r, failed("remove a deleted workspace", err)
}

func (s workspaceStore) reapWorkspace(ctx context.Context, tx bun.Tx, workspaceID string, r *Reaped) error {
	var rows []struct {
		ID     string `bun:"id"`
		Change int64  `bun:"change"`
	}
	err := tx.NewRaw("SELECT id, CASE WHEN deleted_at IS NULL THEN change ELSE 0 END AS change FROM mocks WHERE workspace_id = ? ORDER BY slug LIMIT ?", workspaceID, reapedAtOnce).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := tx.NewRaw("DELETE FROM mocks WHERE id = ?", row.ID).Exec(ctx); err != nil {
			return err
		}
		r.Mocks = append(r.Mocks, mock.Mock{ID: row.ID, WorkspaceID: workspaceID})
	}
	r.Changes = make([][]event.Envelope, len(rows))
	for i, row := range rows { // last: the stream's row is locked from the first of them to the commit
		if row.Change == 0 {
			continue // nobody ever heard of it, or all have heard that it is gone
		}
		e, err := s.appendChange(ctx, tx, changelog.Change{Key: row.ID, Tombstone: true, Payload: event.MockDeleted{WorkspaceID: workspaceID, MockID: row.ID}})
		if err != nil {
			return err
		}
		r.Changes[i] = []event.Envelope{e}
	}
	if len(rows) > 0 {
		return nil
	}
	_, err = tx.NewRaw("DELETE FROM workspaces WHERE id = ?", workspaceID).Exec(ctx)
	return err
}

// reapAccount lets a part of what a deleted account wrote in the workspaces of others forget it, and in the end removes the
// account. It reports whether there was one.
func reapAccount(ctx context.Context, tx bun.Tx, free bun.Safe) (bool, error) {
	var accountID string
	err := tx.NewRaw("SELECT id FROM accounts WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 1 ?", free).Scan(ctx, &accountID)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	result, err := tx.NewRaw(`UPDATE revisions SET author_id = NULL WHERE (mock_id, number) IN
		(SELECT mock_id, number FROM revisions WHERE author_id = ? LIMIT ?)`, accountID, purgedAtOnce).Exec(ctx)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == purgedAtOnce {
		return true, err
	}
	_, err = tx.NewRaw("DELETE FROM accounts WHERE id = ?", accountID).Exec(ctx)
	return true, err
}
