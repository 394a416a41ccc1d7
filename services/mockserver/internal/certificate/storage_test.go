package certificate

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
)

func newStore(t *testing.T, objects objstore.Store, key byte) *storage {
	t.Helper()
	s, err := newStorage(objects, bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openStore(t *testing.T) objstore.Store {
	t.Helper()
	objects, err := dirstore.Open(t.TempDir(), dirstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestStorage: what certmagic asks of a storage.
func TestStorage(t *testing.T) {
	ctx, objects := t.Context(), openStore(t)
	s := newStore(t, objects, 'a')
	if _, err := s.Load(ctx, "a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	for _, key := range []string{"acme/ca/users/ops@example.com/ops.json", "certificates/ca/a.co/a.co.crt", "certificates/ca/a.co/a.co.key", "certificates/ca/wildcard_.b.co/x.crt"} {
		if err := s.Store(ctx, key, []byte("value of "+key)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Load(ctx, key)
		if err != nil || string(got) != "value of "+key || !s.Exists(ctx, key) {
			t.Errorf("%s: %q, %v", key, got, err)
		}
		info, err := s.Stat(ctx, key)
		if err != nil || info.Size != int64(len("value of "+key)) || !info.IsTerminal || time.Since(info.Modified) > time.Hour {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
	}
	for path, want := range map[string][]string{
		"certificates/ca": {"certificates/ca/a.co", "certificates/ca/wildcard_.b.co"}, "certificates/ca/a.co": {"certificates/ca/a.co/a.co.crt", "certificates/ca/a.co/a.co.key"},
	} {
		if got, err := s.List(ctx, path, false); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if got, err := s.List(ctx, "certificates", true); err != nil || len(got) != 3 {
		t.Errorf("all: %q, %v", got, err)
	}
	if info, err := s.Stat(ctx, "certificates/ca"); err != nil || info.IsTerminal {
		t.Errorf("a folder: %+v, %v", info, err)
	}
	// Neither another key nor another place opens it.
	if _, err := newStore(t, objects, 'b').Load(ctx, "certificates/ca/a.co/a.co.key"); err == nil || !strings.Contains(err.Error(), "MOCKSERVER_ACME_KEY") {
		t.Errorf("another key: %v", err)
	}
	moved, err := objects.Get(ctx, root+"certificates/ca/a.co/a.co.key")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Put(ctx, root+"certificates/ca/a.co/a.co.crt", moved.Body, -1, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_ = moved.Body.Close()
	if _, err := s.Load(ctx, "certificates/ca/a.co/a.co.crt"); err == nil {
		t.Error("an object in another's place is taken")
	}
	if err := s.Delete(ctx, "certificates/ca"); err != nil || s.Exists(ctx, "certificates") || !s.Exists(ctx, "acme") {
		t.Errorf("delete: %v", err)
	}
	if err := s.Delete(ctx, "certificates/ca"); err != nil {
		t.Errorf("delete what is gone: %v", err)
	}
}

// TestLocks: one has a lock at a time, whoever gives it back, and a lock whose holder died is free after the lease.
func TestLocks(t *testing.T) {
	objects := openStore(t)
	var holders, most, turns int
	var mu sync.Mutex
	var all sync.WaitGroup
	servers := make([]locks, 4)
	for i := range servers {
		servers[i] = newLocks(objects)
		servers[i].every, servers[i].lease = time.Millisecond, time.Second
	}
	for _, l := range servers {
		all.Go(func() {
			for range 5 {
				if err := l.Lock(t.Context(), "issue_cert_a.co"); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				holders++
				turns++
				most = max(most, holders)
				mu.Unlock()
				mu.Lock()
				holders--
				mu.Unlock()
				if err := l.Unlock(t.Context(), "issue_cert_a.co"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most != 1 || turns != 20 {
		t.Errorf("%d at a time, %d turns", most, turns)
	}
	dead, next := servers[0], servers[1]
	if err := dead.Lock(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	dead.held["x"].stop() // it renews no more
	<-dead.held["x"].done
	next.lease = 5 * time.Millisecond
	if err := next.Lock(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := dead.Unlock(t.Context(), "x"); err != nil {
		t.Errorf("too late: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	third := servers[2]
	third.lease = time.Hour
	if err := third.Lock(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("the second holder lost it: %v", err)
	}
	if err := next.Unlock(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if err := next.Unlock(t.Context(), "x"); err == nil {
		t.Error("unlocked twice")
	}
}
