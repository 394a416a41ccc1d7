package audit

import "sync"

// kept is how many entries a ring remembers.
const kept = 2000

// ring is the latest entries. The zero ring is empty. It is safe for concurrent use.
type ring struct {
	mu      sync.Mutex
	entries []Entry
	next    int // where the next entry goes, once the ring is full
}

func (r *ring) add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) < kept {
		r.entries = append(r.entries, e)
		return
	}
	r.entries[r.next] = e
	r.next = (r.next + 1) % kept
}

func (r *ring) latest(limit int, fits func(Entry) bool) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := []Entry{}
	for i := range r.entries {
		e := r.entries[(r.next-1-i+2*len(r.entries))%len(r.entries)]
		if len(found) == limit {
			break
		}
		if fits(e) {
			found = append(found, e)
		}
	}
	return found
}
