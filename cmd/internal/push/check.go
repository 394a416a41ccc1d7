package push

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocloud/mocloud/cmd/internal/exit"
	"github.com/mocloud/mocloud/cmd/internal/remote"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/client"
)

// own puts mocks without a workspace into the caller's own.
func (p *push) own(ctx context.Context, sources []*source) error {
	for _, src := range sources {
		var err error
		if src.ref, err = p.InOwn(ctx, src.ref); err != nil {
			return err
		}
		if err := src.ref.Check(); err != nil {
			return exit.With(exit.Usage, fmt.Errorf("%w; nothing was changed", p.unfit(src.file, err)))
		}
	}
	return nil
}

// check says what is wrong with the sources before anything is stored.
func (p *push) check(ctx context.Context, sources []*source, progress *progress) error {
	checked := make([]*client.Validation, len(sources))
	done := progress.counter("checked", len(sources))
	err := remote.Each(ctx, len(sources), func(ctx context.Context, i int) error {
		v, err := remote.Read((*client.ValidateContentResponse).GetJSON200)(p.ValidateContentWithResponse(ctx, client.MockContent{Content: sources[i].content}))
		if err != nil {
			return fmt.Errorf("check %s: %w", sources[i].file, err)
		}
		checked[i] = v
		done()
		return nil
	})
	progress.end()
	if err != nil {
		return err
	}
	bad := 0
	for i, v := range checked {
		for _, d := range v.Diagnostics {
			if !p.quiet || !v.Valid {
				p.Note("%s", sources[i].placed(d))
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

// find finds the mocks that there are already.
func (p *push) find(ctx context.Context, sources []*source) error {
	if len(sources) == 1 {
		var err error
		sources[0].found, err = p.Find(ctx, sources[0].ref)
		return err
	}
	there := map[remote.Ref]*client.Mock{}
	known := map[string]bool{}
	for _, src := range sources {
		workspace := src.ref.WorkspaceSlug
		if !known[workspace] {
			known[workspace] = true
			mocks, err := p.Mocks(ctx, client.ListMocksParams{WorkspaceSlug: &workspace})
			if err != nil {
				return err
			}
			for i := range mocks {
				there[remote.Ref{WorkspaceSlug: workspace, Slug: mocks[i].Slug}] = &mocks[i]
			}
		}
		src.found = there[src.ref]
	}
	return nil
}

// stale refuses to overwrite what somebody else did since these files were pulled or pushed.
func (p *push) stale(ctx context.Context, sources []*source) error {
	var problems []string
	folders := map[string]*remote.Seen{}
	for _, src := range sources {
		folder := filepath.Dir(src.file)
		if folders[folder] == nil {
			seen, err := p.SeenIn(src.file)
			if err != nil {
				return err
			}
			folders[folder] = seen
		}
		src.seen = folders[folder]
		if src.found == nil || p.force {
			continue
		}
		known, ok := src.seen.Revisions[src.found.ID]
		if !ok {
			continue
		}
		if known == src.found.Revision {
			src.expected = known
			continue
		}
		content, err := p.content(ctx, src.found)
		if err != nil {
			return err
		}
		if content == src.content {
			continue // they did the same
		}
		problem, err := p.overwritten(ctx, src, known)
		if err != nil {
			return err
		}
		problems = append(problems, problem)
	}
	if len(problems) == 0 {
		return nil
	}
	return exit.With(exit.Stale, errors.New(strings.Join(problems, "\n")+"\nNothing was changed. Get the newer revision with `mocloud pull`, or overwrite it with --force."))
}

// overwritten says what a push would overwrite: whose revision, and whose revision the file is based on.
func (p *push) overwritten(ctx context.Context, src *source, known int) (string, error) {
	newest, err := p.revision(ctx, src.found.ID, src.found.Revision)
	if err != nil {
		return "", err
	}
	base := fmt.Sprintf("revision %d", known)
	r, err := p.revision(ctx, src.found.ID, known)
	if err == nil {
		base += " by " + author(r)
	} else if problem, ok := errors.AsType[*remote.ProblemError](err); !ok || problem.Code != client.NotFound {
		return "", err // a revision may have been pruned
	}
	said := ""
	if newest.Message != "" {
		said = fmt.Sprintf(" (%q)", newest.Message)
	}
	return fmt.Sprintf("%s: %s now has revision %d by %s of %s%s; this file is based on %s", src.file, src.ref, newest.Revision, author(newest),
		newest.CreatedAt.Local().Format(time.DateTime), said, base), nil
}

func (p *push) revision(ctx context.Context, id string, number int) (*client.Revision, error) {
	return remote.Read((*client.GetRevisionResponse).GetJSON200)(p.GetRevisionWithResponse(ctx, id, number, nil))
}

func author(r *client.Revision) string {
	if r.Author == "" {
		return "a deleted account"
	}
	return r.Author
}

// room refuses what a workspace has no room for. A single mock is left to the server, whose answer comes before anything changed.
func (p *push) room(ctx context.Context, sources []*source) error {
	if len(sources) == 1 && !p.dryRun {
		return nil
	}
	wanted := map[string][]*source{}
	for _, src := range sources {
		wanted[src.ref.WorkspaceSlug] = append(wanted[src.ref.WorkspaceSlug], src)
	}
	for workspace, sources := range wanted {
		quota, err := remote.Read((*client.GetQuotaResponse).GetJSON200)(p.GetQuotaWithResponse(ctx, workspace))
		if problem, ok := errors.AsType[*remote.ProblemError](err); ok && problem.Code == client.InsufficientScope {
			continue // the server will say it
		}
		if err != nil {
			return err
		}
		more, err := p.growth(ctx, sources, quota)
		if err != nil {
			return err
		}
		for _, use := range quota.Items {
			if after := use.Used + more[use.Resource]; use.Limit > 0 && more[use.Resource] > 0 && after > use.Limit {
				return fmt.Errorf("the workspace %s would hold %d %s; the limit is %d. Nothing was changed. Delete some, or ask your administrator for more",
					workspace, after, unit(use.Resource), use.Limit)
			}
		}
	}
	return nil
}

func unit(r client.QuotaResource) string {
	if r == client.QuotaResourceContent {
		return "bytes of content"
	}
	return string(r)
}

// growth is how much more a workspace would hold.
func (p *push) growth(ctx context.Context, sources []*source, quota *client.Quota) (map[client.QuotaResource]int64, error) {
	most, created := map[client.QuotaResource]int64{}, map[client.QuotaResource]int64{}
	add := func(to map[client.QuotaResource]int64, mocks int64, content string, sign int64) {
		to[client.QuotaResourceMocks] += mocks
		to[client.QuotaResourceEndpoints] += sign * endpoints(content)
		to[client.QuotaResourceContent] += sign * int64(len(content))
	}
	var edits []*source
	for _, src := range sources {
		if src.found != nil {
			edits = append(edits, src)
			add(most, 0, src.content, 1)
			continue
		}
		add(most, 1, src.content, 1)
		add(created, 1, src.content, 1)
	}
	near := false
	for _, use := range quota.Items {
		near = near || (use.Limit > 0 && use.Used+most[use.Resource] > use.Limit && use.Used+created[use.Resource] <= use.Limit)
	}
	if !near {
		return created, nil
	}
	before := make([]string, len(edits))
	err := remote.Each(ctx, len(edits), func(ctx context.Context, i int) (err error) {
		before[i], err = p.content(ctx, edits[i].found)
		return err
	})
	for _, content := range before {
		add(most, 0, content, -1)
	}
	return most, err
}

// endpoints counts the endpoints of a mock.
func endpoints(content string) int64 {
	m, _ := mockspec.Parse([]byte(content), mockspec.Options{})
	return int64(len(m.Endpoints) + len(m.WebSockets))
}

// missing finds the files that mocks name and their workspaces do not have.
func (p *push) missing(ctx context.Context, sources []*source) error {
	stored := map[string]map[string]bool{}
	for _, src := range sources {
		named := filesOf(src.content)
		if len(named) == 0 {
			continue
		}
		workspace := src.ref.WorkspaceSlug
		if stored[workspace] == nil {
			names, err := p.fileNames(ctx, workspace)
			if problem, ok := errors.AsType[*remote.ProblemError](err); ok && problem.Code == client.InsufficientScope {
				return nil // the token may not know
			}
			if err != nil {
				return err
			}
			stored[workspace] = names
		}
		for _, name := range named {
			if !stored[workspace][name] {
				src.lacks = fmt.Sprintf("%s: the workspace %s has no file %s; upload it with `mocloud files put`", src.file, workspace, name)
				break
			}
		}
	}
	return nil
}

func (p *push) fileNames(ctx context.Context, workspaceSlug string) (map[string]bool, error) {
	all, err := remote.All(func(limit *int, cursor *string) ([]client.File, *string, error) {
		page, err := remote.Read((*client.ListFilesResponse).GetJSON200)(p.ListFilesWithResponse(ctx, workspaceSlug, &client.ListFilesParams{Limit: limit, Cursor: cursor}))
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
	names := map[string]bool{}
	for _, f := range all {
		names[f.Name] = true
	}
	return names, err
}

// filesOf are the files that a mock names outright.
func filesOf(content string) []string {
	if !strings.Contains(content, "external-body") {
		return nil
	}
	m, _ := mockspec.Parse([]byte(content), mockspec.Options{})
	return m.Files()
}

// lacking says which mocks lack something; nil if none does.
func lacking(sources []*source, status int) error {
	var all []error
	for _, src := range sources {
		if src.lacks != "" {
			all = append(all, errors.New(src.lacks))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return exit.With(status, errors.Join(all...))
}
