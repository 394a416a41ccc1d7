package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"time"

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
// Names that belong to nobody count like all others. Failures are forgotten an hour after the last. They are kept in the database,
// so that they count at every replica: that costs little beside the hash of a password.
type guard struct {
	now  func() time.Time
	repo FailureRepository
}

// FailureRepository keeps counts of failures.
type FailureRepository interface {
	// CountFailures lets decide change counts, by key, while nobody else does; it gets all of the keys. An error of decide is
	// returned, and nothing is stored.
	CountFailures(ctx context.Context, keys []string, decide func(map[string]Failures) error) error
}

// Failures is how many there were.
type Failures struct {
	N    int
	Last time.Time
}

// failureKey names a count. A name may be a password that was typed into the wrong field, and is not kept.
func failureKey(name, address string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + address))
	return hex.EncodeToString(sum[:])
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

// Forgotten is how long after the last failure a count means nothing any more.
const Forgotten = time.Hour

// TooManyError says to come back later, and when.
type TooManyError struct{ After time.Duration }

// Error implements error.
func (e *TooManyError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the public error.
func (e *TooManyError) Unwrap() error {
	return apperr.New(apperr.RateLimited, "Too many failed attempts to sign in; wait %s and try again.", seconds(e.After))
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
	guard                 *guard
	here, there, anywhere string        // keys of the counts, in the order of the table above
	besieged              *TooManyError // what holds, unless the address is the owner's
}

// begin counts a try of somebody at the address to be name, or says how long to wait.
func (g *guard) begin(ctx context.Context, name, address string) (*attempt, error) {
	address = Network(address)
	a := &attempt{guard: g, here: failureKey(name, address), there: failureKey("", address), anywhere: failureKey(name, "")}
	err := g.repo.CountFailures(ctx, []string{a.here, a.there, a.anywhere}, func(counts map[string]Failures) error {
		a.besieged = nil
		if wait := max(g.wait(counts[a.here], nameAtAddress()), g.wait(counts[a.there], anyAtAddress())); wait > 0 {
			return &TooManyError{wait}
		}
		if wait := g.wait(counts[a.anywhere], nameAnywhere()); wait > 0 {
			a.besieged = &TooManyError{wait}
		} else {
			g.add(counts, a.anywhere, 1)
		}
		g.add(counts, a.here, 1)
		g.add(counts, a.there, 1)
		return nil
	})
	return a, err
}

// succeeded takes the failure back that begin counted, and forgives those of this name at this address.
func (a *attempt) succeeded(ctx context.Context) error {
	return a.guard.repo.CountFailures(ctx, []string{a.here, a.there, a.anywhere}, func(counts map[string]Failures) error {
		counts[a.here] = Failures{}
		a.guard.add(counts, a.there, -1)
		if a.besieged == nil {
			a.guard.add(counts, a.anywhere, -1)
		}
		return nil
	})
}

func (g *guard) wait(f Failures, a allowance) time.Duration {
	if f.N < a.free {
		return 0
	}
	delay := a.most
	if doublings := f.N - a.free; doublings < 16 {
		delay = min(delay, time.Second<<doublings)
	}
	return f.Last.Add(delay).Sub(g.now())
}

func (g *guard) add(counts map[string]Failures, key string, n int) {
	now, f := g.now(), counts[key]
	if now.Sub(f.Last) > Forgotten {
		f.N = 0
	}
	if f.N = max(f.N+n, 0); n > 0 {
		f.Last = now
	}
	counts[key] = f
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
