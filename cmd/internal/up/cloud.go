package up

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
	"github.com/mocloud/mocloud/services/cloudops"
	"github.com/mocloud/mocloud/services/mockserver"
	"github.com/mocloud/mocloud/services/proxy"
	"github.com/mocloud/mocloud/services/yamlgen"
	console "github.com/mocloud/mocloud/web"
)

// cloud is what the five services get.
type cloud struct {
	log     *slog.Logger
	metrics *prometheus.Registry
	health  *lifecycle.Health

	data       *dataFolder
	ports      *ports
	bus        *embeddedRedis
	names      names
	token      secret.String
	sealKey    secret.String
	signInCode string
	environ    []string // of the process
	pathForm   []string // the mock server's default
	// What services show each of the proxy's listeners. Both ends are in this process, and nothing of it leaves it.
	forwardToken, reverseToken string
}

func (c *cloud) openObjects(ctx context.Context) (storeurl.Store, error) {
	store, err := storeurl.Open(ctx, c.data.objectStoreURL().Reveal())
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", c.data.path, err)
	}
	return store, nil
}

// members makes the services, in the order in which they start.
func (c *cloud) members(objects objstore.Store) ([]lifecycle.Member, error) {
	members := []lifecycle.Member{lifecycle.Ops(c.ports.ops, c.health, c.metrics)}
	for _, make := range []func(objstore.Store) (lifecycle.Member, error){c.proxy, c.api, c.yamlgen, c.cloudops, c.mockserver} {
		member, err := make(objects)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	return members, nil
}

func (c *cloud) api(objects objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[api.Config](c, c.unlimited(), map[string]string{
		"DATABASE_URL":        c.data.databaseURL().Reveal(),
		"API_PUBLIC_URL":      c.names.public,
		"BASE_DOMAIN":         c.names.baseDomain,
		"MOCK_URL":            c.names.mockURL,
		"MOCK_PATH_URL":       c.names.pathURL,
		"MOCLOUD_ADMIN_TOKEN": c.token.Reveal(),
		"API_SIGNIN_CODE":     c.signInCode,
		"SEAL_KEY":            c.sealKey.Reveal(),
		"API_SEED":            "true",
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := api.New(cfg, api.Deps{
		Log: c.logFor("api"), Metrics: c.metricsFor("api"), Health: c.health, Redis: c.bus.client, Objects: objects,
		Listener: c.ports.api, Console: console.FS(), Version: version.Number(),
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "api", Run: s.Run}, nil
}

func (c *cloud) yamlgen(objects objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[yamlgen.Config](c, nil, nil)
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := yamlgen.New(cfg, yamlgen.Deps{
		Log: c.logFor("yamlgen"), Metrics: c.metricsFor("yamlgen"), Health: c.health, Redis: c.bus.client, Objects: objects,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "yamlgen", Run: s.Run}, nil
}

func (c *cloud) mockserver(objects objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[mockserver.Config](c, c.pathForm, map[string]string{
		"MOCKSERVER_EGRESS_URL":   "http://" + c.ports.forward.Addr().String(),
		"MOCKSERVER_EGRESS_TOKEN": c.forwardToken,
		"BASE_DOMAIN":             c.names.baseDomain,
		"SEAL_KEY":                c.sealKey.Reveal(),
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := mockserver.New(cfg, mockserver.Deps{
		Log: c.logFor("mockserver"), Metrics: c.metricsFor("mockserver"), Health: c.health, Redis: c.bus.client, Objects: objects,
		Listener: c.ports.mocks, Secure: c.ports.https,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "mockserver", Run: s.Run}, nil
}

func (c *cloud) cloudops(objects objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[cloudops.Config](c, nil, map[string]string{
		"BASE_DOMAIN":          c.names.baseDomain,
		"CLOUDOPS_PROXY_URL":   "http://" + c.ports.reverse.Addr().String(),
		"CLOUDOPS_PROXY_TOKEN": c.reverseToken,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := cloudops.New(cfg, cloudops.Deps{
		Log: c.logFor("cloudops"), Metrics: c.metricsFor("cloudops"), Health: c.health, Redis: c.bus.client, Objects: objects,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "cloudops", Run: s.Run}, nil
}

func (c *cloud) proxy(objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[proxy.Config](c, c.toThisMachine(), map[string]string{
		"PROXY_REVERSE_CALLERS": "cloudops:" + c.reverseToken,
		"PROXY_FORWARD_CALLERS": "mockserver:" + c.forwardToken,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := proxy.New(cfg, proxy.Deps{
		Log: c.logFor("proxy"), Metrics: c.metricsFor("proxy"), Health: c.health,
		ReverseListener: c.ports.reverse, ForwardListener: c.ports.forward,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "proxy", Run: s.Run}, nil
}

// unlimited are the limits of an installation for one machine: none that protect it from its one user.
func (c *cloud) unlimited() []string {
	if !c.names.local {
		return nil
	}
	return []string{
		"API_RATE_ADDRESS=0", "API_RATE_ACCOUNT=0",
		"API_QUOTA_MOCKS=0", "API_QUOTA_ENDPOINTS=0", "API_QUOTA_CONTENT=0", "API_QUOTA_FILES=0",
	}
}

// toThisMachine lets webhooks and external bodies reach programs on this machine, where nobody else can make mocks.
func (c *cloud) toThisMachine() []string {
	if !c.names.local {
		return nil
	}
	return []string{"PROXY_FORWARD_ALLOW=127.0.0.0/8,::1/128", "PROXY_FORWARD_PORTS=0"}
}

// callsThisMachine reports whether webhooks and external bodies may reach programs on this machine.
func (c *cloud) callsThisMachine() bool {
	proxy, err := settings[struct {
		Allow string `env:"PROXY_FORWARD_ALLOW"`
	}](c, c.toThisMachine(), nil)
	if err != nil {
		return false
	}
	allowed, err := egress.ParsePrefixes(proxy.Allow)
	return err == nil && slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(netip.AddrFrom4([4]byte{127, 0, 0, 1})) })
}

// settings reads a service's Config: what `mocloud up` decides, else the process's environment, else the defaults of `mocloud up`.
func settings[T any](c *cloud, defaults []string, decided map[string]string) (T, error) {
	var environ []string
	given := map[string]bool{}
	for _, kv := range c.environ {
		key, value, _ := strings.Cut(kv, "=")
		key = strings.TrimSuffix(key, "_FILE")
		_, isDecided := decided[key]
		if isDecided || value == "" || slices.Contains([]string{"DATABASE_URL", "REDIS_URL", "OBJECT_STORE_URL", "REDIS_PREFIX"}, key) {
			continue
		}
		given[key] = true
		environ = append(environ, kv)
	}
	for _, kv := range defaults {
		if key, _, _ := strings.Cut(kv, "="); !given[key] {
			environ = append(environ, kv)
		}
	}
	for key, value := range decided {
		environ = append(environ, key+"="+value)
	}
	cfg, err := config.Load[T](environ)
	if err != nil {
		return cfg, exit.With(exit.Usage, err)
	}
	return cfg, nil
}

func (c *cloud) logFor(service string) *slog.Logger { return c.log.With("service", service) }

func (c *cloud) metricsFor(service string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, c.metrics)
}

// apiURL is where programs on this machine reach the API.
func (c *cloud) apiURL() string {
	a, ok := c.ports.api.Addr().(*net.TCPAddr)
	if !ok || a.IP.IsLoopback() || a.IP.IsUnspecified() {
		return "http://" + net.JoinHostPort("localhost", port(c.ports.api))
	}
	return "http://" + c.ports.api.Addr().String()
}

func port(l net.Listener) string {
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return p
}
