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

// collect removes the files of mocks that are removed, once the unified mock says so: writing it proved that this instance
// is the active one. It begins with the tombstones of former terms, whose files may have been left.
func (g *Generator) collect(ctx context.Context) {
	for _, m := range g.live.Load().All() {
		if m.Removed != nil && !g.discard(ctx, m) {
			return
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case changes := <-g.removed:
			for i := range changes {
				if !g.discard(ctx, &changes[i].Mock) {
					return
				}
			}
		}
	}
}

// discard removes a mock's file unless the mock has come back. False if ctx ended.
func (g *Generator) discard(ctx context.Context, m *unified.Mock) bool {
	if ctx.Err() != nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, x := range []*index.Index{g.live.Load(), g.fresh} {
		if x == nil {
			continue
		}
		if now := x.Mock(m.ID); now != nil && now.Live() {
			return true
		}
	}
	if !g.deps.Active() {
		return true
	}
	deleting, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := g.deps.Store.Delete(deleting, single.Key(m.WorkspaceID, m.ID)); err != nil && ctx.Err() == nil {
		g.deps.Log.WarnContext(ctx, "file of a removed mock not deleted", "mock_id", m.ID, "err", err)
	}
	delete(g.files, m.ID)
	return true
}
