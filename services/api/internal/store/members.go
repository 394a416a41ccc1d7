package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/audit"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

const memberSelect = `SELECT mb.account_id, a.username, mb.role, mb.created_at FROM members mb JOIN accounts a ON a.id = mb.account_id`

type memberRow struct {
	AccountID string         `bun:"account_id"`
	Username  string         `bun:"username"`
	Role      workspace.Role `bun:"role"`
	CreatedAt time.Time      `bun:"created_at"`
}

func (r memberRow) member() workspace.Member {
	return workspace.Member{AccountID: r.AccountID, Username: r.Username, Role: r.Role, JoinedAt: r.CreatedAt.UTC()}
}

// Members implements workspace.Repository.
func (s memberStore) Members(ctx context.Context, workspaceID, after string, limit int) ([]workspace.Member, error) {
	var rows []memberRow
	err := s.read.NewRaw(memberSelect+" WHERE mb.workspace_id = ? AND mb.account_id > ? ORDER BY mb.account_id LIMIT ?", workspaceID, after, limit).Scan(ctx, &rows)
	members := make([]workspace.Member, len(rows))
	for i, r := range rows {
		members[i] = r.member()
	}
	return members, failed("list members", err)
}

// Member implements workspace.Repository.
func (s memberStore) Member(ctx context.Context, in workspace.Membership, username string) (workspace.Member, error) {
	var row memberRow
	err := s.read.NewRaw(memberSelect+" WHERE mb.workspace_id = ? AND a.username = ?", in.ID, username).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoMember(in.Slug, username)
	}
	return row.member(), failed("read a member", err)
}

func errNoMember(slug, username string) error {
	return apperr.New(apperr.NotFound, "The workspace %q has no member %q.", slug, username).WithField("username")
}

// UpdateMember implements workspace.Repository.
func (s memberStore) UpdateMember(
	ctx context.Context, who workspace.Caller, slug, username string,
	decide func(in workspace.Membership, m workspace.Member, owners int) (workspace.Role, error),
) (workspace.Member, error) {
	var m workspace.Member
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := s.lockWorkspace(ctx, tx, who, slug, forMembers)
		if err != nil {
			return err
		}
		var row memberRow
		err = tx.NewRaw(memberSelect+" WHERE mb.workspace_id = ? AND (a.username = ? OR (? = '' AND a.id = ?))", in.ID, username, username, who.AccountID).Scan(ctx, &row)
		unknown := errors.Is(err, sql.ErrNoRows)
		if err != nil && !unknown {
			return err
		}
		m = row.member()
		var owners int
		if err := tx.NewRaw("SELECT COUNT(*) FROM members WHERE workspace_id = ? AND role = ?", in.ID, workspace.Owner).Scan(ctx, &owners); err != nil {
			return err
		}
		role, err := decide(in, m, owners) // first: who may not change members is not told who is one
		if err != nil {
			return err
		}
		if unknown {
			return errNoMember(slug, username)
		}
		if role == m.Role {
			return nil
		}
		m.Role = role
		if role == "" {
			_, err = tx.NewRaw("DELETE FROM members WHERE workspace_id = ? AND account_id = ?", in.ID, m.AccountID).Exec(ctx)
		} else {
			_, err = tx.NewRaw("UPDATE members SET role = ? WHERE workspace_id = ? AND account_id = ?", role, in.ID, m.AccountID).Exec(ctx)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutMember(in.ID, m))
	})
	return m, failed("change a member", err)
}

// aboutMember begins the audit entry of a write about a member.
func aboutMember(workspaceID string, m workspace.Member) audit.Entry {
	label := m.Username
	if m.Role != "" {
		label += " (" + string(m.Role) + ")"
	}
	return audit.Entry{WorkspaceID: workspaceID, Kind: "member", TargetID: m.AccountID, Label: label}
}
