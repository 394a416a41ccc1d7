// Package pull is `mocloud pull`. Only cmd/mocloud imports it.
package pull

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command gets a mock's content.
func Command() *cobra.Command {
	var flags remote.Flags
	var output string
	var revision int
	cmd := &cobra.Command{
		Use:     "pull [WORKSPACE/]MOCK",
		Short:   "Get a mock's content as it was written",
		Example: "  mocloud pull pets > pets.yml\n  mocloud pull acme/pets -o pets.yml",
		Args:    exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.Connect()
			if err != nil {
				return err
			}
			found, err := remote.MustFind(cmd.Context(), c, remote.ParseRef(args[0]))
			if err != nil {
				return err
			}
			if revision > 0 {
				r, err := remote.Read((*client.GetRevisionResponse).GetJSON200)(c.GetRevisionWithResponse(cmd.Context(), found.ID, revision, nil))
				if err != nil {
					return err
				}
				return give(cmd, flags.JSON, output, r, r.Content)
			}
			m, err := remote.Read((*client.GetMockResponse).GetJSON200)(c.GetMockWithResponse(cmd.Context(), found.ID, nil))
			if err != nil {
				return err
			}
			return give(cmd, flags.JSON, output, m, m.Content)
		},
	}
	flags.Add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` rather than to standard output")
	cmd.Flags().IntVar(&revision, "revision", 0, "the `NUMBER` of an earlier revision")
	return cmd
}

// give prints or writes what was pulled.
func give(cmd *cobra.Command, asJSON bool, output string, whole any, content *string) error {
	switch {
	case asJSON:
		return remote.PrintJSON(cmd.OutOrStdout(), whole)
	case content == nil:
		return errors.New("the server's answer has no content")
	case output != "":
		return os.WriteFile(output, []byte(*content), 0o644) //nolint:gosec // a mock is a file like any other of the user's
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), *content)
	return err
}
