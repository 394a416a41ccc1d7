package up

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/pkg/config"
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
	token      secret.String
	signInCode string
	environ    []string // of the process
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
	cfg, err := settings[api.Config](c, map[string]string{
		"DATABASE_URL":        c.data.databaseURL().Reveal(),
		"API_PUBLIC_URL":      c.apiURL(),
		"BASE_DOMAIN":         baseDomain,
		"MOCK_URL":            "http://{host}:" + port(c.ports.mocks),
		"MOCLOUD_ADMIN_TOKEN": c.token.Reveal(),
		"API_SIGNIN_CODE":     c.signInCode,
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
	cfg, err := settings[yamlgen.Config](c, nil)
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
	cfg, err := settings[mockserver.Config](c, map[string]string{
		"MOCKSERVER_EGRESS_URL":   "http://" + c.ports.forward.Addr().String(),
		"MOCKSERVER_EGRESS_TOKEN": c.serviceToken(),
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	s, err := mockserver.New(cfg, mockserver.Deps{
		Log: c.logFor("mockserver"), Metrics: c.metricsFor("mockserver"), Health: c.health, Redis: c.bus.client, Objects: objects,
		Listener: c.ports.mocks,
	})
	if err != nil {
		return lifecycle.Member{}, err
	}
	return lifecycle.Member{Name: "mockserver", Run: s.Run}, nil
}

func (c *cloud) cloudops(objects objstore.Store) (lifecycle.Member, error) {
	cfg, err := settings[cloudops.Config](c, map[string]string{
		"BASE_DOMAIN":          baseDomain,
		"CLOUDOPS_PROXY_URL":   "http://" + c.ports.reverse.Addr().String(),
		"CLOUDOPS_PROXY_TOKEN": c.serviceToken(),
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
	cfg, err := settings[proxy.Config](c, map[string]string{
		"PROXY_REVERSE_CALLERS": "cloudops:" + c.serviceToken(),
		"PROXY_FORWARD_CALLERS": "mockserver:" + c.serviceToken(),
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

// baseDomain resolves to this machine without any DNS (RFC 6761).
const baseDomain = "localhost"

// settings reads a service's Config from the process's environment, in which what `mocloud up` decides itself cannot be set.
func settings[T any](c *cloud, own map[string]string) (T, error) {
	decided := []string{"DATABASE_URL", "REDIS_URL", "OBJECT_STORE_URL", "REDIS_PREFIX", "BASE_DOMAIN", "MOCK_URL", "MOCLOUD_ADMIN_TOKEN"}
	var environ []string
	for _, kv := range c.environ {
		key, _, _ := strings.Cut(kv, "=")
		key = strings.TrimSuffix(key, "_FILE")
		if _, isOwn := own[key]; !isOwn && !slices.Contains(decided, key) {
			environ = append(environ, kv)
		}
	}
	for key, value := range own {
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

// serviceToken is what services show the proxy: both ends are in this process, and it never leaves it.
func (c *cloud) serviceToken() string { return c.bus.password }

// apiURL is where a browser on this machine finds the console.
func (c *cloud) apiURL() string {
	host, _, err := net.SplitHostPort(c.ports.api.Addr().String())
	ip := net.ParseIP(host)
	if err != nil || ip == nil || ip.IsLoopback() || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port(c.ports.api))
}

func port(l net.Listener) string {
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return p
}
