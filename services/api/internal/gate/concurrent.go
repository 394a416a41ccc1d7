package gate

import (
	"sync"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// concurrent counts the requests of each account, or from each address, that go on for long, waiting, following or transferring
// files, so that none takes all the connections there are. It is safe for concurrent use.
type concurrent struct {
	who  string // "This account"
	most int    // of one at a time, 0 for any number

	mu sync.Mutex
	of map[string]int
}

func newConcurrent(who string, most int) *concurrent {
	return &concurrent{who: who, most: most, of: map[string]int{}}
}

// enter counts a request of somebody in; leave counts it out.
func (l *concurrent) enter(of string) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && l.of[of] >= l.most {
		return nil, apperr.New(apperr.RateLimited, "%s has %d long-lived requests open (waits, event streams, file transfers), which is the limit; end one of them first.", l.who, l.most)
	}
	l.of[of]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.of[of]--; l.of[of] == 0 {
			delete(l.of, of)
		}
	}, nil
}
