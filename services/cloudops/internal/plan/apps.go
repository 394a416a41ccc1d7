package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/cloudprovider/digitalocean"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// AppConfig is what a plan for an app depends on besides the state.
type AppConfig struct {
	BaseDomain string
	PerHost    bool // mocks' own hosts are domains of the app, besides custom ones
	Policy     Policy
	Max        int // domains that the app may have
	// Adopt takes what is wanted and at the app for ours, though the ledger lacks it: after the ledger was lost.
	Adopt bool
}

// AppInput is the state that a plan for an app is made for.
type AppInput struct {
	Desired desired.Snapshot
	App     provider.AppState
	Ledger  map[string]string // hosts that mocloud added to the app, with the domains' ids
	Now     time.Time
}

// AppPlan is what to do with an app's domains, and how things stand without it.
type AppPlan struct {
	Add      map[string]string // hosts, with the domains' ids
	Adopt    map[string]string // hosts that are there and to be entered in the ledger, with the domains' ids
	Remove   []string
	Forget   []string          // hosts of the ledger that are neither wanted nor there
	Statuses map[string]Status // by domain id; only of domains that the app is to have
	Refused  string            // why removals that would be due are not in Remove
}

// Empty reports whether there is nothing to do at the app.
func (p *AppPlan) Empty() bool { return len(p.Add)+len(p.Remove) == 0 }

const expiresSoon = 14 * 24 * time.Hour

// Apps makes the plan for an app.
//
//	wanted  at the app          in the ledger  →  do      state
//	yes     no                  any               add     publishing
//	yes     yes                 yes               –       as far as the platform is
//	yes     yes                 no                –       offline_invalid, somebody else added it; or it is adopted
//	no      yes                 yes               remove  –
//	no      yes                 no                –       –
func Apps(c AppConfig, in AppInput) AppPlan {
	p := AppPlan{Add: map[string]string{}, Adopt: map[string]string{}, Statuses: map[string]Status{}}
	at := map[string]provider.AppDomain{}
	for _, d := range in.App.Domains {
		at[d.Host] = d
	}
	wanted := c.wanted(in.Desired)
	room := c.Max - len(at)
	for _, host := range slices.Sorted(maps.Keys(wanted)) {
		domainID := wanted[host]
		there, isThere := at[host]
		_, ours := in.Ledger[host]
		switch {
		case isThere && !ours && !there.Fixed && c.Adopt:
			p.Adopt[host] = domainID
			p.Statuses[domainID] = standing(there, in.Now)
		case isThere && (!ours || there.Fixed):
			p.Statuses[domainID] = Status{State: OfflineInvalid, Reason: fmt.Sprintf("The app has the domain %s, and mocloud did not add it; remove it there or choose another host name.", host)}
		case isThere:
			p.Statuses[domainID] = standing(there, in.Now)
		case !digitalocean.IsDomain(host):
			p.Statuses[domainID] = Status{State: OfflineInvalid, Reason: fmt.Sprintf("The app platform does not accept domains such as %s.", host)}
		case c.Policy.Rank() < CreateOnly.Rank():
			p.Statuses[domainID] = Status{State: Publishing, Reason: fmt.Sprintf("The app does not have the domain %s, and the policy %q does not permit adding it.", host, c.Policy)}
		case room <= 0:
			p.Statuses[domainID] = Status{State: OfflineInvalid, Reason: fmt.Sprintf("The app has reached its limit of %d domains; ask your administrator to make room.", c.Max)}
		default:
			room--
			p.Add[host] = domainID
			p.Statuses[domainID] = Status{State: Publishing, Reason: "The domain is being added to the app.", Certificate: "issuing"}
		}
	}
	c.removals(&p, in, wanted, at)
	return p
}

// wanted is the hosts that the app should have, with the domains' ids. Of two domains with one host the older one gets it.
func (c AppConfig) wanted(s desired.Snapshot) map[string]string {
	hosts := map[string]string{}
	for _, d := range s.Domains {
		host := strings.ToLower(d.Host)
		needed := d.Serves
		if !d.Custom {
			needed = c.PerHost && under(host, c.BaseDomain)
		}
		if !needed {
			continue
		}
		if other, taken := hosts[host]; !taken || d.ID < other {
			hosts[host] = d.ID
		}
	}
	return hosts
}

// standing is how a domain of ours stands at the platform.
func standing(d provider.AppDomain, now time.Time) Status {
	s := Status{State: Published, Certificate: "active", CertificateExpiresAt: d.CertificateExpiresAt}
	switch {
	case d.Phase == provider.Broken:
		reason := d.Reason
		if reason == "" {
			reason = "it gave no reason"
		}
		s.State, s.Reason = Publishing, "The app platform cannot set up the domain: "+reason+"."
		s.Certificate, s.CertificateReason = "failed", reason
	case d.Phase == provider.Waiting:
		s.State, s.Reason = Publishing, "The app platform is waiting for the DNS record and will then issue the certificate."
		s.Certificate, s.CertificateReason = "issuing", s.Reason
	case !d.CertificateExpiresAt.IsZero() && d.CertificateExpiresAt.Sub(now) < expiresSoon:
		s.Certificate = "expiring"
		s.CertificateReason = "The app platform should have renewed the certificate, which expires on " + d.CertificateExpiresAt.UTC().Format(time.DateOnly) + "."
	}
	return s
}

func (c AppConfig) removals(p *AppPlan, in AppInput, wanted map[string]string, at map[string]provider.AppDomain) {
	if !in.Desired.Complete {
		p.Refused = "not all domains are known yet"
		return
	}
	for _, host := range slices.Sorted(maps.Keys(in.Ledger)) {
		_, isWanted := wanted[host]
		there, isThere := at[host]
		switch {
		case isWanted || isThere && there.Fixed:
		case !isThere:
			p.Forget = append(p.Forget, host)
		case c.Policy != Sync:
			p.Refused = fmt.Sprintf("the policy %q does not permit removing domains", c.Policy)
		default:
			p.Remove = append(p.Remove, host)
		}
	}
	if owned := len(in.Ledger); owned >= guardFrom && len(p.Remove)*100 > owned*guardPercent {
		p.Refused = fmt.Sprintf("%d of %d domains would be removed, more than %d%%", len(p.Remove), owned, guardPercent)
		p.Remove = nil
	}
}

// Worse is how a domain stands that needs both.
func Worse(a, b Status) Status {
	order := []string{Published, Publishing, Offline, OfflineInvalid}
	worse, better := a, b
	if slices.Index(order, b.State) > slices.Index(order, a.State) {
		worse, better = b, a
	}
	if worse.Certificate == "" {
		worse.Certificate, worse.CertificateReason, worse.CertificateExpiresAt = better.Certificate, better.CertificateReason, better.CertificateExpiresAt
	}
	return worse
}
