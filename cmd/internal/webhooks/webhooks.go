// Package webhooks is `mocloud webhooks`: what became of the webhooks that a mock sent.
package webhooks

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists deliveries.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "webhooks [WORKSPACE/]MOCK",
		Short:   "Show the webhooks that a mock sent, and whether they were delivered",
		Long:    "Show the webhooks that a mock sent, the latest last, and whether they were delivered, or why not.",
		Example: "  mocloud webhooks orders\n  mocloud webhooks orders --json",
		Args:    cobra.ExactArgs(1),
	}
	number := cmd.Flags().IntP("number", "n", 20, "how many of the latest to show, up to 200")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		if err := remote.CheckNumber(*number, 1); err != nil {
			return err
		}
		m, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		page, err := remote.Read((*client.ListWebhooksResponse).GetJSON200)(s.ListWebhooksWithResponse(ctx, m.ID, &client.ListWebhooksParams{Limit: number}))
		if err != nil {
			return err
		}
		return s.Show(page.Items, func(out io.Writer) {
			if len(page.Items) == 0 {
				_, _ = fmt.Fprintf(out, "%s sent no webhooks.\n", remote.Name(m)) // Show tells whether it could be written
				return
			}
			for _, w := range slices.Backward(page.Items) {
				_, _ = fmt.Fprintln(out, line(w))
			}
		})
	})
}

func line(w client.Webhook) string {
	text := fmt.Sprintf("%s\t%s\t%s %s\tafter %s", w.QueuedAt.Local().Format(time.DateTime), w.State, w.Method, remote.Printable(w.URL), w.Endpoint)
	if w.Status != nil {
		text += fmt.Sprintf("\tanswered %d", *w.Status)
	}
	if w.Reason != nil && *w.Reason != "" {
		text += "\t" + remote.Printable(*w.Reason)
	}
	return text
}
