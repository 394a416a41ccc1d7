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
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/objstore"
	"github.com/mocloud/mocloud/pkg/objstore/dirstore"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/pkg/unified"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
	"github.com/mocloud/mocloud/services/mockserver/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	ctx    context.Context
	wg     sync.WaitGroup
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
		ready: make(chan struct{}), gen: &generator{epoch: "e1", mocks: map[string]mock{}},
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
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); ; {
		select {
		case <-tick.C:
			if maps.Equal(w.table.digests(), w.gen.digests()) {
				return
			}
		case <-late:
			w.t.Fatalf("the table has %v, the generator %v", w.table.digests(), w.gen.digests())
		}
	}
}

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

func (w *world) eventually(ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); ; {
		select {
		case <-tick.C:
			if ok() {
				return
			}
		case <-late:
			w.t.Fatal("it did not come to pass in time")
		}
	}
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
	e := w.set("a", "1")
	w.store.away.Store(true)
	if err := p.Publish(t.Context(), e); err != nil {
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
	e := w.set("a", "2")
	g, err := event.Decode[event.SingleGenerated](e)
	if err != nil {
		t.Fatal(err)
	}
	g.Lines = `- {"endpoint":{"path":"/","response":{"body":"2"}}}` + "\n"
	withLines, err := event.New(g)
	if err != nil {
		t.Fatal(err)
	}
	withLines.Epoch, withLines.Number = e.Epoch, e.Number
	w.store.away.Store(true)
	if err := p.Publish(t.Context(), withLines); err != nil {
		t.Fatal(err)
	}
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
	e := w.set("a", "2")
	w.put("w/a/mock.yml", []byte("- endpoint: {path: /stale}\n"))
	before := w.table.site("a").Digest
	if err := p.Publish(t.Context(), e, w.set("b", "1")); err != nil {
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
	s := source.New(source.Config{Parallel: 1, Timeout: time.Second, LoadTimeout: 10 * time.Second},
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
	w.gen.mu.Lock()
	w.gen.head++
	e.Epoch, e.Number = "e1", w.gen.head
	w.gen.mu.Unlock()
	if err := p.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
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
			WorkspaceID: "w", Workspace: "ann", MockID: m.id, Mock: m.id, Revision: 1, Hosts: []string{m.id + ".example.dev"},
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
	g.head++
	m := mock{id, body, g.head}
	g.mocks[id] = m
	return m
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
