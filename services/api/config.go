package api

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/internal/quota"
	"github.com/mocloud/mocloud/services/api/internal/signin"
	"github.com/mocloud/mocloud/services/api/internal/token"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Config configures the api. Its zero fields have no meaning of their own: read it from the environment, or fill it.
type Config struct {
	// DatabaseURL is postgres://user:password@host/name or sqlite:///absolute/path.
	DatabaseURL secret.String `env:"DATABASE_URL,required"`
	// Migrate updates the database schema at start. Without it the api refuses to start on an older one.
	Migrate bool `env:"API_MIGRATE" envDefault:"true"`

	// PublicURL is where browsers and programs reach the api. With https, session cookies are Secure.
	PublicURL string `env:"API_PUBLIC_URL" envDefault:"http://localhost:3000"`
	// InstanceName is the name that users see.
	InstanceName string `env:"API_INSTANCE_NAME" envDefault:"mocloud"`
	// BaseDomain is the domain that the host names of mocks end with: {mock}-{workspace}.{base domain}.
	BaseDomain string `env:"BASE_DOMAIN" envDefault:"localhost"`
	// DNSMode is "wildcard" (one record *.BASE_DOMAIN covers every host; publishing changes no DNS) or "per-host" (a record for each
	// published mock's host, for installations without a wildcard). cloudops needs the same.
	DNSMode string `env:"DNS_MODE" envDefault:"wildcard"`
	// MockURL is where a mock is reached, with {host} where its host name goes.
	MockURL string `env:"MOCK_URL" envDefault:"http://{host}:8000"`
	// PathURL is where mocks also answer under /~{workspace}/{mock}, for programs that cannot resolve their host names, such as
	// http://localhost:8000; empty: the address is not shown. Mock servers have their own setting for it, MOCKSERVER_PATH_FORM.
	PathURL string `env:"MOCK_PATH_URL"`

	// Account is the username of the account that AdminToken and SignInCode belong to, and the slug of its workspace. It is created
	// at start if it is missing.
	Account string `env:"API_ACCOUNT" envDefault:"dev"`
	// AdminToken is an API token of that account with all scopes, at least 16 characters long. Its hash is stored at every start; the
	// token of an earlier start is revoked.
	AdminToken secret.String `env:"MOCLOUD_ADMIN_TOKEN"`
	// AuthMode is how people sign in: local (username and password) or supabase (access tokens of a Supabase project). API
	// tokens and one-time links work in both.
	AuthMode AuthMode `env:"AUTH_MODE" envDefault:"local"`
	// SignUp is who may create an account where AUTH_MODE is local: open (everybody), invite (people with an invitation to a
	// workspace) or closed (nobody; an administrator creates sign-in links for new accounts with MOCLOUD_ADMIN_TOKEN).
	SignUp signin.SignUp `env:"API_SIGN_UP" envDefault:"closed"`
	// SupabaseURL is the Supabase project, such as https://abcdefgh.supabase.co. Its tokens are verified with the keys at
	// {SUPABASE_URL}/auth/v1/.well-known/jwks.json.
	SupabaseURL string `env:"SUPABASE_URL"`
	// SupabaseSecret is the project's JWT secret, if it still signs tokens with one (HS256), at least 32 characters long.
	SupabaseSecret secret.String `env:"SUPABASE_JWT_SECRET"`
	// SupabaseAudience is what the tokens' aud must be.
	SupabaseAudience string `env:"SUPABASE_AUDIENCE" envDefault:"authenticated"`
	// SupabasePublishableKey is the project's publishable key (or its older anon key), with which browsers sign in. It is not
	// secret: everybody who opens the console gets it.
	SupabasePublishableKey string `env:"SUPABASE_PUBLISHABLE_KEY"`
	// SupabaseProviders are the ways to sign in that the project has switched on, separated by commas, in the order in which the
	// console offers them: email (a password, or a link by e-mail), or an OAuth provider such as github or google.
	SupabaseProviders []string `env:"SUPABASE_PROVIDERS" envDefault:"email"`

	// SealKey encrypts the secret variables of workspaces; at least 32 characters, the same for the api and the mock servers. Without it,
	// secrets cannot be set. With another one, those that were set before are lost.
	SealKey secret.String `env:"SEAL_KEY"`

	// TrustedProxies are the networks (CIDR, separated by commas) of the proxies in front of the api, whose X-Forwarded-For says
	// where a request comes from. Without them, everybody behind a proxy shares its limits.
	TrustedProxies []netip.Prefix `env:"API_TRUSTED_PROXIES"`
	// RateAddress is how many requests a second one IP address may make, with bursts of five seconds' worth; 0 for any number. Each
	// process counts separately.
	RateAddress float64 `env:"API_RATE_ADDRESS" envDefault:"100"`
	// RateAccount is how many requests a second one account may make, with bursts of five seconds' worth; 0 for any number.
	RateAccount float64 `env:"API_RATE_ACCOUNT" envDefault:"100"`
	// RateSignIn is how many attempts to sign in or up a minute one IP address may make, and how often it may ask whether a username
	// is available; 0 for any number.
	RateSignIn float64 `env:"API_RATE_SIGNIN" envDefault:"30"`

	// SignInCode is valid for one sign-in to that account, at /signin?code=… within 15 minutes of the start.
	SignInCode secret.String `env:"API_SIGNIN_CODE"`
	// Seed publishes a first mock, "hello", when nothing was ever published from this database and the account has no mocks.
	Seed bool `env:"API_SEED" envDefault:"false"`

	// RedisPrefix begins every channel and key in Redis.
	RedisPrefix string `env:"REDIS_PREFIX" envDefault:"mocloud:"`

	// MaxContent bounds a mock's content, in bytes; the same for the api and yamlgen.
	MaxContent int `env:"MOCK_MAX_CONTENT" envDefault:"1048576"`
	// MaxEndpoints bounds the endpoints of a mock; the same for the api and yamlgen.
	MaxEndpoints int `env:"MOCK_MAX_ENDPOINTS" envDefault:"2000"`
	// MaxFile bounds a file of a workspace, in bytes. Mock servers serve files of up to 8 MiB.
	MaxFile int64 `env:"API_MAX_FILE" envDefault:"8388608"`
	// MaxFiles bounds how many files a workspace has.
	MaxFiles int64 `env:"API_MAX_FILES" envDefault:"1000"`
	// KeepRevisions is how many earlier revisions of a mock are kept, besides pinned ones and the published one.
	KeepRevisions int `env:"API_KEEP_REVISIONS" envDefault:"200"`
	// MaxPinned bounds the pinned revisions of a mock.
	MaxPinned int `env:"API_MAX_PINNED" envDefault:"50"`
	// KeepDeletedFor is how long a deleted mock can be restored.
	KeepDeletedFor time.Duration `env:"API_KEEP_DELETED_FOR" envDefault:"168h"`
	// KeepDeleted is how many deleted mocks of a workspace can be restored; beyond that the oldest are deleted for good.
	KeepDeleted int `env:"API_KEEP_DELETED" envDefault:"100"`
	// MaxLongLived bounds how many requests of one account may wait for publications, follow events or transfer files at a time.
	MaxLongLived int `env:"API_MAX_LONG_LIVED" envDefault:"500"`
	// MaxLongLivedAddress bounds how many of them may come from one IP address; 0 for any number.
	MaxLongLivedAddress int `env:"API_MAX_LONG_LIVED_ADDRESS" envDefault:"2000"`
	// Quota is how much a workspace may hold. 0 means any amount.
	Quota Quota `envPrefix:"API_QUOTA_"`
	// KeepTombstones is how long the change log remembers what was deleted. A consumer that was away for longer starts over.
	KeepTombstones time.Duration `env:"API_KEEP_TOMBSTONES" envDefault:"720h"`
	// KeepUsage is how long the counts of requests by hour are kept.
	KeepUsage time.Duration `env:"API_KEEP_USAGE" envDefault:"2160h"`
	// HoldSlugs is how long a slug that was given up, with its hosts, stays reserved for its former owner.
	HoldSlugs time.Duration `env:"API_HOLD_SLUGS" envDefault:"720h"`
	// DomainGrace is how long a mock keeps answering on a verified custom domain whose proof is gone.
	DomainGrace time.Duration `env:"API_DOMAIN_GRACE" envDefault:"168h"`
	// KeepLostDomains is how long a custom domain is kept after that, in case its proof comes back; then it is removed.
	KeepLostDomains time.Duration `env:"API_KEEP_LOST_DOMAINS" envDefault:"720h"`
	// KeepAudit is how long the audit log remembers who did what.
	KeepAudit time.Duration `env:"API_KEEP_AUDIT" envDefault:"8760h"`
}

// NewAdminToken makes a Config.AdminToken that looks like the tokens that the api makes, so that secret scanners find it too.
func NewAdminToken() secret.String { return token.NewSecret() }

// Quota is how much one workspace may hold; 0 means any amount.
type Quota struct {
	// Mocks bounds the mocks of a workspace; 0 for any number, as with all quotas.
	Mocks int64 `env:"MOCKS" envDefault:"1000"`
	// Endpoints bounds the endpoints of all mocks of a workspace.
	Endpoints int64 `env:"ENDPOINTS" envDefault:"20000"`
	// Content bounds the bytes of the current revisions of all mocks of a workspace.
	Content int64 `env:"CONTENT" envDefault:"104857600"`
	// Files bounds the bytes of a workspace's files.
	Files int64 `env:"FILES" envDefault:"1073741824"`
	// Members bounds the members of a workspace, with open invitations.
	Members int64 `env:"MEMBERS" envDefault:"100"`
	// Tokens bounds the API tokens of a workspace.
	Tokens int64 `env:"TOKENS" envDefault:"100"`
	// Domains bounds the custom domains of a workspace.
	Domains int64 `env:"DOMAINS" envDefault:"50"`
}

func (q Quota) limits() quota.Limits {
	return quota.Limits{
		quota.Mocks: q.Mocks, quota.Endpoints: q.Endpoints, quota.Content: q.Content, quota.Files: q.Files,
		quota.Members: q.Members, quota.Tokens: q.Tokens, quota.Domains: q.Domains,
	}
}

// The values of DNS_MODE.
const (
	Wildcard = "wildcard"
	PerHost  = "per-host"
)

// AuthMode is how people sign in.
type AuthMode string

// The ways to sign in.
const (
	Local    AuthMode = "local"
	Supabase AuthMode = "supabase"
)

// issuer is who signs the access tokens of people, "" if nobody does.
func (c *Config) issuer() string {
	if c.AuthMode != Supabase {
		return ""
	}
	return strings.TrimRight(c.SupabaseURL, "/") + "/auth/v1"
}

// origins are those of other servers that the console talks to: of the mocks on their own hosts, and of who signs people in.
func (c *Config) origins() []string {
	mocks := strings.TrimRight(strings.ReplaceAll(c.MockURL, "{host}", "*."+c.BaseDomain), "/")
	all := []string{mocks, websocket(mocks)}
	if c.AuthMode == Supabase {
		all = append(all, strings.TrimRight(c.SupabaseURL, "/"))
	}
	return all
}

// websocket is the address of WebSockets where a web server is.
func websocket(address string) string { return "ws" + strings.TrimPrefix(address, "http") }

// minSecret is how many characters a shared secret needs: as many bits as HS256 has (RFC 7518, 3.2).
const minSecret = 32

// minToken is how many characters a configured token needs at least.
const minToken = 16

// Validate reports everything that is wrong, a line each.
func (c *Config) Validate() error {
	var problems []error
	complain := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	complain(c.DatabaseURL.Empty(), "DATABASE_URL is missing: postgres://user:password@host/name or sqlite:///absolute/path")
	complain(!webURL(c.PublicURL), "API_PUBLIC_URL is %q: it must be an http or https URL without a path", c.PublicURL)
	complain(c.DNSMode != Wildcard && c.DNSMode != PerHost, `DNS_MODE is %q: it must be "wildcard" or "per-host"`, c.DNSMode)
	complain(c.BaseDomain == "" || strings.ContainsAny(c.BaseDomain, "/: "), "BASE_DOMAIN is %q: it must be a host name such as mocks.example.com", c.BaseDomain)
	complain(!strings.Contains(c.MockURL, "{host}"), "MOCK_URL is %q: it must contain {host}", c.MockURL)
	complain(!webURL(strings.ReplaceAll(c.MockURL, "{host}", "host")), "MOCK_URL is %q: it must be an http or https URL without a path", c.MockURL)
	complain(c.PathURL != "" && !webURL(c.PathURL), "MOCK_PATH_URL is %q: it must be an http or https URL without a path", c.PathURL)
	if err := workspace.CheckSlug(c.Account); err != nil {
		problems = append(problems, fmt.Errorf("API_ACCOUNT: %w", err))
	}
	complain(!c.AdminToken.Empty() && len(c.AdminToken.Reveal()) < minToken, "MOCLOUD_ADMIN_TOKEN has only %d characters and could be guessed: it needs at least %d; `openssl rand -hex 24` makes one", len(c.AdminToken.Reveal()), minToken)
	complain(!c.SealKey.Empty() && len(c.SealKey.Reveal()) < env.MinKey, "SEAL_KEY has only %d characters: it needs at least %d; `openssl rand -hex 32` makes one", len(c.SealKey.Reveal()), env.MinKey)
	complain(token.Mistyped(c.AdminToken.Reveal()), "MOCLOUD_ADMIN_TOKEN begins with %s, the prefix of the API's own tokens, but is not one of them; let it begin with something else", token.Prefix)
	complain(strings.ContainsAny(c.AdminToken.Reveal(), " \t\r\n"), "MOCLOUD_ADMIN_TOKEN must not contain white space")
	complain(c.AuthMode != Local && c.AuthMode != Supabase, "AUTH_MODE is %q: it must be local or supabase", c.AuthMode)
	complain(c.AuthMode == Local && c.SignUp != signin.Open && c.SignUp != signin.Invited && c.SignUp != signin.Closed, "API_SIGN_UP is %q: it must be open, invite or closed", c.SignUp)
	if c.AuthMode == Supabase {
		complain(!webURL(c.SupabaseURL), "SUPABASE_URL is %q: with AUTH_MODE=supabase it must be the URL of a project, such as https://abcdefgh.supabase.co", c.SupabaseURL)
		complain(!c.SupabaseSecret.Empty() && len(c.SupabaseSecret.Reveal()) < minSecret, "SUPABASE_JWT_SECRET has only %d characters: HS256 needs %d", len(c.SupabaseSecret.Reveal()), minSecret)
		complain(slices.Contains(c.SupabaseProviders, ""), "SUPABASE_PROVIDERS is %q: write names separated by commas, such as email,github", strings.Join(c.SupabaseProviders, ","))
		complain(c.SupabaseAudience == "", "SUPABASE_AUDIENCE is empty: name the audience of the tokens, such as authenticated")
	}
	complain(c.RateAddress < 0 || c.RateAccount < 0 || c.RateSignIn < 0, "API_RATE_ADDRESS, API_RATE_ACCOUNT and API_RATE_SIGNIN must not be negative")
	complain(c.RedisPrefix == "", "REDIS_PREFIX is empty")
	complain(c.MaxContent <= 0, "MOCK_MAX_CONTENT is %d: it must be positive", c.MaxContent)
	complain(c.MaxEndpoints <= 0, "MOCK_MAX_ENDPOINTS is %d: it must be positive", c.MaxEndpoints)
	complain(c.MaxFile <= 0, "API_MAX_FILE is %d: it must be positive", c.MaxFile)
	complain(c.MaxFiles <= 0 || c.MaxFiles > 10_000, "API_MAX_FILES is %d: it must be from 1 to 10000", c.MaxFiles)
	complain(c.KeepRevisions < 0, "API_KEEP_REVISIONS is %d: it must not be negative", c.KeepRevisions)
	complain(c.MaxPinned < 0, "API_MAX_PINNED is %d: it must not be negative", c.MaxPinned)
	complain(c.KeepDeletedFor < 0, "API_KEEP_DELETED_FOR is %s: it must not be negative", c.KeepDeletedFor)
	complain(c.KeepDeleted < 0, "API_KEEP_DELETED is %d: it must not be negative", c.KeepDeleted)
	complain(c.MaxLongLived <= 0, "API_MAX_LONG_LIVED is %d: it must be positive", c.MaxLongLived)
	complain(c.MaxLongLivedAddress < 0, "API_MAX_LONG_LIVED_ADDRESS is %d: it must not be negative", c.MaxLongLivedAddress)
	complain(c.KeepUsage < 24*time.Hour, "API_KEEP_USAGE is %s: it must be at least 24h", c.KeepUsage)
	complain(c.KeepTombstones < time.Hour, "API_KEEP_TOMBSTONES is %s: it must be at least 1h", c.KeepTombstones)
	for resource, limit := range c.Quota.limits() {
		complain(limit < 0, "API_QUOTA_%s is %d: it must be 0 (unlimited) or more", strings.ToUpper(string(resource)), limit)
	}
	complain(c.HoldSlugs < 0, "API_HOLD_SLUGS is %s: it must be 0 or more", c.HoldSlugs)
	complain(c.DomainGrace <= 0, "API_DOMAIN_GRACE is %s: it must be positive", c.DomainGrace)
	complain(c.KeepLostDomains <= 0, "API_KEEP_LOST_DOMAINS is %s: it must be positive", c.KeepLostDomains)
	complain(c.KeepAudit < time.Hour, "API_KEEP_AUDIT is %s: it must be at least 1h", c.KeepAudit)
	return errors.Join(problems...)
}

// webURL reports whether raw names a web server and nothing below it.
func webURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}
