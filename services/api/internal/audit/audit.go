// Package audit is about who did what in a workspace. An entry is written in the transaction of the write that it is
// about, so that neither is there without the other.
package audit

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Entry is what a write says about itself. Who, when, how and for which request comes from the caller.
type Entry struct {
	WorkspaceID string // where it happened; "" for the account's own workspace, as with what concerns the account alone
	Action      string // a stable name; "" for the caller's operation
	Kind        string // of the target: mock, workspace, member, invitation, token, file, domain, …
	TargetID    string
	Label       string // the target as a person knows it, at the time: its slug or name
	Concerns    string // an account that is to know of it although it may be no member; it is not kept
}

// Internal is the action of a write that no operation asked for: the service's own.
const Internal = "internal"

// Record is an entry as it is read.
type Record struct {
	Entry
	ID        string // UUIDv7: it begins with the time
	AccountID string // who did it
	Username  string // of that account, "" if it does not exist any more
	Means     string // how they were known: see workspace.Caller
	RequestID string
	At        time.Time // to the millisecond
}

// Query says which entries of a workspace to list, newest first. Zero fields filter nothing.
type Query struct {
	Action       string
	Username     string    // of who did it
	Since, Until time.Time // from Since on, before Until; to the millisecond
	Before       string    // the id of the last entry that was seen
	Limit        int
}

// Repository keeps entries.
type Repository interface {
	// Membership is the caller's in the workspace with that slug; apperr.NotFound if there is none.
	Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error)
	// AuditLog lists the entries of a workspace.
	AuditLog(ctx context.Context, workspaceID string, q Query) ([]Record, error)
}

// Service reads the log. It is safe for concurrent use.
type Service struct{ repo Repository }

// NewService makes a Service over repo.
func NewService(repo Repository) *Service { return &Service{repo: repo} }

// List returns one page of the entries of the workspace with that slug; it sets the query's Before and Limit. Owners and
// admins may.
func (s *Service) List(ctx context.Context, who workspace.Caller, slug string, q Query, from string, limit int) (cursor.Page[Record], error) {
	in, err := s.repo.Membership(ctx, who, slug)
	if err != nil {
		return cursor.Page[Record]{}, err
	}
	if err := in.Require(workspace.Admin); err != nil {
		return cursor.Page[Record]{}, err
	}
	list := cursor.List{Name: "audit", Of: []any{in.ID, q.Action, q.Username, q.Since, q.Until}}
	return cursor.Read(list, from, limit, func(r Record) string { return r.ID }, func(before string, limit int) ([]Record, error) {
		q.Before, q.Limit = before, limit
		return s.repo.AuditLog(ctx, in.ID, q)
	})
}
