package publication

import "sync"

// maxExpected bounds how many mocks are watched for their change to arrive everywhere; beyond that, followers learn of
// the rest when they read again.
const maxExpected = 100_000

// waits knows who waits for which mock, and which mocks have a change on its way. It is safe for concurrent use.
type waits struct {
	mu       sync.Mutex
	watchers map[string]map[chan struct{}]struct{}
	expected map[string]uint64 // mock → its change that has not arrived everywhere
	head     uint64            // of the log, as it was last seen
}

func newWaits() *waits {
	return &waits{watchers: map[string]map[chan struct{}]struct{}{}, expected: map[string]uint64{}}
}

// watch returns a channel that gets something whenever the mock is poked, and what ends that.
func (w *waits) watch(id string) (<-chan struct{}, func()) {
	poked := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers[id] == nil {
		w.watchers[id] = map[chan struct{}]struct{}{}
	}
	w.watchers[id][poked] = struct{}{}
	return poked, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers[id], poked)
		if len(w.watchers[id]) == 0 {
			delete(w.watchers, id)
		}
	}
}

// poke wakes those who watch the mocks.
func (w *waits) poke(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		for poked := range w.watchers[id] {
			select {
			case poked <- struct{}{}:
			default: // it has not looked since the last one
			}
		}
	}
}

// expect notes that a change of a mock is on its way.
func (w *waits) expect(id string, change uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.head = max(w.head, change)
	if change == 0 || w.expected[id] >= change || len(w.expected) >= maxExpected {
		return
	}
	w.expected[id] = change
}

// settled removes and returns the mocks whose expected change has arrived.
func (w *waits) settled(arrived func(change uint64) bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for id, change := range w.expected {
		if arrived(change) {
			ids = append(ids, id)
			delete(w.expected, id)
		}
	}
	return ids
}

// forget drops what is known of a mock that is gone and wakes those who watch it.
func (w *waits) forget(id string) {
	w.mu.Lock()
	delete(w.expected, id)
	w.mu.Unlock()
	w.poke(id)
}
