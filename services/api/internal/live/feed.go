// Package live is what the api says while it happens: the feed that everybody reads who follows something, the events that go
// through it to the members of a workspace on every replica, and the watch that ends a stream when its reader may not see it any more.
package live

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrStopping says that the service stops and the caller should come back.
var ErrStopping = errors.New("the service is stopping")

// Feed is the latest items of something, in order, for everybody who follows. It is safe for concurrent use.
type Feed[T any] struct {
	keep     int
	stopping <-chan struct{}

	mu    sync.Mutex
	items []T
	first uint64        // number of items[0]
	grown chan struct{} // closed when there is more
}

// NewFeed makes a feed that keeps so many items for followers who are behind. When stopping is closed, followers end.
func NewFeed[T any](keep int, stopping <-chan struct{}) *Feed[T] {
	return &Feed[T]{keep: keep, stopping: stopping, first: 1, grown: make(chan struct{})}
}

// Append adds an item. It never blocks.
func (f *Feed[T]) Append(item T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.append(item)
}

// append is Append for those who hold the lock.
func (f *Feed[T]) append(item T) {
	if len(f.items) == f.keep {
		var none T
		f.items[0] = none // the slice holds on to it for a while
		f.items = f.items[1:]
		f.first++
	}
	f.items = append(f.items, item)
	close(f.grown)
	f.grown = make(chan struct{})
}

// end is the number of the next item, for those who hold the lock.
func (f *Feed[T]) end() uint64 { return f.first + uint64(len(f.items)) }

// Follow begins with the next item.
func (f *Feed[T]) Follow() *Follower[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &Follower[T]{feed: f, next: f.end()}
}

// Follower reads a feed from a place. It belongs to one goroutine.
type Follower[T any] struct {
	feed *Feed[T]
	next uint64 // number of the item it wants
}

// Take returns the items that are there, in order, and how many there were before them that are gone. It does not wait.
func (fl *Follower[T]) Take() (items []T, missed int) {
	items, missed, _ = fl.take()
	return items, missed
}

func (fl *Follower[T]) take() (items []T, missed int, grown <-chan struct{}) {
	f := fl.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.next < f.first {
		missed, fl.next = int(f.first-fl.next), f.first
	}
	items = slices.Clone(f.items[fl.next-f.first:])
	fl.next += uint64(len(items))
	return items, missed, f.grown
}

// Next is Take that waits until there is something. It returns ctx's error when ctx ends, and ErrStopping when the service does.
func (fl *Follower[T]) Next(ctx context.Context) (items []T, missed int, err error) {
	for {
		items, missed, grown := fl.take()
		if len(items) > 0 || missed > 0 {
			return items, missed, nil
		}
		select {
		case <-grown:
		case <-fl.feed.stopping:
			return nil, 0, ErrStopping
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}
