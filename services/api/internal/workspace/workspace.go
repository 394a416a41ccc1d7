// Package workspace is about the owners of mocks: who is a member, and what a member may do.
package workspace

import (
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Workspace owns mocks. Its slug is unique and is the second part of the mocks' host names.
type Workspace struct {
	ID        string
	Slug      string
	Name      string
	Personal  bool // an account's own; its slug is the account's username
	Version   int  // from 1; counts changes of slug and name
	CreatedAt time.Time
}

// Role is what a member may do in a workspace.
type Role string

// The roles, from the one that may do everything to the one that may only look.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Editor Role = "editor"
	Viewer Role = "viewer"
)

// CanEdit reports whether the role may create, edit, publish and delete mocks.
func (r Role) CanEdit() bool { return r == Owner || r == Admin || r == Editor }

// rank orders the roles; what is no role ranks below all of them.
func (r Role) rank() int {
	switch r {
	case Owner:
		return 4
	case Admin:
		return 3
	case Editor:
		return 2
	case Viewer:
		return 1
	}
	return 0
}

// AtLeast reports whether the role may do all that least may.
func (r Role) AtLeast(least Role) bool { return r.rank() >= least.rank() }

// RequireEdit is a Forbidden error that a user may see, unless the role may edit.
func (r Role) RequireEdit(slug string) error {
	if r.CanEdit() {
		return nil
	}
	return apperr.New(apperr.Forbidden, "Your role %q in the workspace %q can view but not edit; ask an owner or admin for the role editor.", r, slug)
}

// Membership is a workspace as one of its members sees it.
type Membership struct {
	Workspace
	Role Role
}

// Require is a Forbidden error that a user may see, unless the member's role may do all that least may.
func (m Membership) Require(least Role) error {
	if m.Role.AtLeast(least) {
		return nil
	}
	return apperr.New(apperr.Forbidden, "Your role in the workspace %q is %s; this needs %s. Ask an owner.", m.Slug, m.Role, least)
}

// Caller is who asks, and what the token that they ask with limits them to. Everything is reached through it. The other
// fields are for the audit log.
type Caller struct {
	AccountID   string
	WorkspaceID string // the one workspace that the token is good for, "" for all that the account is a member of

	Operation string // what they ask for: the operationId; "" if it is the service itself that asks
	Means     string // how they are known: Session, Token, "" for the service itself
	RequestID string
	Actor
}

// Actor is who does something, as everybody who follows the workspace may know.
type Actor struct {
	Username string `json:"username,omitempty"`
	// Client is what the client calls itself in X-Mocloud-Client, so that it knows its own changes again.
	Client string `json:"client,omitempty"`
}

// How a caller may be known.
const (
	Session = "session"
	Token   = "token"
)
