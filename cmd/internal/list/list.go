// Package list is `mocloud list`.
package list

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists mocks.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the mocks of your workspaces and whether they are live",
		Example: "  mocloud list\n  mocloud list --workspace acme --state published --json\n  mocloud list --match pets\n  mocloud list --deleted",
		Args:    cobra.NoArgs,
	}
	workspace := cmd.Flags().String("workspace", "", "only the mocks of the workspace with this `SLUG`")
	state := cmd.Flags().String("state", "", "only mocks in this `STATE`: offline, offline_invalid, publishing or published")
	text := cmd.Flags().String("match", "", "only mocks with this `TEXT` in their slug or name")
	deleted := cmd.Flags().Bool("deleted", false, "deleted mocks, which can still be restored")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		params := client.ListMocksParams{WorkspaceSlug: remote.Optional(*workspace), Q: remote.Optional(*text)}
		if *deleted {
			params.Deleted = deleted
		}
		if *state != "" {
			wanted := client.State(strings.ReplaceAll(*state, "-", "_"))
			if !wanted.Valid() {
				return exit.With(exit.Usage, fmt.Errorf("--state is %q: write offline, offline_invalid, publishing or published", *state))
			}
			params.State = &wanted
		}
		mocks, err := s.Mocks(ctx, params)
		if err != nil {
			return err
		}
		if len(mocks) == 0 && *workspace != "" { // a name that nobody has is not an empty workspace
			if _, err := remote.Read((*client.GetWorkspaceResponse).GetJSON200)(s.GetWorkspaceWithResponse(ctx, *workspace)); err != nil {
				return err
			}
		}
		return s.Show(mocks, func(out io.Writer) {
			switch {
			case len(mocks) > 0:
				_, _ = fmt.Fprintln(out, "MOCK\tSTATE\tREVISION\tURL") // Show tells whether it could be written
			case *deleted, *state != "", *text != "":
				_, _ = fmt.Fprintln(out, "No mocks match.")
			case *workspace != "":
				_, _ = fmt.Fprintf(out, "The workspace %s has no mocks yet.\n", *workspace)
			default:
				_, _ = fmt.Fprintln(out, "No mocks yet. Publish one: mocloud push FILE --mock SLUG")
			}
			for _, m := range mocks {
				_, _ = fmt.Fprintf(out, "%s/%s\t%s\t%d\t%s\n", m.WorkspaceSlug, m.Slug, remote.State(&m), m.Revision, remote.URLs(&m))
			}
		})
	})
}
