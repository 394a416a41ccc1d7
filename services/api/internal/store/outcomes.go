package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/api/internal/publication"
)

// UnifiedPosition implements publication.Repository.
func (s outcomeStore) UnifiedPosition(ctx context.Context) (stream.Position, error) {
	var p stream.Position
	var number int64
	err := s.read.NewRaw("SELECT epoch, number FROM positions WHERE stream = ?", event.Unified).Scan(ctx, &p.Epoch, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	p.Number = uint64(number)
	return p, failed("read the position in the unified stream", err)
}

// SaveOutcomes implements publication.Repository.
func (s outcomeStore) SaveOutcomes(ctx context.Context, p stream.Position, rejections []publication.Rejection) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, r := range rejections {
			encoded, err := json.Marshal(r.Diagnostics)
			if err != nil {
				return fmt.Errorf("encode diagnostics: %w", err)
			}
			_, err = tx.NewRaw("UPDATE mocks SET rejected = ?, rejection = ? WHERE id = ? AND change = ?",
				int64(r.Change), string(encoded), r.MockID, int64(r.Change)).Exec(ctx)
			if err != nil {
				return err
			}
		}
		// Replicas of this service share the position; a slower one does not move it back.
		_, err := tx.NewRaw(`INSERT INTO positions (stream, epoch, number) VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE
			SET epoch = EXCLUDED.epoch, number = EXCLUDED.number
			WHERE positions.epoch <> EXCLUDED.epoch OR positions.number < EXCLUDED.number`,
			event.Unified, p.Epoch, int64(p.Number)).Exec(ctx)
		return err
	})
	return failed("store outcomes", err)
}

// ResetOutcomes implements publication.Repository.
func (s outcomeStore) ResetOutcomes(ctx context.Context, epoch string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("UPDATE mocks SET rejected = 0, rejection = '[]' WHERE rejected <> 0").Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw(`INSERT INTO positions (stream, epoch, number) VALUES (?, ?, 0) ON CONFLICT (stream) DO UPDATE
			SET epoch = EXCLUDED.epoch, number = 0`, event.Unified, epoch).Exec(ctx)
		return err
	})
	return failed("forget outcomes", err)
}
