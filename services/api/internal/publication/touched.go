package publication

import "sync"

// maxTouched bounds the mocks that are read at once for their followers.
const maxTouched = 512

// touched are the mocks whose publication may have changed since followers were told. It is safe for concurrent use.
type touched struct {
	dirty    chan struct{} // has something when there are any
	overflow func()        // is called in place of noting too many

	mu    sync.Mutex
	mocks map[string]string // mock → the workspace from which it is said to be gone, or ""
}

func newTouched(overflow func()) *touched {
	return &touched{dirty: make(chan struct{}, 1), overflow: overflow, mocks: map[string]string{}}
}

// add notes mocks, which may be gone from a workspace: "" if they are not said to be.
func (t *touched) add(goneFrom string, ids ...string) {
	if len(ids) == 0 {
		return
	}
	t.mu.Lock()
	for _, id := range ids {
		if t.mocks[id] == "" {
			t.mocks[id] = goneFrom
		}
	}
	tooMany := len(t.mocks) > maxTouched
	if tooMany {
		clear(t.mocks)
	}
	t.mu.Unlock()
	if tooMany {
		t.overflow()
		return
	}
	select {
	case t.dirty <- struct{}{}:
	default:
	}
}

// take returns and forgets them.
func (t *touched) take() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	mocks := t.mocks
	t.mocks = map[string]string{}
	return mocks
}
