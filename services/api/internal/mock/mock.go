// Package mock is about mocks: creating, editing, publishing, moving and deleting them, and their history.
package mock

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/changelog"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Mock is one YAML document of endpoints as one member of its workspace sees it.
type Mock struct {
	ID            string
	WorkspaceID   string
	WorkspaceSlug string
	Role          workspace.Role // of the member who looks
	Slug          string
	Name          string // for people; may be empty
	Description   string
	Settings      int // counts the changes of slug, workspace, name and description, from 1

	Revision    int                   // the current one, from 1
	Content     string                // of the current revision; empty in lists
	Diagnostics []mockspec.Diagnostic // of the current revision
	Endpoints   int                   // of the current revision, WebSockets included
	Files       []string              // of the workspace, that the current revision names; only where that is written
	Bytes       int                   // of the current revision's content where that is left out, as in lists; see Size
	Message     string                // what its author said about the current revision

	PublishedRevision int    // the newest that went into the change log, 0 while the mock is offline
	Change            uint64 // its latest change in the mocks stream, 0 if it never had one

	// Rejected is the change that the generator refused, with the reasons; 0 if it refused none.
	Rejected  uint64
	Rejection []event.Diagnostic

	CreatedAt, UpdatedAt time.Time
	DeletedAt            time.Time // zero unless the mock is deleted and can be restored; PublishedRevision is what it was then

	// LastRequestAt is about when the mock was called last, zero if that is not known; lists have it.
	LastRequestAt time.Time

	// Domains are the custom hosts on which the mock answers beside its own.
	Domains []string
	// Served is the content of the published revision, where that is not the current one. Only decisions see it.
	Served string
}

// Size is how many bytes the content of the current revision has.
func (m *Mock) Size() int {
	if m.Content != "" {
		return len(m.Content)
	}
	return m.Bytes
}

// Published reports whether the mock is meant to answer.
func (m *Mock) Published() bool { return m.PublishedRevision > 0 && !m.Deleted() }

// Deleted reports whether the mock is gone until it is restored.
func (m *Mock) Deleted() bool { return !m.DeletedAt.IsZero() }

// InvalidError says that content with errors cannot be published.
type InvalidError struct {
	Err         *apperr.Error
	Diagnostics []mockspec.Diagnostic
}

// Error implements error.
func (e *InvalidError) Error() string { return e.Err.Error() }

// Unwrap returns the public error.
func (e *InvalidError) Unwrap() error { return e.Err }

// LostUpdateError says that a mock is not what its editor saw.
type LostUpdateError struct {
	Err  *apperr.Error
	Mock Mock // as it is now
}

// Error implements error.
func (e *LostUpdateError) Error() string { return e.Err.Error() }

// Unwrap returns the public error.
func (e *LostUpdateError) Unwrap() error { return e.Err }

// Write is what Update stores, in one transaction.
type Write struct {
	Action Action
	// Mock is what the mock becomes, but for Change, Role and what a mock never changes: its ID and CreatedAt.
	Mock        Mock
	NewRevision bool
	GoesLive    bool // the current revision does, with this
	// KeepRevisions is how many earlier revisions without a pin are kept with a new one, beside the published one.
	KeepRevisions int
	// KeepDeleted is how many deleted mocks a workspace keeps when one more is deleted; the oldest end for good.
	KeepDeleted int
	Changes     []changelog.Change // the number of a change of the mocks stream becomes the mock's Change
}

// Repository keeps mocks. Everything is reached through a membership: to anybody else a mock does not exist, which is an
// apperr.NotFound. A deleted mock does not exist either, but where it is asked for.
type Repository interface {
	// Mock finds a mock with its content.
	Mock(ctx context.Context, who workspace.Caller, id string) (Mock, error)
	// MockBySlug finds a mock of the workspace with that slug, with its content.
	MockBySlug(ctx context.Context, who workspace.Caller, workspaceSlug, slug string) (Mock, error)
	// Mocks lists without content.
	Mocks(ctx context.Context, who workspace.Caller, q Query) ([]Mock, error)
	// CreateMock stores a mock with its first revision in the account's workspace m.Workspace. It calls check with the
	// membership first. apperr.NotFound if there is no such workspace, apperr.Conflict if the slug is taken.
	CreateMock(ctx context.Context, who workspace.Caller, m Mock, check func(workspace.Membership) error) (Mock, error)
	// UpdateMock lets decide say what to write for the present state, under a lock, and stores it together with the change
	// log. A zero Write writes nothing. It returns the new state and the numbered changes, which are committed.
	// apperr.Conflict if the slug is taken.
	UpdateMock(ctx context.Context, who workspace.Caller, id string, decide func(Mock) (Write, error)) (Mock, []event.Envelope, error)
	// MoveMock is UpdateMock with the caller's membership in the workspace into.
	MoveMock(ctx context.Context, who workspace.Caller, id, into string, decide func(Mock, workspace.Membership) (Write, error)) (Mock, []event.Envelope, error)
	// RestoreMock is UpdateMock for a mock that is deleted.
	RestoreMock(ctx context.Context, who workspace.Caller, id string, decide func(Mock) (Write, error)) (Mock, []event.Envelope, error)
	// PurgeMocks ends the mocks for good that were deleted before a time, in bounded transactions, and returns how many.
	PurgeMocks(ctx context.Context, before time.Time) (int64, error)

	// Revisions lists a mock's revisions below a number (0: all), newest first, without content.
	Revisions(ctx context.Context, who workspace.Caller, id string, below, limit int) ([]Revision, error)
	// Revision finds a revision with its content; apperr.NotFound if the mock has none of that number.
	Revision(ctx context.Context, who workspace.Caller, id string, number int) (Revision, error)
	// MarkRevision lets decide say what pin and label a revision gets; pinned is how many others of the mock have a pin.
	MarkRevision(ctx context.Context, who workspace.Caller, id string, number int, decide func(m Mock, r Revision, pinned int) (Revision, error)) (Revision, error)
}

// Action is what was done to a mock.
type Action string

// The actions; the OpenAPI document says what they mean.
const (
	Created     Action = "created"
	Edited      Action = "edited"
	Published   Action = "published"
	Unpublished Action = "unpublished"
	Updated     Action = "updated" // name, description, recording or custom hosts
	Renamed     Action = "renamed"
	Moved       Action = "moved"
	Deleted     Action = "deleted"
	Restored    Action = "restored"
)

// Notice is a committed write.
type Notice struct {
	Action  Action
	Mock    Mock
	From    string // id of the workspace in which the mock was before; "" for a new one
	Changes []event.Envelope
	By      workspace.Actor
}

// Announcer is called with every committed write. It must not block.
type Announcer interface {
	Announce(n Notice)
}
