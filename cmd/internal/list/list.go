// Package list is `mocloud list`. Only cmd/mocloud imports it.
package list

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists mocks.
func Command() *cobra.Command {
	var flags remote.Flags
	var workspace string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the mocks of your workspaces and whether they are live",
		Example: "  mocloud list\n  mocloud list --workspace acme --json",
		Args:    exit.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			mocks := []client.Mock{} // not nil: `[]` in JSON
			params := client.ListMocksParams{Workspace: remote.Optional(workspace)}
			err = remote.EachMock(cmd.Context(), c, params, func(m client.Mock) error {
				mocks = append(mocks, m)
				return nil
			})
			if err != nil {
				return err
			}
			return show(cmd.OutOrStdout(), mocks, flags.JSON)
		},
	}
	flags.Add(cmd)
	cmd.Flags().StringVar(&workspace, "workspace", "", "only the mocks of the workspace with this `SLUG`")
	return cmd
}

func show(out io.Writer, mocks []client.Mock, asJSON bool) error {
	if asJSON {
		return remote.PrintJSON(out, mocks)
	}
	if len(mocks) == 0 {
		_, err := fmt.Fprintln(out, "No mocks yet. Publish one: mocloud push FILE --mock SLUG")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "MOCK\tSTATE\tREVISION\tURL") // Flush tells whether it could be written
	for _, m := range mocks {
		_, _ = fmt.Fprintf(table, "%s/%s\t%s\t%d\t%s\n", m.Workspace, m.Slug, m.State, m.Revision, m.URL)
	}
	return table.Flush()
}
