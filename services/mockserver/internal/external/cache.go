package external

import (
	"container/list"
	"sync"
	"time"
)

// entryOverhead is what an entry costs beside its data, roughly, so that many small ones are bounded too.
const entryOverhead = 512

// entry is one outcome of a load: a content or an error.
type entry struct {
	content   Content
	err       error
	derived   int64 // bytes of what was made of the content
	version   string
	verified  time.Time // when the origin last confirmed the content
	expires   time.Time // when to ask the origin again
	unchanged bool      // only between load and refresh
}

// cache keeps entries up to a number of bytes, the least recently used leave first. A workspace that holds more than
// its share loses its own entries, so that nobody can push out everybody else's. Expired entries stay until they
// are pushed out: they serve when the origin fails. Safe for concurrent use.
type cache struct {
	mu         sync.Mutex
	limit      int64
	share      int64
	size       int64
	entries    map[key]*node
	order      *list.List // of *node, most recently used first
	workspaces map[string]*tenant
}

type node struct {
	key   key
	entry entry
	size  int64
	all   *list.Element // in cache.order
	own   *list.Element // in tenant.order
}

type tenant struct {
	size  int64
	order *list.List // of *node, most recently used first
}

func newCache(limit, share int64) *cache {
	return &cache{limit: limit, share: share, entries: map[key]*node{}, order: list.New(), workspaces: map[string]*tenant{}}
}

func (c *cache) get(k key) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.entries[k]
	if !ok {
		return entry{}, false
	}
	c.order.MoveToFront(n.all)
	c.workspaces[k.workspace].order.MoveToFront(n.own)
	return n.entry, true
}

func (c *cache) put(k key, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, ok := c.entries[k]; ok {
		c.remove(n)
	}
	size := int64(len(e.content.Data)+len(k.path)+len(k.sheet)) + e.derived + entryOverhead
	if size > c.share {
		return
	}
	t := c.workspaces[k.workspace]
	if t == nil {
		t = &tenant{order: list.New()}
		c.workspaces[k.workspace] = t
	}
	n := &node{key: k, entry: e, size: size}
	n.all, n.own = c.order.PushFront(n), t.order.PushFront(n)
	c.entries[k] = n
	c.size += size
	t.size += size
	c.shrink(t)
}

// grow counts what was made of a content with it. If that is too much, it leaves.
func (c *cache) grow(k key, of *Derived, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.entries[k]
	if !ok || n.entry.content.Derived != of {
		return
	}
	n.size += bytes
	n.entry.derived += bytes
	c.size += bytes
	c.workspaces[k.workspace].size += bytes
	c.shrink(c.workspaces[k.workspace])
}

// shrink lets entries leave until the workspace's share and the limit are kept.
func (c *cache) shrink(t *tenant) {
	for t.size > c.share {
		c.remove(t.order.Back().Value.(*node))
	}
	for c.size > c.limit {
		c.remove(c.order.Back().Value.(*node))
	}
}

func (c *cache) remove(n *node) {
	t := c.workspaces[n.key.workspace]
	c.order.Remove(n.all)
	t.order.Remove(n.own)
	delete(c.entries, n.key)
	c.size -= n.size
	t.size -= n.size
	if t.order.Len() == 0 {
		delete(c.workspaces, n.key.workspace)
	}
}
