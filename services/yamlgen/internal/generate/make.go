package generate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
)

// maxDiagnostics is how many complaints about a mock are kept and published; maxMessage bounds each of them, in bytes.
const (
	maxDiagnostics = 50
	maxMessage     = 1000
)

// result is what a change made of a mock.
type result struct {
	mock  unified.Mock
	items []byte
}

// lines are what the event about the mock says of it; empty if they are too many.
func (r *result) lines() string {
	if len(r.items) > single.MaxLines {
		return ""
	}
	settings := r.mock.AppendSettings(nil)
	switch {
	case len(settings) == 0:
		return string(r.items)
	case len(settings)+len(r.items) > single.MaxLines:
		return ""
	}
	return string(append(settings, r.items...))
}

// intent is the latest change of one mock in a batch.
type intent struct {
	number uint64
	update *event.MockUpdated
	delete *event.MockDeleted
}

func (i *intent) ids() (workspaceID, mockID string) {
	if i.update != nil {
		return i.update.WorkspaceID, i.update.MockID
	}
	return i.delete.WorkspaceID, i.delete.MockID
}

// make brings the files of the changed mocks up to date and returns what the mocks are then, by number; those of which a
// file is further already are left out. An error means that some file could not be written; doing it all again is harmless.
func (g *Generator) make(ctx context.Context, b stream.Batch) ([]result, error) {
	intents := g.latest(ctx, b.Changes)
	results := make([]result, len(intents))
	written := make([]file, len(intents))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(g.cfg.Parallel)
	for i := range intents {
		work.Go(func() (err error) {
			results[i], written[i], err = g.bring(ctx, &intents[i], stream.Position{Epoch: b.Epoch, Number: intents[i].number})
			return err
		})
	}
	err := work.Wait()
	for i, f := range written {
		if _, id := intents[i].ids(); f.etag != "" {
			g.files[id] = f
		}
	}
	return slices.DeleteFunc(results, func(r result) bool { return r.mock.ID == "" }), err
}

// bring brings a mock to a change: what it should be becomes its file, and what its file says is what it is.
func (g *Generator) bring(ctx context.Context, i *intent, at stream.Position) (result, file, error) {
	workspaceID, id := i.ids()
	if m := g.known(id); m != nil && m.WorkspaceID != workspaceID && m.Live() { // it has moved
		if _, _, err := g.settle(ctx, at, &desired{mock: unified.Mock{
			ID: id, WorkspaceID: m.WorkspaceID, Change: at.Number, Removed: &unified.Removal{},
		}}, file{}); err != nil {
			return result{}, file{}, err
		}
		g.leave(m.WorkspaceID, id)
	}
	known := g.files[id]
	if known.workspaceID != workspaceID {
		known = file{}
	}
	d := g.desiredBy(i)
	r, f, err := g.settle(ctx, at, d, known)
	if err == nil {
		g.noteRevived(&r, d, at)
	}
	return r, f, err
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
			g.deps.Log.ErrorContext(ctx, "change skipped", "number", c.Number, "type", string(c.Type), "error", err)
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

// desired is what a change wants a mock to be. Without a file and a removal it is a refusal: what is there stays.
type desired struct {
	mock  unified.Mock
	file  []byte // what follows the head of the mock's file
	items []byte
}

// desiredBy says what a change wants. It validates.
func (g *Generator) desiredBy(i *intent) *desired {
	workspaceID, id := i.ids()
	d := &desired{mock: unified.Mock{ID: id, WorkspaceID: workspaceID, Change: i.number}}
	if i.delete != nil || !i.update.Enabled {
		g.deps.Metrics.removed.Inc()
		d.mock.Removed = &unified.Removal{Deleted: i.delete != nil}
		return d
	}
	u, m := i.update, &d.mock
	m.Recording = u.Recording // also of what keeps answering when it is refused: it is the owner's word on privacy
	s, made := single.Open(first(u.Hosts), u.Content, u.Lines, u.Seal, g.cfg.Limits)
	var diagnostics []mockspec.Diagnostic
	if !made {
		s, diagnostics = single.Make(u.Content, first(u.Hosts), mockspec.Options{Name: u.MockSlug, Limits: g.cfg.Limits})
	}
	if s == nil {
		g.deps.Metrics.rejected.Inc()
		m.Change = 0
		m.Rejected = &unified.Rejection{Change: i.number, Revision: u.Revision, Diagnostics: diagnosticsOf(diagnostics)}
		return d
	}
	m.WorkspaceSlug, m.Slug, m.Revision, m.Hosts = u.WorkspaceSlug, u.MockSlug, u.Revision, u.Hosts
	m.SetSettings(s.Settings)
	d.file, d.items = s.File, s.Items
	return d
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

// split separates what the index and what the unified mock need of results.
func split(results []result) (mocks []*unified.Mock, changes []unified.Change) {
	for i := range results {
		r := &results[i]
		m := r.mock // the index keeps it, and must not keep the items in r with it
		mocks = append(mocks, &m)
		changes = append(changes, unified.Change{Mock: r.mock, Items: r.items})
	}
	return mocks, changes
}
