package gate

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Each caller has as many requests at once as it may send in a few seconds, or attempts in a minute, and then one whenever
// Retry-After says so.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(Config{RateAddress: 0.4, RateAccount: 0.2, RateSignIn: 3})
		for name, c := range map[string]struct {
			limiter *limiter
			burst   int
			each    time.Duration
		}{
			"address":  {l.address, 2, 2500 * time.Millisecond},
			"account":  {l.account, 1, 5 * time.Second},
			"sign-in":  {l.of(signInLimit), 3, 20 * time.Second},
			"username": {l.of(usernameLimit), 3, 20 * time.Second},
		} {
			for range c.burst {
				if err := c.limiter.allow("a"); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for range 2 { // who is refused does not wait longer for that
				err, refused := errors.AsType[*limitError](c.limiter.allow("a"))
				if !refused || err.RetryAfter() != c.each {
					t.Errorf("%s: one too many: %v", name, err)
				}
			}
			if err := c.limiter.allow("b"); err != nil {
				t.Errorf("%s: another caller: %v", name, err)
			}
			if time.Sleep(c.each - time.Millisecond); c.limiter.allow("a") == nil { //nolint:forbidigo // the bubble's clock
				t.Errorf("%s: a moment too early", name)
			}
			if time.Sleep(time.Millisecond); c.limiter.allow("a") != nil { //nolint:forbidigo // the bubble's clock
				t.Errorf("%s: in time", name)
			}
		}
		unlimited := newLimits(Config{})
		for range 100 {
			for _, free := range []*limiter{unlimited.address, unlimited.of(signInLimit), l.of(none), l.of("")} {
				if err := free.allow("a"); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
