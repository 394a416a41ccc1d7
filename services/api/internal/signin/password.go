package signin

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// How long a password may be, in characters.
const (
	MinPassword = 10
	MaxPassword = 256
)

// afterLink is how long after a sign-in by link a password may be set without the one before, which its owner forgot.
const afterLink = 15 * time.Minute

var errWrong = apperr.New(apperr.Unauthorized, "The username or the password is wrong.").WithField("password")

// ByPassword signs in with a username or e-mail address. Whether there is such an account shows neither in the answer nor in
// the time that it takes.
func (s *Service) ByPassword(ctx context.Context, v Visitor, login string, password secret.String) (Fresh, error) {
	if err := s.needPasswords(); err != nil {
		return Fresh{}, err
	}
	login = strings.ToLower(strings.TrimSpace(login))
	attempt, err := s.guard.begin(ctx, login, v.Address)
	if err != nil {
		return Fresh{}, err
	}
	a, encoded, err := s.repo.Login(ctx, login)
	unknown := errors.Is(err, ErrNotFound)
	if err != nil && !unknown {
		return Fresh{}, err
	}
	if attempt.besieged != nil {
		known := false
		if !unknown {
			if known, err = s.repo.SignedInFrom(ctx, a.ID, v.Address); err != nil {
				return Fresh{}, err
			}
		}
		if !known {
			return Fresh{}, attempt.besieged
		}
	}
	prepared, usable := prepare(password)
	if unknown || !usable {
		encoded = "" // the same work
	}
	fits, stale, err := s.passwords.Verify(ctx, encoded, prepared)
	if err != nil {
		return Fresh{}, err
	}
	if !fits {
		return Fresh{}, errWrong
	}
	if err := attempt.succeeded(ctx); err != nil {
		return Fresh{}, err
	}
	if stale {
		s.rehash(ctx, a.ID, encoded, prepared)
	}
	return s.start(ctx, v, a, FromPassword)
}

// rehash brings the hash of a password that is known just now to the parameters of today. It may wait for the next time.
func (s *Service) rehash(ctx context.Context, accountID, old string, password secret.String) {
	encoded, err := s.passwords.Hash(ctx, password)
	if err == nil {
		err = s.repo.Rehash(ctx, accountID, old, encoded)
	}
	if err != nil {
		s.log.WarnContext(ctx, "hash a password anew", "account_id", accountID, "error", err)
	}
}

func (s *Service) needPasswords() error {
	if s.cfg.Passwords {
		return nil
	}
	return apperr.New(apperr.Forbidden, "This server has no passwords: sign in at the identity provider.")
}

// prepare brings different ways to type the same password together (RFC 8265, OpaqueString).
func prepare(password secret.String) (secret.String, bool) {
	if len(password.Reveal()) > 4*MaxPassword {
		return secret.String{}, false
	}
	prepared, err := precis.OpaqueString.String(password.Reveal())
	return secret.New(prepared), err == nil
}

// checkPassword prepares a new password and says what is wrong with it.
func checkPassword(field string, password secret.String, names ...string) (secret.String, error) {
	prepared, ok := prepare(password)
	n := utf8.RuneCountInString(prepared.Reveal())
	if !ok || n < MinPassword || n > MaxPassword {
		return prepared, apperr.New(apperr.Invalid, "The password is not valid: use %d to %d characters, without control characters.", MinPassword, MaxPassword).WithField(field)
	}
	text := prepared.Reveal()
	first, _ := utf8.DecodeRuneInString(text)
	guessed := strings.Trim(text, string(first)) == ""
	for _, name := range names {
		guessed = guessed || name != "" && strings.EqualFold(text, name)
	}
	if guessed {
		return prepared, apperr.New(apperr.Invalid, "The password is too easy to guess; use a sentence, or one made by a password manager.").WithField(field)
	}
	return prepared, nil
}

// ChangePassword replaces the caller's password, or sets the first, and ends all of its other sessions. Tokens stay. The
// current password has to be shown, unless there is none, or the session began a moment ago with a link that the operator made. A link
// that the account made for itself excuses from nothing: whoever has a session could make one.
func (s *Service) ChangePassword(ctx context.Context, v Visitor, who workspace.Caller, a account.Account, session Session, shown, current, wanted secret.String) error {
	if err := s.needPasswords(); err != nil {
		return err
	}
	prepared, err := checkPassword("new_password", wanted, a.Username)
	if err != nil {
		return err
	}
	encoded, err := s.repo.Password(ctx, who.AccountID)
	if err != nil {
		return err
	}
	linked := session.Means == FromLink && s.now().Sub(session.CreatedAt) < afterLink
	if encoded != "" && !linked {
		if err := s.confirm(ctx, v, a, encoded, current); err != nil {
			return err
		}
	}
	fresh, err := s.passwords.Hash(ctx, prepared)
	if err != nil {
		return err
	}
	return s.repo.SetPassword(ctx, who, fresh, hashOrNone(shown))
}

// confirm checks the current password as carefully as a sign-in does.
func (s *Service) confirm(ctx context.Context, v Visitor, a account.Account, encoded string, current secret.String) error {
	attempt, err := s.guard.begin(ctx, a.Username, v.Address)
	if err != nil {
		return err
	}
	prepared, usable := prepare(current)
	fits := false
	if usable {
		if fits, _, err = s.passwords.Verify(ctx, encoded, prepared); err != nil {
			return err
		}
	}
	if !fits {
		return apperr.New(apperr.Forbidden, "The current password is wrong.").WithField("current_password")
	}
	return attempt.succeeded(ctx)
}

// Registration is what somebody says to make an account.
type Registration struct {
	Username   string
	Email      string // "" for none
	Password   secret.String
	Invitation secret.String // to a workspace; empty for none
}

// OpenTo is a Forbidden error that a user may see, unless an account can be made by everybody, or by who was invited.
func (s *Service) OpenTo(invited bool) error {
	if err := s.needPasswords(); err != nil {
		return err
	}
	switch {
	case s.cfg.SignUp == Closed:
		return apperr.New(apperr.Forbidden, "Sign-up is closed here; ask your administrator for a sign-in link.")
	case s.cfg.SignUp == Invited && !invited:
		return apperr.New(apperr.Forbidden, "Signing up here needs an invitation; ask a member of a workspace for one.").WithField("invitation")
	}
	return nil
}

// Register makes an account and signs it in.
func (s *Service) Register(ctx context.Context, v Visitor, r Registration) (Fresh, error) {
	if err := s.OpenTo(!r.Invitation.Empty()); err != nil {
		return Fresh{}, err
	}
	email, err := account.CheckEmail(r.Email)
	if err != nil {
		return Fresh{}, err
	}
	prepared, err := checkPassword("password", r.Password, r.Username, email)
	if err != nil {
		return Fresh{}, err
	}
	encoded, err := s.passwords.Hash(ctx, prepared)
	if err != nil {
		return Fresh{}, err
	}
	a, err := s.create(ctx, account.New{Username: strings.TrimSpace(r.Username), Email: email, Password: encoded, Invitation: hashOrNone(r.Invitation)})
	if err != nil {
		return Fresh{}, err
	}
	return s.start(ctx, v, a, FromSignUp)
}
