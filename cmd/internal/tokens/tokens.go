// Package tokens is `mocloud tokens`: API tokens for programs.
package tokens

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists tokens; its subcommands make and revoke them.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tokens",
		Short: "List your API tokens; create and revoke them",
		Long: "List your API tokens; with --workspace, those of a workspace, which stay valid when a member leaves. Managing tokens needs\n" +
			"a token with all scopes, such as the one that `mocloud up` prints.",
		Example: "  mocloud tokens\n  mocloud tokens create CI --scope mocks:write --scope workspaces:read --expires 90d\n  mocloud tokens revoke CI",
		Args:    cobra.NoArgs,
	}
	workspace := workspaceFlag(cmd)
	cmd = remote.Command(cmd, func(ctx context.Context, s *remote.Session, _ []string) error {
		all, err := list(ctx, s, *workspace)
		if err != nil {
			return err
		}
		return s.Show(all, func(out io.Writer) {
			_, _ = fmt.Fprintln(out, "NAME\tID\tSCOPES\tLAST USED\tEXPIRES") // Show tells whether it could be written
			for _, t := range all {
				_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", remote.Printable(t.Name), t.ID, scopes(t.Scopes), when(t.LastUsedAt), when(t.ExpiresAt))
			}
		})
	})
	cmd.AddCommand(create(), revoke())
	return cmd
}

func workspaceFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("workspace", "", "the tokens of the workspace with this `SLUG`, not your own")
}

func create() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a token and print it, once",
		Example: "  mocloud tokens create CI --expires 90d\n  mocloud tokens create CI --workspace acme --scope mocks:write",
		Args:    cobra.ExactArgs(1),
	}
	workspace := workspaceFlag(cmd)
	wanted := cmd.Flags().StringArray("scope", []string{"mocks:write", "files:write", "workspaces:read"}, "what the token may do: a `SCOPE` such as mocks:write; can be repeated")
	expires := cmd.Flags().String("expires", "", "days until the token expires, such as `90d` (default: never)")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		token := client.NewToken{Name: args[0]}
		for _, scope := range *wanted {
			token.Scopes = append(token.Scopes, client.Scope(scope))
		}
		if *expires != "" {
			days, err := strconv.Atoi(strings.TrimSuffix(*expires, "d"))
			if err != nil || days < 1 || days > 36500 {
				return exit.With(exit.Usage, fmt.Errorf("--expires is %q: write a number of days, such as 90d", *expires))
			}
			ends := time.Now().AddDate(0, 0, days).UTC()
			token.ExpiresAt = &ends
		}
		var made *client.CreatedToken
		var err error
		if *workspace == "" {
			made, err = remote.Read((*client.CreateTokenResponse).GetJSON201)(s.CreateTokenWithResponse(ctx, nil, token))
		} else {
			made, err = remote.Read((*client.CreateWorkspaceTokenResponse).GetJSON201)(s.CreateWorkspaceTokenWithResponse(ctx, *workspace, nil, token))
		}
		if err != nil {
			return err
		}
		if !s.JSON {
			s.Note("The token is only shown this once; store it as MOCLOUD_TOKEN where you use it.")
		}
		return s.Show(made, func(out io.Writer) { _, _ = fmt.Fprintln(out, made.Secret) })
	})
}

func revoke() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "revoke NAME|ID",
		Aliases: []string{"rm", "delete"},
		Short:   "Revoke a token; it stops working at once",
		Args:    cobra.ExactArgs(1),
	}
	workspace := workspaceFlag(cmd)
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		all, err := list(ctx, s, *workspace)
		if err != nil {
			return err
		}
		var found *client.Token
		for i := range all {
			if all[i].ID != args[0] && all[i].Name != args[0] {
				continue
			}
			if found != nil {
				return exit.With(exit.Usage, fmt.Errorf("there are several tokens named %q: use the ID of one", args[0]))
			}
			found = &all[i]
		}
		if found == nil {
			return errors.New("there is no such token; `mocloud tokens` lists them")
		}
		if *workspace == "" {
			err = remote.Done(s.DeleteTokenWithResponse(ctx, found.ID))
		} else {
			err = remote.Done(s.DeleteWorkspaceTokenWithResponse(ctx, *workspace, found.ID))
		}
		if err != nil {
			return err
		}
		return s.Show(map[string]string{"revoked": found.ID}, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s is revoked.\n", remote.Printable(found.Name)) })
	})
}

func list(ctx context.Context, s *remote.Session, workspaceSlug string) ([]client.Token, error) {
	return remote.All(func(limit *int, cursor *string) ([]client.Token, *string, error) {
		if workspaceSlug != "" {
			page, err := remote.Read((*client.ListWorkspaceTokensResponse).GetJSON200)(s.ListWorkspaceTokensWithResponse(ctx, workspaceSlug, &client.ListWorkspaceTokensParams{Limit: limit, Cursor: cursor}))
			if err != nil {
				return nil, nil, err
			}
			return page.Items, page.NextCursor, nil
		}
		page, err := remote.Read((*client.ListTokensResponse).GetJSON200)(s.ListTokensWithResponse(ctx, &client.ListTokensParams{Limit: limit, Cursor: cursor}))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

func scopes(all []client.Scope) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

func when(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Local().Format(time.DateTime)
}
