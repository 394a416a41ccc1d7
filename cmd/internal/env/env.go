// Package env is `mocloud env`: the variables of a workspace, which its mocks read as env.NAME.
package env

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists variables; its subcommands set and delete them.
func Command() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:     "env",
		Short:   "List the variables that mocks read as env.NAME; set and delete them",
		Example: "  mocloud env\n  mocloud env set BASE_URL https://api.example.com\n  mocloud env set TOKEN --secret\n  mocloud env rm TOKEN",
		Args:    cobra.NoArgs,
	})
	cmd = remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		slug, err := s.Workspace(ctx, *workspace)
		if err != nil {
			return err
		}
		all, err := remote.All(func(limit *int, cursor *string) ([]client.Variable, *string, error) {
			page, err := remote.Read((*client.ListVariablesResponse).GetJSON200)(s.ListVariablesWithResponse(ctx, slug, &client.ListVariablesParams{Limit: limit, Cursor: cursor}))
			if err != nil {
				return nil, nil, err
			}
			return page.Items, page.NextCursor, nil
		})
		if err != nil {
			return err
		}
		return s.Show(all, func(out io.Writer) {
			if len(all) == 0 {
				_, _ = fmt.Fprintf(out, "The workspace %s has no variables. Set one: mocloud env set NAME VALUE\n", slug) // Show tells whether it could be written
				return
			}
			for _, v := range all {
				_, _ = fmt.Fprintf(out, "%s\t%s\n", v.Name, shown(&v))
			}
		})
	})
	cmd.AddCommand(set(), remove())
	return cmd
}

// under adds the flag that says which workspace.
func under(cmd *cobra.Command) (*cobra.Command, *string) {
	return cmd, cmd.Flags().String("workspace", "", "`SLUG` of the workspace (default: your own)")
}

func shown(v *client.Variable) string {
	if v.Value == nil {
		return "(secret)"
	}
	return remote.Printable(*v.Value)
}

func set() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:   "set NAME [VALUE]",
		Short: "Set a variable",
		Long: "Set a variable, or create it. Without a VALUE it is asked for, or read from standard input, so that a secret is in no history.\n" +
			"A secret is stored encrypted, is never shown again, and is masked in recorded requests. Published mocks see a new value within seconds.",
		Example: "  mocloud env set BASE_URL https://api.example.com\n  mocloud env set TOKEN --secret\n  mocloud env set TOKEN --secret < token.txt",
		Args:    cobra.RangeArgs(1, 2), //nolint:mnd // NAME and VALUE
	})
	isSecret := cmd.Flags().Bool("secret", false, "encrypt the value and never show it again")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		var given string
		if len(args) == 2 {
			given = args[1]
		} else {
			typed, err := input.Secret(cmd.InOrStdin(), cmd.ErrOrStderr(), "Value of "+args[0]+": ")
			if err != nil {
				return err
			}
			given = typed.Reveal()
		}
		slug, err := s.Workspace(ctx, *workspace)
		if err != nil {
			return err
		}
		v, err := remote.Read((*client.PutVariableResponse).GetJSON200)(s.PutVariableWithResponse(ctx, slug, args[0], client.NewVariable{Value: given, Secret: isSecret}))
		if err != nil {
			return err
		}
		return s.Show(v, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s\t%s\n", v.Name, shown(v)) })
	})
}

func remove() *cobra.Command {
	cmd, workspace := under(&cobra.Command{
		Use:     "rm NAME",
		Aliases: []string{"delete"},
		Short:   "Delete a variable",
		Args:    cobra.ExactArgs(1),
	})
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		slug, err := s.Workspace(ctx, *workspace)
		if err != nil {
			return err
		}
		if err := remote.Done(s.DeleteVariableWithResponse(ctx, slug, args[0])); err != nil {
			return err
		}
		return s.Show(map[string]string{"removed": args[0]}, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s is deleted.\n", args[0]) })
	})
}
