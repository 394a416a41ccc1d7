// Package push is `mocloud push`: files become published mocks.
package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/flags"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command pushes files.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push FILE…",
		Short: "Create or edit mocks from files, and publish them",
		Long: `Create or edit a mock from each file, and publish it. FILE is a mock; an OpenAPI document, WireMock mappings, a Mockoon
environment, a Postman collection, a HAR file or cURL commands, from which a mock is made as by ` + "`mocloud import`" + `; a folder, of
which every .yml, .yaml and .json file is pushed; or - for standard input.

A mock has its file's name and belongs to your own workspace, unless --mock or --workspace says otherwise. Everything is checked
before anything changes: names, contents, and whether the workspace has room. A mock that somebody else changed since you pulled
or pushed it is not overwritten, unless you add --force. When the server limits the rate of requests, push waits.

With --json the mock is printed as the API gives it, without its content; a list of mocks for several files or a folder.
docs/guides/cli.md lists the exit statuses.`,
		Example: "  mocloud push pets.yml\n  mocloud push openapi.yaml --mock acme/pets --wait\n  mocloud push mocks/ --workspace acme --message \"$(git rev-parse --short HEAD)\"\n  mocloud push mocks/ --dry-run",
		Args:    cobra.MinimumNArgs(1),
	}
	var p push
	f := cmd.Flags()
	f.StringVar(&p.mock, "mock", "", "`[WORKSPACE/]SLUG` of the mock (default: the file's name)")
	f.StringVar(&p.workspace, "workspace", "", "`SLUG` of the workspace (default: your own)")
	f.StringVar(&p.message, "message", "", "`TEXT` for the mock's history")
	f.BoolVar(&p.draft, "draft", false, "store the mock without publishing it")
	f.BoolVar(&p.force, "force", false, "overwrite changes that somebody else made since you pulled or pushed the mock")
	f.BoolVar(&p.strict, "strict", false, "change nothing if a mock would lack much of its document, or files that it uses")
	f.BoolVar(&p.dryRun, "dry-run", false, "check everything and say what would happen")
	f.BoolVarP(&p.quiet, "quiet", "q", false, "print only problems")
	flags.Wait(f, &p.wait, 30*time.Second, "wait until the mock is live on every mock server, for 30s or for `TIME`")
	return remote.Command(cmd, func(ctx context.Context, s *remote.Session, files []string) error {
		p.Session = s
		return p.run(ctx, files)
	})
}

type push struct {
	*remote.Session
	mock      string
	workspace string
	message   string
	draft     bool
	force     bool
	strict    bool
	dryRun    bool
	quiet     bool
	wait      time.Duration
}

func (p *push) run(ctx context.Context, files []string) error {
	if p.draft && p.wait > 0 {
		return exit.With(exit.Usage, errors.New("--draft and --wait cannot be combined: a draft is not published"))
	}
	sources, several, err := p.sources(ctx, files)
	if err != nil {
		return err
	}
	progress := p.progress()
	defer progress.end()
	p.OnWait(func(pause time.Duration) { progress.note("the server asks to wait %s", pause.Round(time.Second)) })
	if err := p.own(ctx, sources); err != nil {
		return err
	}
	if err := p.check(ctx, sources, progress); err != nil {
		return err
	}
	if err := p.find(ctx, sources); err != nil {
		return err
	}
	if err := p.stale(ctx, sources); err != nil {
		return err
	}
	if err := p.room(ctx, sources); err != nil {
		return err
	}
	if err := p.missing(ctx, sources); err != nil {
		return err
	}
	if err := lacking(sources, exit.Invalid); err != nil && p.strict {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if p.dryRun {
		return errors.Join(p.plan(ctx, sources), lacking(sources, exit.Partial))
	}
	failed := p.apply(ctx, sources, progress)
	if failed == nil && p.wait > 0 {
		failed = p.settle(ctx, sources, progress)
	}
	progress.end()
	if failed == nil {
		failed = lacking(sources, exit.Partial)
	}
	return errors.Join(p.show(sources, several), failed)
}

// show prints the mocks that were stored.
func (p *push) show(sources []*source, several bool) error {
	mocks := []*client.Mock{}
	for _, src := range sources {
		if src.pushed != nil {
			src.pushed.Content = nil
			mocks = append(mocks, src.pushed)
		}
	}
	switch {
	case p.quiet, len(mocks) == 0:
		return nil
	case p.JSON && !several:
		return p.Show(mocks[0], nil)
	}
	return p.Show(mocks, func(out io.Writer) {
		for _, m := range mocks {
			_, _ = fmt.Fprintf(out, "%s\trevision %d\t%s\t%s\n", remote.Name(m), m.Revision, remote.State(m), remote.URLs(m)) // Show tells whether it could be written
		}
	})
}

// planned is what --dry-run says about a file.
type planned struct {
	File  string `json:"file"`
	Mock  string `json:"mock"`
	Would string `json:"would"` // create, edit, or keep: the mock has this content
}

// plan says what would be done.
func (p *push) plan(ctx context.Context, sources []*source) error {
	plan := make([]planned, len(sources))
	err := remote.Each(ctx, len(sources), func(ctx context.Context, i int) error {
		src := sources[i]
		plan[i] = planned{src.file, src.ref.String(), "create"}
		if src.found == nil {
			return nil
		}
		content, err := p.content(ctx, src.found)
		plan[i].Would = "edit"
		if content == src.content {
			plan[i].Would = "keep"
		}
		return err
	})
	if err != nil || p.quiet {
		return err
	}
	return p.Show(plan, func(out io.Writer) {
		for _, next := range plan {
			_, _ = fmt.Fprintf(out, "%s\twould %s\t%s\n", next.File, next.Would, next.Mock) // Show tells whether it could be written
		}
	})
}

// content is a mock's current content.
func (p *push) content(ctx context.Context, m *client.Mock) (string, error) {
	whole, err := remote.Read((*client.GetMockResponse).GetJSON200)(p.GetMockWithResponse(ctx, m.ID, nil))
	if err != nil || whole.Content == nil {
		return "", err
	}
	return *whole.Content, nil
}
