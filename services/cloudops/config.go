package cloudops

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
)

// Config is what can be set; config.Load fills the defaults.
type Config struct {
	// RedisPrefix begins every Redis channel.
	RedisPrefix string `env:"REDIS_PREFIX" envDefault:"mocloud:"`
	// BaseDomain is the domain under which mocks get their hosts.
	BaseDomain string `env:"BASE_DOMAIN" envDefault:"localhost"`
	// DNSMode is "wildcard" (one record *.BASE_DOMAIN covers every host; publishing changes no DNS) or "per-host" (records of its own for each
	// published mock's host, for installations without a wildcard). The API needs the same.
	DNSMode string `env:"DNS_MODE" envDefault:"wildcard"`

	// ProxyURL is the proxy's reverse listener, through which providers are called: "http://proxy:8080". Empty: there is
	// no provider, and domains are only reported.
	ProxyURL string `env:"CLOUDOPS_PROXY_URL"`
	// ProxyToken is cloudops' token at the proxy.
	ProxyToken secret.String `env:"CLOUDOPS_PROXY_TOKEN"`
	// CloudflareZone is the id of the zone at Cloudflare that holds the base domain. Empty: there is no provider.
	CloudflareZone string `env:"CLOUDOPS_CLOUDFLARE_ZONE"`
	// RFC2136Zone is the zone that holds the base domain at a name server that takes dynamic updates, in place of Cloudflare.
	RFC2136Zone string `env:"CLOUDOPS_RFC2136_ZONE"`
	// DigitalOceanApp is the id of the app at DigitalOcean's App Platform that stands before the mock servers: it is told the domains that
	// it has to answer for. Empty: there is none.
	DigitalOceanApp string `env:"CLOUDOPS_DIGITALOCEAN_APP"`
	// Adopt takes domains that are at the app and wanted for cloudops' own, whoever added them: set it once after the ledger of the app's
	// domains was lost, and unset it again.
	Adopt bool `env:"CLOUDOPS_ADOPT" envDefault:"false"`
	// AppDomains is how many domains the app may have.
	AppDomains int `env:"CLOUDOPS_APP_DOMAINS" envDefault:"50"`
	// Target is the host name that records point at: the mock servers' own.
	Target string `env:"CLOUDOPS_TARGET"`
	// Proxied lets Cloudflare's network answer for the records that are there.
	Proxied bool `env:"CLOUDOPS_PROXIED" envDefault:"true"`
	// Policy is required with a provider: "dry-run" (or "observe"), "create-only", "upsert-only" or "sync", each permitting more.
	Policy string `env:"CLOUDOPS_POLICY"`
	// Owner names this installation in the comments of its records; the same as the proxy's PROXY_OWNER.
	Owner string `env:"CLOUDOPS_OWNER" envDefault:"default"`
	// DeleteAfter is how long a record must be needed by nobody before it is removed.
	DeleteAfter time.Duration `env:"CLOUDOPS_DELETE_AFTER" envDefault:"60s"`

	// Resolver is the DNS server, as ip:port, that is asked for the records of custom domains. Empty: the servers of each
	// domain's own zone, which know a change at once and must have public addresses; the resolvers of /etc/resolv.conf tell
	// which they are.
	Resolver string `env:"CLOUDOPS_RESOLVER"`

	// Quiet is how long changes must be quiet before the provider is asked.
	Quiet time.Duration `env:"CLOUDOPS_QUIET" envDefault:"2s"`
	// Interval is the time between two looks at the provider when nothing changes.
	Interval time.Duration `env:"CLOUDOPS_INTERVAL" envDefault:"10m"`
	// Lease is how long an instance that died stays the active one; the others stand by.
	Lease time.Duration `env:"CLOUDOPS_LEASE" envDefault:"15s"`
	// Report is the time between two reports of all domains.
	Report time.Duration `env:"CLOUDOPS_REPORT" envDefault:"1m"`
}

var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// hasProvider reports whether a provider is configured.
func (c Config) hasProvider() bool { return c.CloudflareZone != "" || c.RFC2136Zone != "" }

// policy is what may be done at the providers.
func (c Config) policy() plan.Policy {
	if c.Policy == "dry-run" {
		return plan.Observe
	}
	return plan.Policy(c.Policy)
}

// Validate implements config.Validator: it returns everything that is wrong.
func (c Config) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !hostPattern.MatchString(c.BaseDomain) {
		wrong("BASE_DOMAIN: %q is not a lower-case domain name, such as mocks.example.com", c.BaseDomain)
	}
	if c.DNSMode != "wildcard" && c.DNSMode != "per-host" {
		wrong(`DNS_MODE: %q is neither "wildcard" nor "per-host"`, c.DNSMode)
	}
	if c.DNSMode == "per-host" && !c.hasProvider() {
		wrong("DNS_MODE: per-host needs a provider; set CLOUDOPS_CLOUDFLARE_ZONE or CLOUDOPS_RFC2136_ZONE")
	}
	if c.hasProvider() || c.DigitalOceanApp != "" {
		c.checkProvider(wrong)
	}
	if c.AppDomains <= 0 {
		wrong("CLOUDOPS_APP_DOMAINS must be more than 0")
	}
	if !(cloudprovider.Mark{Owner: c.Owner}).Valid() {
		wrong("CLOUDOPS_OWNER: %q must be 1 to 32 letters, digits, dots, dashes or underscores", c.Owner)
	}
	if _, err := netip.ParseAddrPort(c.Resolver); err != nil && c.Resolver != "" {
		wrong("CLOUDOPS_RESOLVER: %q is not an address with a port, such as 192.0.2.53:53", c.Resolver)
	}
	if c.Quiet < 0 || c.DeleteAfter < 0 {
		wrong("CLOUDOPS_QUIET and CLOUDOPS_DELETE_AFTER must not be negative")
	}
	if c.Interval <= 0 || c.Report <= 0 || c.Lease < time.Second {
		wrong("CLOUDOPS_INTERVAL and CLOUDOPS_REPORT must be more than 0, and CLOUDOPS_LEASE at least 1s")
	}
	return errors.Join(problems...)
}

func (c Config) checkProvider(wrong func(string, ...any)) {
	if c.DigitalOceanApp != "" && !digitalocean.IsID(c.DigitalOceanApp) {
		wrong("CLOUDOPS_DIGITALOCEAN_APP: %q is not an app id; copy the UUID from the app's address in the DigitalOcean console", c.DigitalOceanApp)
	}
	if c.CloudflareZone != "" && c.RFC2136Zone != "" {
		wrong("CLOUDOPS_CLOUDFLARE_ZONE and CLOUDOPS_RFC2136_ZONE cannot be combined: one provider manages the records of the base domain")
	}
	if zone := c.RFC2136Zone; zone != "" && c.BaseDomain != zone && !strings.HasSuffix(c.BaseDomain, "."+zone) {
		wrong("CLOUDOPS_RFC2136_ZONE: BASE_DOMAIN %q is not in the zone %q", c.BaseDomain, zone)
	}
	if c.CloudflareZone != "" && !cloudflare.IsID(c.CloudflareZone) {
		wrong("CLOUDOPS_CLOUDFLARE_ZONE: %q is not an id of 32 hex digits", c.CloudflareZone)
	}
	u, err := url.Parse(c.ProxyURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		wrong("CLOUDOPS_PROXY_URL: providers are called through the proxy; set its address, such as http://proxy:8080")
	}
	if c.ProxyToken.Empty() {
		wrong("CLOUDOPS_PROXY_TOKEN is missing")
	}
	if c.hasProvider() && (!hostPattern.MatchString(c.Target) || !strings.Contains(c.Target, ".")) {
		wrong("CLOUDOPS_TARGET: %q is not a host name; set the host that DNS records should point to", c.Target)
	}
	if c.policy().Rank() < 0 {
		wrong("CLOUDOPS_POLICY: %q is not one of dry-run, create-only, upsert-only, sync; there is no default, because no choice is safe for everybody", c.Policy)
	}
}
