package checkpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/unified"
)

// Flush writes what is pending now. ErrTaken if the file is not the one that this Writer knows; after any other error
// everything is pending as before.
func (w *Writer) Flush(ctx context.Context) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	p := w.take()
	if p.since.IsZero() {
		return nil
	}
	began := time.Now()
	e, err := w.write(ctx, p)
	if err != nil {
		w.giveBack(p)
		return err
	}
	w.meters.duration.Observe(time.Since(began).Seconds())
	w.meters.written.Add(float64(e.Size))
	w.meters.size.Set(float64(e.Size))
	w.deps.Written(ctx, e, p.sorted)
	return nil
}

// taken is what one write takes from the pending.
type taken struct {
	changes map[string]unified.Change
	sorted  []unified.Change // by mock id
	size    int
	target  Target
	since   time.Time
}

func (w *Writer) take() taken {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := taken{changes: w.pending, size: w.size, target: w.target, since: w.since}
	w.pending, w.size, w.since = map[string]unified.Change{}, 0, time.Time{}
	w.meters.pending.Set(0)
	p.sorted = slices.SortedFunc(maps.Values(p.changes), func(a, b unified.Change) int { return cmp.Compare(a.Mock.ID, b.Mock.ID) })
	return p
}

// giveBack puts what was not written under what has come since.
func (w *Writer) giveBack(p taken) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, c := range p.changes {
		if _, newer := w.pending[id]; !newer {
			w.pending[id] = c
			w.size += len(c.Items)
		}
	}
	w.since = p.since
	w.meters.pending.Set(float64(len(w.pending)))
}

// write merges the changes into the file.
func (w *Writer) write(ctx context.Context, p taken) (event.UnifiedGenerated, error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.WriteTimeout)
	defer cancel()
	plan, err := w.plan(p)
	if err != nil {
		return event.UnifiedGenerated{}, err
	}
	old, closeOld, err := w.open(ctx)
	if err != nil {
		return event.UnifiedGenerated{}, err
	}
	defer closeOld()

	// The merge runs beside the upload, and ends with it: closing the pipe's reading end fails its next write.
	in, out := io.Pipe()
	var digest string
	var mergeErr error
	var merging sync.WaitGroup
	merging.Go(func() {
		var size int64
		digest, size, mergeErr = unified.Merge(out, old, plan.header, p.sorted)
		if mergeErr == nil && size != plan.size {
			mergeErr = fmt.Errorf("%w: the merge made %d bytes where %d were planned", unified.ErrCorrupt, size, plan.size)
		}
		_ = out.CloseWithError(mergeErr) // never fails
	})
	etag, err := w.deps.Store.Put(ctx, unified.Key, in, plan.size, objstore.PutOptions{
		IfMatch: w.etag, IfAbsent: w.etag == "", ContentType: "application/yaml",
	})
	_ = in.CloseWithError(context.Canceled) // never fails
	merging.Wait()
	switch {
	case errors.Is(err, objstore.ErrPrecondition):
		return event.UnifiedGenerated{}, ErrTaken
	case errors.Is(mergeErr, unified.ErrCorrupt):
		return event.UnifiedGenerated{}, fmt.Errorf("%w: %w", ErrTaken, mergeErr) // read it again: Load knows what to do
	case err != nil:
		return event.UnifiedGenerated{}, fmt.Errorf("write %s: %w", unified.Key, err)
	case mergeErr != nil:
		return event.UnifiedGenerated{}, fmt.Errorf("%w: the store accepted an unfinished file: %w", ErrTaken, mergeErr)
	}
	w.etag, w.header, w.bytes = etag, plan.header, plan.blocks
	for id, b := range plan.placed {
		if b == (placed{}) {
			delete(w.placed, id)
		} else {
			w.placed[id] = b
		}
	}
	return event.UnifiedGenerated{
		Key: unified.Key, Epoch: plan.header.Epoch, Change: plan.header.Change, Digest: digest, Size: plan.size,
		Mocks: plan.header.Mocks, Endpoints: plan.header.Endpoints,
	}, nil
}

// open opens the file that is to be replaced; the scanner is nil when there is none.
func (w *Writer) open(ctx context.Context) (*unified.Scanner, func(), error) {
	none := func() {}
	if len(w.placed) == 0 {
		return nil, none, nil // nothing in it is needed
	}
	o, err := w.deps.Store.Get(ctx, unified.Key)
	if errors.Is(err, objstore.ErrNotFound) {
		return nil, none, fmt.Errorf("%w: it is gone", ErrTaken)
	}
	if err != nil {
		return nil, none, fmt.Errorf("open %s: %w", unified.Key, err)
	}
	closeIt := func() { _ = o.Body.Close() } // only read
	if o.ETag != w.etag {
		closeIt()
		return nil, none, ErrTaken
	}
	s, err := unified.NewScanner(o.Body)
	if err != nil {
		closeIt()
		return nil, none, fmt.Errorf("read %s: %w", unified.Key, err)
	}
	return s, closeIt, nil
}

// plan is what the new file will be.
type plan struct {
	header unified.Header
	placed map[string]placed // of the changed blocks; zero for those without one
	blocks int64             // bytes of all blocks
	size   int64             // bytes of the file
}

func (w *Writer) plan(p taken) (plan, error) {
	n := plan{header: w.header, placed: make(map[string]placed, len(p.sorted)), blocks: w.bytes}
	n.header.Epoch, n.header.Change, n.header.Forgotten = p.target.Epoch, p.target.Number, p.target.Forgotten
	var scratch []byte
	for i := range p.sorted {
		c := &p.sorted[i]
		before := w.placed[c.Mock.ID]
		var now placed
		if !c.Drop {
			comment, err := unified.AppendBlock(scratch[:0], &c.Mock, nil)
			if err != nil {
				return n, err
			}
			scratch = comment
			now = placed{len(comment), int64(len(c.Items)), unified.CountItems(c.Items)}
		}
		n.placed[c.Mock.ID] = now
		n.blocks += now.bytes() - before.bytes()
		n.header.Endpoints += now.count - before.count
		n.header.Mocks += min(now.count, 1) - min(before.count, 1)
	}
	head, err := unified.AppendHeader(scratch[:0], n.header)
	if err != nil {
		return n, err
	}
	n.size = int64(len(head)) + n.blocks + unified.TrailerSize
	return n, nil
}

// blocks calls each for every block.
func blocks(s *unified.Scanner, each func(m unified.Mock, comment int, size int64, items int)) error {
	for {
		err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := s.Mock()
		if err != nil {
			return err
		}
		comment := len(s.Comment())
		size, items, err := s.CopyItems(io.Discard)
		if err != nil {
			return err
		}
		each(m, comment, size, items)
	}
}
