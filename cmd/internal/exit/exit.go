// Package exit says with which status mocloud ends, so that a CI job can tell what went wrong. The commands import it.
package exit

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The statuses of all commands, as docs/guides/cli.md has them. Anything else that goes wrong is Failed.
const (
	Failed    = 1
	Usage     = 2 // the command line or a setting cannot be understood
	Invalid   = 3 // the mock, document or template has errors
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

// Arguments makes what is wrong with the arguments of a command, or of one below it, or with its flags together, a Usage error
// that says what is right.
func Arguments(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := cmp.Or(check(cmd, args), cmd.ValidateFlagGroups())
			switch similar := suggested(cmd, args); {
			case err == nil:
				return nil
			case similar != "":
				err = fmt.Errorf("there is no command `%s %s`: did you mean %s?", cmd.CommandPath(), args[0], similar)
			case cmd.HasAvailableSubCommands():
				err = fmt.Errorf("there is no command `%s %s`; `%s --help` shows those that there are", cmd.CommandPath(), args[0], cmd.CommandPath())
			default:
				err = fmt.Errorf("%w; write `%s`", err, cmd.UseLine())
			}
			return With(Usage, err)
		}
	}
	for _, sub := range cmd.Commands() {
		Arguments(sub)
	}
}

// suggested are the commands that args[0] may be a slip of, in words.
func suggested(cmd *cobra.Command, args []string) string {
	if len(args) == 0 || !cmd.HasAvailableSubCommands() {
		return ""
	}
	names := cmd.SuggestionsFor(args[0])
	for i, name := range names {
		names[i] = "`" + cmd.CommandPath() + " " + name + "`"
	}
	return strings.Join(names, " or ")
}
