package generate

import (
	"context"
	"maps"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/single"
)

// written is told by the checkpoint of each unified mock that was written.
func (g *Generator) written(ctx context.Context, e event.UnifiedGenerated, changes []unified.Change) {
	g.leftMu.Lock()
	for _, c := range changes {
		if c.Drop || c.Mock.Removed != nil {
			g.left[c.Mock.ID] = single.Key(c.Mock.WorkspaceID, c.Mock.ID)
		}
	}
	g.leftMu.Unlock()
	g.inFile.Store(e.Change)
	select {
	case g.remind <- struct{}{}:
	default:
	}
	if err := g.deps.Announce(ctx, e); err != nil && ctx.Err() == nil {
		g.deps.Log.WarnContext(ctx, "unified mock not announced", "err", err)
	}
}

// uncollected reports whether a mock's file may still have to be deleted.
func (g *Generator) uncollected(id string) bool {
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	_, ok := g.left[id]
	return ok
}

// collectEvery is how long the files that could not be deleted wait for another try.
const collectEvery = 2 * time.Second

// collect removes the files of mocks that are removed, once the unified mock says so: writing it proved that this instance
// is the active one.
func (g *Generator) collect(ctx context.Context) {
	again := time.NewTicker(collectEvery)
	defer again.Stop()
	for ctx.Err() == nil {
		g.leftMu.Lock()
		left := maps.Clone(g.left)
		g.leftMu.Unlock()
		for id, key := range left {
			if ctx.Err() != nil {
				return
			}
			g.discard(ctx, id, key)
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		case <-g.remind:
		}
	}
}

// discard removes a mock's file unless the mock has come back. What fails is tried again.
func (g *Generator) discard(ctx context.Context, id, key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.alive(id) {
		if !g.deps.Active() {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
		defer cancel()
		if err := g.deps.Store.Delete(ctx, key); err != nil {
			g.deps.Log.WarnContext(ctx, "file of a removed mock not deleted, trying again", "mock_id", id, "err", err)
			return
		}
		delete(g.files, id)
	}
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	delete(g.left, id)
}

// alive reports whether a mock answers somewhere, as far as is known. A snapshot that is being built knows better.
func (g *Generator) alive(id string) bool {
	if g.fresh != nil {
		if m := g.fresh.Mock(id); m != nil {
			return m.Live()
		}
	}
	m := g.live.Load().Mock(id)
	return m != nil && m.Live()
}
