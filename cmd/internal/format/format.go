// Package format is `mocloud fmt`: it writes mocks in canonical form.
package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// errUnformatted ends the program with status 1; the names of the files have been printed.
var errUnformatted = errors.New("")

// Command returns the command.
func Command() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "fmt FILE…",
		Short: "Rewrite mocks in canonical form, keeping comments",
		Long: "Rewrite mocks in place: two spaces a level, one empty line between items, keys in the order of the reference.\n" +
			"Comments are kept and the meaning stays the same. `-` reads standard input and writes standard output.",
		Example: "  mocloud fmt moclojer.yml\n  mocloud fmt --check mocks/*.yml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			different := false
			for _, file := range files {
				changed, err := one(cmd, file, check)
				if err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				different = different || changed
			}
			if check && different {
				return errUnformatted
			}
			return nil
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing; print the files that are not in canonical form, and exit with status 1 if there are any")
	return c
}

// one formats one file and reports whether it was not in canonical form.
func one(cmd *cobra.Command, file string, check bool) (bool, error) {
	var src []byte
	var err error
	if file == "-" {
		src, err = io.ReadAll(io.LimitReader(cmd.InOrStdin(), int64(mockspec.DefaultLimits().Bytes)+1))
	} else {
		src, err = os.ReadFile(file)
	}
	if err != nil {
		return false, err
	}
	out, err := mockspec.Format(src)
	if err != nil {
		return false, exit.With(exit.Invalid, err)
	}
	changed := !bytes.Equal(src, out)
	switch {
	case check && changed:
		_, err = fmt.Fprintln(cmd.OutOrStdout(), file)
	case check:
	case file == "-":
		_, err = cmd.OutOrStdout().Write(out)
	case changed:
		err = replace(file, out)
	}
	return changed, err
}

// replace writes a file so that it has the old or the new content, whatever happens in between.
func replace(file string, content []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".mocloud-fmt-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when all went well
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
