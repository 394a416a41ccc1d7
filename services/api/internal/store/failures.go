package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// failureRow counts failed tries to sign in.
type failureRow struct {
	bun.BaseModel `bun:"table:signin_failures,alias:f"`

	Key    string    `bun:"key,pk"`
	Number int       `bun:"number"`
	LastAt time.Time `bun:"last_at"`
}

// CountFailures implements signin.FailureRepository.
func (s failureStore) CountFailures(ctx context.Context, keys []string, decide func(map[string]signin.Failures) error) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		counts := map[string]signin.Failures{}
		for _, key := range keys {
			counts[key] = signin.Failures{}
		}
		// To write a row is to lock it, also one that is not there yet. The order of the keys is everybody's.
		known, err := writeFailures(ctx, tx, counts, "number = f.number")
		if err != nil {
			return err
		}
		for _, row := range known {
			counts[row.Key] = signin.Failures{N: row.Number, Last: row.LastAt.UTC()}
		}
		if err := decide(counts); err != nil {
			return err
		}
		_, err = writeFailures(ctx, tx, counts, "number = EXCLUDED.number, last_at = EXCLUDED.last_at")
		return err
	})
	return failed("count failed tries to sign in", err)
}

// writeFailures inserts counts, changes those that are there, and returns what there is then.
func writeFailures(ctx context.Context, tx bun.Tx, counts map[string]signin.Failures, change string) ([]failureRow, error) {
	rows := make([]failureRow, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, failureRow{Key: key, Number: counts[key].N, LastAt: counts[key].Last.UTC()})
	}
	var known []failureRow
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (key) DO UPDATE SET "+change).Returning("*").Exec(ctx, &known)
	return known, err
}

// PurgeFailures forgets counts whose last failure was before a time, in bounded transactions, and returns how many.
func (s failureStore) PurgeFailures(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.deleteInTurns(ctx, purgedAtOnce, "DELETE FROM signin_failures WHERE key IN (SELECT key FROM signin_failures WHERE last_at < ? ORDER BY last_at LIMIT ?)", before.UTC())
	return n, failed("forget failed tries to sign in", err)
}
