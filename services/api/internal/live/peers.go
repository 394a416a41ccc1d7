package live

import (
	"maps"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// maxPeers bounds what is remembered of other replicas, which comes from the network.
const maxPeers = 1000

// peers follows the notices of other replicas, and finds out when something of it is missing: a hole in the numbers of one, or one that
// has gone silent, which may have died between a commit and its notice. It is safe for concurrent use.
type peers struct {
	now func() time.Time

	mu   sync.Mutex
	each map[string]peer // by origin
}

type peer struct {
	number uint64 // of the latest notice received
	seen   time.Time
}

func newPeers(now func() time.Time) *peers { return &peers{now: now, each: map[string]peer{}} }

// observe takes a notice, and reports whether others before it are missing.
func (p *peers) observe(n event.WorkspaceChanged) (missing bool) {
	if n.Number == 0 && n.Name != "" {
		return false // of an older replica, which does not count
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.each[n.Origin]
	if !ok && len(p.each) >= maxPeers {
		return true // unknown
	}
	expected := known.number // a notice without an event repeats the latest number
	if n.Name != "" {
		expected++
	}
	p.each[n.Origin] = peer{number: max(known.number, n.Number), seen: p.now()}
	return n.Number > expected
}

// expire forgets replicas that have gone silent, and reports whether there were any.
func (p *peers) expire() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest, before := p.now().Add(-silent), len(p.each)
	maps.DeleteFunc(p.each, func(_ string, of peer) bool { return of.seen.Before(oldest) })
	return len(p.each) != before
}
