// Package process is the body of a service's main: signals, logger, metrics, the ops port, and the clients of what it
// depends on. Only the mains import it.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/storeurl"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/pkg/telemetry"
)

// Process is what every service's main has in common. It is used by one goroutine, before Run.
type Process struct {
	Log     *slog.Logger
	Metrics *prometheus.Registry
	Health  *lifecycle.Health

	closers []io.Closer
}

// environment is what every service's process reads.
type environment struct {
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info"`
	OpsAddr  string     `env:"OPS_ADDR" envDefault:":9090"`
}

// Main runs a service as a process until SIGINT or SIGTERM (a second one ends it at once) and returns its exit code.
// build makes the service's member from the environment; an error of it is printed as it is.
//
// With the argument "healthcheck" it asks the service that runs beside it whether it is ready and returns 0 if so, so that an
// image without a shell can check itself.
func Main(name string, build func(ctx context.Context, p *Process) (lifecycle.Member, error)) int {
	ctx, stop := SignalContext()
	defer stop()
	env, err := config.Load[environment](os.Environ())
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	if len(os.Args) == 2 && os.Args[1] == "healthcheck" {
		return healthcheck(ctx, name, env.OpsAddr)
	}
	p := &Process{
		Log:     telemetry.NewLogger(os.Stderr, env.LogLevel).With("service", name),
		Metrics: NewMetrics(),
		Health:  &lifecycle.Health{},
	}
	RedisLog(p.Log)
	if err := p.run(ctx, env.OpsAddr, build); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

func (p *Process) run(ctx context.Context, opsAddr string, build func(context.Context, *Process) (lifecycle.Member, error)) (err error) {
	defer func() {
		for _, closer := range slices.Backward(p.closers) {
			err = errors.Join(err, closer.Close())
		}
	}()
	member, err := build(ctx, p)
	if err != nil {
		return err
	}
	opsListener, err := lifecycle.Listen(ctx, opsAddr)
	if err != nil {
		return err
	}
	p.Log.InfoContext(ctx, "started", "ops", opsListener.Addr().String())
	err = lifecycle.Run(ctx, p.Log, lifecycle.Ops(opsListener, p.Health, p.Metrics), member)
	p.Log.InfoContext(ctx, "stopped")
	return err
}

// SignalContext ends with the first SIGINT or SIGTERM; the second one kills the process as usual.
func SignalContext() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// RedisLog sends what the Redis client says of its own accord, which is about reconnecting, to log at the debug level. The
// client has one logger for the whole process: call it once, from main.
func RedisLog(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "redis client", "said", fmt.Sprintf(format, v...))
}

// NewMetrics is a registry with the process's and the Go runtime's own figures.
func NewMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Redis opens the Redis at a redis:// or rediss:// URL. Nothing is sent yet; it is closed when the process ends.
func (p *Process) Redis(url secret.String) (*redis.Client, error) {
	opts, err := redis.ParseURL(url.Reveal())
	if err != nil {
		return nil, errors.New("REDIS_URL must look like redis://[user:password@]host:port[/db]")
	}
	client := redis.NewClient(opts)
	p.closers = append(p.closers, client)
	return client, nil
}

// ObjectStore opens the object store at a file:// or s3:// URL; it is closed when the process ends.
func (p *Process) ObjectStore(ctx context.Context, url secret.String) (objstore.Store, error) {
	store, err := storeurl.Open(ctx, url.Reveal())
	if err != nil {
		return nil, fmt.Errorf("OBJECT_STORE_URL: %w", err)
	}
	p.closers = append(p.closers, store)
	return store, nil
}
