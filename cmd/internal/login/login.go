// Package login is `mocloud login` and `mocloud logout`. Only cmd/mocloud imports it.
package login

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command signs in to a server.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "login [URL]",
		Short: "Sign in to a server with an API token",
		Long: `Sign in to a server with an API token, which is checked and then kept in a file that only you can read. The other
commands use the server that was signed in to last.

The token is asked for, or read from standard input if that is not a terminal. A CI job needs no login: it sets
MOCLOUD_URL and MOCLOUD_TOKEN. Nor does a server that ` + "`mocloud up`" + ` runs from the working folder.`,
		Example: "  mocloud login https://mocloud.example.com\n  mocloud login https://mocloud.example.com < token.txt",
		Args:    exit.Args(cobra.MaximumNArgs(1)),
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
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "warning: the token travels to "+server+" unencrypted; use https if you can")
			}
			token, err := ask(cmd.InOrStdin(), cmd.ErrOrStderr(), "API token for "+server+": ")
			if err != nil {
				return err
			}
			return signIn(cmd.Context(), cmd.OutOrStdout(), server, token)
		},
	}
	return cmd
}

// ask reads a secret: without an echo from a terminal, else the first line of standard input.
func ask(in io.Reader, prompt io.Writer, question string) (secret.String, error) {
	var line string
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprint(prompt, question)
		raw, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(prompt)
		if err != nil {
			return secret.String{}, fmt.Errorf("read the token: %w", err)
		}
		line = string(raw)
	} else {
		var err error
		if line, err = bufio.NewReader(io.LimitReader(in, 8<<10)).ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
			return secret.String{}, fmt.Errorf("read the token: %w", err)
		}
	}
	if line = strings.TrimSpace(line); line == "" {
		return secret.String{}, exit.With(exit.Usage, errors.New("no token was given"))
	}
	return secret.New(line), nil
}

// signIn checks the token and remembers it.
func signIn(ctx context.Context, out io.Writer, server string, token secret.String) error {
	c, err := remote.New(server, token)
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
	known.Servers[server] = remote.Server{Token: token.Reveal()}
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

// LogoutCommand forgets a server.
func LogoutCommand() *cobra.Command {
	var flags remote.Flags
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Forget the token of a server; the token itself stays valid until it is revoked",
		Args:  exit.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := flags.Server()
			if err != nil {
				return err
			}
			known, err := remote.LoadServers()
			if err != nil {
				return err
			}
			if _, ok := known.Servers[server]; !ok {
				return fmt.Errorf("not signed in to %s", server)
			}
			delete(known.Servers, server)
			if known.Current == server {
				known.Current = ""
			}
			if err := known.Save(); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Signed out of %s.\n", server)
			return err
		},
	}
	flags.AddServer(cmd)
	return cmd
}
