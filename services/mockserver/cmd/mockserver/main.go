// Command mockserver runs the mockserver service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/services/mockserver"
)

type environment struct {
	// Addr is where mocks answer.
	Addr    string `env:"MOCKSERVER_ADDR" envDefault:":8000"`
	Backend backend.Config
	mockserver.Config
}

func main() { os.Exit(process.Main("mockserver", build)) }

func build(ctx context.Context, p *process.Process, env environment) (process.Service, error) {
	redis, objects, err := backend.Open(ctx, p, env.Backend)
	if err != nil {
		return nil, err
	}
	listener, err := lifecycle.Listen(ctx, env.Addr)
	if err != nil {
		return nil, err
	}
	return mockserver.New(env.Config, mockserver.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects, Listener: listener,
	})
}
