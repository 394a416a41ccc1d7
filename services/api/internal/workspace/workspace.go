// Package workspace is about the owners of mocks: who is a member, and what a member may do. The api's business packages,
// its store and its presentation import it.
package workspace

import (
	"context"
	"encoding/base64"
	"regexp"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// Workspace owns mocks. Its slug is unique and is the second part of the mocks' host names.
type Workspace struct {
	ID        string
	Slug      string
	Name      string
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
	return apperr.New(apperr.Forbidden, "Your role %q in the workspace %q may look but not edit; ask an owner or admin for the role editor.", r, slug)
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
	return apperr.New(apperr.Forbidden, "Your role in the workspace %q is %s, and this needs %s; ask an owner.", m.Slug, m.Role, least)
}

// Caller is who asks, and what the token that they ask with limits them to. Everything is reached through it. The other
// fields are for the audit log.
type Caller struct {
	AccountID   string
	WorkspaceID string // the one workspace that the token is good for, "" for all that the account is a member of

	Operation string // what they ask for: the operationId; "" if it is the service itself that asks
	Means     string // how they are known: Session, Token, "" for the service itself
	RequestID string
}

// How a caller may be known.
const (
	Session = "session"
	Token   = "token"
)

// MaxSlug is the most characters that a workspace's slug may have. With the mock's slug and a hyphen it has to fit into
// one label of a host name.
const MaxSlug = 39

var slugPattern = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// reserved reports whether a slug would be mistaken for a part of the installation.
func reserved(slug string) bool {
	switch slug {
	case "admin", "api", "app", "assets", "auth", "console", "docs", "edge", "help", "internal", "localhost", "login", "mail",
		"mocloud", "moclojer", "ops", "public", "root", "security", "signin", "static", "status", "support", "system", "www":
		return true
	}
	return false
}

// CheckSlug returns an error that a user may see, unless slug can name a workspace. There is no hyphen in it, so that
// {mock}-{workspace} splits at its last one.
func CheckSlug(slug string) error {
	switch {
	case slug == "":
		return apperr.New(apperr.Invalid, "The workspace needs a slug.").WithField("workspace")
	case len(slug) > MaxSlug:
		return apperr.New(apperr.Invalid, "The workspace's slug has %d characters; at most %d are possible.", len(slug), MaxSlug).WithField("workspace")
	case !slugPattern.MatchString(slug):
		return apperr.New(apperr.Invalid, "The workspace's slug %q is not possible: use a-z and 0-9, beginning with a letter, without hyphens.", slug).WithField("workspace")
	case reserved(slug):
		return apperr.New(apperr.Invalid, "The slug %q is reserved; choose another one for the workspace.", slug).WithField("workspace")
	}
	return nil
}

// Repository keeps workspaces. It shows an account nothing but the workspaces that it is a member of.
type Repository interface {
	// Membership is the caller's in the workspace with that slug; apperr.NotFound if there is none.
	Membership(ctx context.Context, who Caller, slug string) (Membership, error)
	// Workspaces returns at most limit memberships after the workspace with the id after, by id, which is by age.
	Workspaces(ctx context.Context, who Caller, after string, limit int) ([]Membership, error)
}

// Service answers questions about workspaces. It is safe for concurrent use.
type Service struct{ repo Repository }

// NewService makes a Service over repo.
func NewService(repo Repository) *Service { return &Service{repo: repo} }

// List returns one page of the account's memberships and the cursor of the next page, "" on the last one.
func (s *Service) List(ctx context.Context, who Caller, cursor string, limit int) ([]Membership, string, error) {
	after, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, "", apperr.New(apperr.Invalid, "The cursor is not one that this list gave out; begin without a cursor.").WithField("cursor")
	}
	items, err := s.repo.Workspaces(ctx, who, string(after), limit+1)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, base64.RawURLEncoding.EncodeToString([]byte(items[limit-1].ID)), nil
}

// IDs returns the ids of all workspaces that the account is a member of.
func (s *Service) IDs(ctx context.Context, who Caller) (map[string]bool, error) {
	const page = 200
	ids := map[string]bool{}
	for after := ""; ; {
		items, err := s.repo.Workspaces(ctx, who, after, page)
		if err != nil {
			return nil, err
		}
		for _, m := range items {
			ids[m.ID] = true
			after = m.ID
		}
		if len(items) < page {
			return ids, nil
		}
	}
}
