package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func findProfile(ctx context.Context, db bun.IDB, accountID string) (account.Profile, error) {
	var row struct {
		accountRow
		Email    string `bun:"email"`
		Password bool   `bun:"has_password"`
		Version  int    `bun:"version"`
	}
	err := db.NewRaw("SELECT id, username, created_at, COALESCE(email, '') AS email, password <> '' AS has_password, version FROM accounts WHERE id = ?", accountID).Scan(ctx, &row)
	return account.Profile{Account: row.account(), Email: row.Email, HasPassword: row.Password, Version: row.Version}, err
}

// Profile implements account.ProfileRepository.
func (s accountStore) Profile(ctx context.Context, accountID string) (account.Profile, error) {
	p, err := findProfile(ctx, s.read, accountID)
	return p, failed("read an account", err)
}

// lockProfile reads the caller's profile, which nobody changes until tx ends, and locks its own workspace.
func (s accountStore) lockProfile(ctx context.Context, tx bun.Tx, who workspace.Caller) (account.Profile, workspace.Membership, error) {
	var in workspace.Membership
	if err := s.lock(ctx, tx, "SELECT id FROM accounts WHERE id = ?", forMembers, who.AccountID); err != nil {
		return account.Profile{}, in, err
	}
	p, err := findProfile(ctx, tx, who.AccountID)
	if err == nil {
		in, err = s.lockWorkspace(ctx, tx, who, p.Username, forAll)
	}
	return p, in, err
}

// UpdateProfile implements account.ProfileRepository.
func (s accountStore) UpdateProfile(
	ctx context.Context, who workspace.Caller, now, until time.Time, decide func(account.Profile, workspace.Holding) (account.Profile, error),
) (account.Profile, error) {
	var p account.Profile
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		old, own, err := s.lockProfile(ctx, tx, who)
		if err != nil {
			return err
		}
		holds, err := holding(ctx, tx, own.ID)
		if err != nil {
			return err
		}
		if p, err = decide(old, holds); err != nil || p == old {
			return err
		}
		if p.Username != old.Username {
			if err := moveUsername(ctx, tx, own.Workspace, p, now, until); err != nil {
				return err
			}
		}
		p.Version++
		_, err = tx.NewRaw("UPDATE accounts SET username = ?, email = NULLIF(?, ''), version = ? WHERE id = ?", p.Username, p.Email, p.Version, p.ID).Exec(ctx)
		if duplicate(err) {
			return apperr.New(apperr.Conflict, "The username or the e-mail address is taken; choose another one.").WithField("email")
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, audit.Entry{WorkspaceID: own.ID, Kind: "account", TargetID: p.ID, Label: p.Username})
	})
	return p, failed("change an account", err)
}

// moveUsername gives the account's own workspace the new username as its slug, and as its name if that was the old one.
func moveUsername(ctx context.Context, tx bun.Tx, own workspace.Workspace, p account.Profile, now, until time.Time) error {
	if err := takeSlug(ctx, tx, p.Username, p.ID, now, errNameTaken(p.Username)); err != nil {
		return err
	}
	if err := holdSlug(ctx, tx, own.Slug, p.ID, until); err != nil {
		return err
	}
	if own.Name == own.Slug {
		own.Name = p.Username
	}
	own.Slug = p.Username
	own.Version++
	err := renameWorkspace(ctx, tx, own)
	if apperr.CodeOf(err) == apperr.Conflict {
		return errNameTaken(p.Username)
	}
	return err
}

// DeleteAccount implements account.ProfileRepository.
func (s accountStore) DeleteAccount(ctx context.Context, who workspace.Caller, now, until time.Time, check func(account.Profile) error) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, own, err := s.lockProfile(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := check(p); err != nil {
			return err
		}
		about := audit.Entry{Kind: "account", TargetID: p.ID, Label: p.Username}
		if err := s.leaveAll(ctx, tx, who, own.ID, about); err != nil {
			return err
		}
		about.WorkspaceID = own.ID
		if err := s.audit(ctx, tx, who, about); err != nil {
			return err
		}
		if err := detachWorkspace(ctx, tx, own.ID, own.Slug, p.ID, now, until); err != nil {
			return err
		}
		for _, table := range []string{"sessions", "api_tokens", "signin_codes", "identities", "invitations"} {
			if _, err := tx.NewRaw("DELETE FROM ? WHERE account_id = ?", bun.Ident(table), p.ID).Exec(ctx); err != nil {
				return err
			}
		}
		_, err = tx.NewRaw("UPDATE accounts SET username = ?, email = NULL, password = '', deleted_at = ? WHERE id = ?", "~"+p.ID, now.UTC(), p.ID).Exec(ctx)
		return err
	})
	return failed("delete an account", err)
}

// leaveAll takes the account out of all workspaces but its own, unless it is the last owner of some.
func (s accountStore) leaveAll(ctx context.Context, tx bun.Tx, who workspace.Caller, own string, about audit.Entry) error {
	var rows []membershipRow
	err := tx.NewRaw(membershipSelect+" WHERE mb.account_id = ? AND mb.workspace_id <> ? ORDER BY mb.workspace_id", who.AccountID, own).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	var last []string
	for _, r := range rows {
		in, err := s.lockWorkspace(ctx, tx, who, r.Slug, forMembers)
		if apperr.CodeOf(err) == apperr.NotFound {
			continue // left, or deleted, meanwhile
		}
		if err != nil {
			return err
		}
		var owners int
		if err := tx.NewRaw("SELECT COUNT(*) FROM members WHERE workspace_id = ? AND role = ?", in.ID, workspace.Owner).Scan(ctx, &owners); err != nil {
			return err
		}
		if in.Role == workspace.Owner && owners < 2 {
			last = append(last, in.Slug)
			continue
		}
		if _, err := tx.NewRaw("DELETE FROM members WHERE workspace_id = ? AND account_id = ?", in.ID, who.AccountID).Exec(ctx); err != nil {
			return err
		}
		about.WorkspaceID = in.ID
		if err := s.audit(ctx, tx, who, about); err != nil {
			return err
		}
	}
	if len(last) > 0 {
		return apperr.New(apperr.Conflict, "You are the last owner of %s: make somebody else an owner, or delete the workspaces first.", strings.Join(last, ", "))
	}
	return nil
}
