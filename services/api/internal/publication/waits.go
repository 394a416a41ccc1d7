package publication

import (
	"container/heap"
	"sync"
)

// maxExpected bounds how many mocks are watched for their change to arrive everywhere; beyond that, followers learn of
// the rest when they read again.
const maxExpected = 100_000

// waits knows who waits for which mock, and which mocks have a change on its way. It is safe for concurrent use.
type waits struct {
	mu       sync.Mutex
	watchers map[string]map[chan struct{}]struct{}
	expected map[string]uint64 // mock → its change that has not arrived everywhere
	order    byChange          // the expected changes, the first one first, and some that are not expected any more
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
	before, known := w.expected[id]
	if change == 0 || before >= change || !known && len(w.expected) >= maxExpected {
		return
	}
	w.expected[id] = change
	heap.Push(&w.order, expectation{change, id})
	if len(w.order) > 2*len(w.expected)+minOrder {
		w.tidy()
	}
}

// tidy drops from the order what is not expected any more.
func (w *waits) tidy() {
	w.order = w.order[:0]
	for id, change := range w.expected {
		w.order = append(w.order, expectation{change, id})
	}
	heap.Init(&w.order)
}

// settled removes and returns the mocks whose expected change is among those up to the number, which have arrived.
func (w *waits) settled(upTo uint64) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for len(w.order) > 0 && w.order[0].change <= upTo {
		e := heap.Pop(&w.order).(expectation)
		if w.expected[e.id] == e.change {
			ids = append(ids, e.id)
			delete(w.expected, e.id)
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

// minOrder is how many changes that are not expected any more are kept at the least, so that few are not tidied away all the time.
const minOrder = 64

// expectation is a change of a mock that is on its way.
type expectation struct {
	change uint64
	id     string
}

// byChange is a heap.Interface: the earliest change is first.
type byChange []expectation

func (h byChange) Len() int { return len(h) }

func (h byChange) Less(i, j int) bool { return h[i].change < h[j].change }

func (h byChange) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *byChange) Push(e any) { *h = append(*h, e.(expectation)) }

func (h *byChange) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = expectation{} // the slice holds on to it
	*h = (*h)[:last]
	return e
}
