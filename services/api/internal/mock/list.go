package mock

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
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
	WorkspaceID string
	Slug        string    // of BySlug
	Time        time.Time // of the other orders
	ID          string    // of the mock
}

// Query says which page of a list to read.
type Query struct {
	Filter
	After *Place // nil: the first page
	Limit int
}

// placed is a Place as clients keep it. It is bound to the list that gave it out: of another order or filter it would
// mean nothing.
type placed struct {
	List        []byte    `json:"l"`
	WorkspaceID string    `json:"w"`
	Slug        string    `json:"s,omitempty"`
	Time        time.Time `json:"t,omitzero"`
	ID          string    `json:"i"`
}

// list names a filter. Applied is left out: it grows while a client pages.
func (f Filter) list() []byte {
	f.Applied = 0
	encoded, _ := json.Marshal(f) // strings and bools
	sum := sha256.Sum256(encoded)
	return sum[:8]
}

func (f Filter) place(text string) (*Place, error) {
	if text == "" {
		return nil, nil
	}
	encoded, err := cursor.Place(text)
	if err != nil {
		return nil, err
	}
	var c placed
	if json.Unmarshal([]byte(encoded), &c) != nil || !slices.Equal(c.List, f.list()) || !cursor.IsText(c.WorkspaceID+c.Slug+c.ID) {
		return nil, cursor.Err
	}
	return &Place{WorkspaceID: c.WorkspaceID, Slug: c.Slug, Time: c.Time, ID: c.ID}, nil
}

func (f Filter) after(m Mock) string {
	c := placed{List: f.list(), WorkspaceID: m.WorkspaceID, ID: m.ID}
	switch f.Sort {
	case ByUpdated:
		c.Time = m.UpdatedAt
	case ByCreated:
		c.Time = m.CreatedAt
	case ByDeleted:
		c.Time = m.DeletedAt
	case ByRequest:
		c.Time = m.LastRequestAt
	default:
		c.Slug = m.Slug
	}
	encoded, _ := json.Marshal(c) // its time is one that a database kept
	return cursor.Of(string(encoded))
}

// List returns one page of mocks, grouped by workspace, and the cursor of the next page, "" on the last one.
func (s *Service) List(ctx context.Context, who workspace.Caller, f Filter, from string, limit int) ([]Mock, string, error) {
	if f.Text = strings.ToLower(strings.TrimSpace(f.Text)); f.Sort == "" {
		f.Sort = BySlug
	}
	if f.Deleted {
		f.Sort, f.Backwards = ByDeleted, true
	}
	after, err := f.place(from)
	if err != nil {
		return nil, "", err
	}
	items, err := s.repo.Mocks(ctx, who, Query{Filter: f, After: after, Limit: limit + 1})
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, f.after(items[limit-1]), nil
}
