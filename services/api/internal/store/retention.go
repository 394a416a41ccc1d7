package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Bounds of a mock's webhooks that are kept.
const (
	keptDeliveries   = 200
	deliveriesLast   = 7 * 24 * time.Hour
	reportsLast      = 24 * time.Hour // far longer than a report is repeated
	reportsAtOnce    = 2000           // rows that one transaction deletes
	deliveriesAtOnce = 500
)

// Retain implements record.Storage.
func (s reportStore) Retain(ctx context.Context, mockID string, now time.Time) error {
	settings, err := findSettings(ctx, s.read, mockID)
	if err == nil {
		err = s.retain(ctx, "requests", mockID, settings.KeepRequests, deletedAtOnce, now.Add(-time.Duration(settings.KeepHours)*time.Hour))
	}
	if err == nil {
		err = s.retain(ctx, "webhook_deliveries", mockID, keptDeliveries, deliveriesAtOnce, now.Add(-deliveriesLast))
	}
	return failed("purge requests", err)
}

// retain deletes all rows of a mock but the newest ones that are not from before a time.
func (s reportStore) retain(ctx context.Context, table, mockID string, newest, atOnce int, before time.Time) error {
	upTo := idAt(before)
	var tooMany string
	err := s.read.NewRaw("SELECT id FROM "+table+" WHERE mock_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?", mockID, newest).Scan(ctx, &tooMany)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return s.deleteUpTo(ctx, table, mockID, max(upTo, tooMany), atOnce)
}

// deleteUpTo deletes the rows of a mock up to an id, in bounded transactions.
func (s *core) deleteUpTo(ctx context.Context, table, mockID, upTo string, atOnce int) error {
	_, err := s.deleteInTurns(ctx, atOnce, "DELETE FROM "+table+" WHERE id IN (SELECT id FROM "+table+" WHERE mock_id = ? AND id <= ? ORDER BY id LIMIT ?)", mockID, upTo)
	return err
}

// deleteInTurns repeats a statement whose last argument is about the most that it deletes, until it deletes less, and returns how
// much that was together.
func (s *core) deleteInTurns(ctx context.Context, atOnce int, statement string, args ...any) (deleted int64, err error) {
	args = append(args, atOnce)
	for {
		result, err := s.write.NewRaw(statement, args...).Exec(ctx)
		if err != nil {
			return deleted, err
		}
		n, err := result.RowsAffected()
		if deleted += n; err != nil || n < int64(atOnce) {
			return deleted, err
		}
	}
}

// RetainAll does what Retain does for all mocks, and forgets counts that are older than usage.
func (s reportStore) RetainAll(ctx context.Context, now time.Time, usage time.Duration) error {
	for _, table := range []string{"requests", "webhook_deliveries"} {
		for mockID := ""; ; {
			err := s.read.NewRaw("SELECT mock_id FROM "+table+" WHERE mock_id > ? ORDER BY mock_id LIMIT 1", mockID).Scan(ctx, &mockID)
			if errors.Is(err, sql.ErrNoRows) {
				break
			}
			if err == nil {
				err = s.Retain(ctx, mockID, now)
			}
			if err != nil {
				return failed("purge requests", err)
			}
		}
	}
	_, err := s.deleteInTurns(ctx, reportsAtOnce, "DELETE FROM reports WHERE (instance, sequence) IN (SELECT instance, sequence FROM reports WHERE time < ? LIMIT ?)",
		now.Add(-reportsLast).UTC())
	if err == nil {
		_, err = s.deleteInTurns(ctx, reportsAtOnce, "DELETE FROM request_counts WHERE (subject, hour, instance) IN (SELECT subject, hour, instance FROM request_counts WHERE hour < ? LIMIT ?)",
			now.Add(-usage).UTC())
	}
	return failed("purge reports", err)
}
