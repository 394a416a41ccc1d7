// Package healthcheck is `mocloud healthcheck`: it says whether a mocloud on this machine is ready, for images without a shell.
package healthcheck

import (
	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// Command is `mocloud healthcheck`.
func Command() *cobra.Command {
	var ops string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Check that `mocloud up` is ready (exit status 0) or not (1)",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return lifecycle.CheckReady(cmd.Context(), ops) },
	}
	cmd.Flags().StringVar(&ops, "ops", "127.0.0.1:3002", "address of health checks and metrics, as given to `mocloud up`")
	return cmd
}
