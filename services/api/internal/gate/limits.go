package gate

import (
	"math"
	"net"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// limiter allows each of many callers so many requests. It keeps the most recent ones, in this process; one that falls out
// starts over with a full burst.
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

// limitName is an x-limit: the limit of what anybody may try.
type limitName string

const (
	signInLimit   limitName = "sign_in"  // of who wants in
	usernameLimit limitName = "username" // of who asks which usernames there are
)

// limits are those that hold before an operation begins.
type limits struct {
	address *limiter               // of all requests
	account *limiter               // of those with credentials
	named   map[limitName]*limiter // of an address, for some operations
}

// of is the limit with a name; that of no name has none.
func (l limits) of(name limitName) *limiter {
	if named := l.named[name]; named != nil {
		return named
	}
	return &limiter{}
}

// bursts is how many seconds' worth of requests may come at once.
const bursts = 5

func newLimits(cfg Config) limits {
	return limits{
		address: newLimiter("requests from this address", cfg.RateAddress, int(math.Ceil(bursts*cfg.RateAddress))),
		account: newLimiter("requests of this account", cfg.RateAccount, int(math.Ceil(bursts*cfg.RateAccount))),
		named: map[limitName]*limiter{
			signInLimit:   newLimiter("attempts to sign in from this address", cfg.RateSignIn/60, int(math.Ceil(cfg.RateSignIn))),
			usernameLimit: newLimiter("username checks from this address", cfg.RateSignIn/60, int(math.Ceil(cfg.RateSignIn))),
		},
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
