// Command mockserver runs the mockserver service as a process of its own.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/services/mockserver"
)

type environment struct {
	// Addr is where mocks answer.
	Addr string `env:"MOCKSERVER_ADDR" envDefault:":8000"`
	// HTTPSAddr is where mocks answer over HTTPS, with MOCKSERVER_ACME_DIRECTORY.
	HTTPSAddr string `env:"MOCKSERVER_HTTPS_ADDR" envDefault:":8443"`
	Backend   backend.Config
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
	deps := mockserver.Deps{Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects, Listener: listener}
	if env.ACME.Directory != "" {
		if deps.Secure, err = lifecycle.Listen(ctx, env.HTTPSAddr); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	return mockserver.New(env.Config, deps)
}
