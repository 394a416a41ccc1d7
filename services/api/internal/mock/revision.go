package mock

import (
	"context"
	"strconv"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Revision is one version of a mock's content. Nothing of it ever changes but its pin and label.
type Revision struct {
	Number           int
	Author           string // username; "" if the account is gone
	Message          string // what the author said about it
	Pinned           bool   // it is never pruned
	Label            string // of a pin, for people
	Size             int    // of the content, in bytes
	Errors, Warnings int    // among the diagnostics
	Content          string // empty in lists
	Diagnostics      []mockspec.Diagnostic
	CreatedAt        time.Time
	PublishedAt      time.Time // when it went live last; zero if it never did, or that is not known
}

// Revisions returns one page of a mock's history, newest first.
func (s *Service) Revisions(ctx context.Context, who workspace.Caller, id, from string, limit int) (cursor.Page[Revision], error) {
	// The column has 32 bits.
	return cursor.Read(cursor.List{Name: "revisions", Of: id}, from, limit, func(r Revision) int32 { return int32(r.Number) }, func(below int32, limit int) ([]Revision, error) {
		return s.repo.Revisions(ctx, who, id, int(below), limit)
	})
}

// Revision returns a revision with its content.
func (s *Service) Revision(ctx context.Context, who workspace.Caller, id string, number int) (Revision, error) {
	return s.repo.Revision(ctx, who, id, number)
}

// Rollback makes a new revision with the content of an earlier one, as if somebody had typed it; a published mock is
// published again with it. Rolling back to content that is the current one's is no change.
func (s *Service) Rollback(ctx context.Context, who workspace.Caller, id string, number int, message string, seen Seen) (Mock, error) {
	r, err := s.repo.Revision(ctx, who, id, number)
	if err != nil {
		return Mock{}, err
	}
	if message == "" {
		message = "Roll back to revision " + strconv.Itoa(number)
	}
	return s.Edit(ctx, who, id, Edit{Content: r.Content, Message: message}, seen)
}

// Mark is what can change of a revision.
type Mark struct {
	Pinned bool   // it is never pruned
	Label  string // of a pin, for people
}

// SeenMark is what was seen of a revision before marking it; the zero value means anything. A write that finds something else is an
// apperr.Precondition.
type SeenMark struct {
	Revision int
	Mark     Mark
}

// Mark pins a revision, or lets it go.
func (s *Service) Mark(ctx context.Context, who workspace.Caller, id string, number int, to Mark, seen SeenMark) (Revision, error) {
	return s.repo.MarkRevision(ctx, who, id, number, func(m Mock, r Revision, others int) (Revision, error) {
		if err := m.Role.RequireEdit(m.WorkspaceSlug); err != nil {
			return r, err
		}
		if is := (SeenMark{r.Number, Mark{r.Pinned, r.Label}}); seen != (SeenMark{}) && seen != is {
			return r, apperr.New(apperr.Precondition, "The pin of revision %d has changed since you read it. Read the revision again and repeat your change.", number)
		}
		if limit := s.cfg.MaxPinned; to.Pinned && others >= limit {
			return r, apperr.New(apperr.Conflict, "%d revisions of this mock are pinned, which is the limit; unpin one of them first.", others).WithField("pinned")
		}
		if !to.Pinned && to.Label != "" {
			return r, apperr.New(apperr.Invalid, "Only a pinned revision can have a label; pin the revision too.").WithField("label")
		}
		r.Pinned, r.Label = to.Pinned, to.Label
		return r, nil
	})
}
