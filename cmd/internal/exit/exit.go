// Package exit says with which status mocloud ends, so that a CI job can tell what went wrong.
package exit

import "errors"

// The statuses of all commands, as docs/guides/cli.md has them. Anything else that goes wrong is Failed.
const (
	Failed    = 1
	Usage     = 2 // the command line or a setting cannot be understood
	Invalid   = 3 // the mock, document or template has errors
	NotLive   = 4 // the mock is not live on every mock server in the time given
	SignedOut = 5 // the server does not know the token, or the token may not do this
	Partial   = 6 // it worked, but an import left parts of the document out, or `verify` found other requests than were expected
	Stale     = 7 // somebody else changed the mock since it was pulled or pushed
)

// statusError is an error with a status.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// With gives err a status.
func With(status int, err error) error { return &statusError{status, err} }

// Status is the status that err ends the program with: 0 for nil.
func Status(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*statusError](err); ok {
		return e.status
	}
	return Failed
}
