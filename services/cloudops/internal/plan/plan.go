// Package plan compares the domains as they should be with the DNS records that are there, and says what to do and how things
// stand. It is pure: the same input gives the same plan.
package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// Policy says what may be done to the provider's records.
type Policy string

// The policies; each permits what the former does.
const (
	Observe    Policy = "observe"     // nothing
	CreateOnly Policy = "create-only" // new records
	UpsertOnly Policy = "upsert-only" // repair of our own
	Sync       Policy = "sync"        // removal of our own that nobody needs
)

// Rank orders policies; -1 if p is none.
func (p Policy) Rank() int {
	return slices.Index([]Policy{Observe, CreateOnly, UpsertOnly, Sync}, p)
}

// Config is what a plan depends on besides the state.
type Config struct {
	BaseDomain string
	PerHost    bool   // one record for each host; otherwise the wildcard record covers them all
	Provider   bool   // a DNS provider is configured; otherwise nothing is known of records
	Domain     string // the provider's zone, or the part of it that is ours: records are made under it only
	Target     string // what our records point at
	Proxied    bool
	Mark       cloudprovider.Mark // of our records
	Policy     Policy
	// DeleteAfter is how long a record must have been needed by nobody before it is removed.
	DeleteAfter time.Duration
}

// Input is the state that a plan is made for.
type Input struct {
	Desired  desired.Snapshot
	Records  []provider.Record    // at and under Config.Domain
	Orphaned map[string]time.Time // since when records, by id, are needed by nobody: Plan.Orphaned of the round before
	Now      time.Time
}

// Plan is what to do, and how things stand without it.
type Plan struct {
	Create, Update, Delete []provider.Record
	Statuses               map[string]Status // by domain id
	Orphaned               map[string]time.Time
	// Refused says why deletions that would be due are not in Delete; "" if none are held back.
	Refused string
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Create)+len(p.Update)+len(p.Delete) == 0 }

// Status is how a domain stands.
type Status struct {
	State, Reason string

	// Where the provider has the certificate; "" where it has none to do with it.
	Certificate, CertificateReason string
	CertificateExpiresAt           time.Time
}

// The states, as event.DomainApplied names them.
const (
	Offline        = "offline"
	OfflineInvalid = "offline_invalid"
	Publishing     = "publishing"
	Published      = "published"
)

// Guards against a plan that is wrong as a whole.
const (
	guardFrom    = 10 // records of ours from which on the share counts
	guardPercent = 30 // most of our records that one plan may delete
)

// ours reports whether a record is ours to change.
func (c Config) ours(r provider.Record) bool { return r.Type == "CNAME" && c.Mark.Owns(r.Comment) }

func under(host, domain string) bool { return domain != "" && strings.HasSuffix(host, "."+domain) }

// wildcardRef is what the wildcard record's mark names in place of a domain.
const wildcardRef = "wildcard"

// Make makes the plan.
//
//	host                    mode       records at the name   →  do       state
//	under the base domain   wildcard   no provider              –        published, the wildcard is the operator's
//	                                   none, wildcard there     –        published
//	                                   none, no wildcard        create   publishing, the wildcard
//	                                   somebody else's          –        offline_invalid, it hides the wildcard
//	under the zone's domain per host   none                     create   publishing
//	  (or custom)                      ours, as it should be    –        published
//	                                   ours, different          update   publishing
//	                                   somebody else's          –        offline_invalid, conflict
//	elsewhere               any        not ours to see          –        published, the records are their owner's
//	no domain's             any        ours                     delete   –
func Make(c Config, in Input) Plan {
	p := Plan{Statuses: map[string]Status{}, Orphaned: map[string]time.Time{}}
	at := map[string][]provider.Record{}
	for _, r := range in.Records {
		at[r.Name] = append(at[r.Name], r)
	}
	needed := map[string]bool{}
	if wildcard := "*." + c.BaseDomain; c.Provider && !c.PerHost && (len(at[wildcard]) == 0 || c.ours(at[wildcard][0])) {
		needed[wildcard] = true
		c.ownRecord(&p, wildcardRef, wildcard, at[wildcard])
	}
	// Sorted, so that of two domains with one host it is always the same that gets it.
	domains := make([]desired.Domain, 0, len(in.Desired.Domains))
	for _, d := range in.Desired.Domains {
		domains = append(domains, d)
	}
	slices.SortFunc(domains, func(a, b desired.Domain) int { return cmp.Compare(a.ID, b.ID) })
	for _, d := range domains {
		host := strings.ToLower(d.Host)
		switch {
		case !d.Custom && under(host, c.BaseDomain) && !c.PerHost:
			p.Statuses[d.ID] = c.underWildcard(host, at)
		case !c.Provider || !under(host, c.Domain):
			p.Statuses[d.ID] = c.elsewhere(host)
		case needed[host]:
			p.Statuses[d.ID] = Status{State: OfflineInvalid, Reason: fmt.Sprintf("The host name %s belongs to another domain of this installation; remove one of the two.", host)}
		default:
			needed[host] = true
			p.Statuses[d.ID] = c.ownRecord(&p, d.ID, host, at[host])
		}
	}
	c.orphans(&p, in, needed)
	return p
}

// underWildcard is a host that the base domain's wildcard record covers.
func (c Config) underWildcard(host string, at map[string][]provider.Record) Status {
	wildcard := "*." + c.BaseDomain
	switch {
	case !c.Provider:
		return Status{State: Published, Reason: "No DNS provider is configured; create the wildcard record " + wildcard + " yourself."}
	case len(at[host]) > 0 && !c.ours(at[host][0]): // ours is left from another mode, and will go
		return Status{State: OfflineInvalid, Reason: fmt.Sprintf("A DNS record of type %s at %s hides the wildcard record; remove it.", at[host][0].Type, host)}
	case len(at[wildcard]) > 0:
		return Status{State: Published, Reason: "The wildcard record " + wildcard + " covers this host."}
	}
	if c.Policy.Rank() >= CreateOnly.Rank() {
		return Status{State: Publishing, Reason: fmt.Sprintf("The wildcard record %s is being created.", wildcard)}
	}
	return Status{State: Publishing, Reason: fmt.Sprintf("The wildcard record %s does not exist; create it as a CNAME to %s.", wildcard, c.Target)}
}

// elsewhere is a host in a zone that is not ours to write: whoever has the zone makes its records.
func (c Config) elsewhere(host string) Status {
	return Status{State: Published, Reason: fmt.Sprintf("mocloud does not manage the DNS records of %s.", host)}
}

// ownRecord is a host that needs a record of its own.
func (c Config) ownRecord(p *Plan, domainID, host string, there []provider.Record) Status {
	want := provider.Record{Type: "CNAME", Name: host, Content: c.Target, TTL: 1, Proxied: c.Proxied, Comment: c.Mark.Comment(domainID)}
	for _, r := range there {
		if !c.ours(r) {
			return Status{State: OfflineInvalid, Reason: fmt.Sprintf("A DNS record of type %s that mocloud did not make exists at %s; remove it or choose another host name.", r.Type, host)}
		}
	}
	if len(there) == 0 {
		if c.Policy.Rank() < CreateOnly.Rank() {
			return Status{State: Publishing, Reason: fmt.Sprintf("The record %s is missing, and the policy %q does not permit creating it.", host, c.Policy)}
		}
		p.Create = append(p.Create, want)
		return Status{State: Publishing, Reason: "The DNS record is being created."}
	}
	have := there[0]
	want.ID = have.ID
	if have.Proxied {
		have.TTL = 1 // proxied records are always automatic, whatever is shown
	}
	if have == want {
		return Status{State: Published, Reason: ""}
	}
	if c.Policy.Rank() < UpsertOnly.Rank() {
		return Status{State: Publishing, Reason: fmt.Sprintf("The record %s is not as it should be, and the policy %q does not permit changing it.", host, c.Policy)}
	}
	p.Update = append(p.Update, want)
	return Status{State: Publishing, Reason: "The DNS record is being repaired."}
}

// orphans finds records of ours that nobody needs, and what of them may be deleted now.
func (c Config) orphans(p *Plan, in Input, needed map[string]bool) {
	owned := 0
	var due []provider.Record
	for _, r := range in.Records {
		if !c.ours(r) || !under(r.Name, c.Domain) {
			continue
		}
		owned++
		if needed[r.Name] {
			continue
		}
		since, known := in.Orphaned[r.ID]
		if !known {
			since = in.Now
		}
		p.Orphaned[r.ID] = since
		if in.Now.Sub(since) >= c.DeleteAfter {
			due = append(due, r)
		}
	}
	switch {
	case len(due) == 0:
	case c.Policy != Sync:
		p.Refused = fmt.Sprintf("the policy %q does not permit deleting records", c.Policy)
	case !in.Desired.Complete:
		p.Refused = "not all domains are known yet"
	case owned >= guardFrom && len(due)*100 > owned*guardPercent:
		p.Refused = fmt.Sprintf("%d of %d records would be deleted, more than %d%%", len(due), owned, guardPercent)
	default:
		p.Delete = due
	}
}
