package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// look brings the table to where the unified mock is, if that is further. No unified mock is no error: nothing was
// published yet.
func (s *Source) look(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.LoadTimeout)
	defer cancel()
	info, err := s.deps.Objects.Stat(ctx, unified.Key)
	switch {
	case errors.Is(err, objstore.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look at %s: %w", unified.Key, err)
	case info.ETag == s.etag:
		return nil
	}
	f, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.take(f)
	return nil
}

// Snapshot implements stream.Snapshotter.
func (s *Source) Snapshot(ctx context.Context, epoch string) (stream.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.LoadTimeout)
	defer cancel()
	f, err := s.load(ctx)
	if err != nil {
		return stream.Position{}, err
	}
	if f.Header.Epoch < epoch {
		s.etag = "" // not taken
		return stream.Position{Epoch: f.Header.Epoch, Number: f.Header.Change}, nil
	}
	s.take(f)
	return s.position, nil
}

// load reads the whole unified mock and finds its blocks.
func (s *Source) load(ctx context.Context) (*unified.File, error) {
	began := time.Now()
	o, err := s.deps.Objects.Get(ctx, unified.Key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", unified.Key, err)
	}
	defer o.Body.Close()
	data := make([]byte, o.Size)
	if _, err := io.ReadFull(o.Body, data); err != nil {
		return nil, fmt.Errorf("read %s: %w", unified.Key, err)
	}
	f, err := unified.Index(data)
	if err != nil {
		return nil, err
	}
	s.etag = o.ETag
	s.meters.loads.Observe(time.Since(began).Seconds())
	s.deps.Log.InfoContext(ctx, "unified mock loaded", "epoch", f.Header.Epoch, "change", f.Header.Change,
		"mocks", f.Header.Mocks, "endpoints", f.Header.Endpoints, "bytes", len(data), "duration_ms", time.Since(began).Milliseconds())
	return f, nil
}

// take makes the table what f says: all of it when it is of another epoch or the first, else only what is newer than what
// was applied.
func (s *Source) take(f *unified.File) {
	h := f.Header
	if h.Epoch != s.position.Epoch {
		s.replace(f)
		return
	}
	gone := make(map[string]bool, len(s.live))
	for id := range s.live {
		gone[id] = true
	}
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if b.Live() {
			delete(gone, b.ID)
		}
		number, suspect := s.suspect[b.ID]
		if b.Change <= s.position.Number && (!suspect || b.Change < number) {
			continue
		}
		delete(s.suspect, b.ID)
		if b.Live() {
			s.put(siteOf(b, true))
		} else {
			s.remove(b.ID)
		}
	}
	if h.Change <= s.position.Number {
		return
	}
	for id := range gone {
		s.remove(id)
	}
	s.position.Number = h.Change
	for id, number := range s.suspect {
		if number <= h.Change {
			delete(s.suspect, id) // f knows no more of it than was applied
		}
	}
	s.meters.sites.Set(float64(len(s.live)))
}

func (s *Source) replace(f *unified.File) {
	sites := make([]*site.Site, 0, f.Header.Mocks)
	s.live = make(map[string]bool, f.Header.Mocks)
	clear(s.suspect)
	for i := range f.Blocks {
		if b := &f.Blocks[i]; b.Live() {
			sites = append(sites, siteOf(b, false))
			s.live[b.ID] = true
		}
	}
	s.deps.Table.Replace(sites)
	s.position = stream.Position{Epoch: f.Header.Epoch, Number: f.Header.Change}
	s.meters.sites.Set(float64(len(s.live)))
}

func (s *Source) put(x *site.Site) {
	s.deps.Table.Put(x)
	s.live[x.MockID] = true
}

func (s *Source) remove(id string) {
	s.deps.Table.Remove(id)
	delete(s.live, id)
}

// siteOf makes a site of a block. Its content is a part of the file's memory, unless it is to be its own: one block must
// not keep a whole file alive.
func siteOf(b *unified.Block, own bool) *site.Site {
	content := b.Items
	if settings := b.AppendSettings(nil); len(settings) > 0 {
		content = append(settings, content...)
	} else if own {
		content = bytes.Clone(content)
	}
	return &site.Site{
		WorkspaceID: b.WorkspaceID, WorkspaceSlug: b.WorkspaceSlug, MockID: b.ID, MockSlug: b.Slug, Revision: b.Revision,
		Change: b.Change, Digest: b.Digest, Hosts: b.Hosts, Content: content, Recording: b.Recording,
	}
}
