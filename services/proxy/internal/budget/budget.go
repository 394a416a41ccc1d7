// Package budget keeps calls to a provider below its rate limits, and stops them when the provider says so.
package budget

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

// perCaller is the share of the budget that one caller can use.
const perCaller = 0.75

// Budget says whether a call may be made now. It never waits: who gets no call is told when to come again. It is safe for
// concurrent use.
type Budget struct {
	cfg cloudprovider.Contract

	mu      sync.Mutex
	all     []*rate.Limiter
	callers map[string][]*rate.Limiter // bounded: callers are a configured set
	closed  time.Time                  // nothing before then
}

// New makes a full budget.
func New(cfg cloudprovider.Contract) *Budget {
	return &Budget{cfg: cfg, all: limiters(cfg, 1), callers: map[string][]*rate.Limiter{}}
}

func limiters(cfg cloudprovider.Contract, share float64) []*rate.Limiter {
	var ls []*rate.Limiter
	for _, l := range cfg.Limits {
		calls := max(1, share*float64(l.Calls))
		ls = append(ls, rate.NewLimiter(rate.Limit(calls/l.Per.Seconds()), int(calls)))
	}
	return ls
}

// Take takes a call for caller. Otherwise it returns how long to wait before asking again.
func (b *Budget) Take(caller string) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if wait := b.closed.Sub(now); wait > 0 {
		return wait, false
	}
	own, known := b.callers[caller]
	if !known {
		own = limiters(b.cfg, perCaller)
		b.callers[caller] = own
	}
	var taken []*rate.Reservation
	for _, limiter := range append(slices.Clip(own), b.all...) {
		r := limiter.ReserveN(now, 1)
		taken = append(taken, r)
		wait = max(wait, r.DelayFrom(now))
	}
	if wait == 0 {
		return 0, true
	}
	for _, r := range taken {
		r.CancelAt(now)
	}
	return wait, false
}

// Left is how many calls could be made at this moment.
func (b *Budget) Left() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Before(b.closed) {
		return 0
	}
	left := math.Inf(1)
	for _, limiter := range b.all {
		left = min(left, limiter.TokensAt(now))
	}
	return math.Floor(max(0, left))
}

// maxPause bounds what a provider's header can do to us.
const maxPause = time.Hour

// Observe learns from an answer: after a 429, or when the provider's own count of what is left reaches nothing, there are no
// calls until the time it says.
func (b *Budget) Observe(status int, header http.Header) {
	now := time.Now()
	pause := time.Duration(0)
	if status == http.StatusTooManyRequests {
		pause = b.cfg.Pause
		if after, ok := retryAfter(header, now); ok {
			pause = after
		}
	} else if after, ok := exhausted(header, now); ok {
		pause = after
	}
	if pause <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := now.Add(min(pause, maxPause)); until.After(b.closed) {
		b.closed = until
	}
}

// retryAfter reads seconds or a date.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(maxPause/time.Second))) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// exhausted reads DigitalOcean's ratelimit-remaining and -reset (a Unix time), and Cloudflare's Ratelimit
// ("default";r=0;t=30, seconds).
func exhausted(header http.Header, now time.Time) (time.Duration, bool) {
	if header.Get("Ratelimit-Remaining") == "0" {
		if reset, err := strconv.ParseInt(header.Get("Ratelimit-Reset"), 10, 64); err == nil {
			return time.Unix(reset, 0).Sub(now), true
		}
	}
	remaining, seconds := -1, 0
	for part := range strings.SplitSeq(header.Get("Ratelimit"), ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
		case key == "r":
			remaining = n
		case key == "t":
			seconds = n
		}
	}
	return time.Duration(min(seconds, int(maxPause/time.Second))) * time.Second, remaining == 0
}
