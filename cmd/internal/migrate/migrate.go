// Package migrate is `mocloud migrate`.
package migrate

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/pkg/config"
	"github.com/mocloud/mocloud/pkg/secret"
	"github.com/mocloud/mocloud/services/api"
)

// Command migrates a database.
func Command() *cobra.Command {
	var restored bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database that DATABASE_URL names up to date",
		Long: `Bring the database that DATABASE_URL names up to date, or create its schema. The api does this itself when it starts,
unless API_MIGRATE is false: then run this as a separate job before a new version starts. A schema that is up to date is not changed.

After restoring a backup, run it once with --restored while no api is running: the change log will give its latest numbers a
second time, so everything that follows it must start over.`,
		Example: "  DATABASE_URL=postgres://mocloud@localhost:5432/mocloud mocloud migrate\n  mocloud migrate --restored",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, err := config.Load[struct {
				DatabaseURL secret.String `env:"DATABASE_URL,required"`
			}](os.Environ())
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			do, done := api.Migrate, "The schema is up to date."
			if restored {
				do, done = api.Restored, "The schema is up to date, and its change log begins a new epoch."
			}
			if err := do(cmd.Context(), env.DatabaseURL); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
			return err
		},
	}
	cmd.Flags().BoolVar(&restored, "restored", false, "the database was restored to an earlier state")
	return cmd
}
