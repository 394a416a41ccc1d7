package record

import (
	"context"
	"slices"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// MaxUsage is the longest time that one answer covers; usualUsage is the default.
const (
	MaxUsage   = 31 * 24 * time.Hour
	usualUsage = 24 * time.Hour
)

// Usage counts requests from a time to another.
type Usage struct {
	From, To time.Time
	Hours    []event.RequestCounts // those with requests, in order
	Total    event.RequestCounts
}

// Requests is how many there were.
func Requests(c event.RequestCounts) uint64 {
	return c.Informational + c.Success + c.Redirection + c.ClientError + c.ServerError + c.Other
}

// Add adds counts of the same subject.
func Add(to *event.RequestCounts, c event.RequestCounts) {
	to.Informational += c.Informational
	to.Success += c.Success
	to.Redirection += c.Redirection
	to.ClientError += c.ClientError
	to.ServerError += c.ServerError
	to.Other += c.Other
	to.NotKept += c.NotKept
	for _, b := range c.Latency {
		i, found := slices.BinarySearchFunc(to.Latency, b.UpTo, func(b event.LatencyCount, upTo uint64) int {
			switch {
			case b.UpTo < upTo:
				return -1
			case b.UpTo > upTo:
				return 1
			}
			return 0
		})
		if !found {
			to.Latency = slices.Insert(to.Latency, i, event.LatencyCount{UpTo: b.UpTo})
		}
		to.Latency[i].Requests += b.Requests
	}
}

// Quantile is a time that at least the share q of the requests did not exceed, in microseconds: the end of the bucket in
// which it falls, up to a quarter too long. 0 if there were none.
func Quantile(latency []event.LatencyCount, q float64) uint64 {
	var all uint64
	for _, b := range latency {
		all += b.Requests
	}
	var seen uint64
	for _, b := range latency {
		if seen += b.Requests; float64(seen) >= q*float64(all) {
			return b.UpTo
		}
	}
	return 0
}

// period is from and to in whole hours, with defaults for zeros, or an error that a user may see.
func period(from, to, now time.Time) (time.Time, time.Time, error) {
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-usualUsage)
	}
	from, end := from.UTC().Truncate(time.Hour), to.UTC().Truncate(time.Hour)
	if end.Before(to) {
		end = end.Add(time.Hour) // the hour that to lies in, whole
	}
	if !from.Before(end) || end.Sub(from) > MaxUsage+time.Hour {
		return from, end, apperr.New(apperr.Invalid, "Usage covers at most %d hours in one request, and `to` must be after `from`.", int(MaxUsage.Hours())).WithField("from")
	}
	return from, end, nil
}

// MockUsage counts a mock's requests; zero times mean the last day.
func (s *Service) MockUsage(ctx context.Context, who workspace.Caller, mockID string, from, to time.Time) (Usage, error) {
	return usage(from, to, func(from, to time.Time) ([]event.RequestCounts, error) {
		return s.repo.MockUsage(ctx, who, mockID, from, to)
	})
}

// WorkspaceUsage counts the requests of all mocks that a workspace had then.
func (s *Service) WorkspaceUsage(ctx context.Context, who workspace.Caller, slug string, from, to time.Time) (Usage, error) {
	return usage(from, to, func(from, to time.Time) ([]event.RequestCounts, error) {
		return s.repo.WorkspaceUsage(ctx, who, slug, from, to)
	})
}

func usage(from, to time.Time, read func(from, to time.Time) ([]event.RequestCounts, error)) (Usage, error) {
	from, to, err := period(from, to, time.Now())
	if err != nil {
		return Usage{}, err
	}
	u := Usage{From: from, To: to}
	if u.Hours, err = read(from, to); err != nil {
		return Usage{}, err
	}
	for _, h := range u.Hours {
		Add(&u.Total, h)
	}
	return u, nil
}
