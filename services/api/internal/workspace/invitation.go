package workspace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
)

// InvitationLife is how long an invitation is good for.
const InvitationLife = 7 * 24 * time.Hour

// Invitation offers a role in a workspace: to one account, or to whoever shows the secret first.
type Invitation struct {
	ID            string
	WorkspaceID   string
	WorkspaceSlug string
	Name          string // of the workspace
	Role          Role
	AccountID     string // whom it is for; "" while it is a link that nobody has claimed
	Username      string // of that account
	Inviter       string // username
	InviterRole   Role   // now; "" if they are no member any more
	Secret        string // its hash, where it is a link
	CreatedAt     time.Time
	ExpiresAt     time.Time
}

// InvitationRepository keeps invitations. Those that have expired do not exist.
type InvitationRepository interface {
	// CreateInvitation stores i for the account with the username i.Username, or as a link, if check agrees.
	// apperr.NotFound if there is no such account, apperr.Conflict if it is a member or invited.
	CreateInvitation(ctx context.Context, who Caller, slug string, i Invitation, check func(Membership) error) (Invitation, error)
	// Invitations returns at most limit invitations to a workspace after the one with that id, by age.
	Invitations(ctx context.Context, workspaceID string, now time.Time, after string, limit int) ([]Invitation, error)
	// InvitationsFor returns at most limit invitations of an account after the one with that id, by age.
	InvitationsFor(ctx context.Context, accountID string, now time.Time, after string, limit int) ([]Invitation, error)
	// RevokeInvitation removes an invitation to the workspace, if check agrees.
	RevokeInvitation(ctx context.Context, who Caller, slug, id string, now time.Time, check func(Membership, Invitation) error) error
	// InvitationBySecret finds the invitation with the secret's hash.
	InvitationBySecret(ctx context.Context, hash string, now time.Time) (Invitation, error)
	// ClaimInvitation makes the invitation with the secret's hash the caller's, who is no member yet; the secret is used up.
	ClaimInvitation(ctx context.Context, who Caller, hash string, now time.Time) (Invitation, error)
	// AcceptInvitation makes the caller a member by an invitation of theirs, if check agrees. The invitation is used up.
	AcceptInvitation(ctx context.Context, who Caller, id string, now time.Time, check func(Invitation) error) (Membership, error)
	// DeclineInvitation removes an invitation of the caller's.
	DeclineInvitation(ctx context.Context, who Caller, id string, now time.Time) error
}

// Invite offers a role that is not above the caller's: to the account with that username, or, if it is "", by a link with
// the secret that is returned and never shown again.
func (s *Service) Invite(ctx context.Context, who Caller, slug, username string, role Role) (Invitation, secret.String, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Invitation{}, secret.String{}, fmt.Errorf("make invitation id: %w", err)
	}
	now := s.now()
	i := Invitation{ID: id.String(), Username: username, Role: role, CreatedAt: now, ExpiresAt: now.Add(InvitationLife)}
	var shown secret.String
	if username == "" {
		shown = secret.New(rand.Text() + rand.Text())
		i.Secret = hash(shown)
	}
	i, err = s.repo.CreateInvitation(ctx, who, slug, i, func(in Membership) error {
		if err := in.Require(Admin); err != nil {
			return err
		}
		if in.Personal {
			return apperr.New(apperr.Conflict, "%q is an account's own workspace and cannot have other members; create an organisation and invite them there.", in.Slug)
		}
		return in.mayGive(role)
	})
	return i, shown, err
}

// hash is how a secret of 256 random bits is kept.
func hash(s secret.String) string {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:])
}

// Invitations returns one page of the open invitations to a workspace, for its admins.
func (s *Service) Invitations(ctx context.Context, who Caller, slug, from string, limit int) (cursor.Page[Invitation], error) {
	in, err := s.repo.Membership(ctx, who, slug)
	if err != nil {
		return cursor.Page[Invitation]{}, err
	}
	if err := in.Require(Admin); err != nil {
		return cursor.Page[Invitation]{}, err
	}
	return cursor.Read(cursor.List{Name: "invitations", Of: in.ID}, from, limit, invitationID, func(after string, limit int) ([]Invitation, error) {
		return s.repo.Invitations(ctx, in.ID, s.now(), after, limit)
	})
}

// InvitationsFor returns one page of the caller's own invitations.
func (s *Service) InvitationsFor(ctx context.Context, who Caller, from string, limit int) (cursor.Page[Invitation], error) {
	return cursor.Read(cursor.List{Name: "own_invitations", Of: who.AccountID}, from, limit, invitationID, func(after string, limit int) ([]Invitation, error) {
		return s.repo.InvitationsFor(ctx, who.AccountID, s.now(), after, limit)
	})
}

func invitationID(i Invitation) string { return i.ID }

// Revoke takes an invitation to a workspace back. Admins may, if its role is not above theirs.
func (s *Service) Revoke(ctx context.Context, who Caller, slug, id string) error {
	return s.repo.RevokeInvitation(ctx, who, slug, id, s.now(), func(in Membership, i Invitation) error {
		if err := in.Require(Admin); err != nil {
			return err
		}
		return in.mayGive(i.Role)
	})
}

// Look tells whoever shows the secret of a link what it is for. It changes nothing.
func (s *Service) Look(ctx context.Context, shown secret.String) (Invitation, error) {
	return s.repo.InvitationBySecret(ctx, hash(shown), s.now())
}

// Claim makes the invitation of a link the caller's, to be accepted or declined. A secret works once.
func (s *Service) Claim(ctx context.Context, who Caller, shown secret.String) (Invitation, error) {
	return s.repo.ClaimInvitation(ctx, who, hash(shown), s.now())
}

// Accept makes the caller a member by an invitation of theirs. It is void if the inviter could not give that role today.
func (s *Service) Accept(ctx context.Context, who Caller, id string) (Membership, error) {
	m, err := s.repo.AcceptInvitation(ctx, who, id, s.now(), func(i Invitation) error {
		if i.InviterRole.AtLeast(Admin) && i.InviterRole.AtLeast(i.Role) {
			return nil
		}
		return apperr.New(apperr.Conflict, "The invitation is void: %s, who sent it, can no longer give the role %s in %q. Ask for a new one.", i.Inviter, i.Role, i.WorkspaceSlug)
	})
	if err == nil {
		s.changed(who.AccountID, m.ID)
	}
	return m, err
}

// Decline removes an invitation of the caller's.
func (s *Service) Decline(ctx context.Context, who Caller, id string) error {
	return s.repo.DeclineInvitation(ctx, who, id, s.now())
}
