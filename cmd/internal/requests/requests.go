// Package requests is `mocloud requests`: one request that a mock answered, in full, and forgetting them. `mocloud logs` lists and
// follows them.
package requests

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command shows requests in full.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "requests [WORKSPACE/]MOCK [ID]",
		Short: "Show a request and its answer in full, or delete all requests",
		Long: "Show the latest request that a mock answered, or the one with that ID, with headers and bodies as recorded.\n" +
			"`mocloud logs --json` prints the ids.",
		Example: "  mocloud requests pets\n  mocloud requests pets 01a2…\n  mocloud requests pets --clear",
		Args:    cobra.RangeArgs(1, 2),
	}
	forgetAll := cmd.Flags().Bool("clear", false, "delete all recorded requests of the mock; name its workspace, unless it is your own")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		if *forgetAll {
			return forget(ctx, s, args[0])
		}
		m, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		var id string
		if len(args) == 2 {
			id = args[1]
		} else {
			one := 1
			page, err := remote.Read((*client.ListRequestsResponse).GetJSON200)(s.ListRequestsWithResponse(ctx, m.ID, &client.ListRequestsParams{Limit: &one}))
			if err != nil {
				return err
			}
			if len(page.Items) == 0 {
				return fmt.Errorf("no requests to %s are recorded", remote.Name(m))
			}
			id = page.Items[0].ID
		}
		r, err := remote.Read((*client.GetRequestResponse).GetJSON200)(s.GetRequestWithResponse(ctx, m.ID, id))
		if err != nil {
			return err
		}
		return s.Show(r, func(out io.Writer) { show(out, r) })
	})
}

func show(out io.Writer, r *client.RecordedRequest) {
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	endpoint := r.Endpoint
	if endpoint == "" {
		endpoint = "no endpoint"
	}
	took := time.Duration(r.DurationUs) * time.Microsecond
	_, _ = fmt.Fprintf(out, "%s  %s  %s  (%s)\n\n", r.ID, r.Time.Local().Format(time.DateTime), took, endpoint) // Show tells whether it could be written
	_, _ = fmt.Fprintf(out, "%s %s\nHost: %s\n", remote.Printable(r.Method), remote.Printable(target), remote.Printable(r.Host))
	part(out, r.Request)
	_, _ = fmt.Fprintf(out, "\n%d\n", r.Status)
	part(out, r.Response)
}

func part(out io.Writer, p client.RecordedPart) {
	for _, h := range p.Headers {
		_, _ = fmt.Fprintf(out, "%s: %s\n", remote.Printable(h.Name), remote.Printable(h.Value))
	}
	switch {
	case p.Size == 0:
	case p.Encoding == client.Base64:
		_, _ = fmt.Fprintf(out, "\n(%d bytes that are not text; --json prints them in Base64)\n", p.Size)
	default:
		_, _ = fmt.Fprintf(out, "\n%s\n", remote.PrintableText(p.Body))
		if len(p.Body) < p.Size {
			_, _ = fmt.Fprintf(out, "… %d bytes in all\n", p.Size)
		}
	}
}

func forget(ctx context.Context, s *remote.Session, name string) error {
	m, err := s.Own(ctx, name)
	if err != nil {
		return err
	}
	if err := remote.Done(s.DeleteRequestsWithResponse(ctx, m.ID)); err != nil {
		return err
	}
	return s.Show(map[string]string{"cleared": remote.Name(m)}, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "Deleted the recorded requests of %s.\n", remote.Name(m))
	})
}
