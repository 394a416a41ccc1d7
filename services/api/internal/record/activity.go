package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// maxActivity is the longest time that one answer covers of the activity of many mocks.
const maxActivity = 7 * 24 * time.Hour

// Activity is how much one mock was called from a time to another.
type Activity struct {
	MockID, MockSlug         string
	LastRequestAt            time.Time // zero if that is not known; it may be before that time
	Requests                 uint64
	ClientError, ServerError uint64
	Hours                    []uint64 // requests of every hour
}

// ActivityQuery says which mocks of a workspace to tell of.
type ActivityQuery struct {
	WorkspaceSlug string
	Mocks         []string // ids; none: those that were called
	From, To      time.Time
	ByLast        bool // those that were called last come first, and not those that were called most
	Limit         int
}

// Activity tells how much the mocks of a workspace were called, and which hours that are.
func (s *Service) Activity(ctx context.Context, who workspace.Caller, q ActivityQuery) (items []Activity, from, to time.Time, err error) {
	if q.From, q.To, err = period(q.From, q.To, time.Now()); err != nil {
		return nil, from, to, err
	}
	if q.To.Sub(q.From) > maxActivity+time.Hour {
		return nil, from, to, apperr.New(apperr.Invalid, "Activity covers at most %d hours in one request.", int(maxActivity.Hours())).WithField("from")
	}
	if items, err = s.repo.Activity(ctx, who, q); err != nil {
		return nil, from, to, err
	}
	slices.SortFunc(items, func(a, b Activity) int {
		byLast, byRequests := b.LastRequestAt.Compare(a.LastRequestAt), cmp.Compare(b.Requests, a.Requests)
		if q.ByLast {
			return cmp.Or(byLast, byRequests, strings.Compare(a.MockID, b.MockID))
		}
		return cmp.Or(byRequests, byLast, strings.Compare(a.MockID, b.MockID))
	})
	return items[:min(len(items), q.Limit)], q.From, q.To, nil
}
