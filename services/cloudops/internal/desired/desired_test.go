package desired_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
)

func change(t *testing.T, number uint64, p event.Payload) event.Envelope {
	t.Helper()
	e, err := event.New(p)
	if err != nil {
		t.Fatal(err)
	}
	e.Epoch, e.Number = "e1", number
	return e
}

func created(t *testing.T, number uint64, id, host string) event.Envelope {
	return change(t, number, event.DomainCreated{WorkspaceID: "w", MockID: "m", DomainID: id, Host: host, Custom: true})
}

func newStore(t *testing.T) objstore.Store {
	t.Helper()
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// open makes a state and reads its position, as a consumer does.
func open(t *testing.T, store objstore.Store) (*desired.State, stream.Position) {
	t.Helper()
	s := desired.New(store, func() {}, func(string) {})
	p, err := s.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func hosts(s *desired.State) map[string]string {
	byID := map[string]string{}
	for id, d := range s.Snapshot().Domains {
		byID[id] = d.Host
	}
	return byID
}

func TestStateOutlivesTheProcess(t *testing.T) {
	store := newStore(t)
	var checked []string
	s := desired.New(store, func() {}, func(id string) { checked = append(checked, id) })
	p, err := s.Position(t.Context())
	if err != nil || p != (stream.Position{}) || s.Snapshot().Complete {
		t.Fatalf("a new state is at %+v", p)
	}
	apply := func(b stream.Batch) {
		t.Helper()
		b.Epoch = "e1"
		if err := s.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	apply(stream.Batch{From: 0, To: 2, More: true, Changes: []event.Envelope{created(t, 1, "a", "a.dev"), created(t, 2, "b", "b.dev")}})
	if s.Snapshot().Complete {
		t.Error("complete in the middle of a replay")
	}
	before := s.Snapshot()
	apply(stream.Batch{From: 2, To: 9, Changes: []event.Envelope{
		change(t, 4, event.DomainDeleted{DomainID: "a", Host: "a.dev"}),
		change(t, 9, event.DomainVerificationDispatched{DomainID: "b", Host: "b.dev"}),
	}})
	if len(checked) != 1 || checked[0] != "b" {
		t.Errorf("asked to look at %v", checked)
	}
	apply(stream.Batch{From: 9, To: 12}) // a range of superseded changes
	if len(before.Domains) != 2 {
		t.Error("a snapshot changed after it was given out")
	}
	s, p = open(t, store)
	if p != (stream.Position{Epoch: "e1", Number: 12}) || !s.Snapshot().Complete {
		t.Errorf("position %+v", p)
	}
	if diff := cmp.Diff(map[string]desired.Domain{"b": {ID: "b", WorkspaceID: "w", MockID: "m", Host: "b.dev", Custom: true}}, s.Snapshot().Domains); diff != "" {
		t.Error(diff)
	}
	// What was applied is not applied again.
	apply(stream.Batch{From: 0, To: 2, Changes: []event.Envelope{created(t, 1, "a", "a.dev"), created(t, 2, "b", "old.dev")}})
	apply(stream.Batch{From: 0, To: 13, Changes: []event.Envelope{created(t, 1, "a", "a.dev"), created(t, 13, "c", "c.dev")}})
	if diff := cmp.Diff(map[string]string{"b": "b.dev", "c": "c.dev"}, hosts(s)); diff != "" {
		t.Error(diff)
	}
}

func TestReset(t *testing.T) {
	store := newStore(t)
	s, _ := open(t, store)
	if err := s.Apply(t.Context(), stream.Batch{Epoch: "e1", To: 1, Changes: []event.Envelope{created(t, 1, "a", "a.dev")}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(t.Context(), "e2"); err != nil {
		t.Fatal(err)
	}
	if snapshot := s.Snapshot(); snapshot.Complete || len(snapshot.Domains) != 0 {
		t.Errorf("%+v", snapshot)
	}
	if _, p := open(t, store); p.Epoch != "e1" {
		t.Errorf("the object was given up before there is a new one: %+v", p)
	}
	if err := s.Apply(t.Context(), stream.Batch{Epoch: "e1", From: 1, To: 2}); err == nil {
		t.Error("a batch of the former epoch was applied")
	}
	if err := s.Apply(t.Context(), stream.Batch{Epoch: "e2", To: 5}); err != nil {
		t.Fatal(err)
	}
	if s, p := open(t, store); p != (stream.Position{Epoch: "e2", Number: 5}) || len(s.Snapshot().Domains) != 0 {
		t.Errorf("%+v", p)
	}
}

// Two of them never write over each other: the slower one reads what the faster one wrote, and goes on from there.
func TestTwoWriters(t *testing.T) {
	store := newStore(t)
	one, _ := open(t, store)
	two, _ := open(t, store)
	batch := stream.Batch{Epoch: "e1", To: 1, Changes: []event.Envelope{created(t, 1, "a", "a.dev")}}
	if err := one.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := two.Apply(t.Context(), batch); !errors.Is(err, objstore.ErrPrecondition) {
		t.Fatalf("%v, want ErrPrecondition", err)
	}
	if err := two.Apply(t.Context(), batch); err != nil {
		t.Fatalf("the second try: %v", err)
	}
	if err := two.Apply(t.Context(), stream.Batch{Epoch: "e1", From: 1, To: 2, Changes: []event.Envelope{created(t, 2, "b", "b.dev")}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "a.dev", "b": "b.dev"}, hosts(two)); diff != "" {
		t.Error(diff)
	}
}

// failing is a store whose writes fail.
type failing struct{ objstore.Store }

func (failing) Put(context.Context, string, io.Reader, int64, objstore.PutOptions) (string, error) {
	return "", errors.New("disk full")
}

func TestNothingMovesWhenTheWriteFails(t *testing.T) {
	s, _ := open(t, failing{newStore(t)})
	if err := s.Apply(t.Context(), stream.Batch{Epoch: "e1", To: 1, Changes: []event.Envelope{created(t, 1, "a", "a.dev")}}); err == nil {
		t.Fatal("no error")
	}
	if snapshot := s.Snapshot(); snapshot.Position.Number != 0 || len(snapshot.Domains) != 0 {
		t.Errorf("%+v", snapshot)
	}
}

func TestUnreadableObjects(t *testing.T) {
	for name, content := range map[string]string{"broken": `{"version":1`, "newer": `{"version":2}`, "empty": ``} {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			if _, err := store.Put(t.Context(), desired.Key, strings.NewReader(content), int64(len(content)), objstore.PutOptions{}); err != nil {
				t.Fatal(err)
			}
			if _, err := desired.New(store, func() {}, func(string) {}).Position(t.Context()); err == nil || !strings.Contains(err.Error(), desired.Key) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestUnknownChanges(t *testing.T) {
	s, _ := open(t, newStore(t))
	newer := created(t, 1, "a", "a.dev")
	newer.Version = 99
	broken := created(t, 1, "a", "a.dev")
	broken.Payload = json.RawMessage(`[]`)
	for name, e := range map[string]event.Envelope{
		"another stream's": change(t, 1, event.MockDeleted{}), "newer version": newer, "broken": broken,
	} {
		if err := s.Apply(t.Context(), stream.Batch{Epoch: "e1", To: 1, Changes: []event.Envelope{e}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
