package limit

import (
	"crypto/sha256"
	"strings"
	"sync"
	"time"
)

// Windows counts requests per key in windows of one length, each beginning with the key's first request. It remembers a
// bounded number of keys: when there are more, ended windows are forgotten first, then any. It is safe for concurrent
// use.
type Windows struct {
	length time.Duration
	most   int
	keys   int

	mu   sync.Mutex
	open map[string]window
}

type window struct {
	ends  time.Time
	count int
}

// NewWindows makes an empty table of at most keys windows which let most requests through each.
func NewWindows(length time.Duration, most, keys int) *Windows {
	return &Windows{length: length, most: most, keys: keys, open: map[string]window{}}
}

// Verdict is what a key has left.
type Verdict struct {
	Allowed   bool
	Limit     int
	Remaining int
	Reset     time.Time // when the window ends
}

// longestKey bounds what is kept of a key: callers choose keys.
const longestKey = 64

// Take counts one request of a key.
func (w *Windows) Take(key string, now time.Time) Verdict {
	if len(key) > longestKey {
		sum := sha256.Sum256([]byte(key))
		key = string(sum[:])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	current, known := w.open[key]
	if !known || !now.Before(current.ends) {
		if !known {
			if len(w.open) >= w.keys {
				w.forget(now)
			}
			key = strings.Clone(key) // it may be a part of the request
		}
		current = window{ends: now.Add(w.length)}
	}
	v := Verdict{Limit: w.most, Reset: current.ends}
	if current.count < w.most {
		current.count++
		v.Allowed = true
	}
	v.Remaining = w.most - current.count
	w.open[key] = current
	return v
}

// forget makes room: all ended windows go, and if there is none, an eighth of the others.
func (w *Windows) forget(now time.Time) {
	for key, one := range w.open {
		if !now.Before(one.ends) {
			delete(w.open, key)
		}
	}
	for key := range w.open {
		if len(w.open) <= w.keys-max(1, w.keys/8) {
			return
		}
		delete(w.open, key)
	}
}
