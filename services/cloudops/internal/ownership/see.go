package ownership

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
)

// What is seen of the routing of a custom domain.
const (
	routingOK       = "ok"
	routingMissing  = "missing"
	routingConflict = "conflict"
	routingUnknown  = "unknown"
)

// maxSeen bounds what is said of what a record holds: strings, and the characters of each.
const (
	maxSeen     = 8
	maxSeenText = 255
)

// See looks at the records of a domain once.
func See(ctx context.Context, dns DNS, d desired.Domain) event.DomainObserved {
	o := event.DomainObserved{DomainID: d.ID, Host: d.Host}
	proof := event.ObservedRecord{Type: "TXT", Name: event.ProofName + d.Host, Expected: event.ProofValue + d.Token}
	route := event.ObservedRecord{Type: "CNAME", Name: d.Host, Expected: d.Target}
	var why, where string
	o.Ownership, why = seeProof(ctx, dns, d, &proof)
	o.Routing, where = seeRoute(ctx, dns, d, &route)
	o.Reason, o.Records = why+" "+where, []event.ObservedRecord{proof, route}
	return o
}

// found notes what a record holds.
func found(r *event.ObservedRecord, state string, values ...string) {
	r.State, r.Seen = state, []string{}
	for _, v := range values[:min(len(values), maxSeen)] {
		r.Seen = append(r.Seen, v[:min(len(v), maxSeenText)])
	}
}

func seeProof(ctx context.Context, dns DNS, d desired.Domain, r *event.ObservedRecord) (ownership, reason string) {
	texts, err := dns.TXT(ctx, r.Name)
	switch {
	case d.Token == "":
		found(r, event.RecordUnknown)
		return event.OwnershipUnknown, "The domain has no ownership token; remove it and add it again."
	case errors.Is(err, ErrNone):
		found(r, event.RecordMissing)
		return event.OwnershipMissing, fmt.Sprintf("There is no TXT record at %s yet.", r.Name)
	case err != nil:
		found(r, event.RecordUnknown)
		return event.OwnershipUnknown, fmt.Sprintf("The name servers of %s do not answer; mocloud will ask them again.", d.Host)
	}
	for _, text := range texts {
		if subtle.ConstantTimeCompare([]byte(text), []byte(r.Expected)) == 1 {
			found(r, event.RecordOK, text)
			return event.OwnershipProven, "The proof was found."
		}
	}
	found(r, event.RecordDifferent, texts...)
	return event.OwnershipMissing, fmt.Sprintf("The TXT record at %s has another value.", r.Name)
}

func seeRoute(ctx context.Context, dns DNS, d desired.Domain, r *event.ObservedRecord) (routing, reason string) {
	target, err := dns.CNAME(ctx, d.Host)
	switch {
	case errors.Is(err, ErrNone):
		return seeAddresses(ctx, dns, d, r)
	case err != nil:
		found(r, event.RecordUnknown)
		return routingUnknown, "mocloud could not find out where the host points."
	case target != d.Target:
		found(r, event.RecordDifferent, target)
		return routingConflict, fmt.Sprintf("%s points to %s, not to %s.", d.Host, target, d.Target)
	}
	found(r, event.RecordOK, target)
	return routingOK, "The host points here."
}

// seeAddresses looks where a host without a CNAME leads. At the top of a zone none is possible; there DNS providers answer with
// the addresses of the target (ALIAS, ANAME, "flattening").
func seeAddresses(ctx context.Context, dns DNS, d desired.Domain, r *event.ObservedRecord) (routing, reason string) {
	addresses, err := dns.Addresses(ctx, d.Host)
	switch {
	case errors.Is(err, ErrNone):
		found(r, event.RecordMissing)
		return routingMissing, fmt.Sprintf("%s has no CNAME record that points to %s.", d.Host, d.Target)
	case err != nil:
		found(r, event.RecordUnknown)
		return routingUnknown, "mocloud could not find out where the host points."
	}
	r.Type = "ALIAS"
	ours, err := dns.Addresses(ctx, d.Target)
	switch {
	case errors.Is(err, ErrNone):
		found(r, event.RecordDifferent, texts(addresses)...)
		return routingConflict, fmt.Sprintf("%s has address records and no CNAME record; %s, to which it should point, has no address. Ask your administrator to fix that.", d.Host, d.Target)
	case err != nil:
		found(r, event.RecordUnknown)
		return routingUnknown, "mocloud could not find out where the host points."
	}
	for _, a := range addresses {
		if !slices.Contains(ours, a) {
			found(r, event.RecordDifferent, texts(addresses)...)
			return routingConflict, fmt.Sprintf("%s points to the address %s, which is not one of %s; where a CNAME record is not allowed, use an ALIAS or ANAME record.", d.Host, a, d.Target)
		}
	}
	found(r, event.RecordOK, texts(addresses)...)
	return routingOK, "The host points here."
}

func texts(addresses []netip.Addr) (all []string) {
	for _, a := range addresses {
		all = append(all, a.String())
	}
	return all
}
