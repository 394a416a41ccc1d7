package cloudops

import (
	"net/http"
	"time"

	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// callTimeout bounds a call through the proxy, which may read before it writes, each within a minute.
const callTimeout = 3 * time.Minute

// newProviders makes the client of the configured provider; nil if there is none.
func newProviders(cfg Config, transport http.RoundTripper) provider.DNS {
	if !cfg.hasProvider() {
		return nil
	}
	client := &http.Client{Transport: transport, Timeout: callTimeout}
	return provider.NewCloudflare(cfg.ProxyURL, cfg.ProxyToken, cfg.CloudflareZone, client)
}
