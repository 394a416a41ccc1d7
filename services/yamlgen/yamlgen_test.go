package yamlgen_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestKilledAnywhere: a generator that dies before any operation on the object store, or right after one, leaves nothing
// that the next one does not put right.
func TestKilledAnywhere(t *testing.T) {
	for diesAt := int64(1); diesAt < 40; diesAt += 1 + diesAt/8 {
		t.Run(fmt.Sprintf("operation %d", diesAt), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(diesAt))
			for range 5 {
				w.edit()
			}
			first := w.start(diesAt)
			for range 15 {
				w.edit()
			}
			w.eventually(func() string {
				select {
				case <-first.store.dead:
					return ""
				default:
					w.edit() // it has to do something to die
					return "still alive"
				}
			})
			for range 5 {
				w.edit()
			}
			w.kill(first)
			w.start(0)
			w.settle()
			w.edit()
			w.settle()
		})
	}
}

// TestCleanStopLeavesNothingToDo: after a stop the unified mock has everything, and the lease is free at once.
func TestCleanStopLeavesNothingToDo(t *testing.T) {
	w := newWorld(t, 1)
	first := w.start(0)
	for range 20 {
		w.edit()
	}
	w.settle()
	first.stop()
	w.start(0)
	w.edit()
	w.settle()
}

// TestTwoAtOnce: when Redis forgets the lease, two generators are active for a moment; the store lets one of them through
// at a time, and what comes out is right.
func TestTwoAtOnce(t *testing.T) {
	w := newWorld(t, 2)
	w.start(0)
	w.start(0)
	for range 10 {
		for range 10 {
			w.edit()
		}
		w.redis.FlushAll()
		w.settle()
	}
}

// TestRestoredDatabase: a new epoch makes everything anew from a snapshot, and removes what is not in it.
func TestRestoredDatabase(t *testing.T) {
	w := newWorld(t, 3)
	w.start(0)
	for range 40 {
		w.edit()
	}
	w.settle()
	w.api.mu.Lock()
	w.api.epoch = "e2"
	for id, e := range w.api.latest { // as in the backup: other numbers, fewer mocks
		e.Epoch = "e2"
		w.api.latest[id] = e
		if w.api.good[id].rejected || id == "m1" || id == "m2" {
			delete(w.api.latest, id)
			w.api.good[id] = want{}
		}
	}
	w.api.mu.Unlock()
	w.settle()
	w.edit()
	w.settle()
}

// TestDamagedFile: a unified mock that somebody broke is rebuilt.
func TestDamagedFile(t *testing.T) {
	w := newWorld(t, 4)
	first := w.start(0)
	for range 20 {
		w.edit()
	}
	w.settle()
	data, err := w.read(unified.Key)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte("endpoint"), []byte("endpoinz"), 1)
	if _, err := w.store.Put(w.ctx, unified.Key, bytes.NewReader(data), int64(len(data)), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	w.edit()
	w.settle() // the running one finds out when it writes
	first.stop()

	broken := []byte("- nonsense\n")
	if _, err := w.store.Put(w.ctx, unified.Key, bytes.NewReader(broken), int64(len(broken)), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	w.start(0)
	w.settle() // a new one finds out when it starts
}

// TestRedisRestarts: edits that were made meanwhile arrive.
func TestRedisRestarts(t *testing.T) {
	w := newWorld(t, 5)
	w.start(0)
	w.edit()
	w.settle()
	addr := w.redis.Addr()
	w.redis.Close()
	for range 10 {
		w.edit()
	}
	if err := w.redis.StartAddr(addr); err != nil {
		t.Fatal(err)
	}
	w.settle()
}

// TestHostileMockHurtsNobody: what cannot be understood is skipped, what is invalid is rejected, and the next mock is served.
func TestHostileMockHurtsNobody(t *testing.T) {
	w := newWorld(t, 6)
	w.start(0)
	for _, u := range []event.MockUpdated{
		{WorkspaceID: "../..", MockID: "x", Enabled: true, Content: "- endpoint: {path: /, response: {}}"},
		{WorkspaceID: "w1", MockID: "bomb", Enabled: true, Content: strings.Repeat("[", 100_000)},
		{WorkspaceID: "w1", MockID: "tall", Enabled: true, Content: strings.Repeat("- endpoint: {path: /, response: {}}\n", 101)},
		{WorkspaceID: "w1", MockID: "good", Hosts: []string{"good"}, Enabled: true, Content: "- endpoint: {path: /, response: {status: 200}}"},
	} {
		_ = w.api.publish(w.ctx, w.api.commit(t, u))
	}
	w.eventually(func() string {
		f, err := w.file()
		if err != nil {
			return err.Error()
		}
		said := ""
		for _, b := range f.Blocks {
			said += fmt.Sprintf("%s:%v:%v ", b.ID, b.Live(), b.Rejected != nil && len(b.Rejected.Diagnostics) > 0)
		}
		if want := "bomb:false:true good:true:false tall:false:true "; said != want {
			return said
		}
		return ""
	})
}

func TestConfig(t *testing.T) {
	_, err := yamlgen.New(yamlgen.Config{Lease: time.Millisecond, WriteShare: 2}, yamlgen.Deps{})
	for _, name := range []string{"YAMLGEN_LEASE", "YAMLGEN_WRITE_SHARE", "YAMLGEN_PARALLEL", "MOCK_MAX_ENDPOINTS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in %v", name, err)
		}
	}
}
