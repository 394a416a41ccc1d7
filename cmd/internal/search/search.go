// Package search is `mocloud search`: text in all mocks.
package search

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command searches.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "search TEXT",
		Short:   "Find text in the names and contents of your mocks",
		Long:    "Find text in the slugs, names and contents of your mocks, ignoring case. Each matching line is printed.",
		Example: "  mocloud search /users/:id\n  mocloud search EUR --workspace acme --json",
		Args:    cobra.ExactArgs(1),
	}
	workspace := cmd.Flags().String("workspace", "", "only the mocks of the workspace with this `SLUG`")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		mocks, err := s.Mocks(ctx, client.ListMocksParams{WorkspaceSlug: remote.Optional(*workspace)})
		if err != nil {
			return err
		}
		found := make([][]match, len(mocks))
		err = remote.Each(ctx, len(mocks), func(ctx context.Context, i int) error {
			m, err := remote.Read((*client.GetMockResponse).GetJSON200)(s.GetMockWithResponse(ctx, mocks[i].ID, nil))
			if err == nil {
				found[i] = in(m, args[0])
			}
			return err
		})
		if err != nil {
			return err
		}
		all := []match{}
		for _, some := range found {
			all = append(all, some...)
		}
		return s.Show(all, func(out io.Writer) {
			if len(all) == 0 {
				_, _ = fmt.Fprintf(out, "None of %d mocks contains %q.\n", len(mocks), args[0]) // Show tells whether it could be written
			}
			for _, m := range all {
				if m.Line == 0 {
					_, _ = fmt.Fprintf(out, "%s: %s\n", m.Mock, m.Text)
				} else {
					_, _ = fmt.Fprintf(out, "%s:%d: %s\n", m.Mock, m.Line, m.Text)
				}
			}
		})
	})
}

// match is a place where the text is.
type match struct {
	Mock string `json:"mock"`
	Line int    `json:"line"` // of the content; 0: its name
	Text string `json:"text"`
}

// longest is how much of a line is printed, in bytes.
const longest = 200

// in are the places of a mock that have the text.
func in(m *client.Mock, text string) []match {
	var found []match
	text = strings.ToLower(text)
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	if has(m.Slug) || has(m.Name) {
		found = append(found, match{remote.Name(m), 0, remote.Printable(m.Name)})
	}
	if m.Content == nil {
		return found
	}
	number := 0
	for line := range strings.Lines(*m.Content) {
		number++
		if !has(line) {
			continue
		}
		line = strings.TrimSpace(line)
		if len(line) > longest {
			line = line[:longest] + "…"
		}
		found = append(found, match{remote.Name(m), number, remote.Printable(line)})
	}
	return found
}
