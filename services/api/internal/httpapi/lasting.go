package httpapi

import (
	"sync"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// lasting counts the requests of each account that go on for long, waiting or following, so that none takes all the
// connections there are. It is safe for concurrent use.
type lasting struct {
	most int // of one account at a time

	mu sync.Mutex
	of map[string]int
}

func newLasting(most int) *lasting { return &lasting{most: most, of: map[string]int{}} }

// enter counts a request of the account in; leave counts it out.
func (l *lasting) enter(account string) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of[account] >= l.most {
		return nil, apperr.New(apperr.RateLimited, "This account waits or follows events in %d requests, which is the most it may; end one of them first.", l.most)
	}
	l.of[account]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.of[account]--; l.of[account] == 0 {
			delete(l.of, account)
		}
	}, nil
}
