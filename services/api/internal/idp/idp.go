// Package idp verifies the access tokens (JSON Web Tokens, RFC 7519) of an identity provider such as Supabase. The api's root
// package makes a Provider for the package signin.
package idp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/account"
)

// Config says whose tokens are good.
type Config struct {
	Issuer   string        // as in the tokens' iss
	Audience string        // as in their aud
	JWKSURL  string        // where the provider's public keys are
	Secret   secret.String // shared, for HS256; empty if tokens are signed with keys only
}

const (
	skew         = 30 * time.Second // by which the clocks may differ
	maxToken     = 16 << 10         // bytes
	maxKeys      = 256 << 10        // bytes of a JWKS document
	fetchTimeout = 5 * time.Second
	refreshEvery = time.Hour
	// Tokens with a key that is not known yet make the keys be fetched again, but not more often than this, and none waits
	// longer for it than fetchTimeout.
	refreshAtMost = 20 * time.Second
)

// The algorithms. Which one a token may use is decided by the key, never by the token alone: what is signed with a shared
// secret is never checked with a public key or the other way round.
const (
	shared = "HS256"
	curve  = "ES256"
	rsa    = "RS256"
)

// Provider verifies tokens. It is safe for concurrent use.
type Provider struct {
	cfg    Config
	log    *slog.Logger
	keys   atomic.Pointer[keyfunc.Keyfunc] // nil until Run has made it
	parser *jwt.Parser
}

// New makes a Provider; now tells the time. Its Run has to run.
func New(cfg Config, log *slog.Logger, now func() time.Time) *Provider {
	methods := []string{curve, rsa}
	if !cfg.Secret.Empty() {
		methods = append(methods, shared)
	}
	return &Provider{cfg: cfg, log: log, parser: jwt.NewParser(
		jwt.WithValidMethods(methods), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(skew), jwt.WithTimeFunc(now), jwt.WithStrictDecoding(),
	)}
}

// Run keeps the provider's keys current until ctx ends. A provider that cannot be reached is tried again; until then its
// tokens are refused, and those of known keys are not.
func (p *Provider) Run(ctx context.Context) error {
	later := true
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{p.cfg.JWKSURL}, keyfunc.Override{
		Client:                    &http.Client{Transport: bounded{http.DefaultTransport}, CheckRedirect: noRedirect},
		HTTPTimeout:               fetchTimeout,
		NoErrorReturnFirstHTTPReq: &later,
		RefreshInterval:           refreshEvery,
		RefreshUnknownKID:         rate.NewLimiter(rate.Every(refreshAtMost), 2),
		RateLimitWaitMax:          fetchTimeout,
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				p.log.WarnContext(ctx, "cannot fetch the identity provider's keys", "error", err)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("follow the keys of the identity provider at %s: %w", p.cfg.JWKSURL, err)
	}
	p.keys.Store(&keys)
	<-ctx.Done()
	return nil
}

var errRedirect = errors.New("the identity provider's keys are somewhere else")

func noRedirect(*http.Request, []*http.Request) error { return errRedirect }

// bounded bounds what is read of an answer.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxKeys)
	}
	return res, err
}

// Looks reports whether something may be a JSON Web Token: it has three parts, of which the first is an object.
func Looks(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2
}

// Claims are what a token says about somebody.
type Claims struct {
	account.Identity
	Email string // "" if it says none
}

type claims struct {
	jwt.RegisteredClaims
	Email     string `json:"email"`
	Role      string `json:"role"`
	Anonymous bool   `json:"is_anonymous"`
}

// Verify returns what a token says, if it is one of the provider's, for here, and good now. Its errors are sentences for a
// user.
func (p *Provider) Verify(ctx context.Context, token secret.String) (Claims, error) {
	if len(token.Reveal()) > maxToken {
		return Claims{}, refused(errors.New("too long"))
	}
	var c claims
	_, err := p.parser.ParseWithClaims(token.Reveal(), &c, func(t *jwt.Token) (any, error) { return p.key(ctx, t) })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return Claims{}, apperr.New(apperr.Unauthorized, "The identity provider's token has expired; get a new one there.").WithCause(err)
	case err != nil:
		return Claims{}, refused(err)
	case c.Subject == "" || len(c.Subject) > 255:
		return Claims{}, refused(errors.New("no usable subject"))
	case c.Anonymous || c.Role == "anon" || c.Role == "service_role":
		return Claims{}, refused(errors.New("the token has no subject"))
	}
	return Claims{Identity: account.Identity{Issuer: c.Issuer, Subject: c.Subject}, Email: c.Email}, nil
}

func refused(err error) error {
	return apperr.New(apperr.Unauthorized, "The identity provider's token is not valid here: it must be signed with one of the provider's keys, be meant for this audience, and not have expired.").WithCause(err)
}

var (
	errNoKey  = errors.New("the token names no key")
	errNoKeys = errors.New("the keys of the identity provider are not known yet")
)

// key is what a token's signature is checked with.
func (p *Provider) key(ctx context.Context, t *jwt.Token) (any, error) {
	if t.Method.Alg() == shared {
		return []byte(p.cfg.Secret.Reveal()), nil // the parser takes it only if there is one
	}
	if kid, ok := t.Header["kid"].(string); !ok || kid == "" {
		return nil, errNoKey
	}
	keys := p.keys.Load()
	if keys == nil {
		return nil, errNoKeys
	}
	return (*keys).KeyfuncCtx(ctx)(t)
}
