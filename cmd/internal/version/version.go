// Package version is `mocloud version`.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// number is set by the build: -ldflags "-X github.com/mocloud/mocloud/cmd/internal/version.number=1.2.3".
var number = "dev" //nolint:gochecknoglobals // the linker can only set a variable

// Number is the version.
func Number() string { return number }

// Command prints the version, the commit it was built from and the Go version.
func Command() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "mocloud "+Text())
			return err
		},
	}
}

// Text is the version, the commit that it was built from, and for which system.
func Text() string {
	return fmt.Sprintf("%s%s %s %s/%s", number, commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// commit is " (abcdef012345)" if the build knows it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return " (" + s.Value[:12] + ")"
		}
	}
	return ""
}
