package generate

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
)

// sleepyStore has deletions sleep on their way.
type sleepyStore struct {
	objstore.Store
	asleep chan struct{} // told of each deletion
	wake   chan struct{}
}

func (s *sleepyStore) Delete(ctx context.Context, key string) error {
	s.asleep <- struct{}{}
	<-s.wake
	return s.Store.Delete(ctx, key)
}

// TestLateDeletion: a generator falls asleep while it deletes the file of a removed mock, another one takes over, the mock comes back,
// and then the first one wakes. The file is put back; a revision that is refused afterwards leaves what answered.
func TestLateDeletion(t *testing.T) {
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	const key = "w/m/mock.yml"
	said := outcomes{of: map[uint64]string{}}
	sleepy := &sleepyStore{store, make(chan struct{}), make(chan struct{})}
	first := newGenerator(t, sleepy, 10, said.note)
	apply := func(g *Generator, number uint64, u event.MockUpdated) {
		t.Helper()
		u.WorkspaceID, u.MockID, u.MockSlug, u.Revision, u.Hosts = "w", "m", "m", int(number), []string{"h.example.dev"}
		e, err := event.New(u)
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.Number = "e", number
		if err := g.Apply(t.Context(), stream.Batch{Epoch: "e", From: number - 1, To: number, Changes: []event.Envelope{e}}); err != nil {
			t.Fatal(err)
		}
	}
	good := event.MockUpdated{Enabled: true, Content: "- endpoint: {path: /, response: {body: ok}}\n"}
	apply(first, 2, good)
	apply(first, 3, event.MockUpdated{})
	if err := first.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	deleted := make(chan struct{})
	go func() {
		defer close(deleted)
		first.discard(t.Context(), key, first.left[key])
	}()
	<-sleepy.asleep

	second := newGenerator(t, store, 10, said.note)
	apply(second, 4, good)
	close(sleepy.wake)
	<-deleted
	if _, err := store.Stat(t.Context(), key); !errors.Is(err, objstore.ErrNotFound) {
		t.Fatalf("the file should be gone: %v", err)
	}
	if len(second.revived) != 1 || second.revivedSize == 0 {
		t.Fatalf("%d files are to be looked for", len(second.revived))
	}
	second.cfg.Linger = -second.cfg.Timeout // it is time
	collecting, stop := context.WithCancel(t.Context())
	var collector sync.WaitGroup
	collector.Go(func() { second.collect(collecting) })
	for waiting := true; waiting; {
		second.leftMu.Lock()
		waiting = len(second.revived) > 0
		second.leftMu.Unlock()
	}
	stop()
	collector.Wait()
	if _, err := store.Stat(t.Context(), key); err != nil || second.revivedSize != 0 {
		t.Fatalf("%v; %d bytes are still to be looked for", err, second.revivedSize)
	}
	apply(second, 5, event.MockUpdated{Enabled: true, Content: "- endpoint: {unknown: {}}\n"})
	if said.of[5] == "nothing answers" || said.of[4] == said.of[5] {
		t.Errorf("after the refusal: %s, before: %s", said.of[5], said.of[4])
	}
	apply(second, 6, good)
	if len(second.revived) != 0 {
		t.Error("a file that did not take the place of a removal is to be looked for")
	}
}

// TestSnapshotForgets: after a replay from 0, nobody who stands at an earlier number can learn from this generator what is gone.
func TestSnapshotForgets(t *testing.T) {
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	g := newGenerator(t, store, 10, func(context.Context, stream.Batch) error { return nil })
	for _, b := range []stream.Batch{{Epoch: "e", From: 0, To: 5, More: true}, {Epoch: "e", From: 5, To: 9}} {
		if err := g.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if n, err := g.Log().Forgotten(t.Context()); err != nil || (n == 9) != (b.To == 9) {
			t.Errorf("at %d it has forgotten up to %d, %v", b.To, n, err)
		}
	}
}

// TestNotActive: a generator that is not the active one changes nothing in the store, nor does one delete what a later change than it
// knows of has written.
func TestNotActive(t *testing.T) {
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	nothing := func(context.Context, stream.Batch) error { return nil }
	change := func(number uint64, enabled bool) stream.Batch {
		e, err := event.New(event.MockUpdated{
			WorkspaceID: "w", MockID: "m", Revision: int(number), Enabled: enabled, Hosts: []string{"h"},
			Content: "- endpoint: {path: /, response: {}}\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Epoch, e.Number = "e", number
		return stream.Batch{Epoch: "e", From: number - 1, To: number, Changes: []event.Envelope{e}}
	}
	const key = "w/m/mock.yml"
	passive := newGenerator(t, store, 10, nothing)
	passive.deps.Active = func() bool { return false }
	if err := passive.Apply(t.Context(), change(2, true)); !errors.Is(err, ErrNotActive) {
		t.Error(err)
	}
	if _, err := store.Stat(t.Context(), key); !errors.Is(err, objstore.ErrNotFound) {
		t.Errorf("it wrote: %v", err)
	}

	behind := newGenerator(t, store, 10, nothing)
	if err := behind.Apply(t.Context(), change(2, false)); err != nil {
		t.Fatal(err)
	}
	if err := behind.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := newGenerator(t, store, 10, nothing).Apply(t.Context(), change(3, true)); err != nil {
		t.Fatal(err)
	}
	behind.discard(t.Context(), key, behind.left[key])
	if _, err := store.Stat(t.Context(), key); err != nil {
		t.Errorf("it deleted a later change: %v", err)
	}
}
