package cloudops

import (
	"net/http"
	"time"

	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
	"github.com/mocloud/mocloud/services/cloudops/internal/reconcile"
)

// callTimeout bounds a call through the proxy, which may read before it writes, each within a minute.
const callTimeout = 3 * time.Minute

// newProviders makes the clients of the configured providers: of the records, and of the app. Each is nil if there is none.
func newProviders(cfg Config, deps Deps, transport http.RoundTripper) (provider.DNS, *reconcile.Apps, error) {
	client := &http.Client{Transport: transport, Timeout: callTimeout}
	var dns provider.DNS
	switch {
	case cfg.RFC2136Zone != "":
		dns = provider.NewRFC2136(cfg.ProxyURL, cfg.ProxyToken, cfg.RFC2136Zone, client)
	case cfg.CloudflareZone != "":
		dns = provider.NewCloudflare(cfg.ProxyURL, cfg.ProxyToken, cfg.CloudflareZone, client)
	}
	if cfg.DigitalOceanApp == "" {
		return dns, nil, nil
	}
	app, err := provider.NewDigitalOcean(cfg.ProxyURL, cfg.ProxyToken, cfg.DigitalOceanApp, client)
	if err != nil {
		return nil, nil, err
	}
	return dns, reconcile.NewApps(plan.AppConfig{
		BaseDomain: cfg.BaseDomain, PerHost: cfg.DNSMode == "per-host", Policy: cfg.policy(), Max: cfg.AppDomains, Adopt: cfg.Adopt,
	}, app, deps.Objects, deps.Log), nil
}
