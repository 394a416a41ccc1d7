// Package verify is `mocloud verify`: whether the requests came that a test expects.
package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// options are the flags.
type options struct {
	conditions     []string
	file           string
	times          int
	atLeast        int
	atMost         int
	session, since string
	wait           string
	junit          string
	inOrder        bool
}

// Command verifies requests.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [WORKSPACE/]MOCK",
		Short: "Check that a mock got the requests that a test expects",
		Long: "Check how many of the requests to a mock a condition holds for: the same conditions as `if` in its file, as YAML. It says why not, and\n" +
			"ends with status 6 then. Several conditions, each with its own numbers, are in a --file: a list of `if` with `times`, `at_least` or `at_most`.\n" +
			"`answer.status` and `answer.endpoint` name what was answered. What recording masks, such as Authorization, cannot be checked.",
		Example: "  mocloud verify shop --if '{request.method: POST, request.path: /orders}' --times 2\n" +
			"  mocloud verify shop --session ci-7 --if '{request.path: /orders, json-params.id: 7}'\n" +
			"  mocloud verify shop --file expected.yml --in-order\n  mocloud verify --control 127.0.0.1:8001 --if '{answer.status: {gte: 500}}' --times 0",
	}
	var o options
	f := cmd.Flags()
	f.StringArrayVar(&o.conditions, "if", nil, "a `CONDITION`, as in a mock's file; can be repeated")
	f.StringVar(&o.file, "file", "", "read the expectations from this `FILE`")
	f.IntVar(&o.times, "times", 0, "expect exactly `N` requests (default: at least one)")
	f.IntVar(&o.atLeast, "at-least", 0, "expect at least `N`")
	f.IntVar(&o.atMost, "at-most", 0, "expect at most `N`")
	f.StringVarP(&o.session, "session", "s", "", "look at the requests of the session of this `NAME` only")
	f.StringVar(&o.since, "since", "", "look at requests since this `TIME`, such as 10m or 2026-12-24T18:00:00Z (default: the last hour)")
	f.StringVar(&o.wait, "wait-for", "", "how long to wait for the mock servers' reports, as a `DURATION` such as 5s")
	f.StringVar(&o.junit, "junit", "", "also write a report for CI systems (JUnit's XML) to this `FILE`")
	f.BoolVar(&o.inOrder, "in-order", false, "expect the requests of each condition after those of the one before")
	return remote.MockCommand(cmd, 0, func([]string) bool { return false }, func(ctx context.Context, s *remote.Session, t remote.Target, _ []string) error {
		body, err := o.body(cmd, s)
		if err != nil {
			return err
		}
		v, err := remote.Read((*client.VerifyMockResponse).GetJSON200)(s.VerifyMockWithResponse(ctx, t.ID, *body))
		if err != nil {
			return err
		}
		if err := s.Show(v, func(out io.Writer) { show(out, body.Expect, v) }); err != nil {
			return err
		}
		if o.junit != "" {
			if err := report(t.Name, body.Expect, v).write(o.junit); err != nil {
				return err
			}
		}
		if !v.Ok {
			return exit.With(exit.Partial, fmt.Errorf("the requests to %s are not as expected", t.Name))
		}
		return nil
	})
}

const maxFile = 1 << 20

// body is what the flags ask for.
func (o *options) body(cmd *cobra.Command, s *remote.Session) (*client.NewVerification, error) {
	out := &client.NewVerification{SessionName: remote.Optional(o.session), InOrder: &o.inOrder, Wait: remote.Optional(o.wait)}
	if o.since != "" {
		at, err := time.Parse(time.RFC3339, o.since)
		if d, ago := time.ParseDuration(o.since); ago == nil && d >= 0 {
			at, err = time.Now().Add(-d), nil
		}
		if err != nil {
			return nil, exit.With(exit.Usage, fmt.Errorf("--since %s is neither a duration such as 10m nor a time such as 2026-12-24T18:00:00Z", o.since))
		}
		out.Since = &at
	}
	number := func(name string, n *int) *int {
		if cmd.Flags().Changed(name) {
			return n
		}
		return nil
	}
	for _, text := range o.conditions {
		condition, err := asJSON([]byte(text))
		if err != nil {
			return nil, exit.With(exit.Usage, fmt.Errorf("--if %s: %w", text, err))
		}
		out.Expect = append(out.Expect, client.Expectation{
			If: condition, Times: number("times", &o.times), AtLeast: number("at-least", &o.atLeast), AtMost: number("at-most", &o.atMost),
		})
	}
	if o.file != "" {
		content, err := input.Read(s.In, o.file, maxFile)
		if err != nil {
			return nil, err
		}
		list, err := asJSON(content)
		if err != nil {
			return nil, exit.With(exit.Invalid, fmt.Errorf("%s: %w", o.file, err))
		}
		var expect []client.Expectation
		if err := json.Unmarshal(list, &expect); err != nil {
			return nil, exit.With(exit.Invalid, fmt.Errorf("%s is no list of expectations: write `- if: {…}` and, if wanted, `times`, `at_least` or `at_most`", o.file))
		}
		out.Expect = append(out.Expect, expect...)
	}
	if len(out.Expect) == 0 {
		return nil, exit.With(exit.Usage, errors.New("nothing is expected: write --if '{request.path: /orders}', or name a --file"))
	}
	return out, nil
}

// asJSON reads YAML, which JSON is too.
func asJSON(text []byte) (json.RawMessage, error) {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("this has no form in JSON: %w", err)
	}
	return encoded, nil
}

func show(out io.Writer, expect []client.Expectation, v *client.Verification) {
	for i, e := range v.Expect {
		word, reason := "ok", fmt.Sprintf("%d", e.Count)
		if !e.Ok {
			word = "NOT AS EXPECTED"
		}
		if e.Reason != nil {
			reason = *e.Reason
		}
		_, _ = fmt.Fprintf(out, "%s: %s: %s\n", word, remote.Printable(string(expect[i].If)), remote.Printable(reason)) // Show tells whether it could be written
		for _, n := range e.Nearest {
			_, _ = fmt.Fprintf(out, "    near: %s at %s: %s\n", remote.Printable(n.Request), n.Time.Local().Format(time.TimeOnly), remote.Printable(n.Why))
		}
	}
	if !v.Settled {
		_, _ = fmt.Fprintln(out, "Not all mock servers have reported yet; more requests may come.")
	}
	if v.NotKept > 0 {
		_, _ = fmt.Fprintf(out, "%d requests of the mock were not recorded.\n", v.NotKept)
	}
}
