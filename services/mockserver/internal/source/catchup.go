package source

import (
	"context"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// catchUpLook is the time between two looks at whether everything is served.
const catchUpLook = 20 * time.Millisecond

// catchUp waits until all is served that the api has published. The unified mock may be older than that, by much after the
// database was restored from a backup. False if ctx ended.
func (s *Source) catchUp(ctx context.Context) bool {
	listening, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	var mu sync.Mutex
	var head *stream.Position // the first that came: what is published later is not waited for
	wg.Go(func() {
		stream.Heads(listening, s.deps.Redis, s.deps.Log, s.cfg.Prefix, event.Mocks, func(p stream.Position) {
			mu.Lock()
			defer mu.Unlock()
			if head == nil || head.Epoch != p.Epoch {
				head = &p
			}
		})
	})
	began := time.Now()
	for pause(ctx, min(catchUpLook, s.cfg.Silence)) {
		mu.Lock()
		wanted := head
		mu.Unlock()
		switch waited := time.Since(began); {
		case wanted == nil && waited < s.cfg.Silence:
		case wanted == nil:
			s.deps.Log.WarnContext(ctx, "no heartbeat from the api; serving the unified mock as it is")
			return true
		case s.reached(*wanted):
			return true
		case waited >= s.cfg.CatchUp:
			s.deps.Log.WarnContext(ctx, "serving before every published change has arrived", "wanted_change", wanted.Number)
			return true
		}
	}
	return false
}

// reached reports whether everything up to a position is served.
func (s *Source) reached(p stream.Position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.Number == 0 || s.position.Epoch == p.Epoch && s.position.Number >= p.Number
}
