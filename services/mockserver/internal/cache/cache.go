// Package cache bounds the memory of what can be made again: compiled mocks and endpoints, external bodies. All of it shares one
// pool; when that is full, whoever has the most in it gives way, with what was not used of late. The serving core and the loader of
// external bodies import it.
package cache

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Cache is an accounted amount of memory. It is safe for concurrent use; a nil Cache has no bound and counts nothing.
type Cache struct {
	limit int64

	mu     sync.Mutex
	size   int64
	owners map[string]*owner
	list   []*owner // the same, to pick some from
	most   *owner   // who has had the most; nil: not known
}

// owner is somebody who has something in the cache: nobody can push out what others have by having more.
type owner struct {
	name  string
	at    int // in Cache.list
	size  int64
	items []*Item
	hand  int // where the search for what was not used goes on
}

// Item accounts for one thing in a Cache. It is part of that thing, and of one cache at most.
type Item struct {
	used atomic.Bool

	of    *owner // nil: in no cache
	at    int    // in of.items
	size  int64
	thing Droppable
}

// Droppable is something in a Cache. Drop is called when it has to leave; then it is not in the cache any more.
type Droppable interface{ Drop() }

// New makes an empty cache.
func New(limit int64) *Cache { return &Cache{limit: limit, owners: map[string]*owner{}} }

// Use notes that the item was used.
func (i *Item) Use() {
	if !i.used.Load() {
		i.used.Store(true)
	}
}

// Rested reports whether the item was not used since the last call or the last look at what has to leave.
func (i *Item) Rested() bool { return !i.used.Swap(false) }

// Add counts something in for its owner. It may be dropped before Add returns, if others are added meanwhile.
func (c *Cache) Add(owner string, i *Item, size int64, thing Droppable) {
	i.used.Store(true)
	if c == nil {
		return
	}
	c.mu.Lock()
	o := c.owner(owner)
	i.of, i.at, i.size, i.thing = o, len(o.items), size, thing
	o.items = append(o.items, i)
	c.count(o, size)
	c.shrink(i)
}

// Grow counts more memory of an item in.
func (c *Cache) Grow(i *Item, size int64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	if i.of == nil {
		c.mu.Unlock()
		return
	}
	i.size += size
	c.count(i.of, size)
	c.shrink(i)
}

// Remove counts an item out, without dropping it. Again means nothing.
func (c *Cache) Remove(i *Item) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(i)
}

// Has reports whether an item is counted in, or nothing is.
func (c *Cache) Has(i *Item) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return i.of != nil
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

func (c *Cache) owner(name string) *owner {
	o := c.owners[name]
	if o == nil {
		o = &owner{name: name, at: len(c.list)}
		c.owners[name] = o
		c.list = append(c.list, o)
	}
	return o
}

func (c *Cache) count(o *owner, size int64) {
	o.size += size
	c.size += size
	if c.most == nil || o.size > c.most.size {
		c.most = o
	}
}

// shrink drops until the limit is kept. It is called with the lock and gives it back: what leaves may use the cache. What is being made
// stays, however large it is.
func (c *Cache) shrink(made *Item) {
	var few [4]Droppable
	gone := few[:0]
	for c.size > c.limit {
		i := c.victim(made)
		if i == nil {
			break
		}
		c.remove(i)
		gone = append(gone, i.thing)
	}
	c.mu.Unlock()
	for _, thing := range gone {
		thing.Drop()
	}
}

// looked is how many owners are compared with the one who had the most.
const looked = 8

// victim chooses what leaves: of whoever has the most, or nearly, what was not used since it was looked at last. Each step of the search
// clears a mark that a use has set, so that a use pays for it.
func (c *Cache) victim(made *Item) *Item {
	most := c.most
	for range looked {
		if o := c.list[rand.IntN(len(c.list))]; most == nil || o.size > most.size {
			most = o
		}
	}
	c.most = most
	if most == made.of && len(most.items) == 1 {
		if most = c.other(made.of); most == nil {
			return nil
		}
	}
	for range 2*len(most.items) + 1 {
		most.hand %= len(most.items)
		i := most.items[most.hand]
		if i != made && !i.used.Swap(false) {
			return i
		}
		most.hand++
	}
	return nil
}

// other is any owner but one.
func (c *Cache) other(than *owner) *owner {
	if len(c.list) < 2 {
		return nil
	}
	o := c.list[rand.IntN(len(c.list))]
	if o == than {
		o = c.list[(o.at+1)%len(c.list)]
	}
	return o
}

func (c *Cache) remove(i *Item) {
	o := i.of
	if o == nil {
		return
	}
	c.count(o, -i.size)
	last := len(o.items) - 1
	o.items[i.at] = o.items[last]
	o.items[i.at].at = i.at
	o.items[last] = nil
	o.items = o.items[:last]
	i.of = nil
	if last > 0 {
		if cap(o.items) > 64 && last < cap(o.items)/4 {
			o.items = append(make([]*Item, 0, 2*last), o.items...)
		}
		return
	}
	delete(c.owners, o.name)
	if c.most == o {
		c.most = nil
	}
	end := len(c.list) - 1
	c.list[o.at] = c.list[end]
	c.list[o.at].at = o.at
	c.list[end] = nil
	c.list = c.list[:end]
}
