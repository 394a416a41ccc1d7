// Package open is `mocloud open`: a mock, or the console, in the browser.
package open

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
)

// Command opens a browser.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "open [[WORKSPACE/]MOCK]",
		Short:   "Open a mock's documentation in the browser, or the console",
		Example: "  mocloud open\n  mocloud open pets\n  mocloud open pets --print",
		Args:    cobra.MaximumNArgs(1),
	}
	onlyPrint := cmd.Flags().Bool("print", false, "only print the address")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		page := s.Server
		if len(args) == 1 {
			m, err := s.Mock(ctx, args[0])
			if err != nil {
				return err
			}
			page = m.URL + "/docs"
		}
		err := s.Show(map[string]string{"url": page}, func(out io.Writer) { _, _ = fmt.Fprintln(out, page) }) // Show tells whether it could be written
		if err != nil || *onlyPrint || s.JSON {
			return err
		}
		return browse(ctx, page)
	})
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
		return fmt.Errorf("cannot start a browser (%w); open the address above yourself", err)
	}
	return nil
}
