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

const membershipSelect = `SELECT w.id, w.slug, w.name, w.version, w.created_at, mb.role,
	EXISTS (SELECT 1 FROM accounts o WHERE o.username = w.slug) AS personal
	FROM members mb JOIN workspaces w ON w.id = mb.workspace_id`

type membershipRow struct {
	ID        string         `bun:"id"`
	Slug      string         `bun:"slug"`
	Name      string         `bun:"name"`
	Version   int            `bun:"version"`
	CreatedAt time.Time      `bun:"created_at"`
	Role      workspace.Role `bun:"role"`
	Personal  bool           `bun:"personal"`
}

func (r membershipRow) membership() workspace.Membership {
	return workspace.Membership{
		Workspace: workspace.Workspace{
			ID: r.ID, Slug: r.Slug, Name: r.Name, Personal: r.Personal, Version: r.Version, CreatedAt: r.CreatedAt.UTC(),
		},
		Role: r.Role,
	}
}

// Workspaces implements workspace.Repository.
func (s workspaceStore) Workspaces(ctx context.Context, who workspace.Caller, after string, limit int) ([]workspace.Membership, error) {
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
func (s membershipStore) Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error) {
	m, err := findMembership(ctx, s.read, who, slug)
	return m, failed("find a workspace", err)
}

func findMembership(ctx context.Context, db bun.IDB, who workspace.Caller, slug string) (workspace.Membership, error) {
	var row membershipRow
	err := db.NewRaw(membershipSelect+" WHERE ? AND w.slug = ?", membership(who), slug).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return workspace.Membership{}, apperr.New(apperr.NotFound, "You are not a member of a workspace %q.", slug).WithField("workspace_slug")
	}
	return row.membership(), err
}

// lockWorkspace finds the caller's membership, which nobody changes until tx ends.
func (s *core) lockWorkspace(ctx context.Context, tx bun.Tx, who workspace.Caller, slug string, how locking) (workspace.Membership, error) {
	// Lock first and read then: what is read with the lock is from before it was waited for.
	const its = "SELECT w.id FROM workspaces w WHERE w.slug = ? AND w.id IN (SELECT mb.workspace_id FROM members mb WHERE ?)"
	if err := s.lock(ctx, tx, its, how, slug, membership(who)); err != nil {
		return workspace.Membership{}, err
	}
	return findMembership(ctx, tx, who, slug)
}

// aboutWorkspace begins the audit entry of a write of w itself.
func aboutWorkspace(w workspace.Workspace) audit.Entry {
	return audit.Entry{WorkspaceID: w.ID, Kind: "workspace", TargetID: w.ID, Label: w.Slug}
}

// maxOwned is how many workspaces an account may be an owner of: the quotas are a workspace's.
const maxOwned = 50

// CreateWorkspace implements workspace.Repository.
func (s workspaceStore) CreateWorkspace(ctx context.Context, who workspace.Caller, w workspace.Workspace) (workspace.Membership, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "SELECT id FROM accounts WHERE id = ?", forMembers, who.AccountID); err != nil {
			return err
		}
		var owned int
		err := tx.NewRaw("SELECT COUNT(*) FROM members WHERE account_id = ? AND role = ?", who.AccountID, workspace.Owner).Scan(ctx, &owned)
		if err != nil {
			return err
		}
		if owned >= maxOwned {
			return apperr.New(apperr.Conflict, "You are an owner of %d workspaces, which is the limit; delete or leave one that is no longer used.", owned)
		}
		if err := takeSlug(ctx, tx, w.Slug, who.AccountID, w.CreatedAt, errSlugTaken(w.Slug)); err != nil {
			return err
		}
		_, err = tx.NewRaw("INSERT INTO workspaces (id, slug, name, created_at) VALUES (?, ?, ?, ?)", w.ID, w.Slug, w.Name, w.CreatedAt.UTC()).Exec(ctx)
		if duplicate(err) {
			return errSlugTaken(w.Slug)
		}
		if err != nil {
			return err
		}
		if err := addMember(ctx, tx, w.ID, who.AccountID, workspace.Owner, w.CreatedAt); err != nil {
			return err
		}
		return s.audit(ctx, tx, who, aboutWorkspace(w))
	})
	return workspace.Membership{Workspace: w, Role: workspace.Owner}, failed("create a workspace", err)
}

func addMember(ctx context.Context, tx bun.Tx, workspaceID, accountID string, role workspace.Role, now time.Time) error {
	_, err := tx.NewRaw("INSERT INTO members (account_id, workspace_id, role, created_at) VALUES (?, ?, ?, ?)", accountID, workspaceID, role, now.UTC()).Exec(ctx)
	return err
}

// UpdateWorkspace implements workspace.Repository.
func (s workspaceStore) UpdateWorkspace(
	ctx context.Context, who workspace.Caller, slug string, now, until time.Time,
	decide func(workspace.Membership, workspace.Holding) (workspace.Workspace, error),
) (workspace.Membership, error) {
	var in workspace.Membership
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		if in, err = s.lockWorkspace(ctx, tx, who, slug, forAll); err != nil {
			return err
		}
		holds, err := holding(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		w, err := decide(in, holds)
		if err != nil || w == in.Workspace {
			return err
		}
		if w.Slug != in.Slug {
			if err := moveSlug(ctx, tx, in.Slug, w.Slug, who.AccountID, now, until); err != nil {
				return err
			}
		}
		w.Version++
		if err := renameWorkspace(ctx, tx, w); err != nil {
			return err
		}
		in.Workspace = w
		return s.audit(ctx, tx, who, aboutWorkspace(w))
	})
	return in, failed("change a workspace", err)
}

func renameWorkspace(ctx context.Context, tx bun.Tx, w workspace.Workspace) error {
	_, err := tx.NewRaw("UPDATE workspaces SET slug = ?, name = ?, version = ? WHERE id = ?", w.Slug, w.Name, w.Version, w.ID).Exec(ctx)
	if duplicate(err) {
		return errSlugTaken(w.Slug)
	}
	return err
}

func holding(ctx context.Context, tx bun.Tx, workspaceID string) (workspace.Holding, error) {
	var h workspace.Holding
	err := tx.NewRaw("SELECT COUNT(*) AS mocks, COUNT(NULLIF(published_revision, 0)) AS published FROM mocks WHERE workspace_id = ? AND deleted_at IS NULL", workspaceID).Scan(ctx, &h)
	return h, err
}

// DeleteWorkspace implements workspace.Repository.
func (s workspaceStore) DeleteWorkspace(
	ctx context.Context, who workspace.Caller, slug string, now, until time.Time, check func(workspace.Membership, workspace.Holding) error,
) error {
	err := s.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		in, err := s.lockWorkspace(ctx, tx, who, slug, forAll)
		if err != nil {
			return err
		}
		holds, err := holding(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		if err := check(in, holds); err != nil {
			return err
		}
		about := aboutWorkspace(in.Workspace)
		about.WorkspaceID = "" // nobody can read the log of a workspace that is gone: it goes to the caller's own
		if err := s.audit(ctx, tx, who, about); err != nil {
			return err
		}
		return detachWorkspace(ctx, tx, in.ID, in.Slug, who.AccountID, now, until)
	})
	return failed("delete a workspace", err)
}

// detachWorkspace makes a workspace unreachable: it has no members and no slug any more. Reap removes the rest.
func detachWorkspace(ctx context.Context, tx bun.Tx, workspaceID, slug, accountID string, now, until time.Time) error {
	if err := holdSlug(ctx, tx, slug, accountID, until); err != nil {
		return err
	}
	for _, step := range []*bun.RawQuery{
		tx.NewRaw("DELETE FROM invitations WHERE workspace_id = ?", workspaceID),
		tx.NewRaw("DELETE FROM members WHERE workspace_id = ?", workspaceID), // and its tokens
		tx.NewRaw("UPDATE workspaces SET slug = ?, deleted_at = ? WHERE id = ?", "~"+workspaceID, now.UTC(), workspaceID),
	} {
		if _, err := step.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
