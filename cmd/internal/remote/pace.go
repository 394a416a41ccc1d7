package remote

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	longestWait = 5 * time.Minute  // that a server may ask for at once
	patience    = 30 * time.Minute // of one request, over all its waits
	usualWait   = time.Second      // where a server does not say how long
)

// pace sends the requests of one client. When the server answers 429, all of them wait as long as it asks for
// (RFC 9110, 10.2.3), and the request is sent again. Its methods may be called concurrently, and on nil, which never waits.
type pace struct {
	waiting func(time.Duration) // called before each wait; may be nil

	mu    sync.Mutex
	until time.Time // nothing is sent before
}

// send sends r, as often as the server asks for it. The answer may still be a 429: when the server asks for too long a wait, or
// when the body of r can be read only once.
func (p *pace) send(client *http.Client, r *http.Request) (*http.Response, error) {
	if p == nil {
		return client.Do(r)
	}
	for started := time.Now(); ; {
		if err := p.wait(r.Context()); err != nil {
			return nil, err
		}
		response, err := client.Do(r)
		if err != nil || response.StatusCode != http.StatusTooManyRequests || (r.Body != nil && r.GetBody == nil) {
			return response, err
		}
		pause, ok := retryAfter(response)
		if !ok {
			pause = usualWait
		}
		if pause > longestWait || time.Since(started)+pause > patience {
			return response, nil
		}
		if err := response.Body.Close(); err != nil {
			return nil, err
		}
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		p.hold(pause)
	}
}

// hold keeps everything back for a while.
func (p *pace) hold(pause time.Duration) {
	p.mu.Lock()
	until := time.Now().Add(pause)
	longer := until.After(p.until)
	if longer {
		p.until = until
	}
	p.mu.Unlock()
	if longer && p.waiting != nil {
		p.waiting(pause)
	}
}

// wait waits until something may be sent, or ctx ends.
func (p *pace) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		pause := time.Until(p.until)
		p.mu.Unlock()
		if pause <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// retryAfter is how long an answer asks its caller to wait: a number of seconds, or a date.
func retryAfter(response *http.Response) (time.Duration, bool) {
	value := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 && seconds < 1_000_000 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}
