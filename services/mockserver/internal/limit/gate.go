// Package limit bounds what one mock, and one caller of one endpoint, may take of the server.
package limit

import (
	"sync/atomic"
	"time"
)

// Gate keeps one mock within a rate and a number of requests at a time. It is lock-free and safe for concurrent use. A
// limit of zero means none.
type Gate struct {
	PerSecond  int
	Concurrent int

	inside atomic.Int64
	// due is when the bucket will be empty again, in nanoseconds of the clock that the callers use: a leaky bucket in
	// one word (GCRA), of the size of one second.
	due atomic.Int64
}

// Refusal says why a gate stays shut.
type Refusal uint8

// The answers of Enter. Who is Admitted must Leave.
const (
	Admitted Refusal = iota
	TooFast
	TooMany
)

// Enter asks for one request to be admitted at a time that never goes back by much.
func (g *Gate) Enter(now time.Time) Refusal {
	if g.Concurrent > 0 && g.inside.Add(1) > int64(g.Concurrent) {
		g.inside.Add(-1)
		return TooMany
	}
	if g.PerSecond > 0 && !g.take(now.UnixNano()) {
		g.Leave()
		return TooFast
	}
	return Admitted
}

// Again takes back the place of a request that was admitted and has left.
func (g *Gate) Again() bool {
	if g.Concurrent > 0 && g.inside.Add(1) > int64(g.Concurrent) {
		g.inside.Add(-1)
		return false
	}
	return true
}

// Leave ends what Enter admitted.
func (g *Gate) Leave() {
	if g.Concurrent > 0 {
		g.inside.Add(-1)
	}
}

func (g *Gate) take(now int64) bool {
	step := int64(time.Second) / int64(g.PerSecond)
	for {
		due := g.due.Load()
		next := max(due, now) + step
		if next-now > int64(time.Second)+step/2 {
			return false
		}
		if g.due.CompareAndSwap(due, next) {
			return true
		}
	}
}
