// Package account is about who calls: accounts, and how what proves them is kept. Secrets are kept as hashes only.
package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// CodeLife is how long a one-time sign-in code is good for.
const CodeLife = 15 * time.Minute

// ErrNotFound says that no account goes with what was shown, or not any more.
var ErrNotFound = errors.New("no such account")

// Account is somebody who signs in. Its username is also the slug of its own workspace.
type Account struct {
	ID        string
	Username  string
	CreatedAt time.Time
}

// New is an account that is to be made.
type New struct {
	Username string
	Email    string   // "" for none
	Password string   // its hash, "" for none
	Identity Identity // of an identity provider; zero for none
	// Invitation is the hash of the secret of an invitation to a workspace, which becomes the account's; "" for none.
	Invitation Hash
	CreatedAt  time.Time
}

// Identity is who somebody is to an identity provider.
type Identity struct{ Issuer, Subject string }

// Hash is how a token, session or code is kept: the SHA-256 of a secret, in hex. Secrets that we make have 130 random bits
// and more, so that a slow hash would gain nothing; and as the database looks for the hash, timing tells nothing of a secret.
type Hash string

// HashOf hashes a secret.
func HashOf(s secret.String) Hash {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return Hash(hex.EncodeToString(sum[:]))
}

// Repository keeps accounts and what proves them.
type Repository interface {
	// EnsureAccount finds or creates the account with its own workspace, of which it is the owner. apperr.Conflict says that
	// the name is an organisation's.
	EnsureAccount(ctx context.Context, username string, now time.Time) (Account, error)
	// SetConfiguredToken makes token the only configured API token of the account; the empty Hash removes it.
	SetConfiguredToken(ctx context.Context, accountID string, token Hash, now time.Time) error
	// AddCode stores a one-time sign-in code and removes expired codes and sessions.
	AddCode(ctx context.Context, accountID string, code Hash, now, expires time.Time) error
}

// Service provides accounts. It is safe for concurrent use.
type Service struct {
	repo Repository
	now  func() time.Time
}

// NewService makes a Service over repo; now tells the time.
func NewService(repo Repository, now func() time.Time) *Service {
	return &Service{repo: repo, now: now}
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
