package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	Hash       account.Hash `bun:"hash,pk"`
	AccountID  string       `bun:"account_id"`
	ID         string       `bun:"id"`
	Means      signin.Means `bun:"means"`
	CreatedAt  time.Time    `bun:"created_at"`
	LastUsedAt time.Time    `bun:"last_used_at"`
	ExpiresAt  time.Time    `bun:"expires_at"`
	Address    string       `bun:"address"`
	UserAgent  string       `bun:"user_agent"`

	Username  string    `bun:"username,scanonly"`
	AccountAt time.Time `bun:"account_at,scanonly"`
}

func (r *sessionRow) session() signin.Session {
	return signin.Session{
		ID: r.ID, Means: r.Means, CreatedAt: r.CreatedAt.UTC(), LastUsedAt: r.LastUsedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
		Address: r.Address, UserAgent: r.UserAgent,
	}
}

// sessionColumns are those of a session as it is read.
const sessionColumns = "s.id, s.account_id, s.means, s.created_at, COALESCE(s.last_used_at, s.created_at) AS last_used_at, s.expires_at, s.address, s.user_agent"

// live is the condition that a session s is good for something.
const live = "s.expires_at > ? AND COALESCE(s.last_used_at, s.created_at) > ?"

// AccountBySession implements signin.Repository.
func (s sessionStore) AccountBySession(ctx context.Context, hash account.Hash, now, idle time.Time) (account.Account, signin.Session, error) {
	var row sessionRow
	err := s.read.NewRaw("SELECT "+sessionColumns+`, a.username, a.created_at AS account_at FROM sessions s JOIN accounts a ON a.id = s.account_id
		WHERE s.hash = ? AND `+live, hash, now.UTC(), idle.UTC()).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Account{}, signin.Session{}, signin.ErrNotFound
	}
	return account.Account{ID: row.AccountID, Username: row.Username, CreatedAt: row.AccountAt.UTC()}, row.session(), failed("find a session", err)
}

// insertSession stores a session, and removes what there is too much of.
func insertSession(ctx context.Context, tx bun.Tx, accountID string, hash account.Hash, s signin.Session) error {
	_, err := tx.NewInsert().Model(&sessionRow{
		Hash: hash, AccountID: accountID, ID: s.ID, Means: s.Means, CreatedAt: s.CreatedAt.UTC(), LastUsedAt: s.LastUsedAt.UTC(),
		ExpiresAt: s.ExpiresAt.UTC(), Address: s.Address, UserAgent: s.UserAgent,
	}).Exec(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw("DELETE FROM sessions WHERE expires_at <= ?", s.CreatedAt.UTC()).Exec(ctx); err != nil {
		return err
	}
	_, err = tx.NewRaw("DELETE FROM sessions WHERE account_id = ? AND id <= (SELECT id FROM sessions WHERE account_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
		accountID, accountID, signin.MaxSessions).Exec(ctx)
	return err
}

// CreateSession implements signin.Repository.
func (s sessionStore) CreateSession(ctx context.Context, accountID string, hash account.Hash, session signin.Session) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error { return insertSession(ctx, tx, accountID, hash, session) })
	return failed("create a session", err)
}

// RedeemCode implements signin.Repository.
func (s sessionStore) RedeemCode(ctx context.Context, code, hash account.Hash, session signin.Session) (account.Account, error) {
	var a account.Account
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var accountID string
		err := tx.NewRaw("DELETE FROM signin_codes WHERE hash = ? AND expires_at > ? RETURNING account_id, means", code, session.CreatedAt.UTC()).Scan(ctx, &accountID, &session.Means)
		if errors.Is(err, sql.ErrNoRows) {
			return signin.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := insertSession(ctx, tx, accountID, hash, session); err != nil {
			return err
		}
		a, err = one(ctx, tx.NewRaw("SELECT id, username, created_at FROM accounts WHERE id = ?", accountID))
		return err
	})
	return a, failed("redeem a sign-in code", err)
}

// Sessions implements signin.Repository.
func (s sessionStore) Sessions(ctx context.Context, accountID string, now, idle time.Time) ([]signin.Session, error) {
	var rows []sessionRow
	err := s.read.NewRaw("SELECT "+sessionColumns+" FROM sessions s WHERE s.account_id = ? AND s.id <> '' AND "+live+" ORDER BY s.id DESC LIMIT ?",
		accountID, now.UTC(), idle.UTC(), signin.MaxSessions).Scan(ctx, &rows)
	sessions := make([]signin.Session, len(rows))
	for i := range rows {
		sessions[i] = rows[i].session()
	}
	return sessions, failed("list sessions", err)
}

// EndSession implements signin.Repository.
func (s sessionStore) EndSession(ctx context.Context, hash account.Hash) error {
	_, err := s.write.NewRaw("DELETE FROM sessions WHERE hash = ?", hash).Exec(ctx)
	return failed("end a session", err)
}

// EndSessionByID implements signin.Repository.
func (s sessionStore) EndSessionByID(ctx context.Context, who workspace.Caller, id string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var agent string
		err := tx.NewRaw("DELETE FROM sessions WHERE account_id = ? AND id = ? AND id <> '' RETURNING user_agent", who.AccountID, id).Scan(ctx, &agent)
		if errors.Is(err, sql.ErrNoRows) {
			return signin.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{Kind: "session", TargetID: id, Label: agent})
	})
	return failed("end a session", err)
}

// EndOtherSessions implements signin.Repository.
func (s sessionStore) EndOtherSessions(ctx context.Context, who workspace.Caller, keep account.Hash) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := endOthers(ctx, tx, who.AccountID, keep); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{Kind: "session"})
	})
	return failed("end sessions", err)
}

func endOthers(ctx context.Context, tx bun.Tx, accountID string, keep account.Hash) error {
	_, err := tx.NewRaw("DELETE FROM sessions WHERE account_id = ? AND hash <> ?", accountID, keep).Exec(ctx)
	return err
}

// SessionsUsed implements signin.Repository.
func (s sessionStore) SessionsUsed(ctx context.Context, used map[string]time.Time) error {
	return s.used(ctx, "UPDATE sessions SET last_used_at = ? WHERE hash = ? AND (last_used_at IS NULL OR last_used_at < ?)", used)
}

// used runs an update for each of what was used, in one transaction.
func (s *core) used(ctx context.Context, update string, used map[string]time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(used)) { // in order: two instances must not wait for each other
			if _, err := tx.NewRaw(update, used[key].UTC(), key, used[key].UTC()).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return failed("note what was used", err)
}

// SignedInFrom implements signin.Repository.
func (s sessionStore) SignedInFrom(ctx context.Context, accountID, address string) (bool, error) {
	var known bool
	err := s.read.NewRaw("SELECT EXISTS (SELECT 1 FROM sessions WHERE account_id = ? AND address = ?)", accountID, address).Scan(ctx, &known)
	return known, failed("find sessions of an address", err)
}

// AddLink implements signin.Repository.
func (s sessionStore) AddLink(ctx context.Context, who workspace.Caller, a account.Account, code account.Hash, means signin.Means, now, expires time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := addCode(ctx, tx, a.ID, code, means, now, expires); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{Kind: "account", TargetID: a.ID, Label: a.Username})
	})
	return failed("add a sign-in link", err)
}

// AddCode implements account.Repository.
func (s accountStore) AddCode(ctx context.Context, accountID string, code account.Hash, now, expires time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return addCode(ctx, tx, accountID, code, signin.FromLink, now, expires)
	})
	return failed("add a sign-in code", err)
}

func addCode(ctx context.Context, tx bun.Tx, accountID string, code account.Hash, means signin.Means, now, expires time.Time) error {
	for _, step := range []*bun.RawQuery{
		tx.NewRaw("DELETE FROM signin_codes WHERE expires_at <= ?", now.UTC()),
		tx.NewRaw("DELETE FROM sessions WHERE expires_at <= ?", now.UTC()),
		tx.NewRaw(`INSERT INTO signin_codes (hash, account_id, means, expires_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (hash) DO UPDATE SET account_id = EXCLUDED.account_id, means = EXCLUDED.means, expires_at = EXCLUDED.expires_at`,
			code, accountID, means, expires.UTC()),
	} {
		if _, err := step.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
