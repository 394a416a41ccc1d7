// Package run is `mocloud run`: it serves mocks from files without any cloud, as moclojer does. Only cmd/mocloud
// imports it.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"

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
	watch  bool
	compat string
	mocks  string
}

// Command returns the command.
func Command() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "run FILE…",
		Short: "Serve mocks from files, without a cloud",
		Long: "Serve one or more files as one mock: moclojer YAML, and OpenAPI documents, which answer as `mocloud import` makes them.\n" +
			"With --mocks the one FILE is an OpenAPI document, and what its operations answer is in another file.\n" +
			"Saved changes are served at once; one that cannot be served is explained, and the last good version keeps answering.\n" +
			"The limits of a hosted mock (MOCKSERVER_… variables) apply where they are set.",
		Example: "  mocloud run moclojer.yml\n  mocloud run --port 9000 users.yml orders.yml\n  mocloud run petstore.yaml\n  mocloud run petstore.yaml --mocks answers.yml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return run(cmd.Context(), cmd, files, o)
		},
	}
	c.Flags().IntVar(&o.port, "port", 8000, "the `PORT` to answer on; 0 takes a free one")
	c.Flags().StringVar(&o.host, "host", "", "the `ADDRESS` to answer on; empty: all of this machine's")
	c.Flags().BoolVar(&o.watch, "watch", true, "serve changes of the files as they are saved")
	c.Flags().StringVar(&o.compat, "compat", "", "answer exactly as another `IMPLEMENTATION`: "+string(mockspec.CompatMoclojer04))
	c.Flags().StringVar(&o.mocks, "mocks", "", "the `FILE` of answers that belongs to an OpenAPI document")
	return c
}

func run(ctx context.Context, cmd *cobra.Command, files []string, o options) error {
	cfg, err := configure(cmd, files, o)
	if err != nil {
		return err
	}
	listener, err := lifecycle.Listen(ctx, net.JoinHostPort(o.host, strconv.Itoa(o.port)))
	if err != nil {
		return err
	}
	service, err := mockserver.New(cfg, mockserver.Deps{
		Log: telemetry.NewLogger(cmd.ErrOrStderr(), slog.LevelInfo), Metrics: prometheus.NewRegistry(), Health: &lifecycle.Health{}, Listener: listener,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err = service.Run(ctx); errors.Is(err, mockserver.ErrInvalid) {
		return exit.With(exit.Invalid, err)
	}
	return err
}

// configure makes the configuration of flags and environment.
func configure(cmd *cobra.Command, files []string, o options) (mockserver.Config, error) {
	cfg, err := config.Load[mockserver.Config](environ())
	if err != nil {
		return cfg, exit.With(exit.Usage, err)
	}
	if o.compat != "" && o.compat != string(mockspec.CompatMoclojer04) {
		return cfg, exit.With(exit.Usage, fmt.Errorf("--compat %s: there is only %s", o.compat, mockspec.CompatMoclojer04))
	}
	if o.mocks != "" && len(files) != 1 {
		return cfg, exit.With(exit.Usage, errors.New("--mocks goes with one OpenAPI document: name one FILE"))
	}
	cfg.File = &mockserver.FileConfig{
		Files: files, Mocks: o.mocks, Compat: mockspec.Compat(o.compat), Watch: o.watch, Out: cmd.OutOrStdout(),
	}
	return cfg, nil
}

// environ is the environment with this command's own defaults: a person at his own machine is not limited.
func environ() []string {
	own := []string{"MOCKSERVER_REQUESTS_PER_SECOND=0", "MOCKSERVER_CONCURRENT_REQUESTS=0", "MOCKSERVER_RECORD_PER_SECOND=0"}
	return append(own, os.Environ()...)
}
