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
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:api_tokens,alias:t"`

	ID          string       `bun:"id,pk"`
	Hash        account.Hash `bun:"hash"`
	Kind        token.Kind   `bun:"kind"`
	AccountID   string       `bun:"account_id"`
	WorkspaceID string       `bun:"workspace_id,nullzero"`
	Name        string       `bun:"name"`
	Scopes      string       `bun:"scopes"`
	CreatedAt   time.Time    `bun:"created_at"`
	LastUsedAt  time.Time    `bun:"last_used_at,nullzero"`
	ExpiresAt   time.Time    `bun:"expires_at,nullzero"`

	Username  string    `bun:"username,scanonly"`
	AccountAt time.Time `bun:"account_at,scanonly"`
}

func (r *tokenRow) token() token.Token {
	return token.Token{
		ID: r.ID, Kind: r.Kind, AccountID: r.AccountID, WorkspaceID: r.WorkspaceID, Name: r.Name,
		Scopes: token.ParseScopes(r.Scopes), CreatedAt: r.CreatedAt.UTC(), LastUsedAt: r.LastUsedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// TokenByHash implements token.Repository.
func (s tokenStore) TokenByHash(ctx context.Context, hash account.Hash, now time.Time) (token.Token, account.Account, error) {
	var row tokenRow
	err := s.read.NewSelect().Model(&row).ColumnExpr("t.*, a.username, a.created_at AS account_at").
		Join("JOIN accounts AS a ON a.id = t.account_id").
		Where("t.hash = ? AND (t.expires_at IS NULL OR t.expires_at > ?)", hash, now.UTC()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return token.Token{}, account.Account{}, token.ErrNotFound
	}
	a := account.Account{ID: row.AccountID, Username: row.Username, CreatedAt: row.AccountAt.UTC()}
	return row.token(), a, failed("find a token", err)
}

// tokensOf finds the tokens that a list is about, and the membership by which the caller sees them.
func tokensOf(ctx context.Context, db bun.IDB, who workspace.Caller, slug string) (*bun.SelectQuery, workspace.Membership, error) {
	q := db.NewSelect().Model((*tokenRow)(nil))
	if slug == "" {
		return q.Where("t.account_id = ? AND t.workspace_id IS NULL", who.AccountID), workspace.Membership{}, nil
	}
	in, err := findMembership(ctx, db, who, slug)
	return q.Where("t.workspace_id = ?", in.ID), in, err
}

// aboutToken begins the audit entry of a write of t.
func aboutToken(t token.Token) audit.Entry {
	return audit.Entry{WorkspaceID: t.WorkspaceID, Kind: "token", TargetID: t.ID, Label: t.Name}
}

// CreateToken implements token.Repository.
func (s tokenStore) CreateToken(ctx context.Context, who workspace.Caller, slug string, t token.Token, hash account.Hash, check func(workspace.Membership) error) (token.Token, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		q, in, err := tokensOf(ctx, tx, who, slug)
		if err != nil {
			return err
		}
		if err := check(in); err != nil {
			return err
		}
		t.AccountID, t.WorkspaceID, t.WorkspaceSlug = who.AccountID, in.ID, in.Slug
		_, err = tx.NewInsert().Model(&tokenRow{
			ID: t.ID, Hash: hash, Kind: t.Kind, AccountID: t.AccountID, WorkspaceID: t.WorkspaceID, Name: t.Name, Scopes: t.Scopes.String(),
			CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt,
		}).Exec(ctx)
		if err != nil {
			return err
		}
		if in.ID != "" {
			err = s.within(ctx, tx, in.ID, quota.Tokens)
		} else if n, failed := q.Count(ctx); failed != nil {
			err = failed
		} else if n > token.Max {
			err = apperr.New(apperr.Conflict, "You have %d tokens, which is the limit; revoke one that is no longer used.", token.Max)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutToken(t))
	})
	return t, failed("create a token", err)
}

// Tokens implements token.Repository.
func (s tokenStore) Tokens(ctx context.Context, who workspace.Caller, slug, after string, limit int, check func(workspace.Membership) error) ([]token.Token, error) {
	q, in, err := tokensOf(ctx, s.read, who, slug)
	if err != nil {
		return nil, failed("list tokens", err)
	}
	if err := check(in); err != nil {
		return nil, err
	}
	var rows []tokenRow
	if err := q.Where("t.id > ?", after).Order("t.id").Limit(int64(limit)).Scan(ctx, &rows); err != nil {
		return nil, failed("list tokens", err)
	}
	tokens := make([]token.Token, len(rows))
	for i := range rows {
		tokens[i] = rows[i].token()
		tokens[i].WorkspaceSlug = in.Slug
	}
	return tokens, nil
}

// findToken finds one token. Who may not see to tokens does not learn which there are.
func findToken(ctx context.Context, db bun.IDB, who workspace.Caller, slug, id string, check func(workspace.Membership, token.Token) error) (token.Token, error) {
	q, in, err := tokensOf(ctx, db, who, slug)
	if err != nil {
		return token.Token{}, err
	}
	var row tokenRow
	err = q.Where("t.id = ?", id).Scan(ctx, &row)
	none := errors.Is(err, sql.ErrNoRows)
	if err != nil && !none {
		return token.Token{}, err
	}
	t := row.token()
	t.WorkspaceSlug = in.Slug
	if err := check(in, t); err != nil {
		return t, err
	}
	if none {
		return t, token.ErrNotFound
	}
	return t, nil
}

// Token implements token.Repository.
func (s tokenStore) Token(ctx context.Context, who workspace.Caller, slug, id string, check func(workspace.Membership) error) (token.Token, error) {
	t, err := findToken(ctx, s.read, who, slug, id, func(in workspace.Membership, _ token.Token) error { return check(in) })
	return t, failed("read a token", err)
}

// DeleteToken implements token.Repository.
func (s tokenStore) DeleteToken(ctx context.Context, who workspace.Caller, slug, id string, check func(workspace.Membership, token.Token) error) (token.Token, error) {
	var t token.Token
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if t, err = findToken(ctx, tx, who, slug, id, check); err != nil {
			return err
		}
		return s.endToken(ctx, tx, who, t)
	})
	return t, failed("delete a token", err)
}

// DeleteShownToken implements token.Repository.
func (s tokenStore) DeleteShownToken(ctx context.Context, who workspace.Caller, id string, check func(token.Token) error) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var row tokenRow
		err := tx.NewSelect().Model(&row).Where("t.id = ? AND t.account_id = ?", id, who.AccountID).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return token.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := check(row.token()); err != nil {
			return err
		}
		return s.endToken(ctx, tx, who, row.token())
	})
	return failed("delete the token that was shown", err)
}

func (s tokenStore) endToken(ctx context.Context, tx bun.Tx, who workspace.Caller, t token.Token) error {
	if _, err := tx.NewRaw("DELETE FROM api_tokens WHERE id = ?", t.ID).Exec(ctx); err != nil {
		return err
	}
	return s.audit(ctx, tx, who, aboutToken(t))
}

// TokensUsed implements token.Repository.
func (s tokenStore) TokensUsed(ctx context.Context, used map[string]time.Time) error {
	return s.used(ctx, "UPDATE api_tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)", used)
}

// SetConfiguredToken implements account.Repository.
func (s accountStore) SetConfiguredToken(ctx context.Context, accountID string, hash account.Hash, now time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make token id: %w", err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("DELETE FROM api_tokens WHERE account_id = ? AND kind = ? AND hash <> ?", accountID, token.Configured, hash).Exec(ctx)
		if err != nil || hash == "" {
			return err
		}
		_, err = tx.NewRaw(`INSERT INTO api_tokens (id, hash, kind, account_id, name, scopes, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (hash) DO UPDATE SET kind = EXCLUDED.kind, account_id = EXCLUDED.account_id, workspace_id = NULL,
				scopes = EXCLUDED.scopes, expires_at = NULL`,
			id.String(), hash, token.Configured, accountID, "configuration", token.All, now.UTC()).Exec(ctx)
		return err
	})
	return failed("set the configured token", err)
}
