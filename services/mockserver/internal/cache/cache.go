// Package cache bounds the memory of what can be made again, such as compiled mocks: whoever makes something says how much it takes
// and how it is dropped, and what nobody has used of late leaves first. The serving core imports it.
package cache

import (
	"sync"
	"sync/atomic"
)

// Cache is an accounted amount of memory. It is safe for concurrent use; a nil Cache has no bound.
type Cache struct {
	limit int64

	mu    sync.Mutex
	size  int64
	items []*Item
	hand  int // where the search for what was not used goes on
}

// Item is one thing in a Cache.
type Item struct {
	of   *Cache
	size int64
	at   int // in of.items; -1: not there any more
	used *atomic.Bool
	drop func()
}

// New makes an empty cache.
func New(limit int64) *Cache { return &Cache{limit: limit} }

// Add counts something in. Using it sets used; when memory is needed and used is not set, drop is called once, which must not call
// the cache.
func (c *Cache) Add(size int64, used *atomic.Bool, drop func()) *Item {
	if c == nil {
		return nil
	}
	i := &Item{of: c, size: size, used: used, drop: drop}
	used.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	i.at = len(c.items)
	c.items = append(c.items, i)
	c.size += size
	c.shrink(i)
	return i
}

// Grow counts more memory of an item in.
func (i *Item) Grow(size int64) {
	if i == nil {
		return
	}
	i.of.mu.Lock()
	defer i.of.mu.Unlock()
	if i.at < 0 {
		return
	}
	i.size += size
	i.of.size += size
	i.of.shrink(i)
}

// Remove counts an item out. Again means nothing.
func (i *Item) Remove() {
	if i == nil {
		return
	}
	i.of.mu.Lock()
	defer i.of.mu.Unlock()
	i.of.remove(i)
}

// Size is how much memory everything takes.
func (c *Cache) Size() int64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

// shrink drops what was not used since it was looked at last, until the limit is kept. What is being made stays, however large it is.
func (c *Cache) shrink(made *Item) {
	for looked := 0; c.size > c.limit && looked <= 2*len(c.items) && len(c.items) > 1; looked++ {
		c.hand %= len(c.items)
		i := c.items[c.hand]
		if i == made || i.used.Swap(false) {
			c.hand++
			continue
		}
		c.remove(i)
		i.drop()
		looked = -1
	}
}

func (c *Cache) remove(i *Item) {
	if i.at < 0 {
		return
	}
	c.size -= i.size
	last := len(c.items) - 1
	c.items[i.at] = c.items[last]
	c.items[i.at].at = i.at
	c.items[last] = nil
	c.items = c.items[:last]
	i.at = -1
}
