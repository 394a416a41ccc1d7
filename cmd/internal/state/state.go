// Package state is `mocloud state`, `mocloud sessions` and `mocloud clock`: what a mock remembers, for those who test with it.
package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

func sessionFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("session", "s", "", "`NAME` of the session, as in the header X-Mocloud-Session (default: the shared session)")
}

// Command reads, sets and resets state.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state [WORKSPACE/]MOCK [PATH [VALUE]]",
		Short: "Read, set or reset what a mock remembers",
		Long: "Show what a mock remembers, or the value at a dotted PATH, or set it to a VALUE: JSON, or else text. The items of a `crud` resource\n" +
			"are the list with its name. `-` at the end of a path appends to a list, and null removes. --reset restores the initial values, or,\n" +
			"with the name of a state, only that one.",
		Example: "  mocloud state shop\n  mocloud state shop orders.7\n  mocloud state shop orders.7 '{\"paid\":true}'\n  mocloud state shop chaos true --session ci-7\n" +
			"  mocloud state shop users @users.json\n  mocloud state shop --reset\n  mocloud state shop users --reset\n  mocloud state --control 127.0.0.1:8001 orders",
	}
	session := sessionFlag(cmd)
	reset := cmd.Flags().Bool("reset", false, "restore the initial values")
	return remote.MockCommand(cmd, 2, func(args []string) bool { return *reset || len(args) == 2 }, func(ctx context.Context, s *remote.Session, t remote.Target, args []string) error {
		switch {
		case *reset && len(args) == 2:
			return exit.With(exit.Usage, errors.New("--reset and a value cannot be combined"))
		case *reset:
			return forget(ctx, s, t, *session, args)
		case len(args) == 2:
			return set(ctx, s, t, *session, args[0], args[1])
		case len(args) == 1:
			v, err := remote.Read((*client.GetStateValueResponse).GetJSON200)(s.GetStateValueWithResponse(ctx, t.ID, args[0], &client.GetStateValueParams{SessionName: remote.Optional(*session)}))
			if err != nil {
				return err
			}
			return s.Show(v.Value, func(out io.Writer) { _, _ = fmt.Fprintln(out, indented(v.Value)) }) // Show tells whether it could be written
		}
		state, err := remote.Read((*client.GetStateResponse).GetJSON200)(s.GetStateWithResponse(ctx, t.ID, &client.GetStateParams{SessionName: remote.Optional(*session)}))
		if err != nil {
			return err
		}
		return s.Show(state, func(out io.Writer) { show(out, t, state) })
	})
}

func show(out io.Writer, t remote.Target, state *client.MockState) {
	if len(state.Values) == 0 && len(state.Counters) == 0 {
		_, _ = fmt.Fprintf(out, "%s remembers nothing: its file has no `state`, and no entry with `times` was used.\n", t.Name)
	}
	for _, v := range state.Values {
		note := ""
		if v.Initial {
			note = "(initial)"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\n", remote.Printable(v.Name), short(v.Value), note)
	}
	for _, c := range state.Counters {
		_, _ = fmt.Fprintf(out, "%s, entry %d\t%d of %d\tfor %s\n", remote.Printable(c.Endpoint), c.Entry, c.Count, c.Times, remote.Printable(c.Path))
	}
	if state.Clock.Own || state.Clock.Stopped {
		_, _ = fmt.Fprintln(out, timeOf(&state.Clock))
	}
}

// shown is how much of a value a list shows.
const shown = 100

func short(raw json.RawMessage) string {
	text := []rune(remote.Printable(string(raw)))
	if len(text) > shown {
		return string(text[:shown]) + "…"
	}
	return string(text)
}

func indented(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}

// maxValue bounds a value in a file; a session may have less.
const maxValue = 4 << 20

// value is what was written on the command line: JSON, else a text.
func value(s *remote.Session, text string) (json.RawMessage, error) {
	if name, ok := strings.CutPrefix(text, "@"); ok {
		content, err := input.Read(s.In, name, maxValue)
		if err != nil {
			return nil, err
		}
		if !json.Valid(content) {
			return nil, exit.With(exit.Invalid, fmt.Errorf("%s is not JSON", name))
		}
		return content, nil
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text), nil
	}
	if strings.ContainsAny(text, `{}[]"`) {
		return nil, exit.With(exit.Usage, fmt.Errorf("%s is neither JSON nor a plain text: in a shell, write JSON between single quotes", text))
	}
	return json.Marshal(text)
}

func set(ctx context.Context, s *remote.Session, t remote.Target, session, path, text string) error {
	v, err := value(s, text)
	if err != nil {
		return err
	}
	now, err := remote.Read((*client.PutStateValueResponse).GetJSON200)(s.PutStateValueWithResponse(ctx, t.ID, path,
		&client.PutStateValueParams{SessionName: remote.Optional(session)}, client.NewStateValue{Value: v}))
	if err != nil {
		return err
	}
	return s.Show(now, func(out io.Writer) { _, _ = fmt.Fprintf(out, "%s\t%s\n", remote.Printable(now.Name), short(now.Value)) })
}

func forget(ctx context.Context, s *remote.Session, t remote.Target, session string, args []string) error {
	params := &client.DeleteStateParams{SessionName: remote.Optional(session)}
	what := "The state of " + t.Name
	if len(args) == 1 {
		params.Name, what = &args[0], args[0]+" of "+t.Name
	}
	if err := remote.Done(s.DeleteStateWithResponse(ctx, t.ID, params)); err != nil {
		return err
	}
	if session != "" {
		what += " in the session " + session
	}
	return s.Show(map[string]string{"reset": t.Name}, func(out io.Writer) { _, _ = fmt.Fprintln(out, what+" has its initial values again.") })
}

// SessionsCommand lists and forgets sessions.
func SessionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sessions [WORKSPACE/]MOCK",
		Short:   "List the sessions of a mock, or delete one",
		Long:    "List the sessions that a mock remembers, the latest used first: each has its own state, counters and clock.",
		Example: "  mocloud sessions shop\n  mocloud sessions shop --forget ci-7",
	}
	gone := cmd.Flags().String("forget", "", "delete the session with this `NAME`")
	return remote.MockCommand(cmd, 0, func([]string) bool { return *gone != "" }, func(ctx context.Context, s *remote.Session, t remote.Target, _ []string) error {
		if *gone != "" {
			if err := remote.Done(s.DeleteMockSessionWithResponse(ctx, t.ID, *gone)); err != nil {
				return err
			}
			return s.Show(map[string]string{"forgotten": *gone}, func(out io.Writer) { _, _ = fmt.Fprintf(out, "Deleted the session %s.\n", *gone) })
		}
		list, err := remote.Read((*client.ListMockSessionsResponse).GetJSON200)(s.ListMockSessionsWithResponse(ctx, t.ID))
		if err != nil {
			return err
		}
		return s.Show(list.Items, func(out io.Writer) {
			if len(list.Items) == 0 {
				_, _ = fmt.Fprintf(out, "%s has no sessions.\n", t.Name)
				return
			}
			_, _ = fmt.Fprintln(out, "SESSION\tBYTES\tLAST USED\tFORGOTTEN")
			for _, i := range list.Items {
				name := i.Name
				if name == "" {
					name = "(common)"
				}
				_, _ = fmt.Fprintf(out, "%s\t%d\t%s\t%s\n", remote.Printable(name), i.Bytes, i.UsedAt.Local().Format(time.DateTime), i.ExpiresAt.Local().Format(time.DateTime))
			}
		})
	})
}

// ClockCommand changes the time of a session.
func ClockCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clock [WORKSPACE/]MOCK",
		Short: "Show, set, stop or advance the time of a session",
		Long: "Show or change the time of a mock's session, which `now` in templates and conditions follows. Delays, rate limits and\n" +
			"expiries do not.",
		Example: "  mocloud clock shop --session ci-7\n  mocloud clock shop --session ci-7 --advance 2h\n  mocloud clock shop --session ci-7 --at 2026-12-24T18:00:00Z --stop\n" +
			"  mocloud clock shop --session ci-7 --go\n  mocloud clock shop --session ci-7 --reset",
	}
	session := sessionFlag(cmd)
	at := cmd.Flags().String("at", "", "set it to this `TIME`, such as 2026-12-24T18:00:00Z")
	advance := cmd.Flags().String("advance", "", "move it ahead by this `DURATION`, such as 90s, 2h30m or 3d; a minus moves it back")
	stop := cmd.Flags().Bool("stop", false, "stop it")
	goes := cmd.Flags().Bool("go", false, "let it run again")
	reset := cmd.Flags().Bool("reset", false, "let the session follow the mock's time again")
	cmd.MarkFlagsMutuallyExclusive("stop", "go", "reset")
	changes := func([]string) bool {
		return slices.ContainsFunc([]string{"at", "advance", "stop", "go", "reset"}, cmd.Flags().Changed)
	}
	return remote.MockCommand(cmd, 0, changes, func(ctx context.Context, s *remote.Session, t remote.Target, _ []string) error {
		if *reset {
			if err := remote.Done(s.DeleteClockWithResponse(ctx, t.ID, &client.DeleteClockParams{SessionName: remote.Optional(*session)})); err != nil {
				return err
			}
		} else if changes(nil) {
			update := client.ClockUpdate{Advance: remote.Optional(*advance)}
			if *at != "" {
				parsed, err := time.Parse(time.RFC3339, *at)
				if err != nil {
					return exit.With(exit.Usage, fmt.Errorf("--at %s is not a time: write it like 2026-12-24T18:00:00Z", *at))
				}
				update.At = &parsed
			}
			if *stop || *goes {
				update.Stopped = stop
			}
			if _, err := remote.Read((*client.PutClockResponse).GetJSON200)(s.PutClockWithResponse(ctx, t.ID, &client.PutClockParams{SessionName: remote.Optional(*session)}, update)); err != nil {
				return err
			}
		}
		state, err := remote.Read((*client.GetStateResponse).GetJSON200)(s.GetStateWithResponse(ctx, t.ID, &client.GetStateParams{SessionName: remote.Optional(*session)}))
		if err != nil {
			return err
		}
		return s.Show(state.Clock, func(out io.Writer) { _, _ = fmt.Fprintln(out, timeOf(&state.Clock)) })
	})
}

func timeOf(c *client.Clock) string {
	text := "It is " + c.Now.UTC().Format(time.RFC3339)
	if c.Stopped {
		text += ", and stays so"
	}
	if c.Own {
		return text + ", in this session alone."
	}
	return text + "."
}
