// Package quota is about how much a workspace may hold. A limit is checked by the store in the transaction of the write
// that needs more.
package quota

import (
	"context"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Resource is something of which a workspace may hold so much.
type Resource string

// What is limited. Deleted mocks that can still be restored count for nothing.
const (
	Mocks     Resource = "mocks"
	Endpoints Resource = "endpoints" // of the mocks' current revisions
	Content   Resource = "content"   // bytes of the mocks' current revisions
	Files     Resource = "files"     // bytes
	Members   Resource = "members"   // and open invitations
	Tokens    Resource = "tokens"    // of the workspace
	Domains   Resource = "domains"
)

// Resources returns all in the order in which they are shown.
func Resources() []Resource {
	return []Resource{Mocks, Endpoints, Content, Files, Members, Tokens, Domains}
}

// Limits is how much of each a workspace may hold; 0 or nothing means any amount.
type Limits map[Resource]int64

// Use is how much a workspace holds of something.
type Use struct {
	Resource Resource
	Used     int64
	Limit    int64 // 0: none
}

// Check returns an *ExceededError, unless the use is within the limit.
func (u Use) Check() error {
	if u.Limit <= 0 || u.Used <= u.Limit {
		return nil
	}
	unit := string(u.Resource)
	switch u.Resource {
	case Content, Files:
		unit = "bytes of " + unit
	case Members:
		unit = "members and invitations"
	case Mocks, Endpoints, Tokens, Domains:
	}
	return &ExceededError{
		Use: u,
		Err: apperr.New(apperr.QuotaExceeded, "The workspace would hold %d %s; the limit is %d. Delete some, or ask your administrator for more.", u.Used, unit, u.Limit),
	}
}

// ExceededError says that a write would take a workspace beyond a limit. Nothing was written.
type ExceededError struct {
	Use Use // Used is what it would be
	Err *apperr.Error
}

// Error implements error.
func (e *ExceededError) Error() string { return e.Err.Error() }

// Unwrap returns the public error.
func (e *ExceededError) Unwrap() error { return e.Err }

// Repository counts.
type Repository interface {
	// Membership is the caller's in the workspace with that slug; apperr.NotFound if there is none.
	Membership(ctx context.Context, who workspace.Caller, slug string) (workspace.Membership, error)
	// QuotaUse is how much of everything the workspace holds, in the order of Resources.
	QuotaUse(ctx context.Context, workspaceID string) ([]Use, error)
}

// Service tells members how much their workspace holds. It is safe for concurrent use.
type Service struct{ repo Repository }

// NewService makes a Service over repo.
func NewService(repo Repository) *Service { return &Service{repo: repo} }

// Of returns the use of the workspace with that slug.
func (s *Service) Of(ctx context.Context, who workspace.Caller, slug string) ([]Use, error) {
	in, err := s.repo.Membership(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	return s.repo.QuotaUse(ctx, in.ID)
}
