// Package pull is `mocloud pull`.
package pull

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command gets a mock's content.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pull [WORKSPACE/]MOCK",
		Short: "Get a mock's content as it was written",
		Long: `Get a mock's content as it was written. The folder remembers its revision, so that ` + "`mocloud push`" + ` from there
does not overwrite somebody else's changes.`,
		Example: "  mocloud pull pets > pets.yml\n  mocloud pull acme/pets -o pets.yml",
		Args:    cobra.ExactArgs(1),
	}
	output := cmd.Flags().StringP("output", "o", "", "write to `FILE` instead of standard output")
	revision := cmd.Flags().Int("revision", 0, "the `NUMBER` of an earlier revision")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		found, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		var whole any
		var content *string
		number := *revision
		if *revision > 0 {
			r, err := remote.Read((*client.GetRevisionResponse).GetJSON200)(s.GetRevisionWithResponse(ctx, found.ID, *revision, nil))
			if err != nil {
				return err
			}
			whole, content = r, r.Content
		} else {
			m, err := remote.Read((*client.GetMockResponse).GetJSON200)(s.GetMockWithResponse(ctx, found.ID, nil))
			if err != nil {
				return err
			}
			whole, content, number = m, m.Content, m.Revision
		}
		if content == nil {
			return errors.New("the server's answer has no content")
		}
		switch {
		case *output != "":
			err = os.WriteFile(*output, []byte(*content), 0o666) //nolint:gosec // a file like any other: the umask decides
		case s.JSON:
			return s.Show(whole, nil)
		default:
			_, err = io.WriteString(s.Out, *content)
		}
		if err != nil {
			return err
		}
		seen, err := s.SeenIn(*output)
		if err != nil {
			return err
		}
		seen.Revisions[found.ID] = number
		return seen.Save()
	})
}
