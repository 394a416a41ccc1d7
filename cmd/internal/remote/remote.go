// Package remote is how the commands reach a running mocloud: which server, as whom, and what its answers mean. The
// commands import it.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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

// Flags are the flags that every command which calls a server has.
type Flags struct {
	server string
	JSON   bool // print JSON for programs
}

// Add adds the flags to a command.
func (f *Flags) Add(cmd *cobra.Command) {
	f.AddServer(cmd)
	cmd.Flags().BoolVar(&f.JSON, "json", false, "print JSON")
}

// AddServer adds the flag that says which server.
func (f *Flags) AddServer(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.server, "server", "", "`URL` of the server ($"+urlVariable+"; else the last one that was signed in to, else "+Local+")")
}

// Server is the URL of the server to call, without a trailing slash.
func (f *Flags) Server() (string, error) {
	given := f.server
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

// CheckURL brings the URL of a server into the one form that it is remembered in.
func CheckURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", exit.With(exit.Usage, fmt.Errorf("%q is not the URL of a server; write it like https://mocloud.example.com", raw))
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Connect makes a client for the server with the token of the environment, of the last login there, or, for a server on
// this machine, of the data folder below the working folder.
func (f *Flags) Connect() (*client.ClientWithResponses, error) {
	server, err := f.Server()
	if err != nil {
		return nil, err
	}
	token, err := tokenFor(server)
	if err != nil {
		return nil, err
	}
	if token.Empty() {
		return nil, exit.With(exit.SignedOut, fmt.Errorf("not signed in to %s; run `mocloud login %s`, or set %s", server, server, tokenVariable))
	}
	return New(server, token)
}

// New makes a client that sends the token with every request; an empty one is not sent. Redirects are refused: a token
// goes to the server that it is for and to no other. A stream of events has no deadline; Follow sees to it.
func New(server string, token secret.String) (*client.ClientWithResponses, error) {
	doer := &doer{
		events: http.Client{CheckRedirect: refuse},
		others: http.Client{CheckRedirect: refuse, Timeout: timeout},
	}
	authorize := func(_ context.Context, r *http.Request) error {
		if !token.Empty() {
			r.Header.Set("Authorization", "Bearer "+token.Reveal())
		}
		return nil
	}
	return client.NewClientWithResponses(server, client.WithHTTPClient(doer), client.WithRequestEditorFn(authorize))
}

func refuse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// doer sends requests, each with the deadline that it needs.
type doer struct{ events, others http.Client }

// Do implements client.HttpRequestDoer.
func (d *doer) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/events") {
		return d.events.Do(r)
	}
	return d.others.Do(r)
}

// timeout bounds one request; waiting for a publication takes a minute at most.
const timeout = 90 * time.Second

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

// response is what every generated response can tell.
type response interface {
	StatusCode() int
	GetApplicationProblemJSONDefault() *client.Problem
}

// Check turns an answer that is not a success into an error for the user.
func Check[R response](r R, err error) error {
	if err != nil {
		return unreachable(err)
	}
	if r.StatusCode() < http.StatusMultipleChoices {
		return nil
	}
	return problem(r.StatusCode(), r.GetApplicationProblemJSONDefault())
}

// unreachable explains a request that got no answer.
func unreachable(err error) error {
	e, ok := errors.AsType[*url.Error](err)
	switch {
	case !ok:
		return err
	case e.Timeout():
		return fmt.Errorf("%s does not answer in time", hostOf(e.URL))
	}
	return fmt.Errorf("%s cannot be reached: %w", hostOf(e.URL), e.Err)
}

// Read returns the function that turns a generated response into the body that get finds in it.
func Read[R response, T any](get func(R) *T) func(R, error) (*T, error) {
	return func(r R, err error) (*T, error) {
		if err := Check(r, err); err != nil {
			return nil, err
		}
		if body := get(r); body != nil {
			return body, nil
		}
		return nil, errors.New("the server's answer cannot be read; is it mocloud, and of this version?")
	}
}

// ProblemError is what the server said was wrong.
type ProblemError struct{ client.Problem }

// Error implements error.
func (e *ProblemError) Error() string {
	if e.RequestID != nil && e.Status >= http.StatusInternalServerError {
		return e.Detail + " (request " + *e.RequestID + ")"
	}
	return e.Detail
}

// decodeProblem is nil for what is no problem.
func decodeProblem(raw []byte) *client.Problem {
	var p client.Problem
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	return &p
}

func problem(status int, p *client.Problem) error {
	if p == nil || p.Detail == "" {
		return fmt.Errorf("the server answered %d %s; is it mocloud?", status, http.StatusText(status))
	}
	err := &ProblemError{*p}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return exit.With(exit.SignedOut, err)
	}
	return err
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the server"
	}
	return u.Scheme + "://" + u.Host
}
