// Command cloudops runs the cloudops service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/services/cloudops"
)

type environment struct {
	Backend backend.Config
	cloudops.Config
}

func main() { os.Exit(process.Main("cloudops", build)) }

func build(ctx context.Context, p *process.Process, env environment) (process.Service, error) {
	redis, objects, err := backend.Open(ctx, p, env.Backend)
	if err != nil {
		return nil, err
	}
	return cloudops.New(env.Config, cloudops.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects,
	})
}
