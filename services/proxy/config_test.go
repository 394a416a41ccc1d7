package proxy_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/services/proxy"
)

func TestConfigReportsEveryProblemAndNoSecret(t *testing.T) {
	_, err := config.Load[proxy.Config]([]string{
		"PROXY_REVERSE_CALLERS=cloudops-without-a-token", "PROXY_FORWARD_CALLERS=mockserver:short",
		"PROXY_CLOUDFLARE_ZONES=abc=example.com", "PROXY_DIGITALOCEAN_APPS=1", "PROXY_CLOUDFLARE_URL=ftp://x", "PROXY_DIGITALOCEAN_URL=api",
		"PROXY_OWNER=a b", "PROXY_FORWARD_ALLOW=x", "PROXY_FORWARD_DENY=10.0.0.0/99", "PROXY_FORWARD_MAX_OPEN=0",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{
		"REVERSE_CALLERS", "FORWARD_CALLERS", "CLOUDFLARE_ZONES", "DIGITALOCEAN_APPS", "CLOUDFLARE_URL", "DIGITALOCEAN_URL", "OWNER",
		"FORWARD_ALLOW", "FORWARD_DENY", "FORWARD_MAX_OPEN",
	} {
		if !strings.Contains(err.Error(), "PROXY_"+key) {
			t.Errorf("PROXY_%s is not named:\n%v", key, err)
		}
	}
	if strings.Contains(err.Error(), "short\n") || strings.Contains(err.Error(), "without-a-token") {
		t.Errorf("a token is shown:\n%v", err)
	}
	if _, err := proxy.New(proxy.Config{}, proxy.Deps{Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("an empty configuration is taken")
	}
}
