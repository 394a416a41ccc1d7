// Package login is `mocloud login` and `mocloud logout`.
package login

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command signs in to a server.
func Command() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:   "login [URL]",
		Short: "Sign in to a server with an API token, or with a password",
		Long: `Sign in to a server with an API token; or with --user and a password, which create a token that is valid for 90 days and covers
mocks, files, domains and requests. The token is kept in a file that only you can read. The other commands use the server that
you signed in to last.

The command asks for the token or password, or reads it from standard input if that is not a terminal. No login is needed in a
CI job, which sets MOCLOUD_URL and MOCLOUD_TOKEN, or for a server that ` + "`mocloud up`" + ` runs from the working folder.`,
		Example: "  mocloud login https://mocloud.example.com\n  mocloud login https://mocloud.example.com --user ann\n  mocloud login https://mocloud.example.com < token.txt",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			server := remote.Local
			if len(args) == 1 {
				server = args[0]
			}
			server, err := remote.CheckURL(server)
			if err != nil {
				return err
			}
			if strings.HasPrefix(server, "http:") && !remote.OnThisMachine(server) {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "warning: what you type is sent to "+server+" unencrypted; use https if you can")
			}
			question := "API token for " + server + ": "
			if user != "" {
				question = "Password of " + user + " at " + server + ": "
			}
			entered, err := input.Secret(cmd.InOrStdin(), cmd.ErrOrStderr(), question)
			if err != nil {
				return err
			}
			how := remote.Server{Token: entered.Reveal()}
			if user != "" {
				if how, err = withPassword(cmd.Context(), server, user, entered); err != nil {
					return err
				}
			}
			return remember(cmd.Context(), cmd.OutOrStdout(), server, how)
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "sign in with the password of this `USERNAME` or e-mail address")
	return cmd
}

// tokenLife is how long a token that was made for a password is good.
const tokenLife = 90 * 24 * time.Hour

// withPassword signs in as a browser does, makes a token, and signs out again.
func withPassword(ctx context.Context, server, user string, password secret.String) (remote.Server, error) {
	none := remote.Server{}
	c, err := remote.New(server, secret.String{})
	if err != nil {
		return none, err
	}
	given := password.Reveal()
	signedIn, err := c.CreateSessionWithResponse(ctx, client.SignIn{Username: &user, Password: &given})
	if err := remote.Done(signedIn, err); err != nil {
		return none, err
	}
	session := func(_ context.Context, r *http.Request) error {
		for _, cookie := range signedIn.HTTPResponse.Cookies() {
			r.AddCookie(cookie)
		}
		return nil
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "a machine without a name"
	}
	ends := time.Now().Add(tokenLife).UTC()
	made, err := remote.Read((*client.CreateTokenResponse).GetJSON201)(c.CreateTokenWithResponse(ctx, nil, client.NewToken{
		Name: "mocloud login on " + machine, ExpiresAt: &ends,
		Scopes: []client.Scope{
			client.ScopeMocksWrite, client.ScopeFilesWrite, client.ScopeEnvWrite, client.ScopeDomainsWrite, client.ScopeRequestsWrite, client.ScopeStateWrite, client.ScopeWorkspacesRead, client.ScopeAccountRead,
		},
	}, session))
	if err != nil {
		return none, err
	}
	return remote.Server{Token: made.Secret, Made: true}, remote.Done(c.DeleteCurrentSessionWithResponse(ctx, session))
}

// remember checks the token and keeps it.
func remember(ctx context.Context, out io.Writer, server string, how remote.Server) error {
	c, err := remote.New(server, secret.New(how.Token))
	if err != nil {
		return err
	}
	page, err := remote.Read((*client.ListWorkspacesResponse).GetJSON200)(c.ListWorkspacesWithResponse(ctx, nil))
	if err != nil {
		return err
	}
	known, err := remote.LoadServers()
	if err != nil {
		return err
	}
	known.Current = server
	known.Servers[server] = how
	if err := known.Save(); err != nil {
		return err
	}
	slugs := make([]string, len(page.Items))
	for i, w := range page.Items {
		slugs[i] = w.Slug
	}
	_, err = fmt.Fprintf(out, "Signed in to %s. Workspaces: %s\n", server, strings.Join(slugs, ", "))
	return err
}
