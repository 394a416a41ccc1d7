package cache

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

type thing struct {
	used    atomic.Bool
	dropped int
}

func (t *thing) drop() { t.dropped++ }

func TestWhatIsNotUsedLeavesFirst(t *testing.T) {
	t.Parallel()
	c := New(100)
	things := make([]*thing, 8)
	items := make([]*Item, 8)
	for i := range things {
		things[i] = &thing{}
		items[i] = c.Add(10, &things[i].used, things[i].drop)
	}
	items[0].Grow(15) // 95
	for _, one := range things {
		one.used.Store(false)
	}
	things[1].used.Store(true)
	things[5].used.Store(true)
	large := &thing{}
	c.Add(60, &large.used, large.drop)
	if c.Size() > 100 || things[1].dropped+things[5].dropped+large.dropped != 0 || things[0].dropped != 1 {
		t.Errorf("%d bytes; dropped: %d, used ones %d and %d", c.Size(), things[0].dropped, things[1].dropped, things[5].dropped)
	}
	items[0].Grow(1000) // gone
	items[0].Remove()
	items[1].Remove()
	items[1].Remove()
	if c.Size() > 90 {
		t.Errorf("%d bytes after one was removed", c.Size())
	}
}

// All used, something must go nevertheless, and what is being made stays even if it is too large for all.
func TestUsedThingsLeaveWhenNothingElseCan(t *testing.T) {
	t.Parallel()
	c := New(100)
	one, two, huge := &thing{}, &thing{}, &thing{}
	c.Add(50, &one.used, one.drop)
	c.Add(50, &two.used, two.drop)
	c.Add(500, &huge.used, huge.drop)
	if one.dropped != 1 || two.dropped != 1 || huge.dropped != 0 || c.Size() != 500 {
		t.Errorf("dropped %d, %d and %d; %d bytes", one.dropped, two.dropped, huge.dropped, c.Size())
	}
	next := &thing{}
	c.Add(1, &next.used, next.drop)
	if huge.dropped != 1 || c.Size() != 1 {
		t.Errorf("the huge one stays: %d bytes", c.Size())
	}
}

func TestWithoutACache(t *testing.T) {
	t.Parallel()
	var c *Cache
	i := c.Add(1, nil, nil)
	i.Grow(1)
	i.Remove()
	if c.Size() != 0 {
		t.Error(c.Size())
	}
}

func TestCacheUnderStress(t *testing.T) {
	t.Parallel()
	c := New(1000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				one := &thing{}
				i := c.Add(rand.Int64N(100), &one.used, one.drop)
				one.used.Store(rand.IntN(2) == 0)
				i.Grow(rand.Int64N(10))
				if rand.IntN(2) == 0 {
					i.Remove()
				}
			}
		})
	}
	wg.Wait()
	if c.Size() > 1200 {
		t.Errorf("%d bytes", c.Size())
	}
}
