package signin

import (
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/mocloud/mocloud/pkg/apperr"
)

// guard slows down who guesses passwords. It counts failures three ways, each with a few for nothing and then a wait that
// doubles with each of them:
//
//	of one name from one address    somebody tries many passwords of one account
//	of one address, all names       somebody tries one password of many accounts
//	of one name, all addresses      many try one account together
//
// The first two hold up nobody but who guesses, and what shares the address. The third would let an attacker with many
// addresses lock the owner out, so that its wait is short, and does not hold for addresses from which the owner is signed in.
// Names that belong to nobody count like all others. Failures are forgotten an hour after the last. They are kept in this
// process; memory is bounded, and who is least active falls out of it first.
type guard struct {
	now func() time.Time

	mu       sync.Mutex
	failures *lru.Cache[guardKey, failures]
}

type guardKey struct{ name, address string }

type failures struct {
	n    int
	last time.Time
}

// allowance is how many failures cost nothing, and how long the wait becomes at most.
type allowance struct {
	free int
	most time.Duration
}

// The allowances of the three counts, in the order of the table above.
func nameAtAddress() allowance { return allowance{5, 15 * time.Minute} }
func anyAtAddress() allowance  { return allowance{30, 15 * time.Minute} }
func nameAnywhere() allowance  { return allowance{50, 30 * time.Second} }

const (
	remembered = 20_000
	forgotten  = time.Hour
)

func newGuard(now func() time.Time) *guard {
	cache, _ := lru.New[guardKey, failures](remembered) // fails only for a size that is not positive
	return &guard{now: now, failures: cache}
}

// TooManyError says to come back later, and when.
type TooManyError struct{ After time.Duration }

// Error implements error.
func (e *TooManyError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the public error.
func (e *TooManyError) Unwrap() error {
	return apperr.New(apperr.RateLimited, "Too many attempts to sign in failed; wait %s and try again.", seconds(e.After))
}

// RetryAfter is when another try may succeed.
func (e *TooManyError) RetryAfter() time.Duration { return e.After }

func seconds(d time.Duration) string {
	if n := int(math.Ceil(d.Seconds())); n != 1 {
		return fmt.Sprintf("%d seconds", n)
	}
	return "1 second"
}

// attempt is a try that counts as a failure until it succeeded: otherwise many at once would all be free.
type attempt struct {
	guard         *guard
	name, address string
	besieged      *TooManyError // what holds, unless the address is the owner's
}

// begin counts a try of somebody at the address to be name, or says how long to wait.
func (g *guard) begin(name, address string) (*attempt, error) {
	address = Network(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	here, there := guardKey{name, address}, guardKey{"", address}
	if wait := max(g.wait(here, nameAtAddress()), g.wait(there, anyAtAddress())); wait > 0 {
		return nil, &TooManyError{wait}
	}
	a := &attempt{guard: g, name: name, address: address}
	anywhere := guardKey{name, ""}
	if wait := g.wait(anywhere, nameAnywhere()); wait > 0 {
		a.besieged = &TooManyError{wait}
	} else {
		g.add(anywhere, 1)
	}
	g.add(here, 1)
	g.add(there, 1)
	return a, nil
}

// succeeded takes the failure back that begin counted, and forgives those of this name at this address.
func (a *attempt) succeeded() {
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	a.guard.failures.Remove(guardKey{a.name, a.address})
	a.guard.add(guardKey{"", a.address}, -1)
	if a.besieged == nil {
		a.guard.add(guardKey{a.name, ""}, -1)
	}
}

func (g *guard) wait(key guardKey, a allowance) time.Duration {
	f, _ := g.failures.Get(key)
	if f.n < a.free {
		return 0
	}
	delay := a.most
	if doublings := f.n - a.free; doublings < 16 {
		delay = min(delay, time.Second<<doublings)
	}
	return f.last.Add(delay).Sub(g.now())
}

func (g *guard) add(key guardKey, n int) {
	now := g.now()
	f, _ := g.failures.Get(key)
	if now.Sub(f.last) > forgotten {
		f.n = 0
	}
	f.n = max(f.n+n, 0)
	if n > 0 {
		f.last = now
	}
	g.failures.Add(key, f)
}

// Network is what one customer of a provider has: an IPv4 address, or 64 bits of IPv6.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}
