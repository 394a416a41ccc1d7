package tunnel

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits counts calls by user (service and tenant) and in all. It is safe for concurrent use.
type limits struct {
	total, perUser, perMinute int

	mu    sync.Mutex
	open  int
	users map[string]*user
}

type user struct {
	open int
	rate *rate.Limiter
	last time.Time
}

// maxUsers bounds what is remembered; users that were silent for a minute are forgotten when it is reached.
const maxUsers = 10_000

func newLimits(total, perUser, perMinute int) *limits {
	return &limits{total: total, perUser: perUser, perMinute: perMinute, users: map[string]*user{}}
}

// begin admits a call, to be ended with end, or says why not.
func (l *limits) begin(name string) (end func(), reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.open >= l.total {
		return nil, "too many open calls"
	}
	u, known := l.users[name]
	if !known {
		if len(l.users) >= maxUsers && !l.forget(now) {
			return nil, "too many users"
		}
		u = &user{rate: rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)}
		l.users[name] = u
	}
	u.last = now
	switch {
	case u.open >= l.perUser:
		return nil, "this user has too many open calls"
	case !u.rate.AllowN(now, 1):
		return nil, "this user makes too many calls a minute"
	}
	u.open++
	l.open++
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		u.open--
		l.open--
	}), ""
}

// forget drops users whose limits are as good as new: nothing is open, and a minute has refilled the rate.
func (l *limits) forget(now time.Time) bool {
	for name, u := range l.users {
		if u.open == 0 && now.Sub(u.last) >= time.Minute {
			delete(l.users, name)
		}
	}
	return len(l.users) < maxUsers
}
