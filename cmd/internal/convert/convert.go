// Package convert is `mocloud import`: it makes a mock of an OpenAPI document. Only cmd/mocloud imports it.
package convert

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// maxDocument bounds a document on one's own disk, which may be larger than one that is sent.
const maxDocument = 64 << 20

// ImportCommand returns the command.
func ImportCommand() *cobra.Command {
	var output, prefix string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a mock of an OpenAPI document",
		Long: "Make a mock of an OpenAPI document (3.0, 3.1, or Swagger 2; YAML or JSON) and print it: an endpoint for each operation,\n" +
			"with the document's examples, and with values made from its schemas where it has none. What is left out is told on\n" +
			"standard error. Nothing but FILE is read; `-` is standard input.",
		Example: "  mocloud import petstore.yaml > pets.yml && mocloud run pets.yml\n  curl -s https://example.com/openapi.json | mocloud import - -o api.yml",
		Args:    exit.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			src, err := readDocument(cmd.InOrStdin(), files[0])
			if err != nil {
				return err
			}
			name := files[0]
			if name == "-" {
				name = "stdin"
			}
			made, problems := openapi.Import(src, openapi.Options{Name: name, Prefix: prefix, MaxBytes: maxDocument, MaxValues: 5_000_000})
			for _, d := range problems {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), d) // nobody is there to be told that it failed
			}
			if mockspec.HasErrors(problems) {
				return exit.With(exit.Invalid, fmt.Errorf("%s: no mock can be made of it", name))
			}
			if output != "" {
				return os.WriteFile(output, made.Content, 0o666) //nolint:gosec // a file like any other: the umask decides
			}
			_, err = cmd.OutOrStdout().Write(made.Content)
			return err
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write the mock to this `FILE`")
	c.Flags().StringVar(&prefix, "prefix", "", "put this `PATH` before every path, such as /v2")
	return c
}

func readDocument(stdin io.Reader, file string) ([]byte, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	return io.ReadAll(io.LimitReader(from, maxDocument+1)) // one byte too many is one that Import refuses
}
