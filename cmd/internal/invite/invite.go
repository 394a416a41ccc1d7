// Package invite is `mocloud invite`: invitations to a workspace.
package invite

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command invites somebody.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invite WORKSPACE [USERNAME]",
		Short: "Invite somebody to a workspace",
		Long: "Invite an account to a workspace; its owner sees the invitation in the console. Without a USERNAME, print a link: the first\n" +
			"person to open it is invited. Invitations are valid for 7 days.",
		Example: "  mocloud invite acme ann --role editor\n  mocloud invite acme",
		Args:    cobra.RangeArgs(1, 2),
	}
	role := cmd.Flags().String("role", "editor", "what they may do: a `ROLE` (viewer, editor, admin or owner)")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		roles := []string{"viewer", "editor", "admin", "owner"}
		if !slices.Contains(roles, *role) {
			return exit.With(exit.Usage, fmt.Errorf("--role is %q: write %s", *role, strings.Join(roles, ", ")))
		}
		invitation := client.NewInvitation{Role: client.Role(*role)}
		if len(args) == 2 {
			invitation.Username = &args[1]
		}
		made, err := remote.Read((*client.CreateInvitationResponse).GetJSON201)(s.CreateInvitationWithResponse(ctx, args[0], nil, invitation))
		if err != nil {
			return err
		}
		return s.Show(made, func(out io.Writer) {
			if made.URL == nil {
				_, _ = fmt.Fprintf(out, "%s is invited to %s as %s, until %s.\n", args[1], made.WorkspaceSlug, made.Role, made.ExpiresAt.Local().Format(time.DateTime)) // Show tells whether it could be written
				return
			}
			_, _ = fmt.Fprintf(out, "%s\n", *made.URL)
		})
	})
}
