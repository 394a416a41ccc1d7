package external

import (
	"sync"
	"time"

	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
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

// contents keeps entries in a pool of memory that others share. Expired entries stay until they have to leave: they serve when the
// origin fails. It is safe for concurrent use.
type contents struct {
	pool *cache.Cache

	mu      sync.Mutex
	entries map[key]*node
}

type node struct {
	cache.Item

	of    *contents
	key   key
	entry entry
}

func newContents(pool *cache.Cache) *contents {
	return &contents{pool: pool, entries: map[key]*node{}}
}

func (c *contents) get(k key) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.entries[k]
	if !ok {
		return entry{}, false
	}
	n.Use()
	return n.entry, true
}

func (c *contents) put(k key, e entry) {
	n := &node{of: c, key: k, entry: e}
	c.mu.Lock()
	old := c.entries[k]
	c.entries[k] = n
	c.mu.Unlock()
	if old != nil {
		c.pool.Remove(&old.Item)
	}
	c.pool.Add(k.workspace, &n.Item, int64(len(e.content.Data)+len(k.path)+len(k.sheet))+e.derived+entryOverhead, n)
	c.mu.Lock()
	gone := c.entries[k] != n
	c.mu.Unlock()
	if gone { // somebody put another one
		c.pool.Remove(&n.Item)
	}
}

// Drop implements cache.Droppable.
func (n *node) Drop() {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	if n.of.entries[n.key] == n {
		delete(n.of.entries, n.key)
	}
}

// grow counts what was made of a content with it.
func (c *contents) grow(k key, of *Derived, bytes int64) {
	c.mu.Lock()
	n, ok := c.entries[k]
	if ok = ok && n.entry.content.Derived == of; ok {
		n.entry.derived += bytes
	}
	c.mu.Unlock()
	if ok {
		c.pool.Grow(&n.Item, bytes)
	}
}
