// Package logs is `mocloud logs`: the requests that a mock answered.
package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command shows requests.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logs [WORKSPACE/]MOCK",
		Short: "Show the requests that a mock answered",
		Long: `Show the requests that a mock answered, the latest last. If a mock is called very often, only some of its requests are
recorded. With --json each request is one line.`,
		Example: "  mocloud logs pets\n  mocloud logs pets -f\n  mocloud logs pets -n 100 --status 5xx --json",
		Args:    cobra.ExactArgs(1),
	}
	var l logs
	flags := cmd.Flags()
	flags.BoolVarP(&l.follow, "follow", "f", false, "keep showing requests as they arrive")
	flags.IntVarP(&l.number, "number", "n", 20, "how many of the latest to show, up to 200")
	flags.StringVar(&l.status, "status", "", "only requests answered with this `STATUS`, such as 404 or 5xx")
	flags.StringVar(&l.method, "method", "", "only requests with this `METHOD`")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		l.Session = s
		return l.run(ctx, args[0])
	})
}

type logs struct {
	*remote.Session
	follow         bool
	number         int
	status, method string
}

func (l *logs) run(ctx context.Context, name string) error {
	if err := remote.CheckNumber(l.number, 0); err != nil {
		return err
	}
	if l.status != "" && !isStatus(l.status) {
		return exit.With(exit.Usage, fmt.Errorf("--status is %q: write a status or a class of statuses, such as 404 or 5xx", l.status))
	}
	m, err := l.Mock(ctx, name)
	if err != nil {
		return err
	}
	if l.number > 0 {
		params := client.ListRequestsParams{Limit: &l.number, Status: remote.Optional(l.status)}
		if l.method != "" {
			params.Method = &[]string{strings.ToUpper(l.method)}
		}
		page, err := remote.Read((*client.ListRequestsResponse).GetJSON200)(l.ListRequestsWithResponse(ctx, m.ID, &params))
		if err != nil {
			return err
		}
		for _, r := range slices.Backward(page.Items) {
			if err := l.show(r); err != nil {
				return err
			}
		}
		if len(page.Items) == 0 && !l.follow && !l.JSON {
			l.Note("No such requests are recorded. Call the mock: %s", m.URL)
		}
	}
	if !l.follow {
		l.undelivered(ctx, m)
		return nil
	}
	return remote.Follow(ctx, func(ctx context.Context, lastID string) (*http.Response, error) {
		return l.StreamRequests(ctx, m.ID, &client.StreamRequestsParams{LastEventID: remote.Optional(lastID)})
	}, l.event)
}

// undelivered tells of webhooks that did not arrive: nobody looks for them otherwise.
func (l *logs) undelivered(ctx context.Context, m *client.Mock) {
	if l.JSON {
		return
	}
	page, err := remote.Read((*client.ListWebhooksResponse).GetJSON200)(l.ListWebhooksWithResponse(ctx, m.ID, nil))
	if err != nil {
		return // the requests were shown, and they were what was asked for
	}
	failed, reason := 0, ""
	for _, w := range page.Items {
		if w.State == client.Failed || w.State == client.Dropped {
			failed++
			if w.Reason != nil && reason == "" {
				reason = *w.Reason
			}
		}
	}
	what := "1 webhook was not delivered"
	switch {
	case failed == 0:
		return
	case failed > 1:
		what = fmt.Sprintf("%d webhooks were not delivered, the latest", failed)
	}
	l.Note("%s because %s; `mocloud webhooks %s` lists them.", what, remote.Printable(reason), remote.Name(m))
}

// isStatus reports whether s is a status, or a class of them such as 5xx.
func isStatus(s string) bool {
	if class, ok := strings.CutSuffix(strings.ToLower(s), "xx"); ok {
		s = class + "00"
	}
	status, err := strconv.Atoi(s)
	return err == nil && status >= 100 && status <= 599
}

// event takes one event of the stream.
func (l *logs) event(name, data string) error {
	switch name {
	case "request":
		var r client.Request
		if err := json.Unmarshal([]byte(data), &r); err != nil {
			return fmt.Errorf("the server's event cannot be read: %w", err)
		}
		if l.wanted(r) {
			return l.show(r)
		}
	case "reset":
		l.Note("… there were more requests than could be shown")
	}
	return nil
}

func (l *logs) wanted(r client.Request) bool {
	status, wanted := fmt.Sprint(r.Status), strings.ToLower(l.status)
	return (l.method == "" || strings.EqualFold(l.method, r.Method)) &&
		(wanted == "" || wanted == status || wanted == status[:1]+"xx")
}

func (l *logs) show(r client.Request) error {
	if l.JSON {
		enc := json.NewEncoder(l.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	took := time.Duration(r.DurationUs) * time.Microsecond
	_, err := fmt.Fprintf(l.Out, "%s  %d  %-7s %s  %s\n", r.Time.Local().Format(time.DateTime), r.Status, r.Method, remote.Printable(target), took.Round(10*time.Microsecond))
	return err
}
