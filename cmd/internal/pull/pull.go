// Package pull is `mocloud pull`. Only cmd/mocloud imports it.
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
		Use:     "pull [WORKSPACE/]MOCK",
		Short:   "Get a mock's content as it was written",
		Example: "  mocloud pull pets > pets.yml\n  mocloud pull acme/pets -o pets.yml",
		Args:    cobra.ExactArgs(1),
	}
	output := cmd.Flags().StringP("output", "o", "", "write to `FILE` rather than to standard output")
	revision := cmd.Flags().Int("revision", 0, "the `NUMBER` of an earlier revision")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, args []string) error {
		found, err := s.Mock(ctx, args[0])
		if err != nil {
			return err
		}
		var whole any
		var content *string
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
			whole, content = m, m.Content
		}
		if content == nil {
			return errors.New("the server's answer has no content")
		}
		if *output != "" {
			return os.WriteFile(*output, []byte(*content), 0o666) //nolint:gosec // a file like any other: the umask decides
		}
		if s.JSON {
			return s.Show(whole, nil)
		}
		_, err = io.WriteString(s.Out, *content)
		return err
	})
}
