// Package signin is about how a person becomes known: passwords, one-time links, sessions, and what slows down who guesses.
package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// How long a session is good for: without being used, and at all.
const (
	Idle     = 7 * 24 * time.Hour
	Absolute = 30 * 24 * time.Hour
)

// ErrNotFound says that there is no such account, session or code, or not any more.
var ErrNotFound = errors.New("not found")

// SignUp is who may make an account.
type SignUp string

// Who may make an account: everybody, who was invited to a workspace, or nobody but who runs the installation.
const (
	Open    SignUp = "open"
	Invited SignUp = "invite"
	Closed  SignUp = "closed"
)

// Config says how people sign in.
type Config struct {
	Passwords bool // there are any: AUTH_MODE is local
	SignUp    SignUp
	Issuer    string    // of the identity provider, "" if there is none
	PublicURL string    // where sign-in links lead, without a trailing slash
	Supabase  *Supabase // nil if browsers do not sign in at a project
}

// Repository keeps what signs people in.
type Repository interface {
	FailureRepository

	// AccountBySession finds a session that ends after now and was used after idle, and its account; ErrNotFound if there
	// is none.
	AccountBySession(ctx context.Context, hash account.Hash, now, idle time.Time) (account.Account, Session, error)
	// RedeemCode uses a sign-in code up and stores the session that it was exchanged for, both or neither. ErrNotFound if
	// the code does not exist, has expired, or was used.
	RedeemCode(ctx context.Context, code, session account.Hash, s Session) (account.Account, error)
	// CreateSession stores a session of the account. Its oldest ends, if it has MaxSessions, and what has expired is gone.
	CreateSession(ctx context.Context, accountID string, hash account.Hash, s Session) error
	// Sessions lists the sessions of an account that end after now and were used after idle, the youngest first.
	Sessions(ctx context.Context, accountID string, now, idle time.Time) ([]Session, error)
	// EndSession removes a session; ending none is no error.
	EndSession(ctx context.Context, hash account.Hash) error
	// EndSessionByID removes a session of the caller's; ErrNotFound if there is none.
	EndSessionByID(ctx context.Context, who workspace.Caller, id string) error
	// EndOtherSessions removes all sessions of the caller's but the one with this hash.
	EndOtherSessions(ctx context.Context, who workspace.Caller, keep account.Hash) error
	// SessionsUsed stores when sessions were used, by hash.
	SessionsUsed(ctx context.Context, used map[string]time.Time) error

	// Login finds the account with this username or e-mail address and its password's hash, "" if it has none; ErrNotFound
	// if there is none.
	Login(ctx context.Context, name string) (account.Account, string, error)
	// Password is the hash of the account's password, "" if it has none.
	Password(ctx context.Context, accountID string) (string, error)
	// SetPassword replaces the hash of the caller's password and ends all of its sessions but the one with the hash keep.
	SetPassword(ctx context.Context, who workspace.Caller, encoded string, keep account.Hash) error
	// Rehash replaces the hash of a password, if it is still the old one.
	Rehash(ctx context.Context, accountID, old, encoded string) error
	// SignedInFrom reports whether the account has a session that began at this address.
	SignedInFrom(ctx context.Context, accountID, address string) (bool, error)

	// CreateAccount creates an account with its own workspace, and makes the invitation that it names its own.
	// apperr.Conflict says which of its names is taken, apperr.NotFound that there is no such invitation.
	CreateAccount(ctx context.Context, a account.New) (account.Account, error)
	// AccountByIdentity finds the account of an identity; ErrNotFound if there is none.
	AccountByIdentity(ctx context.Context, id account.Identity) (account.Account, error)
	// AccountByUsername finds an account; ErrNotFound if there is none.
	AccountByUsername(ctx context.Context, username string) (account.Account, error)
	// AddLink stores a one-time sign-in code that the caller made for the account, and what a session that begins with it began
	// with.
	AddLink(ctx context.Context, who workspace.Caller, a account.Account, code account.Hash, means Means, now, expires time.Time) error
}

// Passwords computes and checks password hashes, as *passhash.Hasher does.
type Passwords interface {
	Hash(ctx context.Context, password secret.String) (string, error)
	Verify(ctx context.Context, encoded string, password secret.String) (fits, stale bool, err error)
}

// Service signs people in. It is safe for concurrent use.
type Service struct {
	cfg       Config
	repo      Repository
	passwords Passwords
	provider  Provider // nil if there is none
	now       func() time.Time
	guard     *guard
	uses      *account.Uses
	log       *slog.Logger
}

// NewService makes a Service over repo; now tells the time. Where there is no identity provider, provider is nil.
func NewService(cfg Config, repo Repository, passwords Passwords, provider Provider, log *slog.Logger, now func() time.Time) *Service {
	return &Service{
		cfg: cfg, repo: repo, passwords: passwords, provider: provider, now: now, guard: &guard{now: now, repo: repo}, log: log,
		uses: account.NewUses(log, repo.SessionsUsed),
	}
}

// Run writes when sessions were used, until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.uses.Run(ctx) }

// Visitor is a browser, or whatever else wants to sign in.
type Visitor struct {
	Address   string // an IP address
	UserAgent string
}

// Means is what a session began with.
type Means string

// What a session began with.
const (
	FromPassword Means = "password"
	FromLink     Means = "link"     // of the operator, or printed at the start
	FromOwnLink  Means = "own_link" // that its own account made
	FromSignUp   Means = "signup"
	FromToken    Means = "token" // of an identity provider
)

// Session is a sign-in of a browser.
type Session struct {
	ID         string
	Means      Means
	CreatedAt  time.Time
	LastUsedAt time.Time // about a minute late
	ExpiresAt  time.Time // at the latest
	Address    string
	UserAgent  string
}

// Fresh is a session that just began, with the secret that the browser keeps.
type Fresh struct {
	Session
	Account account.Account
	Secret  secret.String
}

const maxUserAgent = 200

// begin makes a session with a secret that nobody has seen.
func (s *Service) begin(v Visitor, means Means) (Fresh, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Fresh{}, err
	}
	now := s.now()
	return Fresh{
		Session: Session{
			ID: id.String(), Means: means, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(Absolute),
			Address: v.Address, UserAgent: printable(v.UserAgent),
		},
		Secret: secret.New(rand.Text() + rand.Text()),
	}, nil
}

// printable is at most maxUserAgent characters of ASCII, which both databases take.
func printable(s string) string {
	out := make([]byte, 0, min(len(s), maxUserAgent))
	for i := 0; i < len(s) && len(out) < maxUserAgent; i++ {
		if s[i] >= ' ' && s[i] <= '~' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// start begins a session of the account.
func (s *Service) start(ctx context.Context, v Visitor, a account.Account, means Means) (Fresh, error) {
	fresh, err := s.begin(v, means)
	if err != nil {
		return fresh, err
	}
	fresh.Account = a
	return fresh, s.repo.CreateSession(ctx, a.ID, account.HashOf(fresh.Secret), fresh.Session)
}

// BySession finds out who shows a session.
func (s *Service) BySession(ctx context.Context, shown secret.String) (account.Account, Session, error) {
	now := s.now()
	hash := account.HashOf(shown)
	a, session, err := s.repo.AccountBySession(ctx, hash, now, now.Add(-Idle))
	if errors.Is(err, ErrNotFound) {
		return a, session, apperr.New(apperr.Unauthorized, "The session has ended; sign in again.")
	}
	if err == nil {
		s.uses.Note(string(hash), now)
	}
	return a, session, err
}

// ByCode exchanges a one-time code for a session.
func (s *Service) ByCode(ctx context.Context, v Visitor, code secret.String) (Fresh, error) {
	fresh, err := s.begin(v, FromLink)
	if err != nil {
		return fresh, err
	}
	fresh.Account, err = s.repo.RedeemCode(ctx, account.HashOf(code), account.HashOf(fresh.Secret), fresh.Session)
	if errors.Is(err, ErrNotFound) {
		return Fresh{}, apperr.New(apperr.Unauthorized, "This sign-in link was already used or has expired; ask for a new one, or restart `mocloud up`, which prints one.").WithField("code")
	}
	return fresh, err
}

// End ends a session.
func (s *Service) End(ctx context.Context, shown secret.String) error {
	return s.repo.EndSession(ctx, account.HashOf(shown))
}

// MaxSessions is how many sessions an account has at most; the oldest ends when another begins.
const MaxSessions = 200

// List returns the sessions of the caller, the youngest first.
func (s *Service) List(ctx context.Context, who workspace.Caller) ([]Session, error) {
	now := s.now()
	return s.repo.Sessions(ctx, who.AccountID, now, now.Add(-Idle))
}

// Revoke ends a session of the caller's.
func (s *Service) Revoke(ctx context.Context, who workspace.Caller, id string) error {
	err := s.repo.EndSessionByID(ctx, who, id)
	if errors.Is(err, ErrNotFound) {
		return apperr.New(apperr.NotFound, "You have no session with this id; it may have ended.")
	}
	return err
}

// RevokeOthers ends all sessions of the caller's but the one with the secret that the caller shows.
func (s *Service) RevokeOthers(ctx context.Context, who workspace.Caller, shown secret.String) error {
	return s.repo.EndOtherSessions(ctx, who, hashOrNone(shown))
}

// hashOrNone is the hash of a secret, "" of none.
func hashOrNone(shown secret.String) account.Hash {
	if shown.Empty() {
		return ""
	}
	return account.HashOf(shown)
}

// Link makes a one-time link that signs the account in. Without a username it is the caller's own; of others, and of an
// account that it creates, only who runs the installation may make one.
func (s *Service) Link(ctx context.Context, who workspace.Caller, own account.Account, operator bool, username string, create bool) (string, time.Time, error) {
	a := own
	if username != "" && username != own.Username {
		if !operator {
			return "", time.Time{}, apperr.New(apperr.Forbidden, "Only an administrator, with the token in MOCLOUD_ADMIN_TOKEN, can create sign-in links for other accounts.").WithField("username")
		}
		var err error
		a, err = s.repo.AccountByUsername(ctx, username)
		if errors.Is(err, ErrNotFound) && create {
			a, err = s.create(ctx, account.New{Username: username})
		}
		if errors.Is(err, ErrNotFound) {
			return "", time.Time{}, apperr.New(apperr.NotFound, "There is no account %q; set create to true to create it.", username).WithField("username")
		}
		if err != nil {
			return "", time.Time{}, err
		}
	}
	code := secret.New(rand.Text() + rand.Text())
	now := s.now()
	expires := now.Add(account.CodeLife)
	means := FromOwnLink
	if operator {
		means = FromLink
	}
	if err := s.repo.AddLink(ctx, who, a, account.HashOf(code), means, now, expires); err != nil {
		return "", time.Time{}, err
	}
	return s.cfg.PublicURL + "/signin?code=" + code.Reveal(), expires, nil
}

// create makes an account whose names are checked.
func (s *Service) create(ctx context.Context, a account.New) (account.Account, error) {
	if err := workspace.CheckSlug(a.Username); err != nil {
		if e, ok := errors.AsType[*apperr.Error](err); ok {
			return account.Account{}, e.WithField("username")
		}
		return account.Account{}, err
	}
	a.CreatedAt = s.now()
	return s.repo.CreateAccount(ctx, a)
}
