// Package run is `mocloud run`: it serves mocks from files without any cloud, as moclojer does.
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/telemetry"
	"github.com/mocloud/mocloud/services/mockserver"
)

// options are the flags.
type options struct {
	host   string
	port   int
	any    bool // the port was not chosen: the next free one will do
	watch  bool
	quiet  bool
	prefix string
	compat string
	mocks  string

	control string
	env     []string
	envFile string
}

// Command returns the command.
func Command() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "run FILE… [-- COMMAND…]",
		Short: "Serve mocks from files, without a cloud",
		Long: "Serve files and folders as one mock: moclojer YAML, and OpenAPI documents, WireMock mappings, Mockoon environments,\n" +
			"Postman collections, HAR files and cURL commands, converted as by `mocloud import`. In a folder, every .yml, .yaml and\n" +
			".json file is served.\n" +
			"With --mocks, FILE is one OpenAPI document, and another file has the responses of its operations.\n" +
			"Changes are served as soon as they are saved; if one cannot be served, mocloud says why, and keeps serving the last good version.\n" +
			"Each request is printed. Only this machine can connect, unless you set --host.\n\n" +
			"With a COMMAND, such as tests, the mock is served on a free port while the command runs, which finds it at $MOCK_URL.\n" +
			"mocloud then ends with the command's status. What mocloud prints goes to standard error.\n\n" +
			"Files may be as large as memory allows; a server has limits (1 MiB and 2,000 endpoints a mock, unless its administrator\n" +
			"set others), which `mocloud validate` checks. MOCKSERVER_… variables set limits for requests.\n\n" +
			"The mock reads variables as env.NAME: those of --env, of --env-file, and MOCK_NAME of this command's own environment, in that order.",
		Example: "  mocloud run moclojer.yml\n  mocloud run mocks/ --port 9000\n  mocloud run petstore.yaml --prefix /v2\n  mocloud run petstore.yaml --mocks answers.yml\n  mocloud run moclojer.yml --host 0.0.0.0\n  mocloud run moclojer.yml --control 127.0.0.1:8001\n  mocloud run moclojer.yml --env TOKEN=t-1 --env-file .env\n  mocloud run moclojer.yml --quiet -- npm test",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, command, err := split(cmd, args)
			if err != nil {
				return err
			}
			o.any = !cmd.Flags().Changed("port")
			if o.any && command != nil {
				o.port = 0
			}
			return run(cmd.Context(), cmd, files, command, o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.port, "port", 8000, "`PORT` to listen on; 0 takes any free port (default: the first free one from 8000)")
	f.StringVar(&o.host, "host", "127.0.0.1", "`ADDRESS` to listen on; 0.0.0.0 opens the mock to others")
	f.BoolVar(&o.watch, "watch", true, "serve changes to the files as soon as they are saved")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not print requests")
	f.StringVar(&o.prefix, "prefix", "", "prepend this `PATH` to every path of imported documents, such as /v2")
	f.StringVar(&o.compat, "compat", "", "answer exactly like another `IMPLEMENTATION`: "+string(mockspec.CompatMoclojer04))
	f.StringVar(&o.mocks, "mocks", "", "`FILE` with the responses for an OpenAPI document")
	f.StringArrayVar(&o.env, "env", nil, "`NAME=VALUE` of a variable that the mock reads as env.NAME; can be repeated")
	f.StringVar(&o.envFile, "env-file", "", "`FILE` of variables, one NAME=VALUE a line, such as .env")
	f.StringVar(&o.control, "control", "", "also listen on this loopback `ADDRESS`, such as 127.0.0.1:8001, for tests that read, set and reset state")
	return c
}

func run(ctx context.Context, cmd *cobra.Command, files, command []string, o options) error {
	cfg, err := configure(cmd, files, o)
	if err != nil {
		return err
	}
	ready := make(chan string, 1)
	if command != nil {
		o.aside(&cfg, cmd.ErrOrStderr())
		cfg.File.Ready = func(url string) { ready <- url }
	}
	deps := mockserver.Deps{
		Log: telemetry.NewLogger(cmd.ErrOrStderr(), slog.LevelWarn), Metrics: prometheus.NewRegistry(), Health: &lifecycle.Health{},
	}
	// The control address comes first: it was chosen, and the mock's port may be any that is free.
	if o.control != "" {
		if deps.Control, err = listenControl(ctx, o.control); err != nil {
			return err
		}
		if !o.quiet {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "Control: http://%s/state\n", deps.Control.Addr())
		}
	}
	if deps.Listener, err = o.listen(ctx, cmd.ErrOrStderr()); err != nil {
		return errors.Join(err, closeAll(deps.Control))
	}
	service, err := mockserver.New(cfg, deps)
	if err != nil {
		return errors.Join(err, closeAll(deps.Control, deps.Listener))
	}
	if command != nil {
		err = during(ctx, cmd, service, ready, command)
	} else {
		err = service.Run(ctx)
	}
	if errors.Is(err, mockserver.ErrInvalid) {
		return exit.With(exit.Invalid, err)
	}
	return err
}

// closeAll closes the listeners that are open; one that was never opened is nil.
func closeAll(listeners ...net.Listener) error {
	var err error
	for _, l := range listeners {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
	}
	return err
}

// maxPort is the last port that there is.
const maxPort = 65535

// listenControl opens the control address, which is for this machine alone: whoever reaches it may change what the mock remembers.
func listenControl(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("--control %s is not an address: write it like 127.0.0.1:8001", address))
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, exit.With(exit.Usage, fmt.Errorf("--control %s: use an address of this machine, such as 127.0.0.1:8001", address))
	}
	l, err := lifecycle.Listen(ctx, address)
	if errors.Is(err, lifecycle.ErrInUse) {
		return nil, fmt.Errorf("port %s is in use: choose another with --control", port)
	}
	return l, err
}

// tries is how many ports are tried when none was chosen.
const tries = 20

// listen opens the port that was chosen, or the first free one.
func (o options) listen(ctx context.Context, aside io.Writer) (net.Listener, error) {
	for port := o.port; ; port++ {
		l, err := lifecycle.Listen(ctx, net.JoinHostPort(o.host, strconv.Itoa(port)))
		switch {
		case err == nil:
			if port != o.port {
				_, _ = fmt.Fprintf(aside, "Port %d is in use; listening on %d. --port chooses another.\n", o.port, port)
			}
			return l, nil
		case !errors.Is(err, lifecycle.ErrInUse):
			return nil, err
		case !o.any || port-o.port == tries:
			return nil, fmt.Errorf("port %d is in use: choose another with --port", o.port)
		}
	}
}

// configure makes the configuration of flags and environment.
func configure(cmd *cobra.Command, files []string, o options) (mockserver.Config, error) {
	cfg, err := config.Load[mockserver.Config](environ(o.quiet))
	if err := errors.Join(err, unknown(os.Environ())); err != nil {
		return cfg, exit.With(exit.Usage, err)
	}
	if o.port < 0 || o.port > maxPort {
		return cfg, exit.With(exit.Usage, fmt.Errorf("--port %d: a port is a number from 0 to %d", o.port, maxPort))
	}
	if o.compat != "" && o.compat != string(mockspec.CompatMoclojer04) {
		return cfg, exit.With(exit.Usage, fmt.Errorf("--compat %s: the only implementation is %s", o.compat, mockspec.CompatMoclojer04))
	}
	if o.mocks != "" && len(files) != 1 {
		return cfg, exit.With(exit.Usage, errors.New("--mocks needs exactly one FILE, an OpenAPI document"))
	}
	cfg.File = &mockserver.FileConfig{
		Files: files, Prefix: o.prefix, Mocks: o.mocks, Compat: mockspec.Compat(o.compat), Watch: o.watch, Out: cmd.OutOrStdout(),
	}
	if cfg.File.Env, err = o.variables(os.Environ()); err != nil {
		return cfg, exit.With(exit.Usage, err)
	}
	if !o.quiet {
		cfg.File.Log = cmd.OutOrStdout()
	}
	return cfg, nil
}

// aside prints what the mock server says to w: standard output is the command's.
func (o options) aside(cfg *mockserver.Config, w io.Writer) {
	cfg.File.Out = w
	if !o.quiet {
		cfg.File.Log = w
	}
}

// environ is the environment with this command's own defaults: a person at his own machine is not limited, and sees what a person
// can read.
func environ(quiet bool) []string {
	own := []string{"MOCKSERVER_REQUESTS_PER_SECOND=0", "MOCKSERVER_CONCURRENT_REQUESTS=0", "MOCKSERVER_RECORD_BODY=0", "MOCKSERVER_RECORD_PER_SECOND=100"}
	if quiet {
		own = append(own, "MOCKSERVER_RECORD_PER_SECOND=0")
	}
	return append(own, os.Environ()...)
}

// unknown reports variables of environ that look like settings of a mock server and have no effect.
func unknown(environ []string) error {
	for _, kv := range environ {
		if strings.HasPrefix(kv, "MOCKSERVER_ADDR=") {
			return errors.New("MOCKSERVER_ADDR has no effect on `mocloud run`; use --host and --port")
		}
	}
	return config.Unknown[mockserver.Config](environ, "MOCKSERVER_")
}
