package remote

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/secret"
)

// Target is the mock that a command is about.
type Target struct{ ID, Name string }

// MockCommand completes a command whose first argument names a mock, and that takes up to most further ones: a mock of a server, or with
// --control, and without the argument, the one that `mocloud run --control` serves. A command that changes something looks for the mock in
// the caller's own workspace.
func MockCommand(cmd *cobra.Command, most int, changes func(args []string) bool, run func(ctx context.Context, s *Session, t Target, args []string) error) *cobra.Command {
	control := cmd.Flags().String("control", "", "ask the `ADDRESS` that `mocloud run --control` answers on, about the mock that it serves; MOCK is left out then")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case *control == "" && len(args) == 0:
			return errors.New("name a mock")
		case *control == "" && len(args) > most+1, *control != "" && len(args) > most:
			return errors.New("too many")
		}
		return nil
	}
	cmd = Command(cmd, func(ctx context.Context, s *Session, args []string) error {
		find := s.Mock
		if changes(args[1:]) {
			find = s.Own
		}
		m, err := find(ctx, args[0])
		if err != nil {
			return err
		}
		return run(ctx, s, Target{m.ID, Name(m)}, args[1:])
	})
	onServer := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *control == "" {
			return onServer(cmd, args)
		}
		if _, _, err := net.SplitHostPort(*control); err != nil {
			return exit.With(exit.Usage, fmt.Errorf("--control %s is not an address: write it like 127.0.0.1:8001", *control))
		}
		c, err := New("http://"+*control, secret.String{})
		if err != nil {
			return err
		}
		asJSON, err := cmd.Flags().GetBool("json")
		if err != nil {
			return err
		}
		s := &Session{ClientWithResponses: c, Server: "http://" + *control, In: cmd.InOrStdin(), Out: cmd.OutOrStdout(), Aside: cmd.ErrOrStderr(), JSON: asJSON}
		return run(cmd.Context(), s, Target{"run", "the mock"}, args)
	}
	return cmd
}
