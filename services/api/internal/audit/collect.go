package audit

import (
	"context"
	"slices"
	"sync"
)

// Written are the entries that were written for one request, whether or not their transactions were committed. It is safe for
// concurrent use.
type Written struct {
	mu      sync.Mutex
	entries []Entry
}

type writtenKey struct{}

// Collect returns a context in which entries that are written are collected.
func Collect(ctx context.Context) (context.Context, *Written) {
	w := &Written{}
	return context.WithValue(ctx, writtenKey{}, w), w
}

// Note adds an entry to those that ctx collects.
func Note(ctx context.Context, e Entry) {
	w, ok := ctx.Value(writtenKey{}).(*Written)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.entries, e) { // a transaction may be repeated
		w.entries = append(w.entries, e)
	}
}

// Entries are those that were collected.
func (w *Written) Entries() []Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.entries)
}
