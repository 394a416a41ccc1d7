package generate

import (
	"context"
	"errors"
	"time"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/stream"
)

// A mock that comes back may lose its new file to a generator that was about to delete that of its removal, lost the lease, and
// had its call on the way all the same: object stores delete unconditionally. Servers have the mock from its event and from the
// unified mock, but a refusal needs the file to know what keeps answering. So the file is looked for once more when no such call
// can be on its way any more.

// revival is a file that took the place of a removal.
type revival struct {
	id      string
	desired *desired
	at      stream.Position
	since   time.Time
}

// maxBack bounds the content of the files that are to be looked for, in bytes. Further ones are not.
const maxRevived = 32 << 20

// noteRevived has a file looked for later if the mock was removed until now.
func (g *Generator) noteRevived(r *result, d *desired, at stream.Position) {
	before := g.known(r.mock.ID)
	if before == nil || before.Live() || !r.mock.Live() || d.file == nil {
		return
	}
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	key := single.Key(r.mock.WorkspaceID, r.mock.ID)
	size := g.revivedSize + len(d.file)
	if old, ok := g.revived[key]; ok {
		size -= len(old.desired.file)
	}
	if size <= maxRevived {
		g.revived[key], g.revivedSize = revival{r.mock.ID, d, at, time.Now()}, size
	}
}

// restore writes the file of a mock that came back again if it is gone. What fails is tried again.
func (g *Generator) restore(ctx context.Context, key string, c revival) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.rewrite(ctx, key, c); err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrNotActive) {
			g.deps.Log.WarnContext(ctx, "cannot check the file of a restored mock, trying again", "mock_id", c.id, "error", err)
		}
		return
	}
	g.leftMu.Lock()
	defer g.leftMu.Unlock()
	if g.revived[key].at == c.at {
		delete(g.revived, key)
		g.revivedSize -= len(c.desired.file)
	}
}

func (g *Generator) rewrite(ctx context.Context, key string, c revival) error {
	if g.files[c.id].at != c.at {
		return nil // a later change wrote it, conditionally
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	if _, err := g.deps.Store.Stat(ctx, key); !errors.Is(err, objstore.ErrNotFound) {
		return err
	}
	next, content, err := c.desired.object(c.at, &object{})
	if err != nil {
		return err
	}
	if next.etag, err = g.put(ctx, key, content, ""); err != nil {
		return err
	}
	g.deps.Log.InfoContext(ctx, "the file of a restored mock had been deleted; written again", "mock_id", c.id, "key", key)
	g.files[c.id] = next.file
	return nil
}
