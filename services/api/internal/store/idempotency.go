package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/idempotency"
)

// ClaimKey implements idempotency.Repository.
func (s keyStore) ClaimKey(ctx context.Context, c idempotency.Claim) (r idempotency.Record, fresh bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Whoever comes at the same time waits here for the end of this transaction.
		result, err := tx.NewRaw(`INSERT INTO idempotency_keys (account_id, key, fingerprint, response, created_at, locked_until, expires_at)
			VALUES (?, ?, ?, '', ?, ?, ?) ON CONFLICT (account_id, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, response = '',
				created_at = EXCLUDED.created_at, locked_until = EXCLUDED.locked_until, expires_at = EXCLUDED.expires_at
			WHERE idempotency_keys.expires_at <= ? OR (idempotency_keys.response = '' AND idempotency_keys.locked_until <= ?)`,
			c.AccountID, c.Key, c.Fingerprint, c.Now.UTC(), c.LockedUntil.UTC(), c.Expires.UTC(), c.Now.UTC(), c.Now.UTC()).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if fresh = n > 0; fresh {
			_, err = tx.NewRaw(`DELETE FROM idempotency_keys WHERE account_id = ? AND key IN (SELECT key FROM idempotency_keys
				WHERE account_id = ? ORDER BY created_at DESC, key LIMIT ? OFFSET ?)`, c.AccountID, c.AccountID, maxPruned, c.Kept).Exec(ctx)
			return err
		}
		err = tx.NewRaw("SELECT fingerprint, response FROM idempotency_keys WHERE account_id = ? AND key = ?", c.AccountID, c.Key).
			Scan(ctx, &r.Fingerprint, &r.Answer)
		if errors.Is(err, sql.ErrNoRows) { // released this very moment
			r.Fingerprint, err = c.Fingerprint, nil
		}
		return err
	})
	return r, fresh, failed("claim an idempotency key", err)
}

// FinishKey implements idempotency.Repository.
func (s keyStore) FinishKey(ctx context.Context, accountID, key, answer string) error {
	_, err := s.write.NewRaw("UPDATE idempotency_keys SET response = ? WHERE account_id = ? AND key = ?", answer, accountID, key).Exec(ctx)
	return failed("remember an answer", err)
}

// ReleaseKey implements idempotency.Repository.
func (s keyStore) ReleaseKey(ctx context.Context, accountID, key string) error {
	_, err := s.write.NewRaw("DELETE FROM idempotency_keys WHERE account_id = ? AND key = ? AND response = ''", accountID, key).Exec(ctx)
	return failed("release an idempotency key", err)
}

// PurgeKeys implements idempotency.Repository.
func (s keyStore) PurgeKeys(ctx context.Context, now time.Time) (int64, error) {
	n, err := s.deleteInTurns(ctx, purgedAtOnce, `DELETE FROM idempotency_keys WHERE expires_at IN (SELECT expires_at FROM idempotency_keys
		WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`, now.UTC())
	return n, failed("purge idempotency keys", err)
}
