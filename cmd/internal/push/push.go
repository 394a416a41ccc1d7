// Package push is `mocloud push`: files become published mocks. Only cmd/mocloud imports it.
package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/services/api/client"
)

// Command pushes files.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push FILE…",
		Short: "Create or edit mocks from files, and publish them",
		Long: `Create or edit a mock from each file, and publish it. FILE may be a folder, whose .yml, .yaml and .json files are meant,
an OpenAPI document, of which a mock is made as by ` + "`mocloud import`" + `, or - for standard input.

All files are checked before anything is changed: errors are told with their places, and then nothing is. The status is 0
when all went well, 2 for a command line that cannot be understood, 3 for a mock with errors, 4 when --wait is over before
every mock server has the mock, 5 when the server does not know or let you, and 1 for anything else.

With --json the mock is printed as the API gives it, without its content; a list of them for several files or a folder.`,
		Example: "  mocloud push pets.yml\n  mocloud push openapi.yaml --mock acme/pets --wait\n  mocloud push mocks/ --workspace acme --message \"$(git rev-parse --short HEAD)\"\n  mocloud push mocks/ --dry-run",
		Args:    cobra.MinimumNArgs(1),
	}
	var p push
	flags := cmd.Flags()
	flags.StringVar(&p.mock, "mock", "", "`[WORKSPACE/]SLUG` of the mock; the file's name if it is not given")
	flags.StringVar(&p.workspace, "workspace", "", "`SLUG` of the workspace of all mocks")
	flags.StringVar(&p.message, "message", "", "`TEXT` for the mock's history")
	flags.BoolVar(&p.draft, "draft", false, "store it without publishing it")
	flags.BoolVar(&p.dryRun, "dry-run", false, "check the files and say what would be done")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "print nothing but what is wrong")
	flags.DurationVar(&p.wait, "wait", 0, "wait until it is live on every mock server, at most this long (30s if no time is given)")
	flags.Lookup("wait").NoOptDefVal = "30s"
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
	dryRun    bool
	quiet     bool
	wait      time.Duration
}

func (p *push) run(ctx context.Context, files []string) error {
	if p.draft && p.wait > 0 {
		return exit.With(exit.Usage, errors.New("--draft and --wait exclude each other: a draft is not published"))
	}
	sources, several, err := p.sources(ctx, files)
	if err != nil {
		return err
	}
	if err := p.check(ctx, sources); err != nil {
		return err
	}
	if p.dryRun {
		return p.plan(ctx, sources)
	}
	mocks := []*client.Mock{}
	for _, src := range sources {
		m, err := p.one(ctx, src)
		if err != nil && several {
			err = fmt.Errorf("%s: %w", src.file, err)
		}
		if err != nil {
			return err
		}
		mocks = append(mocks, m)
	}
	switch {
	case p.quiet:
		return nil
	case p.JSON && !several:
		return p.Show(mocks[0], nil)
	}
	return p.Show(mocks, func(out io.Writer) {
		for _, m := range mocks {
			_, _ = fmt.Fprintf(out, "%s/%s\trevision %d\t%s\t%s\n", m.WorkspaceSlug, m.Slug, m.Revision, m.State, m.URL) // Show tells whether it could be written
		}
	})
}

// check says what is wrong with the sources before anything is stored.
func (p *push) check(ctx context.Context, sources []source) error {
	bad := 0
	for _, src := range sources {
		v, err := remote.Read((*client.ValidateContentResponse).GetJSON200)(p.ValidateContentWithResponse(ctx, client.MockContent{Content: src.content}))
		if err != nil {
			return fmt.Errorf("check %s: %w", src.file, err)
		}
		for _, d := range v.Diagnostics {
			if !p.quiet || !v.Valid {
				p.Tell("%s", src.placed(d))
			}
		}
		if !v.Valid {
			bad++
		}
	}
	switch {
	case bad == 0:
		return nil
	case len(sources) == 1:
		return exit.With(exit.Invalid, fmt.Errorf("%s has errors; nothing was changed", sources[0].file))
	}
	return exit.With(exit.Invalid, fmt.Errorf("%d of %d files have errors; nothing was changed", bad, len(sources)))
}

// planned is what --dry-run says about a file.
type planned struct {
	File  string `json:"file"`
	Mock  string `json:"mock"`
	Would string `json:"would"` // create, edit, or keep: the mock has this content
}

// plan says what would be done.
func (p *push) plan(ctx context.Context, sources []source) error {
	plan := []planned{}
	for _, src := range sources {
		next := planned{src.file, src.ref.String(), "create"}
		m, err := p.Find(ctx, src.ref)
		if err != nil {
			return err
		}
		if m != nil {
			if m, err = remote.Read((*client.GetMockResponse).GetJSON200)(p.GetMockWithResponse(ctx, m.ID, nil)); err != nil {
				return err
			}
			next.Mock, next.Would = m.WorkspaceSlug+"/"+m.Slug, "edit"
			if m.Content != nil && *m.Content == src.content {
				next.Would = "keep"
			}
		}
		plan = append(plan, next)
	}
	if p.quiet {
		return nil
	}
	return p.Show(plan, func(out io.Writer) {
		for _, next := range plan {
			_, _ = fmt.Fprintf(out, "%s\twould %s\t%s\n", next.File, next.Would, next.Mock) // Show tells whether it could be written
		}
	})
}

// one stores and publishes one file, and returns the mock without its content.
func (p *push) one(ctx context.Context, src source) (*client.Mock, error) {
	m, err := p.store(ctx, src)
	if err == nil && !p.draft {
		m, err = p.publish(ctx, m)
	}
	if err != nil {
		return nil, err
	}
	m.Content = nil
	return m, nil
}

// store makes the content the mock's current revision.
func (p *push) store(ctx context.Context, src source) (*client.Mock, error) {
	m, err := p.Find(ctx, src.ref)
	if err != nil {
		return nil, err
	}
	if m != nil {
		return remote.Read((*client.UpdateMockContentResponse).GetJSON200)(p.UpdateMockContentWithResponse(ctx, m.ID, nil, client.NewRevision{Content: src.content, Message: remote.Optional(p.message)}))
	}
	fresh := client.NewMock{
		Slug: src.ref.Slug, Content: src.content, Message: remote.Optional(p.message), WorkspaceSlug: remote.Optional(src.ref.Workspace),
	}
	return remote.Read((*client.CreateMockResponse).GetJSON201)(p.CreateMockWithResponse(ctx, nil, fresh))
}

// publish publishes the mock and waits as long as it was asked to.
func (p *push) publish(ctx context.Context, m *client.Mock) (*client.Mock, error) {
	revision := m.Revision
	if err := remote.Done(p.PublishMockWithResponse(ctx, m.ID)); err != nil {
		return nil, err
	}
	if p.wait > 0 {
		pub, err := p.settled(ctx, m, revision)
		if err != nil {
			return nil, err
		}
		if pub.State != client.Published {
			return nil, exit.With(exit.NotLive, fmt.Errorf("revision %d of %s/%s is %s after %s: %s", revision, m.WorkspaceSlug, m.Slug, pub.State, p.wait, pub.Reason))
		}
	}
	return remote.Read((*client.GetMockResponse).GetJSON200)(p.GetMockWithResponse(ctx, m.ID, nil))
}

// settled is the publication as soon as it is settled, or as it is when the time is over. Meanwhile people see how far it is.
func (p *push) settled(ctx context.Context, m *client.Mock, revision int) (*client.Publication, error) {
	started := time.Now()
	deadline := started.Add(p.wait)
	progress := p.progress()
	defer progress.end()
	for {
		left := min(time.Until(deadline), progress.every)
		wait := fmt.Sprintf("%dms", max(left.Milliseconds(), 0))
		pub, err := remote.Read((*client.GetPublicationResponse).GetJSON200)(p.GetPublicationWithResponse(ctx, m.ID, &client.GetPublicationParams{Revision: &revision, Wait: &wait}))
		if err != nil {
			return nil, err
		}
		if pub.Settled || time.Until(deadline) <= 0 {
			if pub.State == client.Published {
				progress.done("live on %d of %d mock servers after %s", pub.Servers.Applied, pub.Servers.Live, time.Since(started).Round(time.Millisecond))
			}
			return pub, nil
		}
		progress.now("%s/%s is live on %d of %d mock servers, for %s", m.WorkspaceSlug, m.Slug, pub.Servers.Applied, pub.Servers.Live, time.Since(started).Round(time.Second))
	}
}
