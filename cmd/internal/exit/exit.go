// Package exit says with which status mocloud ends, so that a CI job can tell what went wrong. The commands import it.
package exit

import (
	"errors"

	"github.com/spf13/cobra"
)

// The statuses. Anything else that goes wrong is Failed.
const (
	Failed    = 1
	Usage     = 2 // the command line cannot be understood
	Invalid   = 3 // the mock has errors
	NotLive   = 4 // the mock is not live on every mock server in the time given
	SignedOut = 5 // the server does not know who calls, or does not let them
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

// Args makes what check finds wrong with the arguments a Usage error.
func Args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return With(Usage, err)
		}
		return nil
	}
}
