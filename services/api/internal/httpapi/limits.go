package httpapi

import (
	"context"
	"math"
	"net"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/services/api/internal/signin"
)

// limiter allows each of many callers so many requests. It keeps the most recent ones, in this process; one that falls out
// begins anew with a full burst.
type limiter struct {
	what  string
	limit rate.Limit
	burst int
	each  *lru.Cache[string, *rate.Limiter] // nil: no limit
}

// limited is how many callers a limiter remembers.
const limited = 20_000

func newLimiter(what string, perSecond float64, burst int) *limiter {
	l := &limiter{what: what, limit: rate.Limit(perSecond), burst: burst}
	if perSecond > 0 {
		l.each, _ = lru.New[string, *rate.Limiter](limited) // fails only for a size that is not positive
	}
	return l
}

// allow takes one request of who, or says when there will be room for it.
func (l *limiter) allow(who string) error {
	if l.each == nil {
		return nil
	}
	mine, ok := l.each.Get(who)
	if !ok {
		mine = rate.NewLimiter(l.limit, l.burst)
		if earlier, known, _ := l.each.PeekOrAdd(who, mine); known {
			mine = earlier
		}
	}
	r := mine.Reserve()
	if wait := r.Delay(); wait > 0 {
		r.Cancel()
		return &limitError{l.what, wait}
	}
	return nil
}

// limitError says that there were too many requests, and when there is room for another.
type limitError struct {
	what  string
	after time.Duration
}

// Error implements error.
func (e *limitError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the public error.
func (e *limitError) Unwrap() error {
	return apperr.New(apperr.RateLimited, "Too many %s; try again in %d s.", e.what, int(math.Ceil(e.after.Seconds())))
}

// RetryAfter is when there is room for another request.
func (e *limitError) RetryAfter() time.Duration { return e.after }

// limits are those that hold before an operation begins.
type limits struct {
	address *limiter // of all requests
	account *limiter // of those with credentials
	signIn  *limiter // of an address that wants in
	names   *limiter // of an address that asks which usernames there are
}

// of is the limit of an operation that anybody may try, nil for none.
func (l limits) of(operationID string) *limiter {
	switch operationID {
	case opSignIn, opSignUp:
		return l.signIn
	case opUsername:
		return l.names
	}
	return nil
}

// bursts is how many seconds' worth of requests may come at once.
const bursts = 5

func newLimits(cfg Config) limits {
	return limits{
		address: newLimiter("requests from this address", cfg.RateAddress, int(math.Ceil(bursts*cfg.RateAddress))),
		account: newLimiter("requests of this account", cfg.RateAccount, int(math.Ceil(bursts*cfg.RateAccount))),
		signIn:  newLimiter("attempts to sign in from this address", cfg.RateSignIn/60, int(math.Ceil(cfg.RateSignIn))),
		names:   newLimiter("username checks from this address", cfg.RateSignIn/60, int(math.Ceil(cfg.RateSignIn))),
	}
}

// addresses finds out where requests come from: the address of the connection or, if that is one of the trusted proxies, the
// last one in X-Forwarded-For that is none. Without trusted proxies the header is anybody's and means nothing.
func addresses(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, prefix := range trusted {
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP: prefix.Masked().Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// arrive finds out where a request comes from, and sends it away if too many come from there.
func (h *handlers) arrive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := c.RealIP()
		if err := h.limits.address.allow(signin.Network(address)); err != nil {
			return err
		}
		r := c.Request()
		v := visitor{Visitor: signin.Visitor{Address: address, UserAgent: r.UserAgent()}, session: h.session(r)}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
		return next(c)
	}
}

// enter counts an attempt to sign in.
func (h *handlers) enter(ctx context.Context) error {
	return h.limits.signIn.allow(signin.Network(visitorOf(ctx).Address))
}
