// Package up is `mocloud up`: the five services in one process on embedded dependencies. They are the same services as
// apart and talk over the same things; only the URLs differ.
package up

import (
	"cmp"
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
	"github.com/mocloud/mocloud/pkg/backend"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/process"
	"github.com/mocloud/mocloud/pkg/telemetry"
)

// options are the flags.
type options struct {
	data, api, mocks, https, ops, memory string
	baseDomain, publicURL, mockURL       string
}

// Command is `mocloud up`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a whole mock cloud on this machine",
		Long: `Start a whole mock cloud on this machine: the console with its API, mocks on their own host names, and everything behind
them. Nothing else needs to be installed; everything is kept in one folder.

By default only this machine can reach it. Rates and amounts are then unlimited, and webhooks may call programs on this machine.
To open it to others, listen on all addresses, and set the names under which others reach it:

  mocloud up --api :3000 --mocks :8000 --public-url http://mocks.example.com:3000 --base-domain mocks.example.com

Without a base domain, others call mocks by path (http://ADDRESS:8000/~workspace/mock/…), because *.localhost means their own machine.

The variables in parentheses are used where a flag is not given. All other settings in docs/configuration.md work too, except those that
mocloud up decides itself: the database, Redis, the object store, and how the services reach each other.`,
		Example: "  mocloud up\n  mocloud up --data ~/mocks --mocks 127.0.0.1:9000\n  API_SIGN_UP=invite mocloud up --api :3000 --mocks :8000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "data", "`FOLDER` for all data")
	flags.StringVar(&o.api, "api", or("API_ADDR", "127.0.0.1:3000"), "`ADDRESS` of the console and the API (API_ADDR)")
	flags.StringVar(&o.mocks, "mocks", or("MOCKSERVER_ADDR", "127.0.0.1:8000"), "`ADDRESS` of the mocks (MOCKSERVER_ADDR)")
	flags.StringVar(&o.https, "https", or("MOCKSERVER_HTTPS_ADDR", "127.0.0.1:8443"), "`ADDRESS` of the mocks over HTTPS, if MOCKSERVER_ACME_DIRECTORY is set (MOCKSERVER_HTTPS_ADDR)")
	flags.StringVar(&o.ops, "ops", or("OPS_ADDR", "127.0.0.1:3002"), "`ADDRESS` of health checks and metrics (OPS_ADDR)")
	flags.StringVar(&o.memory, "memory", "", "`SIZE` of the memory that mocloud keeps to, such as 2GB (default: what the container allows)")
	flags.StringVar(&o.baseDomain, "base-domain", os.Getenv("BASE_DOMAIN"), "`DOMAIN` that the host names of mocks end with (BASE_DOMAIN; default localhost)")
	flags.StringVar(&o.publicURL, "public-url", os.Getenv("API_PUBLIC_URL"), "`URL` at which people reach the console (API_PUBLIC_URL; default: its address)")
	flags.StringVar(&o.mockURL, "mock-url", os.Getenv("MOCK_URL"), "`URL` at which people reach a mock, with {host} where its host name goes (MOCK_URL; default http://{host} and the port)")
	return cmd
}

// or is a variable of the environment, or else a fallback.
func or(key, fallback string) string { return cmp.Or(os.Getenv(key), fallback) }

func (o options) run(ctx context.Context, out, logs io.Writer) (err error) {
	level := slog.LevelWarn
	if text := os.Getenv("LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return exit.With(exit.Usage, errLogLevel)
		}
	}
	if err := o.limitMemory(); err != nil {
		return exit.With(exit.Usage, err)
	}
	if err := unknown(os.Environ()); err != nil {
		return exit.With(exit.Usage, err)
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
	sealKey, err := data.sealKey(os.Getenv("SEAL_KEY"))
	if err != nil {
		return err
	}
	c := &cloud{
		log: telemetry.NewLogger(logs, level), metrics: process.NewMetrics(), health: &lifecycle.Health{},
		data: data, ports: ports, bus: bus, token: token, sealKey: sealKey, signInCode: random(24), environ: os.Environ(), pathForm: o.pathForm(),
		forwardToken: random(24), reverseToken: random(24),
	}
	if c.names, err = o.names(ctx, ports); err != nil {
		return err
	}
	backend.LogRedis(c.log)
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

// limitMemory keeps to what was said, or to what the container allows.
func (o options) limitMemory() error {
	if o.memory == "" {
		process.LimitMemory(0)
		return nil
	}
	bytes, err := process.ParseBytes(o.memory)
	if err != nil {
		return fmt.Errorf("--memory: %w", err)
	}
	process.LimitMemory(bytes)
	return nil
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
	https            net.Listener // nil if nobody makes certificates for it
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
		{"--https", o.https, &p.https},
		{"--ops", o.ops, &p.ops},
		{"", "127.0.0.1:0", &p.forward},
		{"", "127.0.0.1:0", &p.reverse},
	} {
		if l.flag == "--https" && os.Getenv("MOCKSERVER_ACME_DIRECTORY") == "" {
			continue // there would be no certificates
		}
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
	for _, l := range []net.Listener{p.api, p.mocks, p.https, p.ops, p.forward, p.reverse} {
		if l == nil {
			continue
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
