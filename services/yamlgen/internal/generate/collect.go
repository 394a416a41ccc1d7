package generate

import (
	"context"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/index"
	"github.com/mocloud/mocloud/services/yamlgen/internal/single"
)

// written is told by the checkpoint of each unified mock that was written.
func (g *Generator) written(ctx context.Context, e event.UnifiedGenerated, changes []unified.Change) {
	if err := g.deps.Announce(ctx, e); err != nil && ctx.Err() == nil {
		g.deps.Log.WarnContext(ctx, "unified mock not announced", "err", err)
	}
	var removed []unified.Change
	for _, c := range changes {
		if c.Drop || c.Mock.Removed != nil {
			removed = append(removed, unified.Change{Mock: c.Mock, Drop: c.Drop})
		}
	}
	if len(removed) == 0 {
		return
	}
	select {
	case g.removed <- removed:
	default: // the next term finds the tombstones
	}
}

// collectEvery is how long the files that could not be deleted wait for another try.
const collectEvery = 2 * time.Second

// collect removes the files of mocks that are removed, once the unified mock says so: writing it proved that this instance
// is the active one. It begins with the tombstones of former terms, whose files may have been left.
func (g *Generator) collect(ctx context.Context) {
	again := time.NewTicker(collectEvery)
	defer again.Stop()
	left := map[string]string{} // keys by mock id
	for _, m := range g.live.Load().All() {
		if m.Removed != nil {
			left[m.ID] = single.Key(m.WorkspaceID, m.ID)
		}
	}
	for ctx.Err() == nil {
		for id, key := range left {
			if ctx.Err() != nil {
				return
			}
			if g.discard(ctx, id, key) {
				delete(left, id)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case changes := <-g.removed:
			for i := range changes {
				m := &changes[i].Mock
				left[m.ID] = single.Key(m.WorkspaceID, m.ID)
			}
		}
	}
}

// discard removes a mock's file unless the mock has come back. False if it has to be tried again.
func (g *Generator) discard(ctx context.Context, id, key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, x := range []*index.Index{g.live.Load(), g.fresh} {
		if x == nil {
			continue
		}
		if now := x.Mock(id); now != nil && now.Live() {
			return true
		}
	}
	if !g.deps.Active() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	if err := g.deps.Store.Delete(ctx, key); err != nil {
		g.deps.Log.WarnContext(ctx, "file of a removed mock not deleted, trying again", "mock_id", id, "err", err)
		return false
	}
	delete(g.files, id)
	return true
}
