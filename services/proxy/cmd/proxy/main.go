// Command proxy runs the proxy service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/services/proxy"
)

type environment struct {
	// ReverseAddr is where cloudops makes provider calls; keep it private.
	ReverseAddr string `env:"PROXY_REVERSE_ADDR" envDefault:":8080"`
	// ForwardAddr is where mock servers make tenants' outgoing calls; keep it private.
	ForwardAddr string `env:"PROXY_FORWARD_ADDR" envDefault:":3128"`
	proxy.Config
}

func main() { os.Exit(process.Main("proxy", build)) }

func build(ctx context.Context, p *process.Process, env environment) (process.Service, error) {
	reverse, err := lifecycle.Listen(ctx, env.ReverseAddr)
	if err != nil {
		return nil, err
	}
	forward, err := lifecycle.Listen(ctx, env.ForwardAddr)
	if err != nil {
		return nil, err
	}
	return proxy.New(env.Config, proxy.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, ReverseListener: reverse, ForwardListener: forward,
	})
}
