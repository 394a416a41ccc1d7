package workspace

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
)

// Holding says what a workspace holds that its end or its new slug would touch.
type Holding struct {
	Mocks     int
	Published int // of them
}

// Repository keeps workspaces. It shows an account nothing but the workspaces that it is a member of.
type Repository interface {
	// Membership is the caller's in the workspace with that slug; apperr.NotFound if there is none.
	Membership(ctx context.Context, who Caller, slug string) (Membership, error)
	// Workspaces returns at most limit memberships after the workspace with the id after, by id, which is by age.
	Workspaces(ctx context.Context, who Caller, after string, limit int) ([]Membership, error)
	// CreateWorkspace stores an organisation with the caller as its owner. apperr.Conflict if the slug is taken, or held
	// for another account at that time, or the account is the owner of as many as it may be.
	CreateWorkspace(ctx context.Context, who Caller, w Workspace) (Membership, error)
	// UpdateWorkspace lets decide say what the workspace's slug and name become, under a lock, and stores them. An old slug
	// is held for the caller until then. apperr.Conflict if the slug is taken.
	UpdateWorkspace(ctx context.Context, who Caller, slug string, now, until time.Time, decide func(Membership, Holding) (Workspace, error)) (Membership, error)
	// DeleteWorkspace makes the workspace unreachable at once, if check agrees, and leaves it to be removed. Its slug is held
	// for the caller until then.
	DeleteWorkspace(ctx context.Context, who Caller, slug string, now, until time.Time, check func(Membership, Holding) error) error

	// Members returns at most limit members after the account with the id after, by id.
	Members(ctx context.Context, workspaceID, after string, limit int) ([]Member, error)
	// Member reads the member of a workspace with that username.
	Member(ctx context.Context, in Membership, username string) (Member, error)
	// UpdateMember lets decide say what the role of the member with that username becomes ("" for the caller; no role removes
	// the member), under a lock of the workspace's members. owners is how many owners there are.
	UpdateMember(ctx context.Context, who Caller, slug, username string, decide func(in Membership, m Member, owners int) (Role, error)) (Member, error)

	InvitationRepository
}

// Clock tells the time as the database keeps it.
type Clock func() time.Time

// Service is what members do with workspaces. It is safe for concurrent use.
type Service struct {
	repo Repository
	hold time.Duration
	now  Clock
	gone func()

	changed func(accountID, workspaceID string)
}

// NewService makes a Service over repo. Slugs that are given up are held for that long; gone is called when there is a
// workspace to remove, and changed when an account, or with none all accounts, can see less or more of a workspace than before.
// Both must not block.
func NewService(repo Repository, hold time.Duration, now Clock, gone func(), changed func(accountID, workspaceID string)) *Service {
	return &Service{repo: repo, hold: hold, now: now, gone: gone, changed: changed}
}

// List returns one page of the account's memberships.
func (s *Service) List(ctx context.Context, who Caller, from string, limit int) (cursor.Page[Membership], error) {
	return cursor.Read(cursor.List{Name: "workspaces", Of: who.AccountID}, from, limit, func(m Membership) string { return m.ID }, func(after string, limit int) ([]Membership, error) {
		return s.repo.Workspaces(ctx, who, after, limit)
	})
}

// Find returns the workspace with that slug.
func (s *Service) Find(ctx context.Context, who Caller, slug string) (Membership, error) {
	return s.repo.Membership(ctx, who, slug)
}

// IDs returns the id of the workspace with a slug, or with none the ids of all that the account is a member of.
func (s *Service) IDs(ctx context.Context, who Caller, slug string) (map[string]bool, error) {
	if slug != "" {
		in, err := s.repo.Membership(ctx, who, slug)
		return map[string]bool{in.ID: true}, err
	}
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

// Create makes an organisation, of which the caller is the owner. Without a name it is called by its slug.
func (s *Service) Create(ctx context.Context, who Caller, slug, name string) (Membership, error) {
	if err := CheckSlug(slug); err != nil {
		return Membership{}, field("slug", err)
	}
	if name == "" {
		name = slug
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Membership{}, fmt.Errorf("make workspace id: %w", err)
	}
	m, err := s.repo.CreateWorkspace(ctx, who, Workspace{ID: id.String(), Slug: slug, Name: name, Version: 1, CreatedAt: s.now()})
	if err == nil {
		s.changed(who.AccountID, m.ID)
	}
	return m, err
}

// Change says what of a workspace becomes what; nil leaves it.
type Change struct {
	Slug, Name *string
	Expected   int // the version that the editor saw; 0 for any
}

// Update renames a workspace. A new slug is possible for organisations, by an owner, and while none of its mocks is
// published: it is part of their hosts.
func (s *Service) Update(ctx context.Context, who Caller, slug string, c Change) (Membership, error) {
	now := s.now()
	return s.repo.UpdateWorkspace(ctx, who, slug, now, now.Add(s.hold), func(in Membership, holds Holding) (Workspace, error) {
		if err := in.Require(Admin); err != nil {
			return Workspace{}, err
		}
		w := in.Workspace
		if c.Expected != 0 && c.Expected != w.Version {
			return Workspace{}, apperr.New(apperr.Precondition, "The workspace has changed since you read it: its version is %d, not %d. Read it again and repeat your change.", w.Version, c.Expected)
		}
		if c.Name != nil {
			w.Name = *c.Name
		}
		if c.Slug == nil || *c.Slug == w.Slug {
			return w, nil
		}
		w.Slug = *c.Slug
		if err := in.Require(Owner); err != nil {
			return Workspace{}, err
		}
		if in.Personal {
			return Workspace{}, apperr.New(apperr.Conflict, "This is your own workspace, and its slug is your username: change that at /api/v1/account.").WithField("slug")
		}
		return w, CheckRename(w.Slug, holds)
	})
}

// CheckRename returns an error that a user may see, unless a workspace that holds that much can get the slug.
func CheckRename(slug string, holds Holding) error {
	if holds.Published > 0 {
		return apperr.New(apperr.Conflict, "%d of the workspace's mocks are published, and a new slug would change their hosts: unpublish them first.", holds.Published).WithField("slug")
	}
	return field("slug", CheckSlug(slug))
}

// Delete removes an organisation with all that it holds. If it holds mocks, confirm has to be its slug.
func (s *Service) Delete(ctx context.Context, who Caller, slug, confirm string) error {
	now := s.now()
	var id string
	err := s.repo.DeleteWorkspace(ctx, who, slug, now, now.Add(s.hold), func(in Membership, holds Holding) error {
		id = in.ID
		if err := in.Require(Owner); err != nil {
			return err
		}
		switch {
		case in.Personal:
			return apperr.New(apperr.Conflict, "This is your own workspace, which is deleted with your account: delete the account at /api/v1/account.")
		case confirm != "" && confirm != in.Slug:
			return apperr.New(apperr.Invalid, "The confirmation is %q, but the workspace is %q; nothing was deleted.", confirm, in.Slug).WithField("confirm")
		case confirm == "" && holds.Mocks > 0:
			return apperr.New(apperr.Conflict, "The workspace holds %d mocks, which would be deleted with it; confirm with confirm=%s.", holds.Mocks, in.Slug).WithField("confirm")
		}
		return nil
	})
	if err == nil {
		s.gone()
		s.changed("", id)
	}
	return err
}

// field makes err about another field.
func field(name string, err error) error {
	if e, ok := err.(*apperr.Error); ok { //nolint:errorlint // CheckSlug wraps nothing
		return e.WithField(name)
	}
	return err
}
