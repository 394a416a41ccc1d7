// Command api runs the api service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/services/api"
	console "github.com/mocloud/mocloud/web"
)

type environment struct {
	// Addr is where the API and the console listen.
	Addr    string `env:"API_ADDR" envDefault:":3000"`
	Backend backend.Config
	api.Config
}

func main() { os.Exit(process.Main("api", build)) }

func build(ctx context.Context, p *process.Process, env environment) (process.Service, error) {
	redis, objects, err := backend.Open(ctx, p, env.Backend)
	if err != nil {
		return nil, err
	}
	listener, err := lifecycle.Listen(ctx, env.Addr)
	if err != nil {
		return nil, err
	}
	return api.New(env.Config, api.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects, Listener: listener,
		Console: console.FS(), Version: process.Version(),
	})
}
