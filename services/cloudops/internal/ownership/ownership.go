// Package ownership looks at the DNS records of custom domains: is the proof there, and where does the host lead? It says what it
// sees; what follows from that is the api's to decide.
package ownership

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
)

const (
	lookTimeout = 30 * time.Second // of one domain
	atOnce      = 64               // domains that are looked at
	atOnceEach  = 4                // of one workspace
	reserved    = 16               // of atOnce: for workspaces of which none is looked at just now
	tick        = time.Second
	sayAgain    = time.Minute // what was seen is said again, because saying may be lost

	firstAgain = 15 * time.Second // a domain without a proof is looked at again after this, then after twice as long, …
	mostAgain  = time.Hour
	proven     = 24 * time.Hour // a domain with a proof is looked at again
)

// Checker looks at domains, again and again. Looks are shared fairly: name servers that do not answer cost only the
// workspace whose domains lead to them. Check is safe for concurrent use.
type Checker struct {
	dns      DNS
	desired  func() desired.Snapshot
	announce func(context.Context, event.Payload) error
	log      *slog.Logger
	asked    chan string
	seen     chan event.DomainObserved

	// Run's own.
	domains map[string]*look // by id
	running map[string]int   // looks, by workspace id
	total   int              // looks that are running
}

// look is what is known of a domain.
type look struct {
	workspace string
	running   bool
	again     bool // it was asked for while it ran
	next      time.Time
	tries     int
	seen      event.DomainObserved
	said      time.Time
}

// New makes a Checker of the custom domains among the desired ones.
func New(dns DNS, state func() desired.Snapshot, announce func(context.Context, event.Payload) error, log *slog.Logger) *Checker {
	return &Checker{
		dns: dns, desired: state, announce: announce, log: log.With("component", "ownership"),
		asked: make(chan string, 1024), seen: make(chan event.DomainObserved), domains: map[string]*look{}, running: map[string]int{},
	}
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
	var looks sync.WaitGroup
	defer looks.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-c.asked:
			if l := c.domains[id]; l != nil {
				l.next, l.tries, l.again = time.Time{}, 0, l.running
			}
		case o := <-c.seen:
			c.take(ctx, o)
		case <-ticker.C:
			c.start(ctx, &looks)
			c.sayAgain(ctx)
		}
	}
}

// start begins what looks are due and have room. Of two that want the same room, the workspace with fewer looks comes first.
func (c *Checker) start(ctx context.Context, looks *sync.WaitGroup) {
	wanted := c.desired().Domains
	for id, l := range c.domains {
		if d, ok := wanted[id]; (!ok || !d.Custom) && !l.running {
			delete(c.domains, id)
		}
	}
	now := time.Now()
	var due []desired.Domain
	for id, d := range wanted {
		if !d.Custom {
			continue
		}
		if c.domains[id] == nil {
			c.domains[id] = &look{workspace: d.WorkspaceID}
		}
		if l := c.domains[id]; !l.running && !now.Before(l.next) {
			due = append(due, d)
		}
	}
	for _, d := range c.inTurn(due) {
		running := c.running[d.WorkspaceID]
		if c.total >= atOnce || running >= atOnceEach || running > 0 && c.total >= atOnce-reserved {
			continue
		}
		c.domains[d.ID].running = true
		c.running[d.WorkspaceID]++
		c.total++
		looks.Go(func() {
			within, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			o := See(within, c.dns, d)
			select {
			case c.seen <- o:
			case <-ctx.Done():
			}
		})
	}
}

// inTurn orders what is due: one of each workspace, then the second of each, and so on; of one workspace those first that wait longest.
func (c *Checker) inTurn(due []desired.Domain) []desired.Domain {
	slices.SortFunc(due, func(a, b desired.Domain) int {
		return cmp.Or(c.domains[a.ID].next.Compare(c.domains[b.ID].next), cmp.Compare(a.ID, b.ID))
	})
	turn, turns := map[string]int{}, make(map[string]int, len(due))
	for _, d := range due {
		turns[d.ID] = c.running[d.WorkspaceID] + turn[d.WorkspaceID]
		turn[d.WorkspaceID]++
	}
	slices.SortStableFunc(due, func(a, b desired.Domain) int { return cmp.Compare(turns[a.ID], turns[b.ID]) })
	return due
}

// take notes what a look has seen, and says it.
func (c *Checker) take(ctx context.Context, o event.DomainObserved) {
	l := c.domains[o.DomainID]
	l.running = false
	c.total--
	if c.running[l.workspace]--; c.running[l.workspace] == 0 {
		delete(c.running, l.workspace)
	}
	if l.seen = o; l.again {
		l.again, l.next = false, time.Time{}
	} else {
		l.later(time.Now())
	}
	l.seen.NextLookAt = l.next
	c.say(ctx, l)
}

// sayAgain repeats what was seen. What fails is said the next time.
func (c *Checker) sayAgain(ctx context.Context) {
	for _, l := range c.domains {
		if l.seen.DomainID != "" && time.Since(l.said) >= sayAgain && !c.say(ctx, l) {
			return
		}
	}
}

func (c *Checker) say(ctx context.Context, l *look) bool {
	if err := c.announce(ctx, l.seen); err != nil {
		l.said = time.Time{}
		c.log.DebugContext(ctx, "cannot report the state of a domain; it will be reported again", "error", err)
		return false
	}
	l.said = time.Now()
	return true
}

// later says when to look the next time.
func (l *look) later(now time.Time) {
	wait := proven
	if l.seen.Ownership != event.OwnershipProven {
		wait = min(mostAgain, firstAgain<<min(l.tries, 16))
		l.tries++
	} else if l.tries = 0; l.seen.Routing != routingOK {
		wait = mostAgain / 4
	}
	l.next = now.Add(wait + rand.N(wait/10))
}
