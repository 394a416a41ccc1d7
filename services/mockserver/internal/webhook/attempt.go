package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// maxAnswer is how much of an answer is read, so that its connection can be used again.
const maxAnswer = 64 << 10

// result is the outcome of one try.
type result struct {
	status int
	reason string        // "" if it was delivered; for the mock's owner, who must not learn what else is in our network
	again  bool          // another try may succeed
	after  time.Duration // how long the receiver asked us to wait; 0 if it did not
}

// attempt sends a call once.
func (s *Sender) attempt(ctx context.Context, j *job) result {
	ctx, cancel := context.WithTimeout(egress.WithTenant(ctx, j.tenant.workspace), s.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, j.call.Method, j.call.URL, bytes.NewReader(j.call.Body))
	if err != nil {
		return result{reason: "the method or the URL is malformed"}
	}
	req.Header = j.call.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "mocloud-webhook")
	}
	req.Header.Set(DeliveryHeader, j.delivery.ID)
	req.Header.Set(depth.Header, s.depth.Sign(j.call.Depth+1, req.Host))
	resp, err := s.client.Do(req)
	if err != nil {
		return failure(err, s.cfg.Timeout)
	}
	defer resp.Body.Close()
	if _, err := io.CopyN(io.Discard, resp.Body, maxAnswer); err != nil && !errors.Is(err, io.EOF) && ctx.Err() != nil {
		return failure(err, s.cfg.Timeout)
	}
	r := result{status: resp.StatusCode}
	switch code := resp.StatusCode; {
	case code >= 200 && code <= 299:
		return r
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		r.again, r.after = true, retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	r.reason = fmt.Sprintf("the receiver answered %d %s", r.status, http.StatusText(r.status))
	return r
}

// failure is the result of a try without an answer. The error names addresses and is not shown.
func failure(err error, timeout time.Duration) result {
	switch {
	case errors.Is(err, egress.ErrDenied):
		return result{reason: reasonDenied}
	case errors.Is(err, egress.ErrLimited):
		return result{reason: "this server is making too many outgoing calls", again: true}
	}
	if e, ok := errors.AsType[*url.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return result{reason: fmt.Sprintf("no answer within %v", timeout), again: true}
	}
	return result{reason: "the receiver could not be reached", again: true}
}

// pause is the wait after a failed try: exponential, with jitter so that receivers that come back are not met by
// all at once, and never shorter than the receiver asked for within MaxBackoff.
func (s *Sender) pause(attempts int, asked time.Duration) time.Duration {
	wait := s.cfg.MaxBackoff
	if attempts < 30 {
		wait = min(s.cfg.Backoff<<(attempts-1), s.cfg.MaxBackoff)
	}
	wait = wait/2 + rand.N(wait/2+1)
	return max(wait, min(asked, s.cfg.MaxBackoff))
}

// retryAfter reads a Retry-After header: seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(n, 0), 86_400)) * time.Second
	}
	if t, err := http.ParseTime(header); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// reasonDenied says what to do where it is done: the addresses are the same for all mocks of an installation.
const reasonDenied = "calls to the receiver's address are not allowed: mocks can only reach public addresses, on ports 80 and 443; " +
	"an administrator can permit others with PROXY_FORWARD_ALLOW and PROXY_FORWARD_PORTS"
