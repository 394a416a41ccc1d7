// Package process is the body of a service's main: settings, signals, logger, metrics, and the ops port.
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
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
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

// Service is what a main runs.
type Service interface {
	Run(ctx context.Context) error
}

// Main runs a service as a process until SIGINT or SIGTERM (a second one ends it at once) and returns its exit code. It reads the
// settings E from the environment; build makes the service from them. Their errors are printed as they are.
//
// With the argument "healthcheck" it asks the service that runs beside it whether it is ready and returns 0 if so, so that an
// image without a shell can check itself.
func Main[E any](name string, build func(ctx context.Context, p *Process, settings E) (Service, error)) int {
	ctx, stop := SignalContext()
	defer stop()
	common, err := config.Load[environment](os.Environ())
	if err != nil {
		return failed(name, err)
	}
	if len(os.Args) == 2 && os.Args[1] == "healthcheck" {
		return healthcheck(ctx, name, common.OpsAddr)
	}
	settings, err := config.Load[E](os.Environ())
	if err := errors.Join(err, config.Unknown[E](os.Environ(), strings.ToUpper(name)+"_")); err != nil {
		return failed(name, err)
	}
	p := &Process{
		Log:     telemetry.NewLogger(os.Stderr, common.LogLevel).With("service", name),
		Metrics: NewMetrics(),
		Health:  &lifecycle.Health{},
	}
	LimitMemory(0)
	err = p.run(ctx, name, common.OpsAddr, func() (Service, error) { return build(ctx, p, settings) })
	if err != nil {
		return failed(name, err)
	}
	return 0
}

func failed(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return 1
}

func (p *Process) run(ctx context.Context, name, opsAddr string, build func() (Service, error)) (err error) {
	defer func() {
		for _, closer := range slices.Backward(p.closers) {
			err = errors.Join(err, closer.Close())
		}
	}()
	service, err := build()
	if err != nil {
		return err
	}
	opsListener, err := lifecycle.Listen(ctx, opsAddr)
	if err != nil {
		return err
	}
	p.Log.InfoContext(ctx, "started", "ops", opsListener.Addr().String())
	err = lifecycle.Run(ctx, p.Log, lifecycle.Ops(opsListener, p.Health, p.Metrics), lifecycle.Member{Name: name, Run: service.Run})
	p.Log.InfoContext(ctx, "stopped")
	return err
}

// CloseAtEnd closes something when the service has ended, in the reverse order of the calls.
func (p *Process) CloseAtEnd(c io.Closer) { p.closers = append(p.closers, c) }

// SignalContext ends with the first SIGINT or SIGTERM; the second one kills the process as usual.
func SignalContext() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// NewMetrics is a registry with the process's and the Go runtime's own figures.
func NewMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
