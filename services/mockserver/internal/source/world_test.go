package source_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/source"
)

const prefix = "t:"

// world is a generator as the mock server sees it, Redis, an object store, and the source under test.
type world struct {
	t      *testing.T
	redis  *miniredis.Miniredis
	client *redis.Client
	store  *faulty
	gen    *generator
	table  *table
	ready  chan struct{}

	silence, catchUp time.Duration

	ctx context.Context
	wg  sync.WaitGroup
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := dirstore.Open(t.TempDir(), dirstore.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	w := &world{
		t: t, redis: miniredis.RunT(t), store: &faulty{Store: dir}, table: &table{sites: map[string]*site.Site{}},
		ready: make(chan struct{}), silence: time.Millisecond, catchUp: time.Minute, gen: &generator{epoch: "e1", mocks: map[string]mock{}},
	}
	w.client = redis.NewClient(&redis.Options{Addr: w.redis.Addr()})
	t.Cleanup(func() { _ = w.client.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	w.ctx = ctx
	t.Cleanup(func() { cancel(); w.wg.Wait() })
	return w
}

// generate runs the generator's producer.
func (w *world) generate() *stream.Producer {
	w.t.Helper()
	p, err := stream.NewProducer(stream.ProducerConfig{
		Stream: event.Unified, Prefix: prefix, Heartbeat: 100 * time.Millisecond,
	}, w.client, w.gen)
	if err != nil {
		w.t.Fatal(err)
	}
	w.wg.Go(func() { _ = p.Run(w.ctx) })
	return p
}

// follow runs the source.
func (w *world) follow() {
	w.t.Helper()
	s := source.New(source.Config{
		Prefix: prefix, Instance: "i1", Poll: 10 * time.Millisecond, Parallel: 4, Timeout: time.Second, LoadTimeout: 10 * time.Second,
		Silence: w.silence, CatchUp: w.catchUp,
	}, source.Deps{
		Log: slog.New(slog.DiscardHandler), Redis: w.client, Objects: w.store, Table: w.table, Ready: func() { close(w.ready) },
	})
	w.wg.Go(func() {
		if err := s.Run(w.ctx); err != nil {
			w.t.Error(err)
		}
	})
}

// set changes a mock in the generator, with its file unless it is removed ("").
func (w *world) set(id, body string) event.Envelope {
	w.t.Helper()
	m := w.gen.set(id, body)
	if body != "" {
		w.put("w/"+id+"/mock.yml", m.content())
	}
	return m.event(w.t, "e1")
}

func (w *world) put(key string, content []byte) {
	w.t.Helper()
	if _, err := w.store.Put(w.ctx, key, bytes.NewReader(content), int64(len(content)), objstore.PutOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// checkpoint writes the unified mock.
func (w *world) checkpoint() {
	w.t.Helper()
	var out bytes.Buffer
	h, changes := w.gen.file()
	if _, _, err := unified.Merge(&out, nil, h, changes); err != nil {
		w.t.Fatal(err)
	}
	w.put(unified.Key, out.Bytes())
}

// settle waits until the table is what the generator has.
func (w *world) settle() {
	w.t.Helper()
	if !inTime(func() bool { return maps.Equal(w.table.digests(), w.gen.digests()) }) {
		w.t.Fatalf("the table has %v, the generator %v", w.table.digests(), w.gen.digests())
	}
}

func (w *world) eventually(ok func() bool) {
	w.t.Helper()
	if !inTime(ok) {
		w.t.Fatal("it did not come to pass in time")
	}
}

// inTime waits until ok says so, and reports whether it ever did.
func inTime(ok func() bool) bool {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		select {
		case <-tick.C:
			if ok() {
				return true
			}
		case <-late:
			return false
		}
	}
}

// mock is one mock in the generator.
type mock struct {
	id, body string
	number   uint64
}

func (m mock) content() []byte {
	return fmt.Appendf(nil, "- endpoint: {path: /, response: {body: %q}} # %s\n", m.body, m.id)
}

func (m mock) event(t *testing.T, epoch string) event.Envelope {
	t.Helper()
	var p event.Payload = event.SingleRemoved{WorkspaceID: "w", MockID: m.id}
	if m.body != "" {
		p = event.SingleGenerated{
			WorkspaceID: "w", WorkspaceSlug: "ann", MockID: m.id, MockSlug: m.id, Revision: 1, Hosts: []string{m.id + ".example.dev"},
			Key: "w/" + m.id + "/mock.yml", Digest: unified.Digest(m.content()), Size: int64(len(m.content())),
		}
	}
	e, err := event.New(p)
	if err != nil {
		t.Fatal(err)
	}
	e.Epoch, e.Number = epoch, m.number
	return e
}

// generator is the producer of the unified stream.
type generator struct {
	mu    sync.Mutex
	epoch string
	head  uint64
	mocks map[string]mock
}

func (g *generator) set(id, body string) mock {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.change(id, body)
}

// change is set for whoever has the lock.
func (g *generator) change(id, body string) mock {
	g.head++
	m := mock{id, body, g.head}
	g.mocks[id] = m
	return m
}

// announce changes the generator and publishes the change in one step: no heartbeat tells of it before, so that it is heard as it
// is published, and not asked for.
func (g *generator) announce(t *testing.T, p *stream.Producer, change func() event.Envelope) event.Envelope {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	e := change()
	e.Epoch, e.Number = g.epoch, g.head
	if err := p.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func (g *generator) digests() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := map[string]string{}
	for id, m := range g.mocks {
		if m.body != "" {
			d[id] = unified.Digest(m.content())
		}
	}
	return d
}

func (g *generator) file() (unified.Header, []unified.Change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := unified.Header{Epoch: g.epoch, Change: g.head}
	var changes []unified.Change
	for _, id := range slices.Sorted(maps.Keys(g.mocks)) {
		m := g.mocks[id]
		c := unified.Change{Mock: unified.Mock{ID: id, WorkspaceID: "w", Change: m.number}}
		if m.body == "" {
			c.Mock.Removed = &unified.Removal{}
		} else {
			c.Mock.Digest, c.Mock.Hosts, c.Mock.Revision = unified.Digest(m.content()), []string{id + ".example.dev"}, 1
			c.Items = fmt.Appendf(nil, `- {"endpoint":{"path":"/","response":{"body":%q}}}`+"\n", m.body)
			h.Mocks++
			h.Endpoints++
		}
		changes = append(changes, c)
	}
	return h, changes
}

func (g *generator) Head(context.Context) (stream.Position, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return stream.Position{Epoch: g.epoch, Number: g.head}, nil
}

func (g *generator) After(_ context.Context, number uint64, _ int) (stream.Batch, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := stream.Batch{Epoch: g.epoch, From: number, To: g.head}
	for _, m := range slices.SortedFunc(maps.Values(g.mocks), func(a, b mock) int { return cmp.Compare(a.number, b.number) }) {
		if m.number > number {
			b.Changes = append(b.Changes, m.event(&testing.T{}, g.epoch))
		}
	}
	return b, nil
}

// table keeps sites as the host table does.
type table struct {
	mu       sync.Mutex
	sites    map[string]*site.Site
	count    map[string]int
	replaced atomic.Int64
}

func (x *table) Put(s *site.Site) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sites[s.MockID] = s
	if x.count == nil {
		x.count = map[string]int{}
	}
	x.count[s.MockID]++
}

func (x *table) Remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.sites, id)
}

func (x *table) Replace(sites []*site.Site) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.replaced.Add(1)
	x.sites = map[string]*site.Site{}
	for _, s := range sites {
		x.sites[s.MockID] = s
	}
}

func (x *table) site(id string) *site.Site {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sites[id]
}

func (x *table) puts(id string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.count[id]
}

func (x *table) digests() map[string]string {
	x.mu.Lock()
	defer x.mu.Unlock()
	d := map[string]string{}
	for id, s := range x.sites {
		d[id] = s.Digest
	}
	return d
}

// faulty is an object store that can be away.
type faulty struct {
	objstore.Store
	away          atomic.Bool
	refused, gets atomic.Int64
}

var errAway = errors.New("the store is away")

func (f *faulty) Get(ctx context.Context, key string) (*objstore.Object, error) {
	if f.away.Load() {
		f.refused.Add(1)
		return nil, errAway
	}
	defer f.gets.Add(1)
	return f.Store.Get(ctx, key)
}

func (f *faulty) Stat(ctx context.Context, key string) (objstore.Info, error) {
	if f.away.Load() {
		f.refused.Add(1)
		return objstore.Info{}, errAway
	}
	return f.Store.Stat(ctx, key)
}
