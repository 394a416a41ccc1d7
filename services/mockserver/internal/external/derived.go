package external

import (
	"context"
	"sync/atomic"
)

// Variant tells apart what is made of one content in several ways.
type Variant uint8

// The ways in which contents are served.
const (
	Plain Variant = iota
	Moclojer04
	variants
)

// Derived keeps what was made of a content, for all who serve it and for as long as the content is cached; its memory counts with
// that of the content.
type Derived struct {
	made [variants]atomic.Pointer[any]
	busy chan struct{} // holds one while somebody makes something
	grow func(bytes int64)
}

func newDerived(grow func(int64)) *Derived {
	return &Derived{busy: make(chan struct{}, 1), grow: grow}
}

// Get returns what was made of the content. If nobody has made it, one of those who ask does, and the others wait for that. Errors
// are not kept. Nil keeps nothing.
func (d *Derived) Get(ctx context.Context, of Variant, produce func() (made any, bytes int64, err error)) (any, error) {
	if d == nil {
		made, _, err := produce()
		return made, err
	}
	if made := d.made[of].Load(); made != nil {
		return *made, nil
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if made := d.made[of].Load(); made != nil {
		return *made, nil
	}
	made, bytes, err := produce()
	if err != nil {
		return nil, err
	}
	d.made[of].Store(&made)
	d.grow(bytes)
	return made, nil
}
