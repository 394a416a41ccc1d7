// Package validate is `mocloud validate`: it checks mocks and prints what is wrong with them.
package validate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/input"
	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// errInvalid has nothing to say: the diagnostics have.
var errInvalid = exit.With(exit.Invalid, errors.New(""))

// Command returns the command.
func Command() *cobra.Command {
	var asJSON bool
	var mocks string
	var local bool
	c := &cobra.Command{
		Use:   "validate FILE…",
		Short: "Check mocks, and say what is wrong, where, and what to write instead",
		Long: "Check mocks. Each problem is one line: file:line:column: error|warning CODE: sentence.\n" +
			"The exit status is 3 when there is an error; warnings do not count. `-` reads standard input. The limits are those of a server\n" +
			"(1 MiB, 2,000 endpoints); with --local those of `mocloud run`, which takes files of any size.\n" +
			"For OpenAPI documents, WireMock mappings, Mockoon environments, Postman collections, HAR files and cURL commands, the mock\n" +
			"that `mocloud import` makes is checked.\n" +
			"With --mocks, FILE is one OpenAPI document, and another file maps its operation ids to responses.",
		Example: "  mocloud validate moclojer.yml\n  mocloud validate mocks/\n  mocloud validate openapi.yaml --mocks mocks.yaml\n  mocloud validate --json mocks/*.yml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			files, _, err := input.Files(names)
			if err != nil {
				return err
			}
			if mocks != "" && len(files) != 1 {
				return exit.With(exit.Usage, errors.New("--mocks needs exactly one FILE, an OpenAPI document"))
			}
			found := []mockspec.Diagnostic{} // not nil: `[]` in JSON
			var unread []error
			for _, file := range files {
				ds, err := check(cmd.Context(), cmd.InOrStdin(), file, mocks, local)
				if err != nil {
					unread = append(unread, err) // the other files are checked all the same
				}
				found = append(found, ds...)
			}
			if err := show(cmd.OutOrStdout(), found, asJSON); err != nil {
				return err
			}
			if len(unread) == 0 && mockspec.HasErrors(found) {
				return errInvalid
			}
			return errors.Join(unread...)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the problems as a JSON array")
	c.Flags().BoolVar(&local, "local", false, "check with the limits of mocloud run, not those of a server")
	c.Flags().StringVar(&mocks, "mocks", "", "`FILE` with the responses for an OpenAPI document")
	return c
}

// check reads one file: a mock, or another tool's document, which is imported if it has no file of answers.
func check(ctx context.Context, stdin io.Reader, file, mocks string, local bool) ([]mockspec.Diagnostic, error) {
	most := input.MaxDocument
	if local {
		most = mockspec.LocalLimits().Bytes
	}
	src, err := input.Read(stdin, file, most)
	if err != nil {
		return nil, err
	}
	o := mockspec.Options{Name: file, MocksName: mocks}
	if local {
		o.Limits = mockspec.LocalLimits()
	}
	switch {
	case mocks != "":
		answers, err := input.Read(stdin, mocks, input.MaxDocument)
		if err != nil {
			return nil, err
		}
		o.Limits.Bytes = input.MaxDocument
		_, ds := openapi.Pair(ctx, src, answers, o)
		return ds, nil
	case importer.Foreign(src):
		_, ds := input.Import(ctx, src, importer.Options{Name: file})
		return ds, nil
	}
	_, ds := mockspec.Parse(src, o)
	return ds, nil
}

func show(w io.Writer, ds []mockspec.Diagnostic, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(ds)
	}
	for _, d := range ds {
		if _, err := fmt.Fprintln(w, d); err != nil {
			return err
		}
	}
	return nil
}
