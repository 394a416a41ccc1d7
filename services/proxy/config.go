package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/pkg/cloudprovider/cloudflare"
	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/proxy/internal/caller"
	"github.com/mocloud/mocloud/services/proxy/internal/dnsupdate"
)

// Config is what can be set; config.Load fills the defaults. Every secret can be given by a file instead: KEY_FILE names it.
type Config struct {
	// ReverseCallers may make provider calls: "name:token" pairs, separated by commas. Only cloudops should be among them. To replace a token,
	// give the name twice, with the old token and the new one, until the caller has the new one.
	ReverseCallers secret.String `env:"PROXY_REVERSE_CALLERS"`
	// ForwardCallers may make outgoing calls for tenants: "name:token" pairs, separated by commas.
	ForwardCallers secret.String `env:"PROXY_FORWARD_CALLERS"`

	// CloudflareToken is an API token with "DNS Write" and "Zone Read" on the zones below; empty: calls answer 503.
	CloudflareToken secret.String `env:"PROXY_CLOUDFLARE_TOKEN"`
	// CloudflareTokenFile holds the token and is read again when it changes.
	CloudflareTokenFile string `env:"PROXY_CLOUDFLARE_TOKEN_FILE"`
	// CloudflareZones are the zones that may be used, each with the domain under which records may be written:
	// "ZONEID=mocks.example.com", separated by commas.
	CloudflareZones map[string]string `env:"PROXY_CLOUDFLARE_ZONES" envKeyValSeparator:"="`
	// CloudflareURL is the base of Cloudflare's API.
	CloudflareURL string `env:"PROXY_CLOUDFLARE_URL" envDefault:"https://api.cloudflare.com/client/v4"`

	// DigitalOceanToken is a token with the scopes app:read and app:update; empty: calls answer 503.
	DigitalOceanToken secret.String `env:"PROXY_DIGITALOCEAN_TOKEN"`
	// DigitalOceanTokenFile holds the token and is read again when it changes.
	DigitalOceanTokenFile string `env:"PROXY_DIGITALOCEAN_TOKEN_FILE"`
	// DigitalOceanApps are the ids of the apps that may be used, separated by commas.
	DigitalOceanApps []string `env:"PROXY_DIGITALOCEAN_APPS"`
	// DigitalOceanURL is the base of DigitalOcean's API.
	DigitalOceanURL string `env:"PROXY_DIGITALOCEAN_URL" envDefault:"https://api.digitalocean.com"`

	// RFC2136Server is a name server that takes dynamic updates and zone transfers (BIND, Knot, PowerDNS), as host:port.
	RFC2136Server string `env:"PROXY_RFC2136_SERVER"`
	// RFC2136Key is the key that signs them (TSIG), as NAME:SECRET or ALGORITHM:NAME:SECRET; empty: calls answer 503.
	RFC2136Key secret.String `env:"PROXY_RFC2136_KEY"`
	// RFC2136KeyFile holds the key and is read again when it changes.
	RFC2136KeyFile string `env:"PROXY_RFC2136_KEY_FILE"`
	// RFC2136Zones are the zones that may be used, each with the domain under which records may be written:
	// "example.com=mocks.example.com", separated by commas.
	RFC2136Zones map[string]string `env:"PROXY_RFC2136_ZONES" envKeyValSeparator:"="`

	// Owner names this installation in the comments of its DNS records; the same as cloudops' CLOUDOPS_OWNER.
	Owner string `env:"PROXY_OWNER" envDefault:"default"`
	// ReservedNames are labels right under a zone's domain that are never written.
	ReservedNames []string `env:"PROXY_RESERVED_NAMES" envDefault:"www,app,api,mail,console,edge,autoconfig,autodiscover,_dmarc,_domainkey,_acme-challenge"`

	// ForwardPorts are the ports that tenants' calls may reach; 0 means every port.
	ForwardPorts []uint16 `env:"PROXY_FORWARD_PORTS" envDefault:"80,443"`
	// ForwardAllow permits addresses that are denied otherwise, for an installation's own test network: prefixes,
	// separated by commas, or none.
	ForwardAllow string `env:"PROXY_FORWARD_ALLOW"`
	// ForwardDeny refuses public addresses, for example the installation's own: prefixes, separated by commas.
	ForwardDeny string `env:"PROXY_FORWARD_DENY"`
	// ForwardConnectTimeout bounds resolving and connecting.
	ForwardConnectTimeout time.Duration `env:"PROXY_FORWARD_CONNECT_TIMEOUT" envDefault:"5s"`
	// ForwardIdleTimeout ends a call on which nothing moves.
	ForwardIdleTimeout time.Duration `env:"PROXY_FORWARD_IDLE_TIMEOUT" envDefault:"60s"`
	// ForwardTotalTimeout ends every call.
	ForwardTotalTimeout time.Duration `env:"PROXY_FORWARD_TOTAL_TIMEOUT" envDefault:"10m"`
	// ForwardMaxBytes bounds a call in each direction, in bytes.
	ForwardMaxBytes int64 `env:"PROXY_FORWARD_MAX_BYTES" envDefault:"67108864"`
	// ForwardMaxOpen bounds the open calls of all.
	ForwardMaxOpen int `env:"PROXY_FORWARD_MAX_OPEN" envDefault:"1024"`
	// ForwardMaxOpenPerTenant bounds the open calls of one tenant.
	ForwardMaxOpenPerTenant int `env:"PROXY_FORWARD_MAX_OPEN_PER_TENANT" envDefault:"32"`
	// ForwardPerMinute bounds the calls of one tenant in a minute.
	ForwardPerMinute int `env:"PROXY_FORWARD_PER_MINUTE" envDefault:"600"`

	// AuditToken lets an operator read the latest entries of the audit trail at /audit of the reverse listener; empty: nobody can.
	AuditToken secret.String `env:"PROXY_AUDIT_TOKEN"`
	// AuditFile gets the audit trail besides the log; empty: the log alone.
	AuditFile string `env:"PROXY_AUDIT_FILE"`
	// AuditFileBytes is the size at which the file is renamed, with .1 at its end, over the former one.
	AuditFileBytes int64 `env:"PROXY_AUDIT_FILE_BYTES" envDefault:"67108864"`
}

var domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Validate implements config.Validator: it returns everything that is wrong, without secrets.
func (c Config) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if _, err := caller.Parse(c.ReverseCallers); err != nil {
		wrong("PROXY_REVERSE_CALLERS: %w", err)
	}
	if _, err := caller.Parse(c.ForwardCallers); err != nil {
		wrong("PROXY_FORWARD_CALLERS: %w", err)
	}
	for id, domain := range c.CloudflareZones {
		if !cloudflare.IsID(id) || !domainPattern.MatchString(domain) {
			wrong("PROXY_CLOUDFLARE_ZONES: %q=%q is not of the form ZONEID=domain with a zone id of 32 hex digits", id, domain)
		}
	}
	for zone, domain := range c.RFC2136Zones {
		if !domainPattern.MatchString(zone) || !domainPattern.MatchString(domain) || domain != zone && !strings.HasSuffix(domain, "."+zone) {
			wrong("PROXY_RFC2136_ZONES: %q=%q is not of the form example.com=mocks.example.com, a zone and a domain in it", zone, domain)
		}
	}
	if _, _, err := net.SplitHostPort(c.RFC2136Server); err != nil && (c.RFC2136Server != "" || len(c.RFC2136Zones) > 0) {
		wrong("PROXY_RFC2136_SERVER: %q is not of the form host:port", c.RFC2136Server)
	}
	if key := c.RFC2136Key.Reveal(); key != "" {
		if err := dnsupdate.ParseKey(key); err != nil {
			wrong("PROXY_RFC2136_KEY: %w", err)
		}
	}
	for _, id := range c.DigitalOceanApps {
		if !digitalocean.IsID(id) {
			wrong("PROXY_DIGITALOCEAN_APPS: %q is not an app id", id)
		}
	}
	for key, value := range map[string]string{"PROXY_CLOUDFLARE_URL": c.CloudflareURL, "PROXY_DIGITALOCEAN_URL": c.DigitalOceanURL} {
		if _, err := baseURL(value); err != nil {
			wrong("%s: %w", key, err)
		}
	}
	if !(cloudprovider.Mark{Owner: c.Owner}).Valid() {
		wrong("PROXY_OWNER: %q must be 1 to 32 letters, digits, dots, dashes or underscores", c.Owner)
	}
	if _, err := c.policy(); err != nil {
		problems = append(problems, err)
	}
	for key, value := range map[string]int64{
		"PROXY_FORWARD_CONNECT_TIMEOUT": int64(c.ForwardConnectTimeout), "PROXY_FORWARD_IDLE_TIMEOUT": int64(c.ForwardIdleTimeout),
		"PROXY_FORWARD_TOTAL_TIMEOUT": int64(c.ForwardTotalTimeout), "PROXY_FORWARD_MAX_BYTES": c.ForwardMaxBytes,
		"PROXY_FORWARD_MAX_OPEN": int64(c.ForwardMaxOpen), "PROXY_FORWARD_MAX_OPEN_PER_TENANT": int64(c.ForwardMaxOpenPerTenant),
		"PROXY_FORWARD_PER_MINUTE": int64(c.ForwardPerMinute), "PROXY_AUDIT_FILE_BYTES": c.AuditFileBytes,
	} {
		if value <= 0 {
			wrong("%s must be more than 0", key)
		}
	}
	return errors.Join(problems...)
}

// policy is the address rule of forward calls.
func (c Config) policy() (egress.Policy, error) {
	allow, allowErr := egress.ParsePrefixes(c.ForwardAllow)
	if allowErr != nil {
		allowErr = fmt.Errorf("PROXY_FORWARD_ALLOW: %w", allowErr)
	}
	deny, denyErr := egress.ParsePrefixes(c.ForwardDeny)
	if denyErr != nil {
		denyErr = fmt.Errorf("PROXY_FORWARD_DENY: %w", denyErr)
	}
	return egress.Policy{Ports: c.ForwardPorts, Allow: allow, Deny: deny}, errors.Join(allowErr, denyErr)
}

// baseURL reads the base of a provider's API.
func baseURL(value string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(value, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not of the form https://host/path", value)
	}
	return u, nil
}
