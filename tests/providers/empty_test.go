package providers_test

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/services/cloudops"
	"github.com/mocloud/mocloud/services/proxy"
)

// The Compose stack hands every provider setting on, empty where .env has none: that is the same as not to have it.
func TestEmptySettings(t *testing.T) {
	p, err := config.Load[proxy.Config]([]string{
		"PROXY_CLOUDFLARE_TOKEN=", "PROXY_CLOUDFLARE_ZONES=", "PROXY_DIGITALOCEAN_TOKEN=", "PROXY_DIGITALOCEAN_APPS=",
	})
	if err != nil || len(p.CloudflareZones) != 0 || len(p.DigitalOceanApps) != 0 {
		t.Errorf("the proxy: %v, zones %v, apps %q", err, p.CloudflareZones, p.DigitalOceanApps)
	}
	c, err := config.Load[cloudops.Config]([]string{
		"DNS_MODE=wildcard", "CLOUDOPS_CLOUDFLARE_ZONE=", "CLOUDOPS_DIGITALOCEAN_APP=", "CLOUDOPS_TARGET=", "CLOUDOPS_POLICY=",
	})
	if err != nil || c.CloudflareZone != "" {
		t.Errorf("cloudops: %v", err)
	}
}
