// Package up is `mocloud up`: the five services in one process on embedded dependencies. They are the same services as
// apart and talk over the same things; only the URLs differ. cmd/mocloud imports it.
package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/telemetry"
)

// options are the flags.
type options struct {
	data, api, mocks, ops string
}

// Command is `mocloud up`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a whole mock cloud on this machine",
		Long: `Start a whole mock cloud on this machine: the API and its page, mocks on their own host names, and everything
behind them. Nothing needs to be installed; everything is kept in one folder.

The environment may set the services' own settings (docs/configuration.md), for example
PROXY_FORWARD_ALLOW=127.0.0.0/8 PROXY_FORWARD_PORTS=0 to let webhooks reach programs on this machine.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "data", "folder that keeps everything")
	flags.StringVar(&o.api, "api", "127.0.0.1:3000", "address of the console and the API")
	flags.StringVar(&o.mocks, "mocks", "127.0.0.1:8000", "address of the mocks")
	flags.StringVar(&o.ops, "ops", "127.0.0.1:3002", "address of health checks and metrics")
	return cmd
}

func (o options) run(ctx context.Context, out, logs io.Writer) (err error) {
	level := slog.LevelWarn
	if text := os.Getenv("LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return exit.With(exit.Usage, errors.New("LOG_LEVEL must be debug, info, warn or error"))
		}
	}
	var opened closers
	defer func() { err = errors.Join(err, opened.close()) }()

	data, err := openDataFolder(o.data)
	if err != nil {
		return err
	}
	opened.add(data)
	ports, err := o.listen(ctx)
	if err != nil {
		return err
	}
	opened.add(ports)
	bus, err := startRedis(ctx)
	if err != nil {
		return err
	}
	opened.add(bus)
	token, err := data.adminToken(os.Getenv("MOCLOUD_ADMIN_TOKEN"))
	if err != nil {
		return err
	}
	c := &cloud{
		log: telemetry.NewLogger(logs, level), metrics: process.NewMetrics(), health: &lifecycle.Health{},
		data: data, ports: ports, bus: bus, token: token, signInCode: random(24), environ: os.Environ(),
	}
	process.RedisLog(c.log)
	objects, err := c.openObjects(ctx)
	if err != nil {
		return err
	}
	opened.add(objects)
	members, err := c.members(objects)
	if err != nil {
		return err
	}
	announce := lifecycle.Member{Name: "announce", Run: func(ctx context.Context) error { return c.announce(ctx, out) }}
	return lifecycle.Run(ctx, c.log, append(members, announce)...)
}

// closers are closed in reverse order.
type closers []io.Closer

func (c *closers) add(closer io.Closer) { *c = append(*c, closer) }

func (c *closers) close() error {
	var errs []error
	for _, closer := range slices.Backward(*c) {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

// ports are the listeners. They are opened before anything else starts, so that a port in use is one clear sentence.
type ports struct {
	api, mocks, ops  net.Listener
	forward, reverse net.Listener // the proxy's, for the other services only
}

func (o options) listen(ctx context.Context) (*ports, error) {
	p := &ports{}
	for _, l := range []struct {
		flag, addr string
		listener   *net.Listener
	}{
		{"--api", o.api, &p.api},
		{"--mocks", o.mocks, &p.mocks},
		{"--ops", o.ops, &p.ops},
		{"", "127.0.0.1:0", &p.forward},
		{"", "127.0.0.1:0", &p.reverse},
	} {
		opened, err := lifecycle.Listen(ctx, l.addr)
		if err != nil {
			if l.flag != "" {
				err = fmt.Errorf("%s: %w", l.flag, err)
			}
			return nil, errors.Join(err, p.Close())
		}
		*l.listener = opened
	}
	return p, nil
}

// Close closes the listeners that no service closed yet.
func (p *ports) Close() error {
	var errs []error
	for _, l := range []net.Listener{p.api, p.mocks, p.ops, p.forward, p.reverse} {
		if l == nil {
			continue
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
