// Command mocloud is the one binary that a person runs: a whole mock cloud on a laptop, or one YAML file served.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/agents"
	"github.com/mocloud/mocloud/cmd/internal/backup"
	"github.com/mocloud/mocloud/cmd/internal/convert"
	"github.com/mocloud/mocloud/cmd/internal/doctor"
	"github.com/mocloud/mocloud/cmd/internal/domains"
	"github.com/mocloud/mocloud/cmd/internal/env"
	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/files"
	"github.com/mocloud/mocloud/cmd/internal/flags"
	"github.com/mocloud/mocloud/cmd/internal/format"
	"github.com/mocloud/mocloud/cmd/internal/healthcheck"
	"github.com/mocloud/mocloud/cmd/internal/history"
	"github.com/mocloud/mocloud/cmd/internal/invite"
	"github.com/mocloud/mocloud/cmd/internal/list"
	"github.com/mocloud/mocloud/cmd/internal/login"
	"github.com/mocloud/mocloud/cmd/internal/logs"
	"github.com/mocloud/mocloud/cmd/internal/manage"
	"github.com/mocloud/mocloud/cmd/internal/migrate"
	"github.com/mocloud/mocloud/cmd/internal/open"
	"github.com/mocloud/mocloud/cmd/internal/providers"
	"github.com/mocloud/mocloud/cmd/internal/pull"
	"github.com/mocloud/mocloud/cmd/internal/push"
	"github.com/mocloud/mocloud/cmd/internal/render"
	"github.com/mocloud/mocloud/cmd/internal/requests"
	"github.com/mocloud/mocloud/cmd/internal/run"
	"github.com/mocloud/mocloud/cmd/internal/search"
	"github.com/mocloud/mocloud/cmd/internal/state"
	"github.com/mocloud/mocloud/cmd/internal/tokens"
	"github.com/mocloud/mocloud/cmd/internal/try"
	"github.com/mocloud/mocloud/cmd/internal/up"
	"github.com/mocloud/mocloud/cmd/internal/validate"
	"github.com/mocloud/mocloud/cmd/internal/verify"
	"github.com/mocloud/mocloud/cmd/internal/version"
	"github.com/mocloud/mocloud/cmd/internal/webhooks"
	"github.com/mocloud/mocloud/pkg/process"
)

func main() {
	ctx, stop := process.SignalContext()
	root := &cobra.Command{
		Use:           "mocloud",
		Short:         "Mock APIs from YAML: write them, publish them, call them",
		Version:       version.Text(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	const here, there = "here", "there"
	root.AddGroup(&cobra.Group{ID: here, Title: "On this machine:"}, &cobra.Group{ID: there, Title: "On a server:"})
	group := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group(here, up.Command(), backup.Command(), run.Command(), validate.Command(), format.Command(), render.Command(), convert.ImportCommand(), providers.Command())
	group(there, login.Command(), login.LogoutCommand(), push.Command(), pull.Command(), list.Command(), logs.Command(), open.Command(), domains.Command(),
		manage.PublishCommand(), manage.UnpublishCommand(), manage.RemoveCommand(), manage.RestoreCommand(), manage.RenameCommand(), manage.CopyCommand(),
		history.Command(), history.DiffCommand(), history.RollbackCommand(), search.Command(), try.Command(), requests.Command(), webhooks.Command(),
		state.Command(), state.SessionsCommand(), state.ClockCommand(), verify.Command(), files.Command(), env.Command(), tokens.Command(), invite.Command(), agents.Command())
	root.AddCommand(migrate.Command(), doctor.Command(), healthcheck.Command(), version.Command())
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetArgs(flags.Join(os.Args[1:]))
	exit.Plainly(root)
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		if message := exit.Message(err); message != "" {
			fmt.Fprintln(os.Stderr, "mocloud: "+message)
		}
		os.Exit(exit.Status(err))
	}
}
