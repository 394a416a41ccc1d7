// Package fair shares places for costly work among those who ask now. However full it was before, whoever has none is served next.
package fair

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrBusy means that too many of the same tenant wait already.
var ErrBusy = errors.New("too much of this tenant waits already")

// Slots are a number of places. It is safe for concurrent use.
type Slots struct {
	each, most int

	mu      sync.Mutex
	free    int
	tenants map[string]*tenant
	waiting []*tenant // those who wait, the longest unserved first
}

type tenant struct {
	name   string
	inside int
	line   []chan struct{} // closed when a place is there
}

// NewSlots makes that many places, of which one tenant has each at most; of each at most so many wait.
func NewSlots(places, each, waiting int) *Slots {
	return &Slots{free: places, each: max(each, 1), most: waiting, tenants: map[string]*tenant{}}
}

// Take waits for a place. Call leave once when the work has ended. The error is ErrBusy, or that of ctx.
func (s *Slots) Take(ctx context.Context, name string) (leave func(), err error) {
	s.mu.Lock()
	t := s.tenants[name]
	if t == nil {
		t = &tenant{name: name}
		s.tenants[name] = t
	}
	leave = sync.OnceFunc(func() { s.leave(t) })
	if s.free > 0 && t.inside < s.each && len(t.line) == 0 {
		s.free--
		t.inside++
		s.mu.Unlock()
		return leave, nil
	}
	if len(t.line) >= s.most {
		s.forget(t)
		s.mu.Unlock()
		return nil, ErrBusy
	}
	come := make(chan struct{})
	if t.line = append(t.line, come); len(t.line) == 1 {
		s.waiting = append(s.waiting, t)
	}
	s.mu.Unlock()
	select {
	case <-come:
		return leave, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(t.line, come)
	if i < 0 { // it came at the same moment
		s.mu.Unlock()
		leave()
		return nil, ctx.Err()
	}
	if t.line = slices.Delete(t.line, i, i+1); len(t.line) == 0 {
		s.waiting = slices.DeleteFunc(s.waiting, func(other *tenant) bool { return other == t })
	}
	s.forget(t)
	s.mu.Unlock()
	return nil, ctx.Err()
}

func (s *Slots) leave(t *tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.inside--
	s.free++
	s.next()
	s.forget(t)
}

// next gives the free places to those who wait: to who has the fewest, and among those to who has waited longest for one.
func (s *Slots) next() {
	for s.free > 0 {
		best := -1
		for i, t := range s.waiting {
			if t.inside < s.each && (best < 0 || t.inside < s.waiting[best].inside) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		t := s.waiting[best]
		s.free--
		t.inside++
		close(t.line[0])
		t.line = t.line[1:]
		s.waiting = slices.Delete(s.waiting, best, best+1)
		if len(t.line) > 0 {
			s.waiting = append(s.waiting, t)
		}
	}
}

// forget drops a tenant of whom nothing is left.
func (s *Slots) forget(t *tenant) {
	if t.inside == 0 && len(t.line) == 0 {
		delete(s.tenants, t.name)
	}
}
