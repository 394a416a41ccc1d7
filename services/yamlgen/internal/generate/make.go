package generate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/single"
)

// maxDiagnostics is how many complaints about a mock are kept and published; maxMessage bounds each of them, in bytes.
const (
	maxDiagnostics = 50
	maxMessage     = 1000
	maxFile        = 64 << 20 // bytes of a mock's file that are looked at
)

// result is what a change made of a mock.
type result struct {
	mock   unified.Mock
	items  []byte
	keep   bool // the block's items stay as they are: only the comment changes
	single *single.Single
}

// maxLines is how many bytes of a mock's lines are published with its event. Mock servers fetch and parse the file of a larger one,
// which takes longer anyway; and a batch of such events stays far below what Redis keeps for a slow subscriber.
const maxLines = 64 << 10

// lines are what the event about the mock says of it; empty if they are too many, or not new.
func (r *result) lines() string {
	if r.keep || len(r.items) > maxLines {
		return ""
	}
	settings := r.mock.Settings()
	if settings == (mockspec.Settings{}) {
		return string(r.items)
	}
	return string(append(mockspec.AppendSettings(nil, &settings), r.items...))
}

// intent is the latest change of one mock in a batch.
type intent struct {
	number uint64
	update *event.MockUpdated
	delete *event.MockDeleted
}

func (i *intent) ids() (workspace, mock string) {
	if i.update != nil {
		return i.update.WorkspaceID, i.update.MockID
	}
	return i.delete.WorkspaceID, i.delete.MockID
}

// make brings the files of the changed mocks up to date and returns the results by number. An error means that some file
// could not be written; doing it all again is harmless.
func (g *Generator) make(ctx context.Context, changes []event.Envelope, known func(id string) *unified.Mock) ([]result, error) {
	intents := g.latest(ctx, changes)
	results := make([]result, len(intents))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(g.cfg.Parallel)
	written := make([]file, len(intents))
	for i := range intents {
		work.Go(func() (err error) {
			_, id := intents[i].ids()
			if results[i], err = g.decide(ctx, &intents[i], known(id)); err != nil {
				return err
			}
			if results[i].single != nil {
				written[i], err = g.store(ctx, &results[i])
			}
			return err
		})
	}
	err := work.Wait()
	for i, f := range written {
		if f.etag != "" {
			g.files[results[i].mock.ID] = f
		}
	}
	return results, err
}

// latest decodes changes and keeps the last of each mock, by number. What cannot be understood is skipped: waiting would
// hold up everybody else.
func (g *Generator) latest(ctx context.Context, changes []event.Envelope) []intent {
	byMock := map[string]intent{}
	for _, c := range changes {
		i := intent{number: c.Number}
		var err error
		switch c.Type {
		case event.TypeMockUpdated:
			var u event.MockUpdated
			u, err = event.Decode[event.MockUpdated](c)
			i.update = &u
		case event.TypeMockDeleted:
			var d event.MockDeleted
			d, err = event.Decode[event.MockDeleted](c)
			i.delete = &d
		default:
			err = errors.New("unknown type")
		}
		if err == nil {
			if w, m := i.ids(); !unified.ValidName(w) || !unified.ValidName(m) {
				err = fmt.Errorf("mock %q of workspace %q: not ids", m, w)
			}
		}
		if err != nil {
			g.deps.Metrics.skipped.Inc()
			g.deps.Log.ErrorContext(ctx, "change skipped", "number", c.Number, "type", string(c.Type), "err", err)
			continue
		}
		_, id := i.ids()
		byMock[id] = i
	}
	all := make([]intent, 0, len(byMock))
	for _, i := range byMock {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b intent) int { return cmp.Compare(a.number, b.number) })
	return all
}

// decide says what a mock becomes. It validates, and writes nothing.
func (g *Generator) decide(ctx context.Context, i *intent, before *unified.Mock) (result, error) {
	workspace, id := i.ids()
	m := unified.Mock{ID: id, WorkspaceID: workspace, Change: i.number}
	if i.delete != nil || !i.update.Enabled {
		g.deps.Metrics.removed.Inc()
		m.Removed = &unified.Removal{Deleted: i.delete != nil}
		return result{mock: m}, nil
	}
	u := i.update
	s, diagnostics := single.Make(u.Content, first(u.Hosts), mockspec.Options{Name: u.Mock, Limits: g.cfg.Limits})
	if s == nil {
		g.deps.Metrics.rejected.Inc()
		r, err := g.lastGood(ctx, u, before)
		if r.mock.ID == "" {
			r.mock = m
			r.mock.Change = 0
		}
		r.mock.Recording = u.Recording // of whatever answers: it is the owner's word on privacy
		r.mock.Rejected = &unified.Rejection{Change: i.number, Revision: u.Revision, Diagnostics: diagnosticsOf(diagnostics)}
		return r, err
	}
	m.Workspace, m.Slug, m.Revision, m.Hosts = u.Workspace, u.Mock, u.Revision, u.Hosts
	m.Digest, m.Size, m.Compat, m.CORS = s.Digest, int64(len(s.File)), s.Settings.Compat, s.Settings.CORS
	m.Recording = u.Recording
	return result{mock: m, items: s.Items, single: s}, nil
}

// lastGood is what a mock goes on answering with when u cannot be served; the result has no mock if that is nothing.
//
// A generator that was killed may have published a good revision that is neither in the unified mock nor, superseded by u,
// in the log any more. The mock's file is its witness: it was written before the revision was published.
func (g *Generator) lastGood(ctx context.Context, u *event.MockUpdated, before *unified.Mock) (result, error) {
	var r result
	if before != nil && before.Live() {
		r = result{mock: before.Clone(), keep: true}
	}
	if g.own[u.MockID] || (before != nil && before.Removed != nil) {
		return r, nil // what this term did itself, it knows; where a mock was removed, its file may be left
	}
	key := single.Key(u.WorkspaceID, u.MockID)
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	file, err := g.read(ctx, key)
	switch {
	case errors.Is(err, objstore.ErrNotFound):
		return result{}, nil
	case err != nil:
		return r, fmt.Errorf("read %s: %w", key, err)
	case r.keep && unified.Digest(file) == before.Digest:
		return r, nil
	}
	s, _ := single.Make(string(file), first(u.Hosts), mockspec.Options{Limits: g.cfg.Limits})
	if s == nil {
		return result{}, nil
	}
	return result{items: s.Items, mock: unified.Mock{
		ID: u.MockID, WorkspaceID: u.WorkspaceID, Workspace: u.Workspace, Slug: u.Mock, Hosts: u.Hosts,
		Revision: max(1, u.Revision-1), // the best that can be known
		Digest:   unified.Digest(file), Size: int64(len(file)), Compat: s.Settings.Compat, CORS: s.Settings.CORS,
	}}, nil
}

func (g *Generator) read(ctx context.Context, key string) ([]byte, error) {
	o, err := g.deps.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(o.Body, maxFile))
	return content, errors.Join(err, o.Body.Close())
}

func first(hosts []string) string {
	if len(hosts) == 0 {
		return ""
	}
	return hosts[0]
}

func diagnosticsOf(ds []mockspec.Diagnostic) []event.Diagnostic {
	// Errors first: they are why the revision is rejected.
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(a, b mockspec.Diagnostic) int {
		return cmp.Compare(severity(a), severity(b))
	})
	var out []event.Diagnostic
	for _, d := range ds[:min(len(ds), maxDiagnostics)] {
		out = append(out, event.Diagnostic{
			Line: d.Line, Column: d.Column, Severity: string(d.Severity), Code: d.Code,
			Message: bound(d.Message), Fix: bound(d.Fix),
		})
	}
	return out
}

func severity(d mockspec.Diagnostic) int {
	if d.Severity == mockspec.Error {
		return 0
	}
	return 1
}

func bound(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:maxMessage]), nil)) + "…"
}

// store writes a mock's file, unless it is known to be right. The write is conditional on what
// was there when this instance was certainly the active one, so that one that slept through its lease cannot put an old
// revision over a newer one.
func (g *Generator) store(ctx context.Context, r *result) (file, error) {
	key := single.Key(r.mock.WorkspaceID, r.mock.ID)
	f := g.files[r.mock.ID]
	if f.digest == r.mock.Digest {
		g.deps.Metrics.unchanged.Inc()
		return f, nil
	}
	known := f.etag
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	for {
		if known == "" {
			info, err := g.deps.Store.Stat(ctx, key)
			if err != nil && !errors.Is(err, objstore.ErrNotFound) {
				return file{}, fmt.Errorf("look at %s: %w", key, err)
			}
			known = info.ETag
		}
		if !g.deps.Active() {
			return file{}, ErrNotActive
		}
		etag, err := g.deps.Store.Put(ctx, key, bytes.NewReader(r.single.File), r.mock.Size, objstore.PutOptions{
			IfMatch: known, IfAbsent: known == "", ContentType: "application/yaml",
		})
		if errors.Is(err, objstore.ErrPrecondition) {
			known = "" // an earlier active one's last write came in between
			continue
		}
		if err != nil {
			return file{}, fmt.Errorf("write %s: %w", key, err)
		}
		g.deps.Metrics.generated.Inc()
		return file{etag, r.mock.Digest}, nil
	}
}

// split separates what the index and what the unified mock need of results.
func split(results []result) (mocks []*unified.Mock, changes []unified.Change) {
	for i := range results {
		r := &results[i]
		m := r.mock // the index keeps it, and must not keep the files in r with it
		mocks = append(mocks, &m)
		changes = append(changes, unified.Change{Mock: r.mock, Items: r.items, Keep: r.keep})
	}
	return mocks, changes
}
