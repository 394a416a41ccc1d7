// Package open is `mocloud open`: a mock, or the console, in the browser. Only cmd/mocloud imports it.
package open

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
)

// Command opens a browser.
func Command() *cobra.Command {
	var flags remote.Flags
	var onlyPrint bool
	cmd := &cobra.Command{
		Use:     "open [[WORKSPACE/]MOCK]",
		Short:   "Open a mock's documentation in the browser, or the console",
		Example: "  mocloud open\n  mocloud open pets\n  mocloud open pets --print",
		Args:    exit.Args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			page, err := flags.Server()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				c, err := flags.Connect()
				if err != nil {
					return err
				}
				m, err := remote.MustFind(cmd.Context(), c, remote.ParseRef(args[0]))
				if err != nil {
					return err
				}
				page = m.URL + "/docs"
			}
			if flags.JSON {
				return remote.PrintJSON(cmd.OutOrStdout(), map[string]string{"url": page})
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), page); err != nil || onlyPrint {
				return err
			}
			return browse(cmd.Context(), page)
		},
	}
	flags.Add(cmd)
	cmd.Flags().BoolVar(&onlyPrint, "print", false, "only print the address")
	return cmd
}

// browse starts the program that opens addresses on this system.
func browse(ctx context.Context, page string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.CommandContext(ctx, "open", page)
	case "windows":
		cmd = exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", page)
	default:
		cmd = exec.CommandContext(ctx, "xdg-open", page)
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("no browser could be started (%w); open the address above yourself", err)
	}
	return nil
}
