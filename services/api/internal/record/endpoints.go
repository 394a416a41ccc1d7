package record

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Bounds of an answer about one mock's endpoints.
const (
	MaxEndpointCounts = 1000
	MaxUnmatched      = 50
)

// EndpointCount is how often an endpoint was called, among the recorded requests.
type EndpointCount struct {
	Endpoint                 string
	Requests                 int64
	ClientError, ServerError int64
	LastRequestAt            time.Time
}

// UnmatchedCount is how often something was called that no endpoint answers, among the recorded requests.
type UnmatchedCount struct {
	Method, Path  string
	Requests      int64
	LastRequestAt time.Time
}

// EndpointCounts is how often what of a mock was called since a time.
type EndpointCounts struct {
	Since     time.Time
	Total     uint64 // requests, those that were not recorded too
	Recorded  int64  // requests that the counts are of
	Items     []EndpointCount
	Unmatched []UnmatchedCount
}

// EndpointCounts tells how often each endpoint of a mock was called since a time, a zero for the last 24 hours.
func (s *Service) EndpointCounts(ctx context.Context, who workspace.Caller, mockID string, since time.Time) (EndpointCounts, error) {
	from, to, err := period(since, time.Time{}, time.Now())
	if err != nil {
		return EndpointCounts{}, err
	}
	if since.IsZero() {
		since = to.Add(-usualUsage)
	}
	counts, err := s.repo.EndpointCounts(ctx, who, mockID, since)
	if err != nil {
		return counts, err
	}
	hours, err := s.repo.MockUsage(ctx, who, mockID, from, to)
	if err != nil {
		return counts, err
	}
	counts.Since = since
	for _, h := range hours {
		counts.Total += Requests(h)
	}
	counts.Total = max(counts.Total, uint64(counts.Recorded)) // records may arrive before the counts
	return counts, nil
}
