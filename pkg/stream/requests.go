package stream

import (
	"context"
	"sync"
)

// maxRequests bounds the replay requests that wait for an answer; their askers repeat those that are dropped.
const maxRequests = 256

// requests are the replay requests that wait for an answer, the latest of each instance: whoever asks again has given up what it
// asked before. It is safe for concurrent use.
type requests struct {
	mu      sync.Mutex
	latest  map[string]request // by instance
	turns   []string           // instances, in the order in which they are answered
	arrived chan struct{}
}

func newRequests() requests {
	return requests{latest: map[string]request{}, arrived: make(chan struct{}, 1)}
}

// put reports false where there is no room.
func (q *requests) put(r request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, waits := q.latest[r.Instance]; !waits {
		if len(q.turns) >= maxRequests {
			return false
		}
		q.turns = append(q.turns, r.Instance)
	}
	q.latest[r.Instance] = r
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return true
}

// next waits for a request; ok is false once ctx has ended. One goroutine calls it.
func (q *requests) next(ctx context.Context) (r request, ok bool) {
	for {
		if r, ok := q.take(); ok {
			return r, true
		}
		select {
		case <-ctx.Done():
			return request{}, false
		case <-q.arrived:
		}
	}
}

func (q *requests) take() (request, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turns) == 0 {
		return request{}, false
	}
	instance := q.turns[0]
	q.turns = q.turns[1:]
	r := q.latest[instance]
	delete(q.latest, instance)
	return r, true
}
