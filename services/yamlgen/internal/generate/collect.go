package generate

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/unified"
)

// written is called by the checkpoint for each unified mock that was written.
func (g *Generator) written(ctx context.Context, e event.UnifiedGenerated, changes []unified.Change) {
	g.leftMu.Lock()
	for _, c := range changes {
		if c.Drop || c.Mock.Removed != nil {
			g.left[single.Key(c.Mock.WorkspaceID, c.Mock.ID)] = leftover{id: c.Mock.ID}
		}
	}
	g.leftMu.Unlock()
	g.inFile.Store(e.Change)
	select {
	case g.remind <- struct{}{}:
	default:
	}
	if err := g.deps.Announce(ctx, e); err != nil && ctx.Err() == nil {
		g.deps.Log.WarnContext(ctx, "cannot announce the unified mock", "error", err)
	}
}

// leave has a file deleted once the unified mock is written.
func (g *Generator) leave(workspaceID, id string) {
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	g.left[single.Key(workspaceID, id)] = leftover{id: id}
}

// uncollected reports whether a mock's file may still have to be deleted.
func (g *Generator) uncollected(m *unified.Mock) bool {
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	_, ok := g.left[single.Key(m.WorkspaceID, m.ID)]
	return ok
}

// leftover is a file that has to go. It is deleted twice: a generator that has lost the lease and does not know it yet may
// write once more what it was about to write.
type leftover struct {
	id   string
	once time.Time // when it was deleted, zero if it was not
}

// collectEvery is how long the files that could not be deleted wait for another try.
const collectEvery = time.Second

// collect removes the files of mocks that are removed, once the unified mock says so: writing it proved that this instance
// is the active one. It looks for those of mocks that came back.
func (g *Generator) collect(ctx context.Context) {
	again := time.NewTicker(collectEvery)
	defer again.Stop()
	for ctx.Err() == nil {
		g.leftMu.Lock()
		left, back := maps.Clone(g.left), maps.Clone(g.revived)
		g.leftMu.Unlock()
		for key, l := range left {
			if ctx.Err() != nil {
				return
			}
			if l.once.IsZero() || time.Since(l.once) > g.cfg.Linger {
				g.discard(ctx, key, l)
			}
		}
		for key, c := range back {
			if ctx.Err() != nil {
				return
			}
			if time.Since(c.since) > g.cfg.Linger+g.cfg.Timeout {
				g.restore(ctx, key, c)
			}
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		case <-g.remind:
		}
	}
}

// discard removes a mock's file unless the mock has come back. What fails is tried again.
func (g *Generator) discard(ctx context.Context, key string, l leftover) {
	g.mu.Lock()
	defer g.mu.Unlock()
	gone, err := g.delete(ctx, l.id, key)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrNotActive) {
			g.deps.Log.WarnContext(ctx, "cannot delete the file of a removed mock, trying again", "mock_id", l.id, "error", err)
		}
		return
	}
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	if gone && l.once.IsZero() {
		g.left[key] = leftover{l.id, time.Now()}
	} else {
		delete(g.left, key)
	}
}

// delete removes a file that is not a living mock's, unless a later change wrote it than this term knows of. It reports
// whether there is none now.
func (g *Generator) delete(ctx context.Context, id, key string) (gone bool, err error) {
	m := g.known(id)
	if m != nil && m.Live() && single.Key(m.WorkspaceID, id) == key {
		return false, nil
	}
	known := g.live.Load().Position()
	if m != nil {
		known.Number = m.Latest()
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	o, err := g.look(ctx, key)
	switch {
	case err != nil || o.after(known):
		return false, err
	case o.etag == "":
		return true, nil
	case !g.deps.Active():
		return false, ErrNotActive
	}
	delete(g.files, id)
	return true, g.deps.Store.Delete(ctx, key)
}

// known is what is known of a mock; nil if nothing is. A snapshot that is being built knows better.
func (g *Generator) known(id string) *unified.Mock {
	if g.fresh != nil {
		if m := g.fresh.Mock(id); m != nil {
			return m
		}
	}
	return g.live.Load().Mock(id)
}
