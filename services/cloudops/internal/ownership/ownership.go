// Package ownership looks at the DNS records of custom domains: is the proof there, and where does the host lead? It says what
// it sees; what follows from that is the api's to decide. Only cloudops imports it.
package ownership

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
)

const (
	lookTimeout = 30 * time.Second // of one domain
	atOnce      = 8                // domains that are looked at
	tick        = time.Second
	sayAgain    = time.Minute // what was seen is said again, because saying may be lost

	firstAgain = 15 * time.Second // a domain without a proof is looked at again after this, then after twice as long, …
	mostAgain  = time.Hour
	proven     = 24 * time.Hour // a domain with a proof is looked at again
)

// Checker looks at domains, again and again. Check is safe for concurrent use.
type Checker struct {
	dns      DNS
	desired  func() desired.Snapshot
	announce func(context.Context, event.DomainUpdated) error
	log      *slog.Logger
	asked    chan string
	domains  map[string]*look // by id; Run's own
}

// look is what is known of a domain.
type look struct {
	next  time.Time
	tries int
	seen  event.DomainUpdated
	said  time.Time
}

// New makes a Checker of the custom domains among the desired ones.
func New(dns DNS, state func() desired.Snapshot, announce func(context.Context, event.DomainUpdated) error, log *slog.Logger) *Checker {
	return &Checker{dns: dns, desired: state, announce: announce, log: log.With("component", "ownership"), asked: make(chan string, 1024), domains: map[string]*look{}}
}

// Check asks for a domain to be looked at now. It never blocks; what finds no room is looked at in its time.
func (c *Checker) Check(domainID string) {
	select {
	case c.asked <- domainID:
	default:
	}
}

// Run works until ctx ends; then it returns nil.
func (c *Checker) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-c.asked:
			if l := c.domains[id]; l != nil {
				l.next, l.tries = time.Time{}, 0
			}
		case <-ticker.C:
			c.round(ctx)
		}
	}
}

// round looks at what is due and says what was seen.
func (c *Checker) round(ctx context.Context) {
	wanted := c.desired().Domains
	for id := range c.domains {
		if d, ok := wanted[id]; !ok || !d.Custom {
			delete(c.domains, id)
		}
	}
	now := time.Now()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for id, d := range wanted {
		if !d.Custom {
			continue
		}
		l := c.domains[id]
		if l == nil {
			l = &look{}
			c.domains[id] = l
		}
		if now.Before(l.next) {
			continue
		}
		group.Go(func() error { // each has a look of its own
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			l.seen, l.said = See(ctx, c.dns, d), time.Time{}
			l.again(time.Now())
			return nil
		})
	}
	_ = group.Wait() // none fails
	for _, l := range c.domains {
		if ctx.Err() != nil || l.seen.DomainID == "" || time.Since(l.said) < sayAgain {
			continue
		}
		if err := c.announce(ctx, l.seen); err != nil {
			c.log.DebugContext(ctx, "say what was seen of a domain; it is said again", "error", err)
			return
		}
		l.said = time.Now()
	}
}

// again says when to look the next time.
func (l *look) again(now time.Time) {
	wait := proven
	if l.seen.Ownership != event.OwnershipProven {
		wait = min(mostAgain, firstAgain<<min(l.tries, 16))
		l.tries++
	} else if l.tries = 0; l.seen.Routing != "ok" {
		wait = mostAgain / 4
	}
	l.next = now.Add(wait + rand.N(wait/10))
}

// See looks at the records of a domain once.
func See(ctx context.Context, dns DNS, d desired.Domain) event.DomainUpdated {
	u := event.DomainUpdated{DomainID: d.ID, Host: d.Host, State: "publishing"}
	var proof, route string
	u.Ownership, proof = seeProof(ctx, dns, d)
	u.Routing, route = seeRoute(ctx, dns, d)
	if u.Reason = proof + " " + route; u.Ownership == event.OwnershipProven && u.Routing == "ok" {
		u.State = "published"
	}
	return u
}

func seeProof(ctx context.Context, dns DNS, d desired.Domain) (ownership, reason string) {
	name, want := event.ProofName+d.Host, event.ProofValue+d.Token
	texts, err := dns.TXT(ctx, name)
	switch {
	case d.Token == "":
		return event.OwnershipUnknown, "The domain has no proof to look for; give it up and add it again."
	case errors.Is(err, ErrNone):
		return event.OwnershipMissing, fmt.Sprintf("There is no TXT record at %s yet.", name)
	case err != nil:
		return event.OwnershipUnknown, fmt.Sprintf("The name servers of %s do not answer; they are asked again.", d.Host)
	}
	for _, text := range texts {
		if subtle.ConstantTimeCompare([]byte(text), []byte(want)) == 1 {
			return event.OwnershipProven, "The proof is there."
		}
	}
	return event.OwnershipMissing, fmt.Sprintf("The TXT record at %s has another value.", name)
}

func seeRoute(ctx context.Context, dns DNS, d desired.Domain) (routing, reason string) {
	target, err := dns.CNAME(ctx, d.Host)
	switch {
	case errors.Is(err, ErrNone):
		return seeAddresses(ctx, dns, d)
	case err != nil:
		return "unknown", "Where it leads is not known."
	case target != d.Target:
		return "conflict", fmt.Sprintf("%s leads to %s, not to %s.", d.Host, target, d.Target)
	}
	return "ok", "It leads here."
}

// seeAddresses looks where a host without a CNAME leads. At the top of a zone none is possible; there DNS providers answer with
// the addresses of the target (ALIAS, ANAME, "flattening").
func seeAddresses(ctx context.Context, dns DNS, d desired.Domain) (routing, reason string) {
	addresses, err := dns.Addresses(ctx, d.Host)
	switch {
	case errors.Is(err, ErrNone):
		return "missing", fmt.Sprintf("%s has no CNAME record that leads to %s.", d.Host, d.Target)
	case err != nil:
		return "unknown", "Where it leads is not known."
	}
	ours, err := dns.Addresses(ctx, d.Target)
	switch {
	case errors.Is(err, ErrNone):
		return "conflict", fmt.Sprintf("%s has address records and no CNAME record; %s, which it should lead to, has no address, which is for the operator of this installation to mend.", d.Host, d.Target)
	case err != nil:
		return "unknown", "Where it leads is not known."
	}
	for _, a := range addresses {
		if !slices.Contains(ours, a) {
			return "conflict", fmt.Sprintf("%s leads to the address %s, which is not one of %s; where a CNAME record is not possible use an ALIAS or ANAME record.", d.Host, a, d.Target)
		}
	}
	return "ok", "It leads here."
}
