// Package history has the commands for a mock's revisions: history, diff and rollback.
package history

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command lists revisions.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history [WORKSPACE/]MOCK",
		Short:   "List a mock's revisions: who wrote them, when, and why",
		Example: "  mocloud history pets\n  mocloud history pets -n 100 --json",
		Args:    cobra.ExactArgs(1),
	}
	number := cmd.Flags().IntP("number", "n", 20, "how many of the latest to list, up to 200")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		if err := remote.CheckNumber(*number, 1); err != nil {
			return err
		}
		m, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		page, err := remote.Read((*client.ListRevisionsResponse).GetJSON200)(s.ListRevisionsWithResponse(ctx, m.ID, &client.ListRevisionsParams{Limit: number}))
		if err != nil {
			return err
		}
		return s.Show(page.Items, func(out io.Writer) {
			_, _ = fmt.Fprintln(out, "REVISION\tTIME\tAUTHOR\t\tMESSAGE") // Show tells whether it could be written
			for _, r := range page.Items {
				_, _ = fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", r.Revision, r.CreatedAt.Local().Format(time.DateTime), r.Author, notes(m, r), remote.Printable(r.Message))
			}
		})
	})
}

// notes are what else matters about a revision.
func notes(m *client.Mock, r client.Revision) string {
	text := ""
	add := func(when bool, note string) {
		if when && text != "" {
			text += ", "
		}
		if when {
			text += note
		}
	}
	add(r.Revision == m.PublishedRevision, "published")
	add(r.Errors > 0, "has errors")
	add(r.Pinned, "pinned "+r.Label)
	return text
}

// DiffCommand compares revisions.
func DiffCommand() *cobra.Command {
	return remote.Command(&cobra.Command{
		Use:     "diff [WORKSPACE/]MOCK [FROM [TO]]",
		Short:   "Show what changed between two revisions of a mock",
		Long:    "Show what changed between two revisions of a mock. Without numbers: between the published revision and the current one, or\nbetween the last two. With one number: from that revision to the current one.",
		Example: "  mocloud diff pets\n  mocloud diff pets 3\n  mocloud diff pets 3 5",
		Args:    cobra.RangeArgs(1, 3),
	}, func(ctx context.Context, s *remote.Session, args []string) error {
		numbers := make([]int, 0, 2)
		for _, arg := range args[1:] {
			n, err := revision(arg)
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		m, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		if len(numbers) == 0 && m.Revision == 1 && !s.JSON {
			_, err = fmt.Fprintf(s.Out, "%s has only one revision; there is nothing to compare it with.\n", remote.Name(m))
			return err
		}
		from, to := max(m.Revision-1, 1), m.Revision
		if m.PublishedRevision > 0 && m.PublishedRevision < m.Revision {
			from = m.PublishedRevision
		}
		if len(numbers) > 0 {
			from = numbers[0]
		}
		if len(numbers) > 1 {
			to = numbers[1]
		}
		d, err := remote.Read((*client.DiffRevisionsResponse).GetJSON200)(s.DiffRevisionsWithResponse(ctx, m.ID, to, &client.DiffRevisionsParams{From: &from}))
		if err != nil {
			return err
		}
		if s.JSON {
			return s.Show(d, nil)
		}
		if d.Text == "" {
			_, err = fmt.Fprintf(s.Out, "Revisions %d and %d have the same content.\n", d.From, d.To)
			return err
		}
		_, err = io.WriteString(s.Out, d.Text)
		return err
	})
}

// RollbackCommand goes back to an earlier revision.
func RollbackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollback [WORKSPACE/]MOCK REVISION",
		Short: "Go back to an earlier revision of a mock",
		Long: "Write an earlier revision's content as a new revision, which a published mock serves at once. Nothing is lost: the\n" +
			"history keeps the revision that was current. A mock without a WORKSPACE is in your own workspace.",
		Example: "  mocloud history pets\n  mocloud rollback pets 3",
		Args:    cobra.ExactArgs(2),
	}
	message := cmd.Flags().String("message", "", "`TEXT` for the mock's history")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		n, err := revision(args[1])
		if err != nil {
			return err
		}
		m, err := s.Own(ctx, args[0])
		if err != nil {
			return err
		}
		before := m.Revision
		m, err = remote.Read((*client.RollbackMockResponse).GetJSON200)(s.RollbackMockWithResponse(ctx, m.ID, nil, client.Rollback{Revision: n, Message: remote.Optional(*message)}))
		if err != nil {
			return err
		}
		m.Content = nil
		return s.Show(m, func(out io.Writer) {
			if m.Revision == before {
				_, _ = fmt.Fprintf(out, "%s has the content of revision %d already; nothing was changed (%s).\n", remote.Name(m), n, remote.State(m))
				return
			}
			_, _ = fmt.Fprintf(out, "%s is back at the content of revision %d, as revision %d (%s).\n", remote.Name(m), n, m.Revision, remote.State(m))
		})
	})
}

// revision reads the number of a revision.
func revision(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, exit.With(exit.Usage, fmt.Errorf("%q is not a revision number; `mocloud history` lists them", text))
	}
	return n, nil
}
