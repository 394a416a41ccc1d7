package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

const invitationSelect = `SELECT i.id, i.workspace_id, w.slug, w.name, i.role, COALESCE(i.account_id, '') AS account_id,
	COALESCE(a.username, '') AS username, COALESCE(n.username, '') AS inviter, COALESCE(mb.role, '') AS inviter_role, i.created_at, i.expires_at
	FROM invitations i JOIN workspaces w ON w.id = i.workspace_id
	LEFT JOIN accounts a ON a.id = i.account_id LEFT JOIN accounts n ON n.id = i.inviter_id AND n.deleted_at IS NULL
	LEFT JOIN members mb ON mb.account_id = i.inviter_id AND mb.workspace_id = i.workspace_id`

type invitationRow struct {
	ID          string         `bun:"id"`
	WorkspaceID string         `bun:"workspace_id"`
	Slug        string         `bun:"slug"`
	Name        string         `bun:"name"`
	Role        workspace.Role `bun:"role"`
	AccountID   string         `bun:"account_id"`
	Username    string         `bun:"username"`
	Inviter     string         `bun:"inviter"`
	InviterRole workspace.Role `bun:"inviter_role"`
	CreatedAt   time.Time      `bun:"created_at"`
	ExpiresAt   time.Time      `bun:"expires_at"`
}

func (r invitationRow) invitation() workspace.Invitation {
	return workspace.Invitation{
		ID: r.ID, WorkspaceID: r.WorkspaceID, WorkspaceSlug: r.Slug, Name: r.Name, Role: r.Role, AccountID: r.AccountID, Username: r.Username,
		Inviter: r.Inviter, InviterRole: r.InviterRole, CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

var errNoInvitation = apperr.New(apperr.NotFound, "There is no such invitation; it may have been revoked, or have expired.")

// invitation finds one; errNoInvitation if there is none.
func invitation(ctx context.Context, q *bun.RawQuery) (workspace.Invitation, error) {
	var row invitationRow
	err := q.Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return workspace.Invitation{}, errNoInvitation
	}
	return row.invitation(), err
}

func invitations(ctx context.Context, q *bun.RawQuery) ([]workspace.Invitation, error) {
	var rows []invitationRow
	err := q.Scan(ctx, &rows)
	all := make([]workspace.Invitation, len(rows))
	for i, r := range rows {
		all[i] = r.invitation()
	}
	return all, failed("list invitations", err)
}

// Invitations implements workspace.InvitationRepository.
func (s invitationStore) Invitations(ctx context.Context, workspaceID string, now time.Time, after string, limit int) ([]workspace.Invitation, error) {
	return invitations(ctx, s.read.NewRaw(invitationSelect+" WHERE i.workspace_id = ? AND i.id > ? AND i.expires_at > ? ORDER BY i.id LIMIT ?",
		workspaceID, after, now.UTC(), limit))
}

// InvitationsFor implements workspace.InvitationRepository.
func (s invitationStore) InvitationsFor(ctx context.Context, accountID string, now time.Time, after string, limit int) ([]workspace.Invitation, error) {
	return invitations(ctx, s.read.NewRaw(invitationSelect+" WHERE i.account_id = ? AND i.id > ? AND i.expires_at > ? ORDER BY i.id LIMIT ?",
		accountID, after, now.UTC(), limit))
}

// aboutInvitation begins the audit entry of a write of i.
func aboutInvitation(i workspace.Invitation) audit.Entry {
	label := "link"
	if i.Username != "" {
		label = i.Username
	}
	return audit.Entry{WorkspaceID: i.WorkspaceID, Kind: "invitation", TargetID: i.ID, Label: label + " (" + string(i.Role) + ")", Concerns: i.AccountID}
}

// CreateInvitation implements workspace.InvitationRepository.
func (s invitationStore) CreateInvitation(
	ctx context.Context, who workspace.Caller, slug string, i workspace.Invitation, check func(workspace.Membership) error,
) (workspace.Invitation, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := s.lockWorkspace(ctx, tx, who, slug, forMembers)
		if err != nil {
			return err
		}
		if err := check(in); err != nil {
			return err
		}
		if _, err := tx.NewRaw("DELETE FROM invitations WHERE workspace_id = ? AND expires_at <= ?", in.ID, i.CreatedAt.UTC()).Exec(ctx); err != nil {
			return err
		}
		i.WorkspaceID = in.ID
		if i.Username != "" {
			err := tx.NewRaw("SELECT id FROM accounts WHERE username = ?", i.Username).Scan(ctx, &i.AccountID)
			if errors.Is(err, sql.ErrNoRows) {
				return apperr.New(apperr.NotFound, "There is no account %q.", i.Username).WithField("username")
			}
			if err != nil {
				return err
			}
			if err := notMember(ctx, tx, in.ID, i.AccountID, i.Username); err != nil {
				return err
			}
		}
		_, err = tx.NewRaw(`INSERT INTO invitations (id, workspace_id, role, account_id, secret_hash, inviter_id, created_at, expires_at)
			VALUES (?, ?, ?, NULLIF(?, ''), NULLIF(?, ''), ?, ?, ?)`,
			i.ID, i.WorkspaceID, i.Role, i.AccountID, i.Secret, who.AccountID, i.CreatedAt.UTC(), i.ExpiresAt.UTC()).Exec(ctx)
		if duplicate(err) {
			return apperr.New(apperr.Conflict, "%q is already invited; revoke that invitation to offer another role.", i.Username).WithField("username")
		}
		if err != nil {
			return err
		}
		if err := s.within(ctx, tx, in.ID, quota.Members); err != nil {
			return err
		}
		if i, err = invitation(ctx, tx.NewRaw(invitationSelect+" WHERE i.id = ?", i.ID)); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutInvitation(i))
	})
	return i, failed("create an invitation", err)
}

func notMember(ctx context.Context, tx bun.Tx, workspaceID, accountID, username string) error {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM members WHERE workspace_id = ? AND account_id = ?", workspaceID, accountID).Scan(ctx, &n)
	if err == nil && n > 0 {
		return apperr.New(apperr.Conflict, "%q is already a member.", username).WithField("username")
	}
	return err
}

// RevokeInvitation implements workspace.InvitationRepository.
func (s invitationStore) RevokeInvitation(
	ctx context.Context, who workspace.Caller, slug, id string, now time.Time, check func(workspace.Membership, workspace.Invitation) error,
) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := s.lockWorkspace(ctx, tx, who, slug, forMembers)
		if err != nil {
			return err
		}
		i, unknown := invitation(ctx, tx.NewRaw(invitationSelect+" WHERE i.id = ? AND i.workspace_id = ? AND i.expires_at > ?", id, in.ID, now.UTC()))
		if unknown != nil && !errors.Is(unknown, errNoInvitation) {
			return unknown
		}
		if err := errors.Join(check(in, i), unknown); err != nil {
			return err
		}
		return s.endInvitation(ctx, tx, who, i)
	})
	return failed("revoke an invitation", err)
}

func (s invitationStore) endInvitation(ctx context.Context, tx bun.Tx, who workspace.Caller, i workspace.Invitation) error {
	if _, err := tx.NewRaw("DELETE FROM invitations WHERE id = ?", i.ID).Exec(ctx); err != nil {
		return err
	}
	return s.audit(ctx, tx, who, aboutInvitation(i))
}

const bySecret = " WHERE i.secret_hash = ? AND i.expires_at > ?"

// InvitationBySecret implements workspace.InvitationRepository.
func (s invitationStore) InvitationBySecret(ctx context.Context, hash string, now time.Time) (workspace.Invitation, error) {
	i, err := invitation(ctx, s.read.NewRaw(invitationSelect+bySecret, hash, now.UTC()))
	return i, failed("look at an invitation", err)
}

// ClaimInvitation implements workspace.InvitationRepository.
func (s invitationStore) ClaimInvitation(ctx context.Context, who workspace.Caller, hash string, now time.Time) (workspace.Invitation, error) {
	var i workspace.Invitation
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		if i, err = invitation(ctx, tx.NewRaw(invitationSelect+bySecret, hash, now.UTC())); err != nil {
			return err
		}
		if err := notMember(ctx, tx, i.WorkspaceID, who.AccountID, "Your account"); err != nil {
			return err
		}
		// Once: who comes second finds no secret any more.
		result, err := tx.NewRaw("UPDATE invitations SET account_id = ?, secret_hash = NULL WHERE id = ? AND secret_hash = ?", who.AccountID, i.ID, hash).Exec(ctx)
		if duplicate(err) {
			return apperr.New(apperr.Conflict, "You are already invited to %q; accept or decline that invitation first.", i.WorkspaceSlug)
		}
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNoInvitation)
		}
		if i, err = invitation(ctx, tx.NewRaw(invitationSelect+" WHERE i.id = ?", i.ID)); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutInvitation(i))
	})
	return i, failed("claim an invitation", err)
}

// ownInvitation finds an invitation of the caller's and locks its workspace's members.
func (s invitationStore) ownInvitation(ctx context.Context, tx bun.Tx, who workspace.Caller, id string, now time.Time) (workspace.Invitation, error) {
	const its = "SELECT w.id FROM workspaces w WHERE w.id IN (SELECT workspace_id FROM invitations WHERE id = ? AND account_id = ?)"
	if err := s.lock(ctx, tx, its, forMembers, id, who.AccountID); err != nil {
		return workspace.Invitation{}, err
	}
	return invitation(ctx, tx.NewRaw(invitationSelect+" WHERE i.id = ? AND i.account_id = ? AND i.expires_at > ?", id, who.AccountID, now.UTC()))
}

// AcceptInvitation implements workspace.InvitationRepository.
func (s invitationStore) AcceptInvitation(
	ctx context.Context, who workspace.Caller, id string, now time.Time, check func(workspace.Invitation) error,
) (workspace.Membership, error) {
	var in workspace.Membership
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.ownInvitation(ctx, tx, who, id, now)
		if err != nil {
			return err
		}
		if err := check(i); err != nil {
			return err
		}
		if err := notMember(ctx, tx, i.WorkspaceID, who.AccountID, i.Username); err != nil {
			return err
		}
		if err := s.endInvitation(ctx, tx, who, i); err != nil {
			return err
		}
		if err := addMember(ctx, tx, i.WorkspaceID, who.AccountID, i.Role, now); err != nil {
			return err
		}
		if err := s.within(ctx, tx, i.WorkspaceID, quota.Members); err != nil {
			return err
		}
		in, err = findMembership(ctx, tx, who, i.WorkspaceSlug)
		return err
	})
	return in, failed("accept an invitation", err)
}

// DeclineInvitation implements workspace.InvitationRepository.
func (s invitationStore) DeclineInvitation(ctx context.Context, who workspace.Caller, id string, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		i, err := s.ownInvitation(ctx, tx, who, id, now)
		if err != nil {
			return err
		}
		return s.endInvitation(ctx, tx, who, i)
	})
	return failed("decline an invitation", err)
}
