// Package token is about API tokens: what programs show instead of a person's sign-in, and what each may do.
package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/cursor"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Kind is where a token comes from and how far it reaches.
type Kind string

// The kinds of token. A personal one reaches what its account reaches, a workspace's one workspace as long as its account is
// a member there. The configured one is personal, has all scopes and comes with the configuration.
const (
	Personal   Kind = "personal"
	Workspace  Kind = "workspace"
	Configured Kind = "configured"
)

// Token is a token as it is kept: without what opens the door.
type Token struct {
	ID            string
	Kind          Kind
	AccountID     string
	WorkspaceID   string // of a workspace's token
	WorkspaceSlug string
	Name          string
	Scopes        Scopes
	CreatedAt     time.Time
	LastUsedAt    time.Time // zero if it never was; about a minute late
	ExpiresAt     time.Time // zero if it does not
}

// Max is how many tokens an account may have of its own. Those of a workspace have a quota.
const Max = 100

const maxName = 100

// ErrNotFound says that no token goes with what was shown, or not any more.
var ErrNotFound = errors.New("no such token")

// Repository keeps tokens. With the slug of a workspace it is about the tokens of that workspace, without about the
// account's own. What the caller is not a member of does not exist.
type Repository interface {
	// TokenByHash finds a token that has not expired and its account; ErrNotFound if there is none.
	TokenByHash(ctx context.Context, hash account.Hash, now time.Time) (Token, account.Account, error)
	// CreateToken stores t for the caller, if check agrees with the membership (the zero Membership for the account's own
	// token) and the account has fewer than Max of its own, or the workspace's quota allows it. It returns t with what the
	// database knows.
	CreateToken(ctx context.Context, who workspace.Caller, slug string, t Token, hash account.Hash, check func(workspace.Membership) error) (Token, error)
	// Tokens returns at most limit tokens after the one with the id after, by id, which is by age.
	Tokens(ctx context.Context, who workspace.Caller, slug, after string, limit int, check func(workspace.Membership) error) ([]Token, error)
	// Token finds one token; ErrNotFound if there is none.
	Token(ctx context.Context, who workspace.Caller, slug, id string, check func(workspace.Membership) error) (Token, error)
	// DeleteToken removes a token, if check agrees, and returns what it was; ErrNotFound if there is none.
	DeleteToken(ctx context.Context, who workspace.Caller, slug, id string, check func(workspace.Membership, Token) error) (Token, error)
	// DeleteShownToken removes the token with which the caller called, if check agrees; ErrNotFound if there is none.
	DeleteShownToken(ctx context.Context, who workspace.Caller, id string, check func(Token) error) error
	// TokensUsed stores when tokens were used, by id.
	TokensUsed(ctx context.Context, used map[string]time.Time) error
}

// Service makes, lists, revokes and recognises tokens. It is safe for concurrent use.
type Service struct {
	repo Repository
	now  func() time.Time
	uses *account.Uses
}

// NewService makes a Service over repo; now tells the time.
func NewService(repo Repository, log *slog.Logger, now func() time.Time) *Service {
	return &Service{repo: repo, now: now, uses: account.NewUses(log, repo.TokensUsed)}
}

// Run writes when tokens were used, until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.uses.Run(ctx) }

// Authenticate finds the token that a program shows, and its account.
func (s *Service) Authenticate(ctx context.Context, shown secret.String) (Token, account.Account, error) {
	if Mistyped(shown.Reveal()) {
		return Token{}, account.Account{}, apperr.New(apperr.Unauthorized, "This is not a complete API token; copy all of it.")
	}
	now := s.now()
	t, a, err := s.repo.TokenByHash(ctx, account.HashOf(shown), now)
	if errors.Is(err, ErrNotFound) {
		return t, a, apperr.New(apperr.Unauthorized, "The API token is unknown, was revoked, or has expired.")
	}
	if err != nil {
		return t, a, err
	}
	s.uses.Note(t.ID, now)
	return t, a, nil
}

// New is what somebody wants of a new token.
type New struct {
	Name      string
	Scopes    Scopes
	ExpiresAt time.Time // zero for never
}

// Create makes a token of the caller's, or of the workspace with the slug. The secret is shown this once.
func (s *Service) Create(ctx context.Context, who workspace.Caller, slug string, wanted New) (Token, secret.String, error) {
	t := Token{Kind: Personal, Name: strings.TrimSpace(wanted.Name), CreatedAt: s.now(), ExpiresAt: wanted.ExpiresAt.UTC().Truncate(time.Microsecond)}
	if slug != "" {
		t.Kind = Workspace
	}
	t.Scopes = slices.Clone(wanted.Scopes)
	slices.Sort(t.Scopes)
	t.Scopes = slices.Compact(t.Scopes)
	if err := t.check(); err != nil {
		return t, secret.String{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return t, secret.String{}, fmt.Errorf("make token id: %w", err)
	}
	t.ID = id.String()
	shown := NewSecret()
	t, err = s.repo.CreateToken(ctx, who, slug, t, account.HashOf(shown), mayManage)
	return t, shown, err
}

func (t Token) check() error {
	if n := len([]rune(t.Name)); n == 0 || n > maxName || strings.ContainsFunc(t.Name, unicode.IsControl) {
		return apperr.New(apperr.Invalid, "The token's name is not valid: say in 1 to %d characters, on one line, what the token is for.", maxName).WithField("name")
	}
	if len(t.Scopes) == 0 {
		return apperr.New(apperr.Invalid, "A token needs at least one scope, such as mocks:read.").WithField("scopes")
	}
	for _, scope := range t.Scopes {
		if !scope.Known() {
			return apperr.New(apperr.Invalid, "There is no scope %q.", scope).WithField("scopes")
		}
		if t.Kind == Workspace && scope.aboutAccount() {
			return apperr.New(apperr.Invalid, "A workspace's token cannot have the scope %q, which is not about a workspace; create a personal token for that.", scope).WithField("scopes")
		}
	}
	if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(t.CreatedAt) {
		return apperr.New(apperr.Invalid, "The token would have expired at %s; choose a time in the future.", t.ExpiresAt.Format(time.RFC3339)).WithField("expires_at")
	}
	return nil
}

// mayManage lets owners and admins see to a workspace's tokens, and everybody to their own.
func mayManage(m workspace.Membership) error {
	if m.ID == "" {
		return nil
	}
	return m.Require(workspace.Admin)
}

// List returns one page of tokens.
func (s *Service) List(ctx context.Context, who workspace.Caller, slug, from string, limit int) (cursor.Page[Token], error) {
	return cursor.Read(cursor.List{Name: "tokens", Of: []string{who.AccountID, slug}}, from, limit, func(t Token) string { return t.ID }, func(after string, limit int) ([]Token, error) {
		return s.repo.Tokens(ctx, who, slug, after, limit, mayManage)
	})
}

// Find returns one token.
func (s *Service) Find(ctx context.Context, who workspace.Caller, slug, id string) (Token, error) {
	t, err := s.repo.Token(ctx, who, slug, id, mayManage)
	return t, explain(err)
}

// Revoke ends a token at once and returns what it was.
func (s *Service) Revoke(ctx context.Context, who workspace.Caller, slug, id string) (Token, error) {
	t, err := s.repo.DeleteToken(ctx, who, slug, id, func(m workspace.Membership, t Token) error {
		if err := mayEnd(t); err != nil {
			return err
		}
		return mayManage(m)
	})
	return t, explain(err)
}

// RevokeShown ends the token with that id, with which the caller called: whatever it is good for, it is good for that. No id
// is a caller who showed none.
func (s *Service) RevokeShown(ctx context.Context, who workspace.Caller, id string) error {
	if id == "" {
		return apperr.New(apperr.Conflict, "This request was not made with an API token, so there is none to revoke; DELETE /api/v1/sessions/current signs a browser out.")
	}
	return explain(s.repo.DeleteShownToken(ctx, who, id, mayEnd))
}

func mayEnd(t Token) error {
	if t.Kind == Configured {
		return apperr.New(apperr.Conflict, "This token is set by MOCLOUD_ADMIN_TOKEN; change or remove it there and restart.")
	}
	return nil
}

// explain says to a user that there is no such token.
func explain(err error) error {
	if errors.Is(err, ErrNotFound) {
		return apperr.New(apperr.NotFound, "There is no token with this id here.")
	}
	return err
}
