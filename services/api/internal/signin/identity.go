package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
	"github.com/mocloud/mocloud/services/api/internal/idp"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Provider verifies access tokens, as *idp.Provider does.
type Provider interface {
	Verify(ctx context.Context, token secret.String) (idp.Claims, error)
}

// ByToken exchanges an access token of the identity provider for a session, which lasts as all sessions do, whatever becomes
// of the token.
func (s *Service) ByToken(ctx context.Context, v Visitor, token secret.String) (Fresh, error) {
	a, err := s.ByAccessToken(ctx, token)
	if err != nil {
		return Fresh{}, err
	}
	return s.start(ctx, v, a, FromToken)
}

// ByAccessToken finds the account of who has an access token of the identity provider. On first sight it makes one.
func (s *Service) ByAccessToken(ctx context.Context, token secret.String) (account.Account, error) {
	if s.provider == nil {
		return account.Account{}, apperr.New(apperr.Forbidden, "This server has no identity provider; sign in with a password or a link.").WithField("token")
	}
	c, err := s.provider.Verify(ctx, token)
	if err != nil {
		return account.Account{}, err
	}
	a, err := s.repo.AccountByIdentity(ctx, c.Identity)
	if !errors.Is(err, ErrNotFound) {
		return a, err
	}
	for _, username := range usernames(c) {
		a, err = s.create(ctx, account.New{Username: username, Identity: c.Identity})
		if apperr.CodeOf(err) != apperr.Conflict {
			return a, err
		}
		// The name is taken, or another request has just made this very account.
		if a, err := s.repo.AccountByIdentity(ctx, c.Identity); !errors.Is(err, ErrNotFound) {
			return a, err
		}
	}
	return a, err
}

// usernames are what an account on first sight may be called: after its e-mail address, with a number if that is taken, and
// at last with what nobody else has. Names that are reserved or invalid are not among them.
func usernames(c idp.Claims) []string {
	const numbered, unique = 20, 12
	local, _, _ := strings.Cut(strings.ToLower(c.Email), "@")
	local, _, _ = strings.Cut(local, "+")
	base := strings.TrimLeft(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, local), "0123456789")
	base = base[:min(len(base), workspace.MaxSlug-unique)]
	if workspace.CheckSlug(base) != nil {
		base = "user"
	}
	names := []string{base}
	for i := 2; i <= numbered; i++ {
		names = append(names, base+strconv.Itoa(i))
	}
	sum := sha256.Sum256([]byte(c.Issuer + "\x00" + c.Subject))
	return append(names, base+hex.EncodeToString(sum[:])[:unique])
}

// Methods are the ways to sign in.
type Methods struct {
	Password bool
	SignUp   SignUp
	Issuer   string // of the identity provider, "" if there is none
	Supabase *Supabase
}

// Supabase is what a browser needs to sign in at a Supabase project.
type Supabase struct {
	URL            string
	PublishableKey string
	Providers      []string // in the order in which to offer them
}

// Methods returns the ways to sign in here.
func (s *Service) Methods() Methods {
	m := Methods{Password: s.cfg.Passwords, SignUp: s.cfg.SignUp, Issuer: s.cfg.Issuer, Supabase: s.cfg.Supabase}
	if !m.Password {
		m.SignUp = Closed
	}
	return m
}
