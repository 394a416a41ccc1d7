package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api/client"
)

const (
	timeout    = 90 * time.Second // of one request; waiting for a publication takes a minute at most
	maxAnswer  = 64 << 20         // bytes of an answer that is read
	maxProblem = 1 << 20          // bytes of one that says what was wrong
)

// New makes a client that sends the token, if there is one, with every request. It refuses redirects, so that a token reaches
// the server that it is for and no other. A stream of events has no deadline; Follow watches it. An answer that is no success
// comes back as an error for the user.
func New(server string, token secret.String) (*client.ClientWithResponses, error) {
	return connect(newDoer(server, token))
}

func newDoer(server string, token secret.String) *doer {
	return &doer{
		server: server, token: token,
		events: http.Client{CheckRedirect: refuse},
		others: http.Client{CheckRedirect: refuse, Timeout: timeout},
	}
}

func connect(d *doer) (*client.ClientWithResponses, error) {
	return client.NewClientWithResponses(d.server, client.WithHTTPClient(d))
}

func refuse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// doer sends requests, each with the deadline that it needs, and says what is wrong with their answers.
type doer struct {
	server         string
	token          secret.String
	signedIn       bool  // the command needs a token
	pace           *pace // waits when the server asks for it; nil: its answer is an error
	events, others http.Client
}

// Do implements client.HttpRequestDoer.
func (d *doer) Do(r *http.Request) (*http.Response, error) {
	switch {
	case !d.token.Empty():
		r.Header.Set("Authorization", "Bearer "+d.token.Reveal())
	case d.signedIn:
		return nil, exit.With(exit.SignedOut, fmt.Errorf("not signed in to %s; run `mocloud login %s`, or set %s", d.server, d.server, tokenVariable))
	}
	sender := &d.others
	if strings.HasSuffix(r.URL.Path, "/events") {
		sender = &d.events
	}
	response, err := d.pace.send(sender, r)
	if err != nil {
		return nil, d.unreachable(err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, errors.Join(d.refused(response), response.Body.Close())
	}
	if sender == &d.others {
		response.Body = limited{io.LimitReader(response.Body, maxAnswer), response.Body}
	}
	return response, nil
}

// limited is a body of which not all is read.
type limited struct {
	io.Reader
	io.Closer
}

// unreachable explains a request that got no answer.
func (d *doer) unreachable(err error) error {
	e, ok := errors.AsType[*url.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped")
	case !ok:
		return err
	case e.Timeout():
		return fmt.Errorf("%s did not answer in time; try again, or check that it is running", d.server)
	case OnThisMachine(d.server):
		return fmt.Errorf("cannot reach %s (%s); is `mocloud up` running? Name another server with --server or %s", d.server, exit.Reason(e.Err), urlVariable)
	}
	return fmt.Errorf("cannot reach %s (%s); check the address, and that the server is running", d.server, exit.Reason(e.Err))
}

// ProblemError is what the server said was wrong, and what to do.
type ProblemError struct {
	client.Problem
	hint string
}

// Error implements error.
func (e *ProblemError) Error() string {
	text := e.Detail
	if e.RequestID != nil && e.Status >= http.StatusInternalServerError {
		text += " (request " + *e.RequestID + ")"
	}
	return text + e.hint
}

// refused says why an answer is no success.
func (d *doer) refused(response *http.Response) error {
	status := response.StatusCode
	if status < http.StatusBadRequest {
		return fmt.Errorf("%s redirects to %q; use the final address", d.server, response.Header.Get("Location"))
	}
	var p client.Problem
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || json.Unmarshal(raw, &p) != nil || p.Detail == "" {
		hint := "is it mocloud?"
		if status == http.StatusTooManyRequests {
			hint = "try again" + later(response)
		}
		if status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
			hint = "the proxy in front of mocloud cannot reach it: try again" + later(response)
		}
		return fmt.Errorf("%s answered %d %s; %s", d.server, status, http.StatusText(status), hint)
	}
	problem := &ProblemError{Problem: p}
	switch {
	case status == http.StatusUnauthorized:
		if d.signedIn {
			problem.hint = fmt.Sprintf(" Run `mocloud login %s`, or set %s to a valid token.", d.server, tokenVariable)
		}
		return exit.With(exit.SignedOut, problem)
	case status == http.StatusForbidden && p.Code != client.QuotaExceeded:
		return exit.With(exit.SignedOut, problem)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		problem.hint = " Try again" + later(response) + "."
	}
	return problem
}

// later says when an answer asks its caller to come back.
func later(response *http.Response) string {
	if wait, ok := retryAfter(response); ok && wait > 0 {
		return fmt.Sprintf(" in %s", wait.Round(time.Second))
	}
	return ""
}

// unread explains an answer that was begun and cannot be read. What doer said is said already.
func unread(err error) error {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax), errors.As(err, &shape), errors.Is(err, io.ErrUnexpectedEOF):
		return errNonsense
	}
	if e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && e.Timeout() {
		return errors.New("the server did not finish its answer in time; try again")
	}
	return err
}
