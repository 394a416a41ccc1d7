// Package mock is about mocks: creating, editing, publishing and deleting them. The api's store, its publication package
// and its presentation import it.
package mock

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Mock is one YAML document of endpoints as one member of its workspace sees it.
type Mock struct {
	ID          string
	WorkspaceID string
	Workspace   string         // slug
	Role        workspace.Role // of the member who looks
	Slug        string

	Revision    int                   // the current one, from 1
	Content     string                // of the current revision; empty in lists
	Diagnostics []mockspec.Diagnostic // of the current revision
	Endpoints   int                   // of the current revision, WebSockets included

	PublishedRevision int    // the newest that went into the change log, 0 while the mock is offline
	Change            uint64 // its latest change in the mocks stream, 0 if it never had one

	// Rejected is the change that the generator refused, with the reasons; 0 if it refused none.
	Rejected  uint64
	Rejection []event.Diagnostic

	CreatedAt, UpdatedAt time.Time
}

// Published reports whether the mock is meant to answer.
func (m *Mock) Published() bool { return m.PublishedRevision > 0 }

// InvalidError says that content with errors cannot be published.
type InvalidError struct {
	Err         *apperr.Error
	Diagnostics []mockspec.Diagnostic
}

// Error implements error.
func (e *InvalidError) Error() string { return e.Err.Error() }

// Unwrap returns the public error.
func (e *InvalidError) Unwrap() error { return e.Err }

// Query says which mocks to list: those after (WorkspaceID, Slug) in that order, at most Limit.
type Query struct {
	Workspace                 string // slug; "" means all of the account's workspaces
	AfterWorkspace, AfterSlug string // id of a workspace, slug of a mock
	Limit                     int
}

// Change is an entry for the change log. Of the changes with one Key the log keeps the latest only.
type Change struct {
	Key       string
	Tombstone bool // nothing is left of what Key names
	Payload   event.Payload
}

// Write is what Update stores, in one transaction.
type Write struct {
	Mock        Mock // Revision, Content, Diagnostics, PublishedRevision and UpdatedAt are stored
	NewRevision bool
	Delete      bool
	Changes     []Change // the number of a change of the mocks stream becomes the mock's Change
}

// Repository keeps mocks. Everything is reached through a membership: to anybody else a mock does not exist, which is an
// apperr.NotFound.
type Repository interface {
	// Mock finds a mock with its content.
	Mock(ctx context.Context, who workspace.Caller, id string) (Mock, error)
	// Mocks lists without content, by workspace id and slug.
	Mocks(ctx context.Context, who workspace.Caller, q Query) ([]Mock, error)
	// CreateMock stores a mock with its first revision in the account's workspace m.Workspace. It calls check with the
	// membership first. apperr.NotFound if there is no such workspace, apperr.Conflict if the slug is taken.
	CreateMock(ctx context.Context, who workspace.Caller, m Mock, check func(workspace.Membership) error) (Mock, error)
	// UpdateMock lets decide say what to write for the present state, under a lock, and stores it together with the change
	// log. A zero Write writes nothing. It returns the new state and the numbered changes, which are committed.
	UpdateMock(ctx context.Context, who workspace.Caller, id string, decide func(Mock) (Write, error)) (Mock, []event.Envelope, error)
}

// Announcer hears of every committed write. It must not block.
type Announcer interface {
	Announce(m Mock, deleted bool, changes []event.Envelope)
}
