package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/secret"
)

// LogoutCommand ends what login began.
func LogoutCommand() *cobra.Command {
	var revoke bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign out of a server",
		Long: `Forget the token of a server. A token that login created for a password is revoked first. A token that you entered may be in use
elsewhere and stays valid, unless you add --revoke.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&revoke, "revoke", false, "also revoke a token that you entered, even if it is in use elsewhere")
	chosen := remote.ServerFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		server, err := chosen()
		if err != nil {
			return err
		}
		known, err := remote.LoadServers()
		if err != nil {
			return err
		}
		how, ok := known.Servers[server]
		if !ok {
			return fmt.Errorf("not signed in to %s", server)
		}
		became := "Its token, which you entered, stays valid."
		var failed error
		if how.Made || revoke {
			became, failed = end(cmd.Context(), server, secret.New(how.Token))
		}
		delete(known.Servers, server)
		if known.Current == server {
			known.Current = ""
		}
		if err := known.Save(); err != nil {
			return err
		}
		if failed != nil {
			return fmt.Errorf("signed out of %s, but its token could not be revoked and stays valid: %w", server, failed)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Signed out of %s. %s\n", server, became)
		return err
	}
	return cmd
}

// endTimeout bounds the wait for a server that may be gone for good.
const endTimeout = 15 * time.Second

// end revokes the token and says what became of it.
func end(ctx context.Context, server string, token secret.String) (became string, err error) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	c, err := remote.New(server, token)
	if err != nil {
		return "", err
	}
	err = remote.Done(c.DeleteCurrentTokenWithResponse(ctx))
	if problem, ok := errors.AsType[*remote.ProblemError](err); ok && problem.Status == http.StatusUnauthorized {
		return "Its token was revoked or had expired before.", nil
	}
	return "Its token is revoked.", err
}
