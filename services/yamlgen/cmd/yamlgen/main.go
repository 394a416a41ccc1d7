// Command yamlgen runs the yamlgen service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/yamlgen"
)

type environment struct {
	// RedisURL is redis://[user:password@]host:port or rediss://….
	RedisURL secret.String `env:"REDIS_URL,required"`
	// ObjectStoreURL is s3://key:secret@host:port/bucket or file:///folder.
	ObjectStoreURL secret.String `env:"OBJECT_STORE_URL,required"`
	yamlgen.Config
}

func main() { os.Exit(process.Main("yamlgen", build)) }

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
	service, err := yamlgen.New(env.Config, yamlgen.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects,
	})
	if err != nil {
		return none, err
	}
	return lifecycle.Member{Name: "yamlgen", Run: service.Run}, nil
}
