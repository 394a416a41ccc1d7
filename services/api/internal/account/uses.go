package account

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How often uses are written, and how many different ones are remembered in between. What is beyond is not recorded.
const (
	usesEvery   = time.Minute
	usesTimeout = 10 * time.Second
	maxUses     = 10_000
)

// Uses remembers when something was last used, and writes it once a minute, so that no request waits for a write. It is
// safe for concurrent use.
type Uses struct {
	log   *slog.Logger
	write func(context.Context, map[string]time.Time) error

	mu   sync.Mutex
	used map[string]time.Time
}

// NewUses makes Uses that are kept by write.
func NewUses(log *slog.Logger, write func(context.Context, map[string]time.Time) error) *Uses {
	return &Uses{log: log, write: write, used: map[string]time.Time{}}
}

// Note remembers that what has this key was used now.
func (u *Uses) Note(key string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.used[key]; known || len(u.used) < maxUses {
		u.used[key] = now
	}
}

// Run writes until ctx ends, and then once more.
func (u *Uses) Run(ctx context.Context) error {
	ticker := time.NewTicker(usesEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		u.flush(context.WithoutCancel(ctx))
	}
	return nil
}

// flush writes what there is. What cannot be written is lost: it is a convenience, and the next use tells it again.
func (u *Uses) flush(ctx context.Context) {
	u.mu.Lock()
	used := u.used
	u.used = map[string]time.Time{}
	u.mu.Unlock()
	if len(used) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, usesTimeout)
	defer cancel()
	if err := u.write(ctx, used); err != nil {
		u.log.WarnContext(ctx, "write when tokens and sessions were used", "error", err)
	}
}
