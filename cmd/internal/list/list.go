// Package list is `mocloud list`. Only cmd/mocloud imports it.
package list

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists mocks.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the mocks of your workspaces and whether they are live",
		Example: "  mocloud list\n  mocloud list --workspace acme --json",
		Args:    cobra.NoArgs,
	}
	workspace := cmd.Flags().String("workspace", "", "only the mocks of the workspace with this `SLUG`")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		mocks, err := s.Mocks(ctx, client.ListMocksParams{WorkspaceSlug: remote.Optional(*workspace)})
		if err != nil {
			return err
		}
		return s.Show(mocks, func(out io.Writer) {
			switch {
			case len(mocks) > 0:
				_, _ = fmt.Fprintln(out, "MOCK\tSTATE\tREVISION\tURL") // Show tells whether it could be written
			case *workspace != "":
				_, _ = fmt.Fprintf(out, "There are no mocks in a workspace %q of yours.\n", *workspace)
			default:
				_, _ = fmt.Fprintln(out, "No mocks yet. Publish one: mocloud push FILE --mock SLUG")
			}
			for _, m := range mocks {
				_, _ = fmt.Fprintf(out, "%s/%s\t%s\t%d\t%s\n", m.WorkspaceSlug, m.Slug, remote.State(&m), m.Revision, remote.URLs(&m))
			}
		})
	})
}
