package checkpoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen/internal/checkpoint"
)

// flaky is a store whose writes of the unified mock can be made to fail or to take long.
type flaky struct {
	objstore.Store
	fail  error
	while func() // nil: nothing
	takes time.Duration
	puts  int
}

func (f *flaky) Put(ctx context.Context, key string, body io.Reader, size int64, o objstore.PutOptions) (string, error) {
	f.puts++
	<-time.After(f.takes)
	if f.while != nil {
		f.while()
	}
	if f.fail != nil {
		return "", f.fail
	}
	return f.Store.Put(ctx, key, body, size, o)
}

func open(t *testing.T) *flaky {
	t.Helper()
	s, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &flaky{Store: s}
}

// writer makes one that has loaded the file; written gets what it wrote.
func writer(t *testing.T, s objstore.Store, cfg checkpoint.Config, written func(event.UnifiedGenerated)) (*checkpoint.Writer, []string) {
	t.Helper()
	cfg.WriteTimeout = time.Minute
	w := checkpoint.New(cfg, checkpoint.Deps{
		Store: s, Log: slog.New(slog.DiscardHandler), Metrics: checkpoint.NewMetrics(nil),
		Written: func(_ context.Context, e event.UnifiedGenerated, _ []unified.Change) { written(e) },
	})
	var ids []string
	if _, _, err := w.Load(t.Context(), func(m unified.Mock) { ids = append(ids, m.ID) }); err != nil {
		t.Fatal(err)
	}
	return w, ids
}

var steady = checkpoint.Config{Share: 1, MaxAge: time.Minute, PendingBytes: 1 << 20}

func ignore(event.UnifiedGenerated) {}

// add has one mock written with so many items.
func add(w *checkpoint.Writer, id string, number uint64, items int) {
	w.Add([]unified.Change{{
		Mock:  unified.Mock{ID: id, WorkspaceID: "w", Change: number, Digest: "d"},
		Items: []byte(strings.Repeat(`- {"endpoint":{"path":"/"}}`+"\n", items)),
	}}, checkpoint.Target{Position: stream.Position{Epoch: "e", Number: number}})
}

func read(t *testing.T, s objstore.Store) *unified.File {
	t.Helper()
	o, err := s.Get(t.Context(), unified.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	f, err := unified.Index(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFlushMergesIntoTheFile(t *testing.T) {
	s := open(t)
	var said []event.UnifiedGenerated
	w, ids := writer(t, s, steady, func(e event.UnifiedGenerated) { said = append(said, e) })
	if len(ids) != 0 {
		t.Errorf("an empty store has %v", ids)
	}
	if err := w.Flush(t.Context()); err != nil || s.puts != 0 {
		t.Errorf("with nothing to write: %v, %d writes", err, s.puts)
	}
	add(w, "b", 1, 2)
	add(w, "a", 2, 1)
	add(w, "b", 3, 5) // takes the place of the first
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, ids := writer(t, s, steady, ignore) // the next one goes on from the file
	if fmt.Sprint(ids) != "[a b]" {
		t.Errorf("loaded %v", ids)
	}
	add(next, "c", 4, 1)
	next.Add([]unified.Change{{Mock: unified.Mock{ID: "a", WorkspaceID: "w"}, Drop: true}},
		checkpoint.Target{Position: stream.Position{Epoch: "e", Number: 5}, Forgotten: 2})
	if err := next.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := read(t, s)
	if want := (unified.Header{Epoch: "e", Change: 5, Mocks: 2, Endpoints: 6, Forgotten: 2}); f.Header != want {
		t.Errorf("header %+v, not %+v", f.Header, want)
	}
	if len(said) != 1 || said[0].Change != 3 || said[0].Mocks != 2 || said[0].Endpoints != 6 {
		t.Errorf("it was told of %+v", said)
	}
}

// TestFailedWriteLosesNothing: what could not be written waits, under what has come since.
func TestFailedWriteLosesNothing(t *testing.T) {
	s := open(t)
	w, _ := writer(t, s, steady, ignore)
	add(w, "a", 1, 1)
	add(w, "b", 2, 1)
	s.while = func() { add(w, "a", 3, 2) }
	s.fail = errors.New("the store is away")
	if err := w.Flush(t.Context()); !errors.Is(err, s.fail) || errors.Is(err, checkpoint.ErrTaken) {
		t.Fatal(err)
	}
	add(w, "b", 4, 7)
	s.fail, s.while = nil, nil
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := read(t, s); f.Header.Change != 4 || f.Header.Mocks != 2 || f.Header.Endpoints != 9 {
		t.Errorf("header %+v", f.Header)
	}
}

// TestTaken: of two that know the same file one writes; the other finds out and writes nothing, before and after the file began to exist.
func TestTaken(t *testing.T) {
	for name, number := range map[string]uint64{"there was no file": 0, "there was one": 1} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if number > 0 {
				w, _ := writer(t, s, steady, ignore)
				add(w, "old", number, 1)
				if err := w.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			one, _ := writer(t, s, steady, ignore)
			two, _ := writer(t, s, steady, ignore)
			add(one, "a", number+1, 1)
			add(two, "a", number+2, 3)
			if err := one.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := two.Flush(t.Context()); !errors.Is(err, checkpoint.ErrTaken) {
				t.Errorf("the second: %v", err)
			}
			if f := read(t, s); f.Header.Change != number+1 {
				t.Errorf("the file is at %d", f.Header.Change)
			}
		})
	}
}

// TestDamagedFileIsReplaced: it counts as none, but it is still that file which is replaced.
func TestDamagedFileIsReplaced(t *testing.T) {
	s := open(t)
	if _, err := s.Store.Put(t.Context(), unified.Key, bytes.NewReader([]byte("- nonsense\n")), 11, objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	w, ids := writer(t, s, steady, ignore)
	if len(ids) != 0 {
		t.Errorf("nonsense has %v", ids)
	}
	add(w, "a", 1, 1)
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := read(t, s); f.Header.Mocks != 1 {
		t.Errorf("header %+v", f.Header)
	}
}

// TestShare: writing takes at most its share of the time, no change waits longer than MaxAge beyond a write, and much that waits is
// written at once.
func TestShare(t *testing.T) {
	const takes = time.Second
	for name, c := range map[string]struct {
		cfg         checkpoint.Config
		items       int
		least, most int // writes in 100 s
	}{
		"a tenth":         {checkpoint.Config{Share: 0.1, MaxAge: time.Hour, PendingBytes: 1 << 20}, 1, 9, 11},
		"never too old":   {checkpoint.Config{Share: 0.001, MaxAge: 20 * time.Second, PendingBytes: 1 << 20}, 1, 4, 6},
		"much at once":    {checkpoint.Config{Share: 0.001, MaxAge: time.Hour, PendingBytes: 100}, 10, 40, 100},
		"all of the time": {checkpoint.Config{Share: 1, MaxAge: time.Hour, PendingBytes: 1 << 20}, 1, 95, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			synctest.Test(t, func(t *testing.T) {
				w, _ := writer(t, s, c.cfg, ignore)
				s.takes = takes
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- w.Run(ctx) }()
				for second := range uint64(100) {
					add(w, "a", second+1, c.items)
					<-time.After(time.Second)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
			if s.puts < c.least || s.puts > c.most {
				t.Errorf("%d writes in 100 s, want %d to %d", s.puts, c.least, c.most)
			}
		})
	}
}
