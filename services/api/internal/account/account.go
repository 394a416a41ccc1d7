// Package account is about who calls: accounts, sessions and one-time sign-in codes. The api's other business packages, its
// store and its presentation import it. Secrets are kept as hashes only.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// How long what a person gets is good for.
const (
	CodeLife    = 15 * time.Minute
	SessionLife = 30 * 24 * time.Hour
)

// ErrNotFound says that no account goes with what was shown, or not any more.
var ErrNotFound = errors.New("no such account")

// Account is somebody who signs in. Its username is also the slug of its own workspace.
type Account struct {
	ID        string
	Username  string
	CreatedAt time.Time
}

// Hash is how a token, session or code is kept: the SHA-256 of a secret, in hex. Secrets that we make have 130
// random bits and more, so that a slow hash would gain nothing; and as the database looks for the hash, timing tells nothing of a secret.
type Hash string

// HashOf hashes a secret.
func HashOf(s secret.String) Hash {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return Hash(hex.EncodeToString(sum[:]))
}

// Repository keeps accounts and what proves them.
type Repository interface {
	// AccountBySession finds the owner of a session that has not expired; ErrNotFound if there is none.
	AccountBySession(ctx context.Context, session Hash, now time.Time) (Account, error)
	// RedeemCode uses a sign-in code up and stores the session that it was exchanged for, both or neither. ErrNotFound
	// if the code does not exist, has expired, or was used.
	RedeemCode(ctx context.Context, code, session Hash, now, sessionExpires time.Time) (Account, error)
	// EndSession removes a session; ending none is no error.
	EndSession(ctx context.Context, session Hash) error
	// EnsureAccount finds or creates the account with its own workspace, of which it is the owner.
	EnsureAccount(ctx context.Context, username string, now time.Time) (Account, error)
	// SetConfiguredToken makes token the only configured API token of the account; the empty Hash removes it.
	SetConfiguredToken(ctx context.Context, accountID string, token Hash, now time.Time) error
	// AddCode stores a one-time sign-in code and removes expired codes and sessions.
	AddCode(ctx context.Context, accountID string, code Hash, now, expires time.Time) error
}

// Service signs in. It is safe for concurrent use.
type Service struct {
	repo Repository
	now  func() time.Time
}

// NewService makes a Service over repo; now tells the time.
func NewService(repo Repository, now func() time.Time) *Service {
	return &Service{repo: repo, now: now}
}

// BySession authenticates a browser.
func (s *Service) BySession(ctx context.Context, session secret.String) (Account, error) {
	a, err := s.repo.AccountBySession(ctx, HashOf(session), s.now())
	if errors.Is(err, ErrNotFound) {
		return Account{}, apperr.New(apperr.Unauthorized, "The session has ended; sign in again.")
	}
	return a, err
}

// Session is a fresh sign-in of a browser.
type Session struct {
	Account Account
	Secret  secret.String
	Expires time.Time
}

// SignIn exchanges a one-time code for a session.
func (s *Service) SignIn(ctx context.Context, code secret.String) (Session, error) {
	now := s.now()
	fresh := Session{Secret: secret.New(rand.Text() + rand.Text()), Expires: now.Add(SessionLife)}
	a, err := s.repo.RedeemCode(ctx, HashOf(code), HashOf(fresh.Secret), now, fresh.Expires)
	if errors.Is(err, ErrNotFound) {
		return Session{}, apperr.New(apperr.Unauthorized, "This sign-in link was used already or has expired; restart mocloud to get a new one.").WithField("code")
	}
	fresh.Account = a
	return fresh, err
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, session secret.String) error {
	return s.repo.EndSession(ctx, HashOf(session))
}

// Provision makes sure that the account exists and that exactly the configured token (none if empty) is its configured
// one; a code that is not empty becomes a sign-in code for CodeLife.
func (s *Service) Provision(ctx context.Context, username string, token, code secret.String) (Account, error) {
	if err := workspace.CheckSlug(username); err != nil {
		return Account{}, fmt.Errorf("provision account: %w", err)
	}
	now := s.now()
	a, err := s.repo.EnsureAccount(ctx, username, now)
	if err != nil {
		return Account{}, fmt.Errorf("provision account %s: %w", username, err)
	}
	var hash Hash
	if !token.Empty() {
		hash = HashOf(token)
	}
	if err := s.repo.SetConfiguredToken(ctx, a.ID, hash, now); err != nil {
		return Account{}, fmt.Errorf("provision the token of %s: %w", username, err)
	}
	if code.Empty() {
		return a, nil
	}
	if err := s.repo.AddCode(ctx, a.ID, HashOf(code), now, now.Add(CodeLife)); err != nil {
		return Account{}, fmt.Errorf("provision the sign-in code of %s: %w", username, err)
	}
	return a, nil
}
