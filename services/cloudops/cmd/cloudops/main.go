// Command cloudops runs the cloudops service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/cloudops"
)

type environment struct {
	// RedisURL is redis://[user:password@]host:port or rediss://….
	RedisURL secret.String `env:"REDIS_URL,required"`
	// ObjectStoreURL is s3://key:secret@host:port/bucket or file:///folder.
	ObjectStoreURL secret.String `env:"OBJECT_STORE_URL,required"`
	cloudops.Config
}

func main() { os.Exit(process.Main("cloudops", build)) }

func build(ctx context.Context, p *process.Process) (lifecycle.Member, error) {
	var none lifecycle.Member
	env, err := config.Load[environment](os.Environ())
	if err != nil {
		return none, err
	}
	redis, err := p.Redis(env.RedisURL)
	if err != nil {
		return none, err
	}
	objects, err := p.ObjectStore(ctx, env.ObjectStoreURL)
	if err != nil {
		return none, err
	}
	service, err := cloudops.New(env.Config, cloudops.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects,
	})
	if err != nil {
		return none, err
	}
	return lifecycle.Member{Name: "cloudops", Run: service.Run}, nil
}
