package generate

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/checkpoint"
)

// TestOneOutcome: generators that all think they are active, see different parts of the same log and do not agree on what may
// be served, say the same of every change: what answers after it.
func TestOneOutcome(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 0))
			store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			log := history(t, rng)
			said := outcomes{of: map[uint64]string{}}
			var all sync.WaitGroup
			var generators [2]*Generator
			for i := range generators {
				g := newGenerator(t, store, 2+2*i, said.note)
				generators[i] = g
				own := rand.New(rand.NewPCG(seed, uint64(i)+1))
				all.Go(func() {
					for at := uint64(1); at < uint64(len(log)); {
						b := log.after(own, at)
						if err := g.Apply(t.Context(), b); err != nil {
							t.Error(err)
							return
						}
						at = b.To
					}
				})
			}
			all.Wait()
			for _, problem := range said.differ {
				t.Error(problem)
			}
			for _, id := range []string{"a", "b"} {
				x, y := generators[0].known(id), generators[1].known(id)
				if (x == nil) != (y == nil) || (x != nil && (x.Digest != y.Digest || x.Latest() != y.Latest())) {
					t.Errorf("mock %s ends as %+v and as %+v", id, x, y)
				}
			}
		})
	}
}

// newGenerator makes one that takes so many endpoints.
func newGenerator(t *testing.T, store objstore.Store, endpoints int, note func(context.Context, stream.Batch) error) *Generator {
	t.Helper()
	g := New(Config{
		Limits: mockspec.Limits{Endpoints: endpoints}, Tombstones: 10, Parallel: 2, Timeout: 10 * time.Second,
		Checkpoint: checkpoint.Config{Share: 1, MaxAge: time.Minute, PendingBytes: 1 << 20, WriteTimeout: time.Minute},
	}, Deps{
		Log: slog.New(slog.DiscardHandler), Store: store, Metrics: NewMetrics(nil), Checkpoint: checkpoint.NewMetrics(nil),
		Active: func() bool { return true }, Announce: func(context.Context, event.Payload) error { return nil },
	})
	if err := g.Load(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	g.live.Load().Apply(stream.Position{Epoch: "e", Number: 1}, nil) // what begins from 0 is a snapshot, told at its end only
	return g
}

// changes are a log that nothing was compacted in yet.
type changes []event.Envelope

func history(t *testing.T, rng *rand.Rand) changes {
	t.Helper()
	var log changes
	for number := range uint64(16) {
		id := []string{"a", "b"}[rng.IntN(2)]
		u := event.MockUpdated{
			WorkspaceID: "w", MockID: id, MockSlug: id, Revision: int(number) + 1, Enabled: true,
			Hosts: []string{fmt.Sprintf("%s-%d.example.dev", id, rng.IntN(2))},
		}
		switch rng.IntN(6) {
		case 0:
			u.Enabled = false
		case 1:
			u.Content = "- endpoint: {unknown: {}}\n"
		default:
			for i := range 1 + rng.IntN(4) { // one of the generators refuses the larger ones
				u.Content += fmt.Sprintf("- endpoint:\n    path: /%d\n    response: {body: %q}\n", i, fmt.Sprint(number))
			}
		}
		e, err := event.New(u)
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.Number = "e", number+1
		log = append(log, e)
	}
	return log
}

// after is what somebody gets of the log: a few changes, without those that were superseded when it was read.
func (c changes) after(rng *rand.Rand, at uint64) stream.Batch {
	to := at + 1 + rng.Uint64N(min(4, uint64(len(c))-at))
	head := to + rng.Uint64N(uint64(len(c))-to+1)
	b := stream.Batch{Epoch: "e", From: at, To: to}
	for _, e := range c[at:to] {
		superseded := false
		for _, later := range c[e.Number:head] {
			superseded = superseded || idOf(later) == idOf(e)
		}
		if !superseded {
			b.Changes = append(b.Changes, e)
		}
	}
	return b
}

func idOf(e event.Envelope) string {
	u, _ := event.Decode[event.MockUpdated](e)
	return u.MockID
}

// outcomes are what was said of the changes.
type outcomes struct {
	mu     sync.Mutex
	of     map[uint64]string
	differ []string
}

func (o *outcomes) note(_ context.Context, b stream.Batch) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range b.Changes {
		now := "nothing answers"
		if g, err := event.Decode[event.SingleGenerated](e); err == nil {
			now = fmt.Sprint(g.Digest, g.Hosts, g.Revision)
		} else if r, err := event.Decode[event.SingleRejected](e); err == nil && r.Serving != nil {
			now = fmt.Sprint(r.Serving.Digest, r.Serving.Hosts, r.Serving.Revision)
		}
		if before, ok := o.of[e.Number]; ok && before != now {
			o.differ = append(o.differ, fmt.Sprintf("after change %d: %s, and %s", e.Number, before, now))
		}
		o.of[e.Number] = now
	}
	return nil
}

// TestMoved: a mock that comes to another workspace leaves no file behind.
func TestMoved(t *testing.T) {
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	g := newGenerator(t, store, 10, func(context.Context, stream.Batch) error { return nil })
	for number, workspace := range []string{"w1", "w2"} {
		e, err := event.New(event.MockUpdated{
			WorkspaceID: workspace, MockID: "m", Revision: 1, Enabled: true, Hosts: []string{"h"},
			Content: "- endpoint: {path: /, response: {}}\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.Number = "e", uint64(number)+2
		b := stream.Batch{Epoch: "e", From: e.Number - 1, To: e.Number, Changes: []event.Envelope{e}}
		if err := g.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for key, l := range g.left {
		g.discard(t.Context(), key, l)
	}
	var keys []string
	if err := store.List(t.Context(), "", func(i objstore.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(keys, " "); got != unified.Key+" w2/m/mock.yml" {
		t.Errorf("the store has %s", got)
	}
	if m := g.known("m"); m == nil || !m.Live() || m.WorkspaceID != "w2" {
		t.Errorf("the mock is %+v", m)
	}
}
