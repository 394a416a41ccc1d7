// Package providers is `mocloud providers`: simulators of Cloudflare and DigitalOcean, to try domains without an account there. Only
// cmd/mocloud imports it.
package providers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/pkg/cloudprovider/simulator"
	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// What the simulators know. It is no secret: nothing real can be reached with it.
const (
	zone  = "023e105f4ecef8ad9ca31a8372d0c353"
	app   = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
	token = "simulated-provider-token"
	spec  = `{"name":"mocks","region":"nyc","services":[{"name":"mockserver","http_port":8000}],"domains":[]}`
)

// Command serves the simulators until it is stopped.
func Command() *cobra.Command {
	var addr, domain string
	var step time.Duration
	cmd := &cobra.Command{
		Use:   "providers",
		Short: "Simulate Cloudflare and DigitalOcean on this machine, to try domains without an account there",
		Long: `Simulate the parts of Cloudflare's and DigitalOcean's APIs that mocloud uses. Everything is kept in memory.

GET  /cloudflare/_simulator         shows the DNS records
GET  /digitalocean/_simulator       shows the app
POST /cloudflare/_simulator/faults  lets calls fail: {"method": "POST", "status": 503, "times": 2}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), cmd.OutOrStdout(), addr, domain, step)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:9400", "address to listen on")
	cmd.Flags().StringVar(&domain, "domain", "mocks.example.com", "base domain of the mocks")
	cmd.Flags().DurationVar(&step, "step", 5*time.Second, "how long a new domain of the app stays in each phase")
	return cmd
}

func serve(ctx context.Context, out io.Writer, addr, domain string, step time.Duration) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	cloudflare := &simulator.Cloudflare{Zone: zone, Token: token}
	digitalOcean := &simulator.DigitalOcean{App: app, Token: token, Step: step}
	digitalOcean.SetSpec(spec)
	mux := http.NewServeMux()
	mux.Handle("/cloudflare/", http.StripPrefix("/cloudflare", cloudflare))
	mux.Handle("/digitalocean/", http.StripPrefix("/digitalocean", digitalOcean))
	base := "http://" + listener.Addr().String()
	if _, err := fmt.Fprintf(out, `The providers are simulated at %s. Start mocloud with:

export DNS_MODE=per-host BASE_DOMAIN=%s
export PROXY_CLOUDFLARE_URL=%s/cloudflare/client/v4 PROXY_CLOUDFLARE_TOKEN=%s PROXY_CLOUDFLARE_ZONES=%s=%s
export PROXY_DIGITALOCEAN_URL=%s/digitalocean PROXY_DIGITALOCEAN_TOKEN=%s PROXY_DIGITALOCEAN_APPS=%s
export CLOUDOPS_CLOUDFLARE_ZONE=%s CLOUDOPS_DIGITALOCEAN_APP=%s CLOUDOPS_TARGET=mocks-sim.ondigitalocean.app CLOUDOPS_POLICY=sync
`, base, domain, base, token, zone, domain, base, token, app, zone, app); err != nil {
		return fmt.Errorf("say where the providers are: %w", err)
	}
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	return lifecycle.Serve(ctx, server, listener)
}
