package cache

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

type thing struct {
	Item
	dropped int
}

func (t *thing) Drop() { t.dropped++ }

func (t *thing) add(c *Cache, owner string, size int64) *thing {
	c.Add(owner, &t.Item, size, t)
	return t
}

func TestWhatIsNotUsedLeavesFirst(t *testing.T) {
	t.Parallel()
	c := New(100)
	things := make([]*thing, 8)
	for i := range things {
		things[i] = (&thing{}).add(c, "w", 10)
	}
	c.Grow(&things[0].Item, 15) // 95
	for _, one := range things {
		one.Rested()
	}
	things[1].Use()
	things[5].Use()
	large := (&thing{}).add(c, "w", 60)
	if c.Size() > 100 || things[1].dropped+things[5].dropped+large.dropped != 0 || things[0].dropped != 1 {
		t.Errorf("%d bytes; dropped: %d, used ones %d and %d", c.Size(), things[0].dropped, things[1].dropped, things[5].dropped)
	}
	c.Grow(&things[0].Item, 1000) // gone
	c.Remove(&things[0].Item)
	c.Remove(&things[1].Item)
	c.Remove(&things[1].Item)
	if c.Size() > 90 || c.Has(&things[1].Item) || !c.Has(&large.Item) {
		t.Errorf("%d bytes after one was removed", c.Size())
	}
}

// All used, something must go nevertheless, and what is being made stays even if it is too large for all.
func TestUsedThingsLeaveWhenNothingElseCan(t *testing.T) {
	t.Parallel()
	c := New(100)
	one, two := (&thing{}).add(c, "w", 50), (&thing{}).add(c, "w", 50)
	huge := (&thing{}).add(c, "w", 500)
	if one.dropped != 1 || two.dropped != 1 || huge.dropped != 0 || c.Size() != 500 {
		t.Errorf("dropped %d, %d and %d; %d bytes", one.dropped, two.dropped, huge.dropped, c.Size())
	}
	if (&thing{}).add(c, "v", 1); huge.dropped != 1 || c.Size() != 1 {
		t.Errorf("the huge one stays: %d bytes", c.Size())
	}
}

// TestManyThingsOfOneFlushNobodyElse: whoever has the most gives way, however often it is used and whoever adds.
func TestManyThingsOfOneFlushNobodyElse(t *testing.T) {
	t.Parallel()
	c := New(10_000)
	quiet := make([]*thing, 20)
	for i := range quiet {
		quiet[i] = (&thing{}).add(c, fmt.Sprint("quiet", i), 10)
		quiet[i].Rested()
	}
	for range 5000 {
		(&thing{}).add(c, "huge", 20)
	}
	for i := range quiet {
		quiet[i].Rested() // nobody called
		(&thing{}).add(c, fmt.Sprint("quiet", i), 30)
	}
	gone := 0
	for _, one := range quiet {
		gone += one.dropped
	}
	if gone > 0 || c.Size() > 10_000 {
		t.Errorf("%d of the quiet ones' things left; %d bytes", gone, c.Size())
	}
}

// TestEqualOwners: where nobody has much, something leaves all the same.
func TestEqualOwners(t *testing.T) {
	t.Parallel()
	c := New(1000)
	for i := range 5000 {
		(&thing{}).add(c, fmt.Sprint(i), 10)
	}
	if c.Size() > 1000 || len(c.owners) != len(c.list) || len(c.list) > 100 {
		t.Errorf("%d bytes, %d owners, %d in the list", c.Size(), len(c.owners), len(c.list))
	}
}

func TestWithoutACache(t *testing.T) {
	t.Parallel()
	var c *Cache
	one := (&thing{}).add(c, "w", 1)
	c.Grow(&one.Item, 1)
	c.Remove(&one.Item)
	if c.Size() != 0 || !c.Has(&one.Item) {
		t.Error(c.Size())
	}
}

func TestCacheUnderStress(t *testing.T) {
	t.Parallel()
	c := New(1000)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 2000 {
				one := (&thing{}).add(c, fmt.Sprint(n%3), rand.Int64N(100))
				if rand.IntN(2) == 0 {
					one.Use()
				}
				c.Grow(&one.Item, rand.Int64N(10))
				if rand.IntN(2) == 0 {
					c.Remove(&one.Item)
				}
			}
		})
	}
	wg.Wait()
	if c.Size() > 1200 {
		t.Errorf("%d bytes", c.Size())
	}
}

func BenchmarkAddWhenFull(b *testing.B) {
	for _, owners := range []int{1, 1000} {
		b.Run(fmt.Sprint(owners), func(b *testing.B) {
			c := New(1 << 20)
			names := make([]string, owners)
			for i := range names {
				names[i] = fmt.Sprint(i)
			}
			things := make([]thing, 1<<17)
			for i := 0; b.Loop(); i++ {
				one := &things[i%len(things)]
				c.Remove(&one.Item)
				one.add(c, names[i%owners], 16)
			}
		})
	}
}
