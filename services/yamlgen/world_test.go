package yamlgen_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/lifecycle"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/yamlgen"
)

// world is everything around generators: an api that edits mocks, Redis, an object store, and a follower of the unified
// stream.
type world struct {
	t        *testing.T
	redis    *miniredis.Miniredis
	client   *redis.Client
	store    objstore.Store
	api      *api
	follower *follower
	rng      *rand.Rand
	revision int
	wg       sync.WaitGroup
	ctx      context.Context
}

const prefix = "t:"

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	store, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{t: t, redis: miniredis.RunT(t), store: store, rng: rand.New(rand.NewPCG(seed, 0))}
	w.client = w.connect()
	w.api = &api{epoch: "e1", latest: map[string]event.Envelope{}, good: map[string]want{}, past: map[string]bool{}}
	w.follower = &follower{state: map[string]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	w.ctx = ctx
	t.Cleanup(func() { cancel(); w.wg.Wait() })

	p, err := stream.NewProducer(stream.ProducerConfig{
		Stream: event.Mocks, Prefix: prefix, Heartbeat: 200 * time.Millisecond, BatchChanges: 7,
	}, w.client, w.api)
	if err != nil {
		t.Fatal(err)
	}
	w.api.publish = p.Publish
	c, err := stream.NewConsumer(stream.ConsumerConfig{
		Stream: event.Unified, Prefix: prefix, Service: "follower", AnswerWithin: 300 * time.Millisecond,
	}, w.client, w.follower)
	if err != nil {
		t.Fatal(err)
	}
	w.wg.Go(func() { _ = p.Run(ctx) })
	w.wg.Go(func() { _ = c.Run(ctx) })
	return w
}

func (w *world) connect() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: w.redis.Addr()})
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// edit makes one random edit and publishes it, sometimes not.
func (w *world) edit() {
	id := fmt.Sprintf("m%d", w.rng.IntN(12))
	w.revision++
	u := event.MockUpdated{
		Revision:    w.revision,
		WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: id, MockSlug: id, Enabled: true,
		Hosts: []string{id + "-ann.example.dev", id + ".ann.example.com"},
	}
	var p event.Payload
	switch w.rng.IntN(10) {
	case 0:
		p = event.MockDeleted{WorkspaceID: "w1", MockID: id}
	case 1:
		u.Enabled = false
		p = u
	case 2:
		u.Content = "- endpoint: {path: /a, unknown: {}}\n"
		p = u
	default:
		u.Content = fmt.Sprintf("# of %s\n", id)
		for i := range 1 + w.rng.IntN(5) {
			u.Content += fmt.Sprintf("- endpoint:\n    path: /%d\n    response: {status: 200, body: %q}\n", i, fmt.Sprint(w.rng.IntN(4)))
		}
		p = u
	}
	e := w.api.commit(w.t, p)
	if w.rng.IntN(5) > 0 {
		_ = w.api.publish(w.ctx, e) // what is not published is found out
	}
}

// instance is a generator that can be killed.
type instance struct {
	store *mortal
	stop  func()
}

// start runs a generator. It dies before the given operation on the object store, if that is not 0.
func (w *world) start(diesAt int64) *instance {
	w.t.Helper()
	i := &instance{store: &mortal{Store: w.store, diesAt: diesAt, dead: make(chan struct{})}}
	s, err := yamlgen.New(yamlgen.Config{
		Prefix: prefix, Lease: time.Second, WriteShare: 1, MaxAge: time.Minute, PendingBytes: 1 << 20, Tombstones: 3,
		Parallel: 4, MaxContent: 1 << 20, MaxEndpoints: 100,
	}, yamlgen.Deps{
		Log: slog.New(slog.DiscardHandler), Health: &lifecycle.Health{}, Redis: w.connect(), Objects: i.store,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	w.wg.Go(func() { defer close(done); _ = s.Run(ctx) })
	i.stop = func() { cancel(); <-done }
	return i
}

// kill ends a generator as kill -9 would, as far as the store can tell, and lets its lease run out.
func (w *world) kill(i *instance) {
	i.store.die()
	i.stop()
	w.redis.FastForward(2 * time.Second)
}

// settle waits until everything has arrived everywhere.
func (w *world) settle() {
	w.t.Helper()
	head, _ := w.api.Head(w.ctx)
	w.eventually(func() string {
		f, err := w.file()
		if err != nil {
			return err.Error()
		}
		if f.Header.Epoch != head.Epoch || f.Header.Change != head.Number {
			return fmt.Sprintf("unified mock is at %s %d, the api at %v", f.Header.Epoch, f.Header.Change, head)
		}
		if at, _ := w.follower.Position(w.ctx); at != head {
			return fmt.Sprintf("follower is at %v, the api at %v", at, head)
		}
		return w.compare(f)
	})
}

func (w *world) eventually(problem func() string) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(2 * time.Minute); ; {
		select {
		case <-tick.C:
			if problem() == "" {
				return
			}
		case <-late:
			w.t.Fatal(problem())
		}
	}
}

func (w *world) read(key string) ([]byte, error) {
	o, err := w.store.Get(w.ctx, key)
	if err != nil {
		return nil, err
	}
	defer o.Body.Close()
	return io.ReadAll(o.Body)
}

func (w *world) file() (*unified.File, error) {
	data, err := w.read(unified.Key)
	if err != nil {
		return nil, err
	}
	return unified.Index(data)
}

// compare says how the unified mock, the mocks' files or the follower differ from what the api wants.
func (w *world) compare(f *unified.File) string {
	wants := w.api.wants()
	live := map[string]string{}
	for _, b := range f.Blocks {
		if (b.Rejected != nil) != wants[b.ID].rejected {
			return fmt.Sprintf("%s: rejected is %v", b.ID, b.Rejected)
		}
		if !b.Live() {
			continue
		}
		content := wants[b.ID].content
		file, err := w.read("w1/" + b.ID + "/mock.yml")
		if err != nil {
			return fmt.Sprintf("%s: %v", b.ID, err)
		}
		head, body, ok := unified.CutMock(file)
		if !ok || head.Epoch != f.Header.Epoch || head.Latest() != b.Latest() {
			return fmt.Sprintf("%s: file begins with %+v, not with change %d", b.ID, head, b.Latest())
		}
		wrote := strings.ReplaceAll(string(body), "    host: "+b.Hosts[0]+"\n", "")
		if wants[b.ID].rejected && w.api.wasGood(b.ID, wrote) {
			content = wrote
		}
		if b.Endpoints != strings.Count(content, "- endpoint") || !bytes.Contains(b.Items, []byte(b.ID+"-ann.example.dev")) {
			return fmt.Sprintf("%s: items are %q, content is %q", b.ID, b.Items, content)
		}
		if unified.Digest(file) != b.Digest || wrote != content {
			return fmt.Sprintf("%s: file is %q, content is %q", b.ID, file, content)
		}
		live[b.ID] = b.Digest
	}
	for id, x := range wants {
		if x.rejected {
			continue // its last good revision may have been superseded before a generator saw it
		}
		if (x.content != "") != (live[id] != "") {
			return fmt.Sprintf("%s: live is %v", id, live[id] != "")
		}
		_, err := w.store.Stat(w.ctx, "w1/"+id+"/mock.yml")
		if x.content == "" && !errors.Is(err, objstore.ErrNotFound) {
			return fmt.Sprintf("%s: its file is still there (%v)", id, err)
		}
	}
	if got := w.follower.states(); !maps.Equal(got, live) {
		return fmt.Sprintf("the follower has %v, the unified mock %v", got, live)
	}
	return ""
}

// api is the producer of the mocks stream: a compacted log, and what ought to be served.
type api struct {
	publish func(context.Context, ...event.Envelope) error

	mu     sync.Mutex
	epoch  string
	head   uint64
	latest map[string]event.Envelope
	good   map[string]want
	past   map[string]bool // mock and content
}

// want is what ought to be served of a mock: the last good content.
type want struct {
	content  string
	rejected bool
}

// wasGood reports whether a mock ever had the content.
func (a *api) wasGood(id, content string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.past[id+content]
}

func (a *api) commit(t *testing.T, p event.Payload) event.Envelope {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	e, err := event.New(p)
	if err != nil {
		t.Fatal(err)
	}
	a.head++
	e.Epoch, e.Number = a.epoch, a.head
	switch p := p.(type) {
	case event.MockDeleted:
		a.latest[p.MockID], a.good[p.MockID] = e, want{}
	case event.MockUpdated:
		a.past[p.MockID+p.Content] = true
		a.latest[p.MockID] = e
		switch {
		case !p.Enabled:
			a.good[p.MockID] = want{}
		case strings.Contains(p.Content, "unknown"):
			a.good[p.MockID] = want{a.good[p.MockID].content, true}
		default:
			a.good[p.MockID] = want{p.Content, false}
		}
	}
	return e
}

func (a *api) wants() map[string]want {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.good)
}

func (a *api) Head(context.Context) (stream.Position, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return stream.Position{Epoch: a.epoch, Number: a.head}, nil
}

func (a *api) After(_ context.Context, number uint64, limit int) (stream.Batch, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := stream.Batch{Epoch: a.epoch, From: number, To: max(number, a.head)}
	all := slices.SortedFunc(maps.Values(a.latest), func(x, y event.Envelope) int { return int(x.Number) - int(y.Number) })
	for _, e := range all {
		if e.Number <= number {
			continue
		}
		if len(b.Changes) == limit {
			b.To, b.More = b.Changes[limit-1].Number, true
			break
		}
		b.Changes = append(b.Changes, e)
	}
	return b, nil
}

// follower keeps the digest of every mock that the unified stream says is served.
type follower struct {
	mu       sync.Mutex
	position stream.Position
	state    map[string]string
}

func (f *follower) Position(context.Context) (stream.Position, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.position, nil
}

func (f *follower) Reset(_ context.Context, epoch string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.position, f.state = stream.Position{Epoch: epoch}, map[string]string{}
	return nil
}

func (f *follower) Apply(_ context.Context, b stream.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range b.Changes {
		if g, err := event.Decode[event.SingleGenerated](e); err == nil {
			f.state[g.MockID] = g.Digest
		} else if r, err := event.Decode[event.SingleRemoved](e); err == nil {
			delete(f.state, r.MockID)
		} else if r, err := event.Decode[event.SingleRejected](e); err != nil {
			return err
		} else if r.Serving != nil {
			f.state[r.MockID] = r.Serving.Digest
		} else {
			delete(f.state, r.MockID)
		}
	}
	f.position = stream.Position{Epoch: b.Epoch, Number: b.To}
	return nil
}

func (f *follower) states() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.state)
}

// mortal is one process's view of the object store: after its death nothing gets through any more.
type mortal struct {
	objstore.Store
	ops    atomic.Int64
	diesAt int64
	once   sync.Once
	dead   chan struct{}
}

var errDead = errors.New("the process is dead")

func (m *mortal) die() { m.once.Do(func() { close(m.dead) }) }

func (m *mortal) alive() error {
	if m.ops.Add(1) == m.diesAt {
		m.die()
	}
	select {
	case <-m.dead:
		return errDead
	default:
		return nil
	}
}

func (m *mortal) Get(ctx context.Context, key string) (*objstore.Object, error) {
	if err := m.alive(); err != nil {
		return nil, err
	}
	return m.Store.Get(ctx, key)
}

func (m *mortal) Stat(ctx context.Context, key string) (objstore.Info, error) {
	if err := m.alive(); err != nil {
		return objstore.Info{}, err
	}
	return m.Store.Stat(ctx, key)
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Store.Delete(ctx, key)
}

// Put may die before the object is there, or after.
func (m *mortal) Put(ctx context.Context, key string, body io.Reader, size int64, o objstore.PutOptions) (string, error) {
	if err := m.alive(); err != nil {
		return "", err
	}
	etag, err := m.Store.Put(ctx, key, body, size, o)
	if dead := m.alive(); dead != nil {
		return "", dead
	}
	return etag, err
}
