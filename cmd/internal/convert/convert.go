// Package convert is `mocloud import`: it makes a mock from another tool's document.
package convert

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// ImportCommand returns the command.
func ImportCommand() *cobra.Command {
	var output, prefix, check string
	var strict bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a mock from an OpenAPI, WireMock, Mockoon, Postman or HAR file, or cURL commands",
		Long: "Make a mock from an OpenAPI document (3.0, 3.1, or Swagger 2; YAML or JSON), WireMock mappings, a Mockoon environment,\n" +
			"a Postman collection, a HAR file or cURL commands, and print it: an endpoint for each operation or request, with the answers from FILE,\n" +
			"and with values made from the schemas of an OpenAPI document that has no examples. FILE is recognised by its content.\n" +
			"What is left out is listed on standard error; if that is a tenth of its operations or more, the status is 6. Nothing but\n" +
			"FILE is read; `-` is standard input.",
		Example: "  mocloud import petstore.yaml > pets.yml && mocloud run pets.yml\n  curl -s https://example.com/openapi.json | mocloud import - -o api.yml\n  mocloud import recorded.har -o api.yml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			switch check {
			case "", mockspec.ValidateStrict, mockspec.ValidateWarn:
			default:
				return exit.With(exit.Usage, fmt.Errorf("--validate cannot be %q: write strict or warn", check))
			}
			src, err := input.Read(cmd.InOrStdin(), files[0], input.MaxDocument)
			if err != nil {
				return err
			}
			name := files[0]
			if name == "-" {
				name = "stdin"
			}
			made, problems := input.Import(cmd.Context(), src, importer.Options{Name: name, Prefix: prefix, Validate: check})
			for _, d := range problems {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), d) // nobody is there to be told that it failed
			}
			if mockspec.HasErrors(problems) {
				return exit.With(exit.Invalid, fmt.Errorf("%s: no mock can be made from it", name))
			}
			lost := input.MuchLeftOut(made, problems)
			if lost != "" && strict {
				return exit.With(exit.Invalid, fmt.Errorf("%s: %s", name, lost))
			}
			if output != "" {
				err = os.WriteFile(output, made.Content, 0o666) //nolint:gosec // a file like any other: the umask decides
			} else {
				_, err = cmd.OutOrStdout().Write(made.Content)
			}
			if err == nil && lost != "" {
				err = exit.With(exit.Partial, fmt.Errorf("%s: %s", name, lost))
			}
			return err
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write the mock to this `FILE`")
	c.Flags().StringVar(&prefix, "prefix", "", "prepend this `PATH` to every path, such as /v2")
	c.Flags().StringVar(&check, "validate", "", "check the whole contract of requests, and their security, as an OpenAPI document has them; `MODE` is strict (refuse) or warn (say so in a header)")
	c.Flags().BoolVar(&strict, "strict", false, "fail if much of the document would be left out")
	return c
}
