// Package remote is how the commands reach a running mocloud: which server, as whom, what its answers mean, and how they
// are shown.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/client"
)

// Local is the server that `mocloud up` starts.
const Local = "http://localhost:3000"

// The environment can say which server and which token, for CI jobs.
const (
	urlVariable   = "MOCLOUD_URL"
	tokenVariable = "MOCLOUD_TOKEN" //nolint:gosec // the name of a variable
)

// Session is what a command has to do its work with: a client of the server that was chosen, and where to print.
type Session struct {
	*client.ClientWithResponses
	Server string    // its URL, without a slash at the end
	In     io.Reader // standard input
	Out    io.Writer // for what the command was asked for
	Aside  io.Writer // for what only people want to know
	JSON   bool      // what is printed is for programs

	pace *pace
	own  string // the slug of the caller's own workspace, once it is known
}

// OnWait makes call be called whenever the server asks to wait before the next request.
func (s *Session) OnWait(call func(time.Duration)) { s.pace.waiting = call }

// quietWait is the longest wait that is not announced.
const quietWait = 3 * time.Second

// Command completes a command that calls a server: it gets the flags --server and --json, and run is called with a
// session. Whether there is a token is found out when the first request is sent.
func Command(cmd *cobra.Command, run func(ctx context.Context, s *Session, args []string) error) *cobra.Command {
	server := ServerFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		chosen, err := server()
		if err != nil {
			return err
		}
		token, err := tokenFor(chosen)
		if err != nil {
			return err
		}
		d := newDoer(chosen, token)
		d.signedIn, d.pace = true, &pace{}
		c, err := connect(d)
		if err != nil {
			return err
		}
		s := &Session{
			ClientWithResponses: c, Server: chosen, In: cmd.InOrStdin(), Out: cmd.OutOrStdout(), Aside: cmd.ErrOrStderr(), JSON: *asJSON, pace: d.pace,
		}
		s.OnWait(func(pause time.Duration) {
			if pause > quietWait {
				s.Note("The server asks for a wait of %s before the next request; Ctrl-C stops.", pause.Round(time.Second))
			}
		})
		return run(cmd.Context(), s, args)
	}
	return cmd
}

// ServerFlag adds the flag that says which server, and returns a function that says which one it is.
func ServerFlag(cmd *cobra.Command) func() (string, error) {
	flag := cmd.Flags().String("server", "", "`URL` of the server (else $"+urlVariable+", else the server of the last login, else "+Local+")")
	return func() (string, error) {
		given := *flag
		if given == "" {
			given = os.Getenv(urlVariable)
		}
		if given == "" {
			known, err := LoadServers()
			if err != nil {
				return "", err
			}
			given = known.Current
		}
		if given == "" {
			given = Local
		}
		return CheckURL(given)
	}
}

// CheckURL brings the URL of a server into the one form that it is remembered in.
func CheckURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", exit.With(exit.Usage, fmt.Errorf("%q is not a server's URL; write it like https://mocloud.example.com", raw))
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// tokenFor is the token of the environment, of the last login there, or, for a server on this machine, of the data folder
// below the working folder; empty if there is none.
func tokenFor(server string) (secret.String, error) {
	if token := os.Getenv(tokenVariable); token != "" {
		return secret.New(token), nil
	}
	known, err := LoadServers()
	if err != nil {
		return secret.String{}, err
	}
	if s, ok := known.Servers[server]; ok {
		return secret.New(s.Token), nil
	}
	if !OnThisMachine(server) {
		return secret.String{}, nil
	}
	kept, err := os.ReadFile(filepath.Join("data", "admin-token"))
	if err != nil {
		return secret.String{}, nil //nolint:nilerr // there is no `mocloud up` of this folder; the caller says what to do
	}
	return secret.New(strings.TrimSpace(string(kept))), nil
}

// OnThisMachine reports whether the URL names this machine, so that what is sent there does not travel.
func OnThisMachine(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") || (ip != nil && ip.IsLoopback())
}

// Read returns the function that turns a generated response into the body that get finds in it.
func Read[R, T any](get func(R) *T) func(R, error) (*T, error) {
	return func(r R, err error) (*T, error) {
		if err != nil {
			return nil, unread(err)
		}
		if body := get(r); body != nil {
			return body, nil
		}
		return nil, errNonsense
	}
}

// Done is the error of a request whose answer has nothing to read.
func Done[R any](_ R, err error) error { return unread(err) }

// Show prints v if the output is for programs, indented and without escapes for HTML. Otherwise people prints what people
// read; tabs make columns.
func (s *Session) Show(v any, people func(out io.Writer)) error {
	if s.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	table := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	people(table)
	return table.Flush()
}

// Note prints a line aside, for people.
func (s *Session) Note(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Aside, format+"\n", args...) // nobody is there to be told that it failed
}

// All returns the items of a list, which next reads page by page. Without any it is an empty list: `[]` in JSON.
func All[T any](next func(limit *int, cursor *string) (items []T, more *string, err error)) ([]T, error) {
	all, limit := []T{}, 200
	for cursor := (*string)(nil); ; {
		items, more, err := next(&limit, cursor)
		if err != nil {
			return nil, err
		}
		if all = append(all, items...); more == nil {
			return all, nil
		}
		cursor = more
	}
}

// Optional is nil for "".
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

var errNonsense = errors.New("the server's answer cannot be read; is it mocloud, in this version?")
