package remembered

import (
	"context"
	"encoding/base64"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/record"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Records are what is recorded of mocks.
type Records interface {
	// WholeRequests lists the latest requests of a mock from a time on, oldest first, with headers and bodies.
	WholeRequests(ctx context.Context, who workspace.Caller, mockID string, since time.Time, limit int) ([]event.RequestRecord, error)
	// MockUsage returns the hours of [from, to) in which there were requests.
	MockUsage(ctx context.Context, who workspace.Caller, mockID string, from, to time.Time) ([]event.RequestCounts, error)
	Settings(ctx context.Context, who workspace.Caller, mockID string) (record.Settings, error)
}

// Settling asks the living mock servers when what they answered before is stored.
type Settling struct {
	Servers func() []string // that live
	Ask     func(ctx context.Context, server string) (settled bool, err error)
}

// Verification is what is to be verified.
type Verification struct {
	Session string    // "" for the requests of all
	Since   time.Time // zero: an hour ago
	Wait    time.Duration
	InOrder bool
	Expect  []control.Expectation
}

// Verdict says whether requests came as expected.
type Verdict struct {
	control.Verdict
	Settled bool
	NotKept uint64
}

const (
	usualWait  = 5 * time.Second
	mostWait   = 20 * time.Second
	usualSince = time.Hour
	mostBytes  = 8 << 20 // of the requests that are looked at
)

// Verify holds the recorded requests of a mock against what is expected.
func (s *Service) Verify(ctx context.Context, who workspace.Caller, mockID string, v Verification) (Verdict, error) {
	m, err := s.mocks.Find(ctx, who, mockID)
	if err != nil {
		return Verdict{}, err
	}
	settings, err := s.records.Settings(ctx, who, mockID)
	if err != nil {
		return Verdict{}, err
	}
	if settings.Mode == event.RecordOff {
		return Verdict{}, apperr.New(apperr.Conflict, "The requests of this mock are not recorded, so that they cannot be verified; change its recording.")
	}
	if v.Since.IsZero() {
		v.Since = time.Now().Add(-usualSince)
	}
	out := Verdict{Settled: s.settle(ctx, v.Wait)}
	recorded, err := s.records.WholeRequests(ctx, who, mockID, v.Since, control.MaxRequests)
	if err != nil {
		return Verdict{}, err
	}
	hours, err := s.records.MockUsage(ctx, who, mockID, v.Since.Truncate(time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		return Verdict{}, err
	}
	for _, h := range hours {
		out.NotKept += h.NotKept
	}
	requests := requestsOf(recorded)
	out.NotKept += uint64(len(recorded) - len(requests)) // #nosec G115 -- there are no fewer
	a, err := s.of(ctx, m, control.Question{
		MockID: mockID, Act: control.Verify, Session: v.Session, Expect: v.Expect, InOrder: v.InOrder, Requests: requests,
	})
	if err != nil || a.Verdict == nil {
		return Verdict{}, err
	}
	out.Verdict = *a.Verdict
	if v.Session == "" && out.NotKept > 0 {
		out.doubt(v.Expect)
	}
	return out, nil
}

// doubt takes back that upper bounds are met where requests were not recorded.
func (v *Verdict) doubt(expect []control.Expectation) {
	for i := range v.Expect {
		if r := &v.Expect[i]; r.OK && (expect[i].Times != nil || expect[i].AtMost != nil) {
			r.OK, v.OK = false, false
			r.Reason = "it cannot be told, as some requests of this mock were not recorded; name a session, whose requests are recorded besides"
		}
	}
}

// requestsOf are the requests as they are verified, the latest that have room.
func requestsOf(recorded []event.RequestRecord) []control.Request {
	bytes, first := 0, len(recorded)
	for ; first > 0; first-- {
		r := &recorded[first-1]
		if bytes += len(r.Request.Head) + len(r.Request.Body) + len(r.Query) + len(r.Path); bytes > mostBytes {
			break
		}
	}
	out := make([]control.Request, 0, len(recorded)-first)
	for _, r := range recorded[first:] {
		body := []byte(r.Request.Body)
		if r.Request.Base64 {
			body, _ = base64.StdEncoding.DecodeString(r.Request.Body) // it was encoded so; else there is no body
		}
		out = append(out, control.Request{
			ID: r.ID, Time: r.Time, Method: r.Method, Host: r.Host, Path: r.Path, Query: r.Query, Head: r.Request.Head, Body: body,
			Endpoint: r.Endpoint, Status: r.Status,
		})
	}
	return out
}

// settle waits until the mock servers have stored what they answered before.
func (s *Service) settle(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		wait = usualWait
	}
	ctx, cancel := context.WithTimeout(ctx, min(wait, mostWait))
	defer cancel()
	servers := s.settling.Servers()
	var all sync.WaitGroup
	var settled atomic.Int64
	for _, server := range servers {
		all.Go(func() {
			if ok, err := s.settling.Ask(ctx, server); ok && err == nil {
				settled.Add(1)
			}
		})
	}
	all.Wait()
	return len(servers) > 0 && int(settled.Load()) == len(servers)
}
