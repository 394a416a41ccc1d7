package workspace

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
)

// Member is an account in a workspace.
type Member struct {
	AccountID string
	Username  string
	Role      Role
	JoinedAt  time.Time
}

// Members returns one page of the members of a workspace.
func (s *Service) Members(ctx context.Context, who Caller, slug, from string, limit int) (cursor.Page[Member], error) {
	in, err := s.repo.Membership(ctx, who, slug)
	if err != nil {
		return cursor.Page[Member]{}, err
	}
	return cursor.Read(cursor.List{Name: "members", Of: in.ID}, from, limit, func(m Member) string { return m.AccountID }, func(after string, limit int) ([]Member, error) {
		return s.repo.Members(ctx, in.ID, after, limit)
	})
}

// Member returns the member with that username.
func (s *Service) Member(ctx context.Context, who Caller, slug, username string) (Member, error) {
	in, err := s.repo.Membership(ctx, who, slug)
	if err != nil {
		return Member{}, err
	}
	return s.repo.Member(ctx, in, username)
}

// SeenMember is what was seen of a member before changing them; the zero value means anything. A write that finds something else is
// an apperr.Precondition.
type SeenMember struct {
	AccountID string
	Role      Role
}

func (v SeenMember) check(m Member) error {
	if v == (SeenMember{}) || m.AccountID == "" || v == (SeenMember{m.AccountID, m.Role}) {
		return nil // who is no member is said elsewhere
	}
	return apperr.New(apperr.Precondition, "The member %q has changed since you read it: the role is %s. Read the member again and repeat your change.", m.Username, m.Role)
}

// SetRole gives a member another role. Admins may, but only an owner makes an owner or another thing of one; and one owner
// has to stay.
func (s *Service) SetRole(ctx context.Context, who Caller, slug, username string, role Role, seen SeenMember) (Member, error) {
	return s.repo.UpdateMember(ctx, who, slug, username, func(in Membership, m Member, owners int) (Role, error) {
		if err := in.Require(Admin); err != nil {
			return "", err
		}
		if err := seen.check(m); err != nil {
			return "", err
		}
		if err := in.mayGive(role, m.Role); err != nil {
			return "", err
		}
		if m.Role == Owner && role != Owner && owners < 2 {
			return "", errLastOwner
		}
		return role, nil
	})
}

// Remove takes a member out of a workspace. Admins may, but only an owner removes an owner; and one owner has to stay.
func (s *Service) Remove(ctx context.Context, who Caller, slug, username string, seen SeenMember) error {
	return s.remove(ctx, who, slug, username, func(in Membership, m Member, owners int) (Role, error) {
		if err := in.Require(Admin); err != nil {
			return "", err
		}
		if err := seen.check(m); err != nil {
			return "", err
		}
		if err := in.mayGive(m.Role, m.Role); err != nil {
			return "", err
		}
		return "", mayGo(in, m, owners)
	})
}

// Leave takes the caller out of a workspace, unless they are its last owner.
func (s *Service) Leave(ctx context.Context, who Caller, slug string) error {
	return s.remove(ctx, who, slug, "", func(in Membership, m Member, owners int) (Role, error) {
		return "", mayGo(in, m, owners)
	})
}

func (s *Service) remove(ctx context.Context, who Caller, slug, username string, decide func(Membership, Member, int) (Role, error)) error {
	var workspaceID string
	m, err := s.repo.UpdateMember(ctx, who, slug, username, func(in Membership, m Member, owners int) (Role, error) {
		workspaceID = in.ID
		return decide(in, m, owners)
	})
	if err == nil {
		s.changed(m.AccountID, workspaceID)
	}
	return err
}

var errLastOwner = apperr.New(apperr.Conflict, "This is the workspace's last owner, and a workspace needs one: make somebody else an owner first, or delete the workspace.")

func mayGo(in Membership, m Member, owners int) error {
	if m.Role == Owner && owners < 2 {
		if in.Personal {
			return apperr.New(apperr.Conflict, "This is your own workspace, which is deleted with your account: delete the account at /api/v1/account.")
		}
		return errLastOwner
	}
	return nil
}

// mayGive is a Forbidden error that a user may see, unless the member may give or take all of the roles: none above their
// own.
func (m Membership) mayGive(roles ...Role) error {
	for _, r := range roles {
		if !m.Role.AtLeast(r) {
			return apperr.New(apperr.Forbidden, "Your role in the workspace %q is %s; only an %s can give or take the role %s.", m.Slug, m.Role, r, r).WithField("role")
		}
	}
	return nil
}
