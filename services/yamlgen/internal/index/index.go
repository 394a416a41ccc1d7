// Package index is the generator's memory of every mock: what the unified mock's comments say, brought up to date with each
// change. It is the change log of the unified stream.
package index

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/single"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
)

var _ stream.Purger = (*Index)(nil)

// Index holds the latest state of every mock, tombstones of removed ones included, at a position of the mocks stream,
// which is the position of the unified stream too. It is safe for concurrent use.
type Index struct {
	mu        sync.RWMutex
	position  stream.Position
	forgotten uint64
	mocks     map[string]*unified.Mock // the values are never changed, only replaced
	gone      int                      // tombstones in mocks
	order     []ref                    // by number; entries that are no longer true are skipped, and cleared at times
}

// ref says that a mock was changed by the change of that number.
type ref struct {
	number uint64
	id     string
}

// New makes an index at a position.
func New(p stream.Position, forgotten uint64) *Index {
	return &Index{position: p, forgotten: forgotten, mocks: map[string]*unified.Mock{}}
}

// Load adds mocks in any order, as a file has them. Call Settle after the last one.
func (x *Index) Load(m unified.Mock) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(&m)
}

// Settle makes the loaded mocks ready to be asked for.
func (x *Index) Settle() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rebuild()
}

func (x *Index) put(m *unified.Mock) {
	if old := x.mocks[m.ID]; old != nil && old.Removed != nil {
		x.gone--
	}
	if m.Removed != nil {
		x.gone++
	}
	x.mocks[m.ID] = m
}

// Apply moves to a position with what the changes on the way made of mocks. The mocks belong to the index from then on.
func (x *Index) Apply(p stream.Position, mocks []*unified.Mock) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range mocks {
		x.put(m)
		x.order = append(x.order, ref{m.Latest(), m.ID})
	}
	x.position = p
	if len(x.order) > 3*len(x.mocks)+1024 {
		x.rebuild()
	}
}

// rebuild makes order anew from the mocks.
func (x *Index) rebuild() {
	x.order = make([]ref, 0, len(x.mocks)+len(x.mocks)/4)
	for id, m := range x.mocks {
		if m.Change > 0 {
			x.order = append(x.order, ref{m.Change, id})
		}
		if m.Rejected != nil {
			x.order = append(x.order, ref{m.Rejected.Change, id})
		}
	}
	slices.SortFunc(x.order, func(a, b ref) int { return cmp.Compare(a.number, b.number) })
}

// Purge forgets the oldest tombstones up to a number while there are more than keep, and returns them. It stops at one
// that is still needed.
func (x *Index) Purge(keep int, upTo uint64, needed func(m *unified.Mock) bool) []*unified.Mock {
	x.mu.Lock()
	defer x.mu.Unlock()
	var dropped []*unified.Mock
	if x.gone <= keep {
		return nil
	}
	for _, r := range x.order {
		if x.gone <= keep || r.number > upTo {
			break
		}
		if m := x.mocks[r.id]; m != nil && m.Removed != nil && m.Change == r.number {
			if needed(m) {
				break
			}
			delete(x.mocks, r.id)
			x.gone--
			x.forgotten = r.number
			dropped = append(dropped, m)
		}
	}
	return dropped
}

// Forget says that removals up to a number are unknown from now on.
func (x *Index) Forget(number uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forgotten = max(x.forgotten, number)
}

// Mock is the state of a mock; nil if nothing is known of it. It must not be changed.
func (x *Index) Mock(id string) *unified.Mock {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.mocks[id]
}

// All is every mock, in no particular order.
func (x *Index) All() []*unified.Mock {
	x.mu.RLock()
	defer x.mu.RUnlock()
	all := make([]*unified.Mock, 0, len(x.mocks))
	for _, m := range x.mocks {
		all = append(all, m)
	}
	return all
}

// Position is where the index stands.
func (x *Index) Position() stream.Position {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.position
}

// Head implements stream.Log.
func (x *Index) Head(context.Context) (stream.Position, error) { return x.Position(), nil }

// Forgotten implements stream.Purger.
func (x *Index) Forgotten(context.Context) (uint64, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.forgotten, nil
}

// After implements stream.Log.
func (x *Index) After(_ context.Context, number uint64, limit int) (stream.Batch, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b := stream.Batch{Epoch: x.position.Epoch, From: number, To: max(number, x.position.Number)}
	first := sort.Search(len(x.order), func(i int) bool { return x.order[i].number > number })
	for _, r := range x.order[first:] {
		m := x.mocks[r.id]
		if m == nil {
			continue
		}
		if len(b.Changes) == limit {
			b.To, b.More = b.Changes[limit-1].Number, true
			return b, nil
		}
		e, ok, err := Event(x.position.Epoch, m, r.number, "")
		if err != nil {
			return stream.Batch{}, err
		}
		if ok && (len(b.Changes) == 0 || b.Changes[len(b.Changes)-1].Number < r.number) {
			b.Changes = append(b.Changes, e)
		}
	}
	return b, nil
}

// Event is the change of the unified stream that change number of the mocks stream made; ok is false if that change has
// been superseded. lines is event.SingleGenerated's.
func Event(epoch string, m *unified.Mock, number uint64, lines string) (e event.Envelope, ok bool, err error) {
	var p event.Payload
	switch {
	case m.Rejected != nil && m.Rejected.Change == number:
		r := event.SingleRejected{
			WorkspaceID: m.WorkspaceID, MockID: m.ID, Revision: m.Rejected.Revision, Diagnostics: m.Rejected.Diagnostics,
		}
		if m.Live() {
			g := generated(m)
			r.Serving, r.ServingSince = &g, m.Change
		}
		p = r
	case m.Change != number:
		return e, false, nil
	case m.Removed != nil:
		p = event.SingleRemoved{WorkspaceID: m.WorkspaceID, MockID: m.ID, Deleted: m.Removed.Deleted}
	case m.Live():
		g := generated(m)
		g.Lines = lines
		p = g
	default:
		return e, false, nil
	}
	e, err = event.New(p)
	e.Epoch, e.Number = epoch, number
	return e, err == nil, err
}

func generated(m *unified.Mock) event.SingleGenerated {
	return event.SingleGenerated{
		WorkspaceID: m.WorkspaceID, WorkspaceSlug: m.WorkspaceSlug, MockID: m.ID, MockSlug: m.Slug, Revision: m.Revision,
		Hosts: m.Hosts, Key: single.Key(m.WorkspaceID, m.ID), Digest: m.Digest, Size: m.Size,
		Recording: m.Recording,
	}
}
