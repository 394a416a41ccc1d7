package mock

import (
	"context"
	"strings"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Sort is the order of the mocks within each workspace of a list.
type Sort string

// The orders, each but the last with an index of its own.
const (
	BySlug    Sort = "slug"
	ByUpdated Sort = "updated_at"
	ByCreated Sort = "created_at"
	ByDeleted Sort = "deleted_at" // of deleted mocks only
	// ByRequest has no index: what is counted changes all the time. It sorts the mocks of one workspace, which the quota bounds.
	ByRequest Sort = "last_request_at"
)

// Filter says which mocks a list is about.
type Filter struct {
	WorkspaceSlug string // "" means all of the caller's workspaces
	State         string // of a publication; "" means any
	Applied       uint64 // the change up to which every living mock server has applied, for State
	Text          string // in slug or name, whatever the case; "" means any
	Deleted       bool   // those that are deleted, and only those
	Sort          Sort   // within each workspace; those come by age
	Backwards     bool
}

// Place is where a page begins: behind a mock of a list.
type Place struct {
	WorkspaceID string    `json:"w"`
	Slug        string    `json:"s,omitempty"` // of BySlug
	Time        time.Time `json:"t,omitzero"`  // of the other orders
	ID          string    `json:"i"`           // of the mock
}

// Query says which page of a list to read.
type Query struct {
	Filter
	After *Place // nil: the first page
	Limit int
}

// list is the list that a filter asks for. Applied is left out: it grows while a client pages.
func (f Filter) list() cursor.List {
	f.Applied = 0
	return cursor.List{Name: "mocks", Of: f}
}

func (f Filter) place(m Mock) Place {
	p := Place{WorkspaceID: m.WorkspaceID, ID: m.ID}
	switch f.Sort {
	case ByUpdated:
		p.Time = m.UpdatedAt
	case ByCreated:
		p.Time = m.CreatedAt
	case ByDeleted:
		p.Time = m.DeletedAt
	case ByRequest:
		p.Time = m.LastRequestAt
	default:
		p.Slug = m.Slug
	}
	return p
}

// List returns one page of mocks, grouped by workspace.
func (s *Service) List(ctx context.Context, who workspace.Caller, f Filter, from string, limit int) (cursor.Page[Mock], error) {
	if f.Text = strings.ToLower(strings.TrimSpace(f.Text)); f.Sort == "" {
		f.Sort = BySlug
	}
	if f.Deleted {
		f.Sort, f.Backwards = ByDeleted, true
	}
	return cursor.Read(f.list(), from, limit, f.place, func(after Place, limit int) ([]Mock, error) {
		q := Query{Filter: f, Limit: limit}
		if after != (Place{}) {
			q.After = &after
		}
		return s.repo.Mocks(ctx, who, q)
	})
}
