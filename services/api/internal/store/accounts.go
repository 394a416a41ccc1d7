package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type accountRow struct {
	bun.BaseModel `bun:"table:accounts"`

	ID        string    `bun:"id,pk"`
	Username  string    `bun:"username"`
	CreatedAt time.Time `bun:"created_at"`
}

func (r accountRow) account() account.Account {
	return account.Account{ID: r.ID, Username: r.Username, CreatedAt: r.CreatedAt.UTC()}
}

// one runs a query for one account.
func one(ctx context.Context, q *bun.RawQuery) (account.Account, error) {
	var row accountRow
	err := q.Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Account{}, account.ErrNotFound
	}
	return row.account(), failed("find an account", err)
}

// AccountBySession implements account.Repository.
func (s *Store) AccountBySession(ctx context.Context, session account.Hash, now time.Time) (account.Account, error) {
	return one(ctx, s.read.NewRaw(`SELECT a.id, a.username, a.created_at FROM sessions s JOIN accounts a ON a.id = s.account_id
		WHERE s.hash = ? AND s.expires_at > ?`, session, now.UTC()))
}

// RedeemCode implements account.Repository.
func (s *Store) RedeemCode(ctx context.Context, code, session account.Hash, now, sessionExpires time.Time) (account.Account, error) {
	var a account.Account
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var accountID string
		err := tx.NewRaw("DELETE FROM signin_codes WHERE hash = ? AND expires_at > ? RETURNING account_id", code, now.UTC()).Scan(ctx, &accountID)
		if errors.Is(err, sql.ErrNoRows) {
			return account.ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = tx.NewRaw("INSERT INTO sessions (hash, account_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
			session, accountID, now.UTC(), sessionExpires.UTC()).Exec(ctx)
		if err != nil {
			return err
		}
		a, err = one(ctx, tx.NewRaw("SELECT id, username, created_at FROM accounts WHERE id = ?", accountID))
		return err
	})
	if errors.Is(err, account.ErrNotFound) {
		return a, err
	}
	return a, failed("redeem a sign-in code", err)
}

// EndSession implements account.Repository.
func (s *Store) EndSession(ctx context.Context, session account.Hash) error {
	_, err := s.write.NewRaw("DELETE FROM sessions WHERE hash = ?", session).Exec(ctx)
	return failed("end a session", err)
}

// EnsureAccount implements account.Repository.
func (s *Store) EnsureAccount(ctx context.Context, username string, now time.Time) (account.Account, error) {
	var a account.Account
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		accountID, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make account id: %w", err)
		}
		workspaceID, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make workspace id: %w", err)
		}
		for _, step := range []*bun.RawQuery{
			tx.NewRaw("INSERT INTO accounts (id, username, created_at) VALUES (?, ?, ?) ON CONFLICT (username) DO NOTHING", accountID.String(), username, now.UTC()),
			tx.NewRaw("INSERT INTO workspaces (id, slug, name, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (slug) DO NOTHING", workspaceID.String(), username, username, now.UTC()),
			tx.NewRaw(`INSERT INTO members (account_id, workspace_id, role, created_at)
				SELECT a.id, w.id, ?, ? FROM accounts a JOIN workspaces w ON w.slug = a.username WHERE a.username = ?
				ON CONFLICT (account_id, workspace_id) DO NOTHING`, workspace.Owner, now.UTC(), username),
		} {
			if _, err := step.Exec(ctx); err != nil {
				return err
			}
		}
		a, err = one(ctx, tx.NewRaw("SELECT id, username, created_at FROM accounts WHERE username = ?", username))
		return err
	})
	return a, failed("create an account", err)
}

// AddCode implements account.Repository.
func (s *Store) AddCode(ctx context.Context, accountID string, code account.Hash, now, expires time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, step := range []*bun.RawQuery{
			tx.NewRaw("DELETE FROM signin_codes WHERE expires_at <= ?", now.UTC()),
			tx.NewRaw("DELETE FROM sessions WHERE expires_at <= ?", now.UTC()),
			tx.NewRaw(`INSERT INTO signin_codes (hash, account_id, expires_at) VALUES (?, ?, ?)
				ON CONFLICT (hash) DO UPDATE SET account_id = EXCLUDED.account_id, expires_at = EXCLUDED.expires_at`, code, accountID, expires.UTC()),
		} {
			if _, err := step.Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return failed("add a sign-in code", err)
}

// Workspaces implements workspace.Repository.
func (s *Store) Workspaces(ctx context.Context, who workspace.Caller, after string, limit int) ([]workspace.Membership, error) {
	var rows []membershipRow
	err := s.read.NewRaw(membershipSelect+" WHERE ? AND mb.workspace_id > ? ORDER BY mb.workspace_id LIMIT ?",
		membership(who), after, limit).Scan(ctx, &rows)
	memberships := make([]workspace.Membership, len(rows))
	for i, r := range rows {
		memberships[i] = r.membership()
	}
	return memberships, failed("list workspaces", err)
}

// Membership implements workspace.Repository.
func (s *Store) Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error) {
	m, err := findMembership(ctx, s.read, who, slug)
	return m, failed("find a workspace", err)
}

func findMembership(ctx context.Context, db bun.IDB, who workspace.Caller, slug string) (workspace.Membership, error) {
	var row membershipRow
	err := db.NewRaw(membershipSelect+" WHERE ? AND w.slug = ?", membership(who), slug).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return workspace.Membership{}, apperr.New(apperr.NotFound, "You are not a member of a workspace %q.", slug).WithField("workspace")
	}
	return row.membership(), err
}

const membershipSelect = `SELECT w.id, w.slug, w.name, w.created_at, mb.role FROM members mb JOIN workspaces w ON w.id = mb.workspace_id`

type membershipRow struct {
	ID        string         `bun:"id"`
	Slug      string         `bun:"slug"`
	Name      string         `bun:"name"`
	CreatedAt time.Time      `bun:"created_at"`
	Role      workspace.Role `bun:"role"`
}

func (r membershipRow) membership() workspace.Membership {
	return workspace.Membership{
		Workspace: workspace.Workspace{ID: r.ID, Slug: r.Slug, Name: r.Name, CreatedAt: r.CreatedAt.UTC()},
		Role:      r.Role,
	}
}
