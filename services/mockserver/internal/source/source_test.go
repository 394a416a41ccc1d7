package source_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/mockserver/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStartsFromTheUnifiedMockAndFollows(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.set("b", "1")
	w.set("gone", "1")
	w.checkpoint()
	w.set("b", "2")
	w.set("gone", "")
	w.follow()
	<-w.ready
	if got := w.table.site("a"); got == nil || !bytes.HasPrefix(got.Content, []byte(`- {"endpoint"`)) || got.Hosts[0] != "a.example.dev" {
		t.Errorf("from the unified mock came %+v", got)
	}
	p := w.generate()
	w.settle()
	if err := p.Publish(t.Context(), w.set("c", "1"), w.set("a", "2"), w.set("b", "")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if n := w.table.replaced.Load(); n != 1 {
		t.Errorf("the whole table was replaced %d times, want once", n)
	}
}

func TestNothingPublishedYet(t *testing.T) {
	w := newWorld(t)
	w.follow()
	<-w.ready
	p := w.generate()
	if err := p.Publish(t.Context(), w.set("a", "1")); err != nil {
		t.Fatal(err)
	}
	w.settle()
}

func TestPollsWithoutRedis(t *testing.T) {
	w := newWorld(t)
	w.redis.Close()
	w.set("a", "1")
	w.set("b", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	w.settle()
	w.set("b", "")
	w.set("c", "1")
	w.checkpoint()
	w.settle()
	kept := w.table.puts("a")
	w.set("c", "2")
	w.checkpoint()
	w.settle()
	if w.table.puts("a") != kept || w.table.replaced.Load() != 1 {
		t.Error("a mock that did not change was put again")
	}
}

// TestNeverGoesBack: an unified mock that is older than what was applied changes nothing.
func TestNeverGoesBack(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	p := w.generate()
	if err := p.Publish(t.Context(), w.set("a", "2"), w.set("b", "1")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	old, changes := w.gen.file()
	w.redis.Close()
	old.Change, old.Mocks, old.Endpoints = 1, 1, 1 // as it was: a at its first change, no b
	changes = changes[:1]
	changes[0].Mock.Change = 1
	var out bytes.Buffer
	if _, _, err := unified.Merge(&out, nil, old, changes); err != nil {
		t.Fatal(err)
	}
	looked := w.store.gets.Load()
	w.put(unified.Key, out.Bytes())
	w.eventually(func() bool { return w.store.gets.Load() > looked })
	w.set("c", "1")
	w.checkpoint()
	w.settle()
}

func TestStoreAwayAtStart(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.checkpoint()
	w.store.away.Store(true)
	w.follow()
	w.eventually(func() bool { return w.store.refused.Load() > 2 })
	select {
	case <-w.ready:
		t.Fatal("ready without having seen the unified mock")
	default:
	}
	w.store.away.Store(false)
	<-w.ready
	w.settle()
}

func TestStoreAwayWhileFollowing(t *testing.T) {
	w := newWorld(t)
	w.follow()
	<-w.ready
	p := w.generate()
	w.store.away.Store(true) // before anybody can hear of the change
	if err := p.Publish(t.Context(), w.set("a", "1")); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return w.store.refused.Load() > 1 })
	w.store.away.Store(false)
	w.settle()
}

// TestLinesSaveTheFetch: a change that brings the mock's lines is served without the store.
func TestLinesSaveTheFetch(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	p := w.generate()
	w.set("a", "heard")
	w.settle() // changes are heard from now on: what follows needs no replay, which would have no lines
	w.store.away.Store(true)
	var g event.SingleGenerated
	e := w.gen.announce(t, p, func() event.Envelope {
		var err error
		if g, err = event.Decode[event.SingleGenerated](w.gen.change("a", "2").event(t, "e1")); err != nil {
			t.Fatal(err)
		}
		g.Lines = `- {"endpoint":{"path":"/","response":{"body":"2"}}}` + "\n"
		withLines, err := event.New(g)
		if err != nil {
			t.Fatal(err)
		}
		return withLines
	})
	w.eventually(func() bool { return w.table.site("a").Change == e.Number })
	if s := w.table.site("a"); string(s.Content) != g.Lines || s.Digest != g.Digest {
		t.Errorf("served: %+v", s)
	}
	w.store.away.Store(false)
	w.settle()
}

// TestFileOfAnotherChange: a file that is not what its change says is not served, holds nobody up, and the unified mock puts
// it right.
func TestFileOfAnotherChange(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	p := w.generate()
	before := w.table.site("a").Digest
	w.put("w/a/mock.yml", []byte("- endpoint: {path: /stale}\n"))
	if err := p.Publish(t.Context(), w.gen.set("a", "2").event(t, "e1"), w.set("b", "1")); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return w.table.site("b") != nil })
	if got := w.table.site("a").Digest; got != before {
		t.Errorf("a is %s, want what it was", got)
	}
	w.checkpoint()
	w.settle()
}

// TestUnifiedMockAndStreamMeet: whichever of the two is further counts, within one epoch.
func TestUnifiedMockAndStreamMeet(t *testing.T) {
	w := newWorld(t)
	s := source.New(source.Config{Parallel: 1, Timeout: time.Minute, LoadTimeout: time.Minute},
		source.Deps{Log: slog.New(slog.DiscardHandler), Objects: w.store, Table: w.table})
	at := func(step string, want stream.Position, served ...string) {
		t.Helper()
		p, err := s.Position(t.Context())
		if err != nil || p != want {
			t.Errorf("%s: at %v, %v", step, p, err)
		}
		bodies := map[string]bool{}
		for _, body := range served {
			id, _, _ := strings.Cut(body, ":")
			bodies[id] = true
			if x := w.table.site(id); x == nil || !strings.Contains(string(x.Content), body) {
				t.Errorf("%s: %s is %+v", step, body, x)
			}
		}
		if n := len(w.table.digests()); n != len(bodies) {
			t.Errorf("%s: %d mocks are served", step, n)
		}
	}
	snapshot := func(epoch string, want stream.Position) {
		t.Helper()
		if p, err := s.Snapshot(t.Context(), epoch); err != nil || p != want {
			t.Errorf("snapshot of %s: %v, %v", epoch, p, err)
		}
	}
	apply := func(b stream.Batch) {
		t.Helper()
		if err := s.Apply(t.Context(), b); err != nil {
			t.Error(err)
		}
	}
	w.set("a", "a:1")
	w.set("b", "b:2")
	w.checkpoint()
	snapshot("e9", stream.Position{Epoch: "e1", Number: 2})
	at("another epoch is asked for", stream.Position{})
	snapshot("e1", stream.Position{Epoch: "e1", Number: 2})
	at("loaded", stream.Position{Epoch: "e1", Number: 2}, "a:1", "b:2")

	late, err := event.Decode[event.SingleGenerated](w.set("a", "a:3"))
	if err != nil {
		t.Fatal(err)
	}
	late.Lines = "- {\"endpoint\":{\"path\":\"/\",\"response\":{\"body\":\"a:3\"}}}\n" // no file is looked at
	old, err := event.New(late)
	if err != nil {
		t.Fatal(err)
	}
	old.Epoch, old.Number = "e1", 3
	w.set("a", "a:4")
	w.checkpoint()
	snapshot("e1", stream.Position{Epoch: "e1", Number: 4})
	at("the unified mock is further", stream.Position{Epoch: "e1", Number: 4}, "a:4", "b:2")
	apply(stream.Batch{Epoch: "e1", From: 2, To: 3, Changes: []event.Envelope{old}})
	at("an old change came", stream.Position{Epoch: "e1", Number: 4}, "a:4", "b:2")
	apply(stream.Batch{Epoch: "e2", From: 0, To: 9})
	at("a change of another epoch came", stream.Position{Epoch: "e1", Number: 4}, "a:4", "b:2")

	next := w.set("c", "c:5")
	apply(stream.Batch{Epoch: "e1", From: 4, To: 5, Changes: []event.Envelope{next}})
	snapshot("e1", stream.Position{Epoch: "e1", Number: 5})
	at("the unified mock is behind", stream.Position{Epoch: "e1", Number: 5}, "a:4", "b:2", "c:5")

	w.set("a", "a:6")
	w.gen.mu.Lock()
	delete(w.gen.mocks, "b") // its tombstone was forgotten
	w.gen.mu.Unlock()
	w.checkpoint()
	snapshot("e1", stream.Position{Epoch: "e1", Number: 6})
	at("one is gone", stream.Position{Epoch: "e1", Number: 6}, "a:6", "c:5")
}

// TestRefusedKeepsItsPlace: what keeps answering after a refusal claims its hosts no later than before, whether the event or the
// unified mock tells of it.
func TestRefusedKeepsItsPlace(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	p := w.generate()
	if err := p.Publish(t.Context(), w.set("b", "1")); err != nil {
		t.Fatal(err)
	}
	w.settle()
	serving, err := event.Decode[event.SingleGenerated](w.gen.mocks["a"].event(t, "e1"))
	if err != nil {
		t.Fatal(err)
	}
	serving.Digest, serving.Lines = "of the file with the refusal", "- {}\n"
	e, err := event.New(event.SingleRejected{WorkspaceID: "w", MockID: "a", Revision: 2, Serving: &serving, ServingSince: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.gen.announce(t, p, func() event.Envelope {
		w.gen.head++
		return e
	})
	w.eventually(func() bool { return w.table.site("a").Digest == serving.Digest })
	if s := w.table.site("a"); s.Change != 1 {
		t.Errorf("it claims its hosts since change %d", s.Change)
	}
}

func TestNewEpochLoadsTheUnifiedMockAnew(t *testing.T) {
	w := newWorld(t)
	w.set("a", "1")
	w.set("b", "1")
	w.checkpoint()
	w.follow()
	<-w.ready
	w.generate()
	w.settle()
	w.gen.mu.Lock()
	w.gen.epoch, w.gen.head = "e2", 1
	w.gen.mocks = map[string]mock{}
	w.gen.mu.Unlock()
	w.set("z", "1")
	w.checkpoint()
	w.settle()
}

// TestDeletedMocks: who remembers something of a mock hears that it was deleted, once it is not served any more, and not that it was
// unpublished or was never here.
func TestDeletedMocks(t *testing.T) {
	w := newWorld(t)
	var deleted []string
	s := source.New(source.Config{Parallel: 1, Timeout: time.Minute, LoadTimeout: time.Minute}, source.Deps{
		Log: slog.New(slog.DiscardHandler), Objects: w.store, Table: w.table,
		Deleted: func(_ context.Context, id string) {
			if w.table.site(id) != nil {
				t.Errorf("%s is served still", id)
			}
			deleted = append(deleted, id)
		},
	})
	w.set("a", "1")
	w.set("b", "2")
	w.checkpoint()
	if _, err := s.Snapshot(t.Context(), "e1"); err != nil {
		t.Fatal(err)
	}
	for i, gone := range []event.SingleRemoved{{MockID: "a"}, {MockID: "b", Deleted: true}, {MockID: "never here", Deleted: true}, {MockID: "b", Deleted: true}} {
		gone.WorkspaceID = "w"
		e, err := event.New(gone)
		if err != nil {
			t.Fatal(err)
		}
		number := uint64(3 + i)
		e.Epoch, e.Number = "e1", number
		if err := s.Apply(t.Context(), stream.Batch{Epoch: "e1", From: number - 1, To: number, Changes: []event.Envelope{e}}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(deleted, []string{"b"}) {
		t.Errorf("heard of %v", deleted)
	}
}
