package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/mocloud/mocloud/services/api/internal/quota"
)

// Limit sets how much a workspace may hold. Call it before the store is used; without it there is no limit.
func (s *Store) Limit(limits quota.Limits) { s.limits = limits }

// counted is the query that counts a resource of the workspace ?.
func counted(r quota.Resource) string {
	switch r {
	case quota.Mocks:
		return "SELECT COUNT(*) FROM mocks WHERE workspace_id = ? AND deleted_at IS NULL"
	case quota.Endpoints:
		return "SELECT COALESCE(SUM(endpoints), 0) FROM mocks WHERE workspace_id = ? AND deleted_at IS NULL"
	case quota.Content:
		return "SELECT COALESCE(SUM(bytes), 0) FROM mocks WHERE workspace_id = ? AND deleted_at IS NULL"
	case quota.Members:
		return `SELECT (SELECT COUNT(*) FROM members WHERE workspace_id = ?0) + (SELECT COUNT(*) FROM invitations WHERE workspace_id = ?0)`
	case quota.Tokens:
		return "SELECT COUNT(*) FROM api_tokens WHERE workspace_id = ?"
	case quota.Files:
		return "SELECT COALESCE(SUM(bytes), 0) FROM file_indexes WHERE workspace_id = ?" // one row or none
	case quota.Domains:
		return "SELECT COUNT(*) FROM domains d JOIN mocks m ON m.id = d.mock_id WHERE m.workspace_id = ?"
	}
	return ""
}

// within refuses the write of tx with a *quota.ExceededError if the workspace holds more of one of the resources than it
// may. Call it after a write that made it hold more, and not after one that made it hold less: who is beyond a limit that
// was lowered can always go back. From then on until tx ends nobody else adds to the workspace.
func (s *core) within(ctx context.Context, tx bun.Tx, workspaceID string, resources ...quota.Resource) error {
	locked := false
	for _, r := range resources {
		if s.limits[r] <= 0 {
			continue
		}
		if !locked {
			if err := s.lock(ctx, tx, "SELECT id FROM workspaces WHERE id = ?", forMembers, workspaceID); err != nil {
				return fmt.Errorf("lock a workspace: %w", err)
			}
			locked = true
		}
		u, err := s.use(ctx, tx, workspaceID, r)
		if err != nil {
			return err
		}
		if err := u.Check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *core) use(ctx context.Context, db bun.IDB, workspaceID string, r quota.Resource) (quota.Use, error) {
	u := quota.Use{Resource: r, Limit: s.limits[r]}
	if err := db.NewRaw(counted(r), workspaceID).Scan(ctx, &u.Used); err != nil {
		return u, fmt.Errorf("count the %s of a workspace: %w", r, err)
	}
	return u, nil
}

// QuotaUse implements quota.Repository.
func (s quotaStore) QuotaUse(ctx context.Context, workspaceID string) ([]quota.Use, error) {
	var all []quota.Use
	for _, r := range quota.Resources() {
		if counted(r) == "" {
			continue
		}
		u, err := s.use(ctx, s.read, workspaceID, r)
		if err != nil {
			return nil, failed("read a quota", err)
		}
		all = append(all, u)
	}
	return all, nil
}
