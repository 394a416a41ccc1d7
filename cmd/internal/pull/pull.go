// Package pull is `mocloud pull`. Only cmd/mocloud imports it.
package pull

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command gets a mock's content.
func Command() *cobra.Command {
	var flags remote.Flags
	var output string
	cmd := &cobra.Command{
		Use:     "pull [WORKSPACE/]MOCK",
		Short:   "Get a mock's content as it was written",
		Example: "  mocloud pull pets > pets.yml\n  mocloud pull acme/pets -o pets.yml",
		Args:    exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			found, err := remote.MustFind(cmd.Context(), c, remote.ParseRef(args[0]))
			if err != nil {
				return err
			}
			m, err := remote.Read((*client.GetMockResponse).GetJSON200)(c.GetMockWithResponse(cmd.Context(), found.ID, nil))
			if err != nil {
				return err
			}
			switch {
			case flags.JSON:
				return remote.PrintJSON(cmd.OutOrStdout(), m)
			case output != "":
				return os.WriteFile(output, []byte(*m.Content), 0o644) //nolint:gosec // a mock is a file like any other of the user's
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), *m.Content)
			return err
		},
	}
	flags.Add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` rather than to standard output")
	return cmd
}
