// Package record is about what mock servers report of mocks: the requests that were recorded, how many there were, and how
// webhooks fared; and about what a mock's owner wants to be recorded.
package record

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/mock"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Query says which requests of a mock to list, newest first. Zero fields filter nothing.
type Query struct {
	Methods              []string // any of them; none: any
	Matched              *bool    // by an endpoint, or by none
	Text                 string   // in the path, the query, a header or a text body; capitals make no difference
	MinDuration          int64    // microseconds
	Host                 string
	StatusFrom, StatusTo int    // inclusive
	Path                 string // a part of it; capitals make no difference
	Endpoint             string
	Since, Until         time.Time // from Since on, before Until
	Before               string    // the id of the last request that was seen
	Limit                int
}

// Repository keeps what was reported. What is about a mock is reached through a membership: to anybody else it does not
// exist, which is an apperr.NotFound.
type Repository interface {
	// Requests lists without headers and bodies.
	Requests(ctx context.Context, who workspace.Caller, mockID string, q Query) ([]event.RequestRecord, error)
	// RequestsSince lists at most limit requests after the id after, oldest first, without headers and bodies.
	RequestsSince(ctx context.Context, who workspace.Caller, mockID, after string, limit int) ([]event.RequestRecord, error)
	// Request finds one; ErrNotStored if there is none.
	Request(ctx context.Context, who workspace.Caller, mockID, id string) (event.RequestRecord, error)
	// ClearRequests forgets all requests of a mock, if check allows it.
	ClearRequests(ctx context.Context, who workspace.Caller, mockID string, check func(mock.Mock) error) error
	// Deliveries lists webhooks, newest first, before the id before ("": from the newest on).
	Deliveries(ctx context.Context, who workspace.Caller, mockID, before string, limit int) ([]event.WebhookDelivery, error)
	// MockUsage and WorkspaceUsage return the hours of [from, to) in which there were requests, in order.
	MockUsage(ctx context.Context, who workspace.Caller, mockID string, from, to time.Time) ([]event.RequestCounts, error)
	WorkspaceUsage(ctx context.Context, who workspace.Caller, slug string, from, to time.Time) ([]event.RequestCounts, error)
	// Activity tells of mocks of a workspace, in any order and beyond the limit.
	Activity(ctx context.Context, who workspace.Caller, q ActivityQuery) ([]Activity, error)
	// EndpointCounts counts the recorded requests of a mock since a time; it sets neither Since nor Total.
	EndpointCounts(ctx context.Context, who workspace.Caller, mockID string, since time.Time) (EndpointCounts, error)
	// Settings are what a mock's owner chose, or the usual.
	Settings(ctx context.Context, who workspace.Caller, mockID string) (Settings, error)
	// UpdateSettings stores what decide makes of the present settings, and announces the mock anew if its recording changed
	// and it is published. It returns the mock and the numbered changes, which are committed.
	UpdateSettings(ctx context.Context, who workspace.Caller, mockID string, decide func(mock.Mock, Settings) (Settings, error)) (Settings, mock.Mock, []event.Envelope, error)
}

// ErrNotStored says that there is no such request.
var ErrNotStored = apperr.New(apperr.NotFound, "There is no request with this id; it was never recorded, or has been removed since.")

// Service reads what was reported. It is safe for concurrent use.
type Service struct {
	repo      Repository
	recent    *Recent
	announcer mock.Announcer
}

// NewService makes a Service over repo. Requests that are not stored yet come from recent; changes are announced.
func NewService(repo Repository, recent *Recent, announcer mock.Announcer) *Service {
	return &Service{repo: repo, recent: recent, announcer: announcer}
}

// List returns one page of a mock's requests; it sets the query's Before and Limit.
func (s *Service) List(ctx context.Context, who workspace.Caller, mockID string, q Query, from string, limit int) (cursor.Page[event.RequestRecord], error) {
	id := func(r event.RequestRecord) string { return r.ID }
	q.Before, q.Limit = "", 0
	list := cursor.List{Name: "requests", Of: []any{mockID, q}}
	return cursor.Read(list, from, limit, id, func(before string, limit int) ([]event.RequestRecord, error) {
		q.Before, q.Limit = before, limit
		return s.repo.Requests(ctx, who, mockID, q)
	})
}

// Find returns a request with headers and bodies.
func (s *Service) Find(ctx context.Context, who workspace.Caller, mockID, id string) (event.RequestRecord, error) {
	r, err := s.repo.Request(ctx, who, mockID, id)
	if err == ErrNotStored { //nolint:errorlint // it is returned as it is
		if fresh, ok := s.recent.find(mockID, id); ok {
			return fresh, nil
		}
	}
	return r, err
}

// Clear forgets all requests of a mock. Those that are on their way from a mock server come afterwards.
func (s *Service) Clear(ctx context.Context, who workspace.Caller, mockID string) error {
	err := s.repo.ClearRequests(ctx, who, mockID, func(m mock.Mock) error { return m.Role.RequireEdit(m.WorkspaceSlug) })
	if err == nil {
		s.recent.forget(mockID)
	}
	return err
}

// Deliveries returns one page of a mock's webhooks.
func (s *Service) Deliveries(ctx context.Context, who workspace.Caller, mockID, from string, limit int) (cursor.Page[event.WebhookDelivery], error) {
	id := func(d event.WebhookDelivery) string { return d.ID }
	return cursor.Read(cursor.List{Name: "webhooks", Of: mockID}, from, limit, id, func(before string, limit int) ([]event.WebhookDelivery, error) {
		return s.repo.Deliveries(ctx, who, mockID, before, limit)
	})
}
