package lifecycle

import (
	"sort"
	"sync"
)

// Health collects what a process needs before it can serve. It is safe for concurrent use.
type Health struct {
	mu     sync.Mutex
	checks map[string]bool
}

// Set says whether the named part works. A process is ready when every part that was ever named works.
func (h *Health) Set(part string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = map[string]bool{}
	}
	h.checks[part] = ok
}

// Broken names the parts that do not work, sorted.
func (h *Health) Broken() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var broken []string
	for part, ok := range h.checks {
		if !ok {
			broken = append(broken, part)
		}
	}
	sort.Strings(broken)
	return broken
}
