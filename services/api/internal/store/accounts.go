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
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/signin"
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

// EnsureAccount implements account.Repository.
func (s accountStore) EnsureAccount(ctx context.Context, username string, now time.Time) (account.Account, error) {
	var a account.Account
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		a, err = one(ctx, tx.NewRaw("SELECT id, username, created_at FROM accounts WHERE username = ?", username))
		if errors.Is(err, account.ErrNotFound) {
			a, err = createAccount(ctx, tx, account.New{Username: username, CreatedAt: now})
		}
		return err
	})
	if apperr.CodeOf(err) == apperr.Conflict { // another instance may have been faster
		if other, err := s.AccountByUsername(ctx, username); err == nil {
			return other, nil
		}
	}
	return a, failed("create an account", err)
}

// CreateAccount implements signin.Repository.
func (s accountStore) CreateAccount(ctx context.Context, wanted account.New) (account.Account, error) {
	var a account.Account
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := takeSlug(ctx, tx, wanted.Username, "", wanted.CreatedAt, errNameTaken(wanted.Username))
		if err != nil {
			return err
		}
		if a, err = createAccount(ctx, tx, wanted); err != nil {
			return err
		}
		if wanted.Invitation != "" {
			var id string
			err := tx.NewRaw("UPDATE invitations SET account_id = ?, secret_hash = NULL WHERE secret_hash = ? AND expires_at > ? RETURNING id",
				a.ID, wanted.Invitation, wanted.CreatedAt.UTC()).Scan(ctx, &id)
			if errors.Is(err, sql.ErrNoRows) {
				return apperr.New(apperr.NotFound, "The invitation does not exist, was already claimed, or has expired; ask for a new one.").WithField("invitation")
			}
			if err != nil {
				return err
			}
		}
		if wanted.Identity != (account.Identity{}) {
			_, err = tx.NewRaw("INSERT INTO identities (issuer, subject, account_id) VALUES (?, ?, ?)", wanted.Identity.Issuer, wanted.Identity.Subject, a.ID).Exec(ctx)
			if duplicate(err) {
				return apperr.New(apperr.Conflict, "The identity already has an account.")
			}
		}
		return err
	})
	return a, failed("create an account", err)
}

func errNameTaken(username string) *apperr.Error {
	return apperr.New(apperr.Conflict, "The name %q is taken; choose another one.", username).WithField("username")
}

// createAccount creates an account and its own workspace. The workspace's slug is taken first: an organisation's never
// becomes somebody's own.
func createAccount(ctx context.Context, tx bun.Tx, wanted account.New) (account.Account, error) {
	accountID, err := uuid.NewV7()
	if err != nil {
		return account.Account{}, fmt.Errorf("make account id: %w", err)
	}
	workspaceID, err := uuid.NewV7()
	if err != nil {
		return account.Account{}, fmt.Errorf("make workspace id: %w", err)
	}
	now := wanted.CreatedAt.UTC()
	for _, step := range []struct {
		insert *bun.RawQuery
		taken  *apperr.Error
	}{
		{
			tx.NewRaw("INSERT INTO workspaces (id, slug, name, created_at) VALUES (?, ?, ?, ?)", workspaceID.String(), wanted.Username, wanted.Username, now),
			errNameTaken(wanted.Username),
		},
		{
			tx.NewRaw("INSERT INTO accounts (id, username, email, password, created_at) VALUES (?, ?, NULLIF(?, ''), ?, ?)",
				accountID.String(), wanted.Username, wanted.Email, wanted.Password, now),
			apperr.New(apperr.Conflict, "An account with this username or e-mail address already exists; sign in to it.").WithField("email"),
		},
		{
			tx.NewRaw("INSERT INTO members (account_id, workspace_id, role, created_at) VALUES (?, ?, ?, ?)",
				accountID.String(), workspaceID.String(), workspace.Owner, now),
			nil,
		},
	} {
		_, err := step.insert.Exec(ctx)
		if duplicate(err) && step.taken != nil {
			return account.Account{}, step.taken
		}
		if err != nil {
			return account.Account{}, err
		}
	}
	return account.Account{ID: accountID.String(), Username: wanted.Username, CreatedAt: now}, nil
}

// AccountByUsername implements signin.Repository.
func (s accountStore) AccountByUsername(ctx context.Context, username string) (account.Account, error) {
	return found(one(ctx, s.read.NewRaw("SELECT id, username, created_at FROM accounts WHERE username = ?", username)))
}

// AccountByIdentity implements signin.Repository.
func (s accountStore) AccountByIdentity(ctx context.Context, id account.Identity) (account.Account, error) {
	return found(one(ctx, s.read.NewRaw(`SELECT a.id, a.username, a.created_at FROM identities i JOIN accounts a ON a.id = i.account_id
		WHERE i.issuer = ? AND i.subject = ?`, id.Issuer, id.Subject)))
}

// found is the result of a search for an account as the package signin knows it.
func found(a account.Account, err error) (account.Account, error) {
	if errors.Is(err, account.ErrNotFound) {
		return a, signin.ErrNotFound
	}
	return a, err
}

// Login implements signin.Repository.
func (s accountStore) Login(ctx context.Context, name string) (account.Account, string, error) {
	var row struct {
		accountRow
		Password string `bun:"password"`
	}
	err := s.read.NewRaw(`SELECT id, username, created_at, password FROM accounts WHERE username = ?
		UNION ALL SELECT id, username, created_at, password FROM accounts WHERE email = ? LIMIT 1`, name, name).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Account{}, "", signin.ErrNotFound
	}
	return row.account(), row.Password, failed("find an account", err)
}

// Password implements signin.Repository.
func (s accountStore) Password(ctx context.Context, accountID string) (string, error) {
	var encoded string
	err := s.read.NewRaw("SELECT password FROM accounts WHERE id = ?", accountID).Scan(ctx, &encoded)
	return encoded, failed("read a password's hash", err)
}

// SetPassword implements signin.Repository.
func (s accountStore) SetPassword(ctx context.Context, who workspace.Caller, encoded string, keep account.Hash) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("UPDATE accounts SET password = ? WHERE id = ?", encoded, who.AccountID).Exec(ctx); err != nil {
			return err
		}
		if err := endOthers(ctx, tx, who.AccountID, keep); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{Kind: "account", TargetID: who.AccountID})
	})
	return failed("set a password", err)
}

// Rehash implements signin.Repository.
func (s accountStore) Rehash(ctx context.Context, accountID, old, encoded string) error {
	_, err := s.write.NewRaw("UPDATE accounts SET password = ? WHERE id = ? AND password = ?", encoded, accountID, old).Exec(ctx)
	return failed("replace a password's hash", err)
}
