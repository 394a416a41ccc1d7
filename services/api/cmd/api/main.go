// Command api runs the api service as a process of its own.
package main

import (
	"context"
	"os"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
	console "github.com/mocloud/mocloud/web"
)

type environment struct {
	// Addr is where the API and the console listen.
	Addr string `env:"API_ADDR" envDefault:":3000"`
	// RedisURL is redis://[user:password@]host:port or rediss://….
	RedisURL secret.String `env:"REDIS_URL,required"`
	// ObjectStoreURL is s3://key:secret@host:port/bucket or file:///folder, the same as the generator's and the mock servers'.
	ObjectStoreURL secret.String `env:"OBJECT_STORE_URL,required"`
	api.Config
}

func main() { os.Exit(process.Main("api", build)) }

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
	listener, err := lifecycle.Listen(ctx, env.Addr)
	if err != nil {
		return none, err
	}
	service, err := api.New(env.Config, api.Deps{
		Log: p.Log, Metrics: p.Metrics, Health: p.Health, Redis: redis, Objects: objects, Listener: listener,
		Console: console.FS(), Version: process.Version(),
	})
	if err != nil {
		return none, err
	}
	return lifecycle.Member{Name: "api", Run: service.Run}, nil
}
