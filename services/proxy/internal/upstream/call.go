package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// Outcomes of a call, as the caller reads them in the outcome header. They tell it whether a write may have happened.
const (
	notSent     = "not-sent"     // nothing reached the upstream
	sentUnknown = "sent-unknown" // the upstream may have acted; look before trying again
	answered    = "answered"     // the answer is the upstream's
)

// Bounds of a call.
const (
	callTimeout  = 60 * time.Second // attempts and pauses between them
	maxAnswer    = 8 << 20          // bytes of an answer
	firstBackoff = 100 * time.Millisecond
)

// request is a call that passed the allow-list and the guard.
type request struct {
	caller string
	method string
	path   string // with the query
	body   []byte // nil if there is none
}

// result is what became of a call.
type result struct {
	status   int
	header   http.Header
	body     []byte
	outcome  string
	attempts int
	err      error         // why it is not answered
	wait     time.Duration // when to come again, if that is why
}

// errLimited says that the budget is used up, errBroken that the breaker is open.
var (
	errLimited = errors.New("the rate budget is used up")
	errBroken  = errors.New("the upstream keeps failing; calls are paused")
	errNoToken = errors.New("no credentials are configured at the proxy")
)

// call makes the call, with the retries that its method allows: a read twice more when it failed or the upstream was
// overloaded, a delete once more, every other write only once more and only when nothing was sent. No provider offers
// idempotency keys for these calls, so a write whose end is unknown is for the caller to look after.
func (u *Upstream) call(ctx context.Context, r request) result {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	extra := 1
	if r.method == http.MethodGet {
		extra = 2
	}
	res := u.attempt(ctx, r)
	res.attempts = 1
	for n := 0; n < extra && retryable(r.method, res); n++ {
		backoff := firstBackoff << n
		if !sleep(ctx, backoff/2+rand.N(backoff)) {
			return res
		}
		next := u.attempt(ctx, r)
		if errors.Is(next.err, errLimited) || errors.Is(next.err, errBroken) {
			return res // what is known of the first one says more
		}
		next.attempts = res.attempts + 1
		if res.outcome == sentUnknown && next.outcome == notSent {
			next.outcome = sentUnknown
		}
		res = next
	}
	return res
}

func retryable(method string, res result) bool {
	if errors.Is(res.err, errLimited) || errors.Is(res.err, errBroken) || errors.Is(res.err, errNoToken) ||
		errors.Is(res.err, context.Canceled) || errors.Is(res.err, context.DeadlineExceeded) {
		return false
	}
	if res.outcome == notSent {
		return true
	}
	if method != http.MethodGet && method != http.MethodDelete {
		return false
	}
	return res.outcome == sentUnknown || res.status == http.StatusBadGateway ||
		res.status == http.StatusServiceUnavailable || res.status == http.StatusGatewayTimeout
}

// attempt makes one HTTP call.
func (u *Upstream) attempt(ctx context.Context, r request) result {
	token := u.credential.Token(ctx)
	if token.Empty() {
		return result{outcome: notSent, err: errNoToken}
	}
	if wait, ok := u.budget.Take(r.caller); !ok {
		return result{outcome: notSent, err: errLimited, wait: wait}
	}
	done, err := u.breaker.Allow()
	if err != nil {
		return result{outcome: notSent, err: errBroken, wait: breakFor}
	}
	res := u.send(ctx, r, token.Reveal())
	switch {
	case res.err != nil:
		done(res.err)
	case res.status >= http.StatusInternalServerError:
		done(fmt.Errorf("status %d", res.status))
	default:
		done(nil)
	}
	if res.outcome == answered {
		u.budget.Observe(res.status, res.header)
	}
	return res
}

func (u *Upstream) send(ctx context.Context, r request, token string) result {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.Base.String()+r.path, body)
	if err != nil {
		return result{outcome: notSent, err: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mocloud-proxy")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := u.transport.RoundTrip(req)
	if err != nil {
		if !connected.Load() {
			return result{outcome: notSent, err: err}
		}
		return result{outcome: sentUnknown, err: err}
	}
	defer res.Body.Close() // it was read to its end, or is given up
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		err = fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	if err != nil {
		return result{outcome: sentUnknown, err: err}
	}
	return result{status: res.StatusCode, header: res.Header, body: answer, outcome: answered}
}

// sleep reports whether it slept to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// seconds rounds up, for Retry-After.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
