package index_test

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/index"
)

// follower keeps what each mock's event said last.
type follower map[string]string

func (f follower) apply(t *rapid.T, b stream.Batch) {
	last := b.From
	for _, e := range b.Changes {
		if e.Number <= last || e.Number > b.To {
			t.Fatalf("change %d after %d in (%d, %d]", e.Number, last, b.From, b.To)
		}
		last = e.Number
		if g, err := event.Decode[event.SingleGenerated](e); err == nil {
			f[g.MockID] = g.Digest
		} else if r, err := event.Decode[event.SingleRemoved](e); err == nil {
			delete(f, r.MockID)
		} else if r, err := event.Decode[event.SingleRejected](e); err != nil {
			t.Fatal(err)
		} else if r.Serving != nil {
			f[r.MockID] = r.Serving.Digest
			if made := fmt.Sprint("d", r.ServingSince); r.Serving.Digest != made {
				t.Fatalf("change %d: %s keeps answering, not %s", e.Number, r.Serving.Digest, made)
			}
		} else {
			delete(f, r.MockID)
		}
	}
}

// TestFollowers: whoever has followed up to any number that tombstones are remembered for, and then asks for what came after
// it in batches of any size, ends with what the index says. So does who asks for everything. An index that was loaded from what another one holds
// says the same.
func TestFollowers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := index.New(stream.Position{Epoch: "e"}, 0)
		now := follower{}
		var past []follower // by number
		past = append(past, follower{})
		for number := uint64(1); number <= uint64(rapid.IntRange(0, 60).Draw(t, "changes")); number++ {
			id := fmt.Sprint("m", rapid.IntRange(0, 5).Draw(t, "mock"))
			m := &unified.Mock{ID: id, WorkspaceID: "w", Change: number, Digest: fmt.Sprint("d", number)}
			switch before := x.Mock(id); rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				m.Digest, m.Removed = "", &unified.Removal{}
			case 1: // refused: what was there stays
				m.Change, m.Digest, m.Rejected = 0, "", &unified.Rejection{Change: number}
				if before != nil && before.Live() {
					m.Change, m.Digest = before.Change, before.Digest
				}
			}
			if x.Apply(stream.Position{Epoch: "e", Number: number}, []*unified.Mock{m}); m.Live() {
				now[id] = m.Digest
			} else {
				delete(now, id)
			}
			past = append(past, maps.Clone(now))
			if rapid.IntRange(0, 9).Draw(t, "purge") == 0 {
				x.Purge(rapid.IntRange(0, 2).Draw(t, "keep"), number, func(m *unified.Mock) bool { return m.ID == "m0" })
			}
		}
		forgotten, _ := x.Forgotten(t.Context()) // never fails
		loaded := index.New(x.Position(), forgotten)
		for _, m := range x.All() {
			loaded.Load(*m)
		}
		loaded.Settle()
		for _, x := range []*index.Index{x, loaded} {
			for from := range past {
				if uint64(from) < forgotten && from > 0 {
					continue
				}
				f := maps.Clone(past[from])
				for at := uint64(from); ; {
					b, err := x.After(t.Context(), at, rapid.IntRange(1, 4).Draw(t, "limit"))
					if err != nil || b.From != at || (b.More && b.To == at) {
						t.Fatalf("After(%d) = (%d, %d], more %v, %v", at, b.From, b.To, b.More, err)
					}
					f.apply(t, b)
					if at = b.To; !b.More {
						break
					}
				}
				if !maps.Equal(f, now) {
					t.Fatalf("from %d: %v, not %v", from, f, now)
				}
			}
		}
	})
}

func TestPurge(t *testing.T) {
	x := index.New(stream.Position{Epoch: "e"}, 0)
	for number := uint64(1); number <= 4; number++ {
		x.Apply(stream.Position{Epoch: "e", Number: number}, []*unified.Mock{{
			ID: fmt.Sprint("m", number), WorkspaceID: "w", Change: number, Removed: &unified.Removal{Deleted: true},
		}})
	}
	purge := func(keep int, upTo uint64, needed string) (ids string) {
		for _, m := range x.Purge(keep, upTo, func(m *unified.Mock) bool { return m.ID == needed }) {
			ids += m.ID
		}
		return ids
	}
	for _, c := range []struct {
		keep      int
		upTo      uint64
		needed    string
		dropped   string
		forgotten uint64
	}{
		{4, 4, "", "", 0},     // there are not too many
		{0, 0, "", "", 0},     // none is written
		{0, 4, "m1", "", 0},   // the oldest is needed
		{3, 4, "", "m1", 1},   // one is too many
		{0, 2, "", "m2", 2},   // the others are not written
		{0, 4, "m4", "m3", 3}, // it stops at the one that is needed
	} {
		dropped := purge(c.keep, c.upTo, c.needed)
		forgotten, _ := x.Forgotten(t.Context()) // never fails
		if dropped != c.dropped || forgotten != c.forgotten {
			t.Errorf("%+v: dropped %q, forgotten %d", c, dropped, forgotten)
		}
	}
	if x.Mock("m3") != nil || x.Mock("m4") == nil || len(x.All()) != 1 {
		t.Errorf("left are %v", x.All())
	}
	x.Forget(2)
	if forgotten, _ := x.Forgotten(t.Context()); forgotten != 3 {
		t.Errorf("forgotten is %d after Forget of less", forgotten)
	}
}
