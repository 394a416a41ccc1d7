// Command mocloud is the one binary that a person runs: a whole mock cloud on a laptop, or one YAML file served.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/format"
	"github.com/mocloud/mocloud/cmd/internal/render"
	"github.com/mocloud/mocloud/cmd/internal/run"
	"github.com/mocloud/mocloud/cmd/internal/up"
	"github.com/mocloud/mocloud/cmd/internal/validate"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/pkg/process"
)

func main() {
	ctx, stop := process.SignalContext()
	root := &cobra.Command{
		Use:           "mocloud",
		Short:         "Mock APIs from YAML: write one, publish it, call it",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(up.Command(), run.Command(), validate.Command(), format.Command(), render.Command(), version.Command())
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		if message := err.Error(); message != "" {
			fmt.Fprintln(os.Stderr, "mocloud: "+message)
		}
		os.Exit(1)
	}
}
