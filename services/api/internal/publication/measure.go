package publication

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// measured is how long the latest change of a mock took from its commit to the last mock server.
type measured struct {
	change uint64
	began  time.Time
	took   time.Duration // 0 until it arrived
}

// measures remember that of the mocks that this replica changed last. They are safe for concurrent use.
type measures struct {
	now func() time.Time
	mu  sync.Mutex
	of  *lru.Cache[string, measured]
}

// maxMeasured bounds the mocks whose changes are measured.
const maxMeasured = 10_000

func newMeasures(now func() time.Time) *measures {
	of, _ := lru.New[string, measured](maxMeasured) // fails only for a size that is not positive
	return &measures{now: now, of: of}
}

// begin notes that a change was committed just now.
func (m *measures) begin(id string, change uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.of.Peek(id); change > 0 && (!ok || before.change < change) {
		m.of.Add(id, measured{change: change, began: m.now()})
	}
}

// arrived notes that the latest changes of mocks have arrived everywhere.
func (m *measures) arrived(ids ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.end(id)
	}
}

func (m *measures) end(id string) measured {
	v, ok := m.of.Peek(id)
	if ok && v.took == 0 {
		v.took = max(m.now().Sub(v.began), time.Microsecond)
		m.of.Add(id, v)
	}
	return v
}

// took is how long a change that has arrived took, 0 if that was not measured here.
func (m *measures) took(id string, change uint64) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.of.Peek(id); !ok || v.change != change {
		return 0
	}
	return m.end(id).took
}
