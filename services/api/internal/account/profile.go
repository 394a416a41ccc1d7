package account

import (
	"context"
	"errors"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Profile is an account as it sees itself.
type Profile struct {
	Account
	Email       string // "" for none
	HasPassword bool
	Version     int // from 1; counts changes of username and e-mail address
}

// ProfileRepository keeps profiles, and ends accounts.
type ProfileRepository interface {
	// Profile is the caller's.
	Profile(ctx context.Context, accountID string) (Profile, error)
	// UpdateProfile lets decide say what username and e-mail address become, under a lock of the account's own workspace, whose
	// slug is the username. An old username is held for the account until then. apperr.Conflict if one of them is taken.
	UpdateProfile(ctx context.Context, who workspace.Caller, now, until time.Time, decide func(Profile, workspace.Holding) (Profile, error)) (Profile, error)
	// DeleteAccount ends the account at once, if check agrees, and leaves what it held to be removed. apperr.Conflict names the
	// organisations of which it is the last owner, if there are any.
	DeleteAccount(ctx context.Context, who workspace.Caller, now, until time.Time, check func(Profile) error) error
}

// Profiles is what people do with their own accounts. It is safe for concurrent use.
type Profiles struct {
	repo ProfileRepository
	hold time.Duration
	now  func() time.Time
	gone func()
}

// NewProfiles makes Profiles over repo. Usernames that are given up are held for that long; gone is called when there is an
// account to remove, and must not block.
func NewProfiles(repo ProfileRepository, hold time.Duration, now func() time.Time, gone func()) *Profiles {
	return &Profiles{repo: repo, hold: hold, now: now, gone: gone}
}

// Find returns the caller's profile.
func (p *Profiles) Find(ctx context.Context, who workspace.Caller) (Profile, error) {
	return p.repo.Profile(ctx, who.AccountID)
}

// Change says what of a profile becomes what; nil leaves it.
type Change struct {
	Username, Email *string
	Expected        int // the version that the editor saw; 0 for any
}

// Update changes the caller's profile. A new username is possible while none of the mocks in the account's own workspace is
// published: it is a part of their hosts.
func (p *Profiles) Update(ctx context.Context, who workspace.Caller, c Change) (Profile, error) {
	now := p.now()
	return p.repo.UpdateProfile(ctx, who, now, now.Add(p.hold), func(old Profile, holds workspace.Holding) (Profile, error) {
		if c.Expected != 0 && c.Expected != old.Version {
			return old, apperr.New(apperr.Precondition, "The account has changed since you read it: its version is %d, not %d. Read it again and repeat your change.", old.Version, c.Expected)
		}
		changed := old
		if c.Email != nil {
			email, err := CheckEmail(*c.Email)
			if err != nil {
				return old, err
			}
			changed.Email = email
		}
		if c.Username != nil && *c.Username != old.Username {
			changed.Username = *c.Username
			if err := workspace.CheckRename(changed.Username, holds); err != nil {
				if e, ok := errors.AsType[*apperr.Error](err); ok {
					return old, e.WithField("username")
				}
				return old, err
			}
		}
		return changed, nil
	})
}

// Delete ends the caller's account with its own workspace and all that is in it. confirm has to be the username.
func (p *Profiles) Delete(ctx context.Context, who workspace.Caller, confirm string) error {
	now := p.now()
	err := p.repo.DeleteAccount(ctx, who, now, now.Add(p.hold), func(a Profile) error {
		if confirm != a.Username {
			return apperr.New(apperr.Invalid, "The confirmation is %q, but the account is %q; nothing was deleted.", confirm, a.Username).WithField("confirm")
		}
		return nil
	})
	if err == nil {
		p.gone()
	}
	return err
}
