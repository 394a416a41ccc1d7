package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// audit writes who did what into the audit log, in the transaction of the write itself. Every write that a person or a
// program asks for has one.
func (s *core) audit(ctx context.Context, tx bun.Tx, who workspace.Caller, e audit.Entry) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make audit id: %w", err)
	}
	if e.Action == "" {
		e.Action = who.Operation
	}
	if e.Action == "" {
		e.Action = audit.Internal
	}
	sec, nsec := id.Time().UnixTime()
	err = s.edits.exec(ctx, tx, insertAudit,
		id.String(), e.WorkspaceID, who.AccountID, who.AccountID, who.Means, e.Action, e.Kind, e.TargetID, e.Label, who.RequestID, time.Unix(sec, nsec))
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	audit.Note(ctx, e)
	return nil
}

// idAt is below every UUIDv7 of the time t and later, and above all of earlier ones.
func idAt(t time.Time) string {
	var id uuid.UUID
	ms := max(t.UnixMilli(), 0)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}

type auditRow struct {
	ID          string    `bun:"id"`
	WorkspaceID string    `bun:"workspace_id"`
	AccountID   string    `bun:"account_id"`
	Username    string    `bun:"username"`
	Means       string    `bun:"means"`
	Action      string    `bun:"action"`
	Kind        string    `bun:"kind"`
	TargetID    string    `bun:"target_id"`
	Label       string    `bun:"label"`
	RequestID   string    `bun:"request_id"`
	At          time.Time `bun:"at"`
}

// AuditLog implements audit.Repository.
func (s auditStore) AuditLog(ctx context.Context, workspaceID string, q audit.Query) ([]audit.Record, error) {
	sel := s.read.NewSelect().TableExpr("audit AS u").ColumnExpr("u.*, COALESCE(a.username, '') AS username").
		Join("LEFT JOIN accounts AS a ON a.id = u.account_id AND a.deleted_at IS NULL").
		Where("u.workspace_id = ?", workspaceID).Order("u.id DESC").Limit(int64(q.Limit))
	if q.Action != "" {
		sel = sel.Where("u.action = ?", q.Action)
	}
	if q.Username != "" {
		sel = sel.Where("u.account_id = (SELECT id FROM accounts WHERE username = ?)", q.Username)
	}
	if !q.Since.IsZero() {
		sel = sel.Where("u.id >= ?", idAt(q.Since))
	}
	if !q.Until.IsZero() {
		sel = sel.Where("u.id < ?", idAt(q.Until))
	}
	if q.Before != "" {
		sel = sel.Where("u.id < ?", q.Before)
	}
	var rows []auditRow
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, failed("list audit entries", err)
	}
	records := make([]audit.Record, len(rows))
	for i, r := range rows {
		records[i] = audit.Record{
			Entry: audit.Entry{WorkspaceID: r.WorkspaceID, Action: r.Action, Kind: r.Kind, TargetID: r.TargetID, Label: r.Label},
			ID:    r.ID, AccountID: r.AccountID, Username: r.Username, Means: r.Means, RequestID: r.RequestID, At: r.At.UTC(),
		}
	}
	return records, nil
}

// purgedAtOnce bounds what one transaction of a purge deletes.
const purgedAtOnce = 1000

// PurgeAudit forgets entries from before a time, in bounded transactions, and returns how many.
func (s auditStore) PurgeAudit(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.deleteInTurns(ctx, purgedAtOnce, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?)", idAt(before))
	return n, failed("purge the audit log", err)
}
