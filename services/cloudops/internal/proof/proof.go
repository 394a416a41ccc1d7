// Package proof makes the one record by which mock servers prove the base domain to a certificate authority.
package proof

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/services/cloudops/internal/ownership"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// Prover answers the questions of mock servers. It is safe for concurrent use.
type Prover struct {
	DNS    provider.DNS  // nil if there is none
	Seen   ownership.DNS // how the world sees the zone
	Domain string        // the base domain
	Mark   cloudprovider.Mark
	Policy plan.Policy
	Log    *slog.Logger
}

// ref is what the record's mark names in place of a domain.
const ref = "acme"

// ttl is short, because the next proof has another value.
const ttl = 60

// Answer does what is asked.
func (p *Prover) Answer(ctx context.Context, q challenge.Question) challenge.Answer {
	name := cloudprovider.ProofLabel + "." + p.Domain
	switch {
	case !cloudprovider.IsProof(q.Value):
		return challenge.Answer{Error: "The value of a proof must be a digest in base64url."}
	case p.DNS == nil:
		return challenge.Answer{Error: "cloudops has no DNS provider and cannot create " + name + "; configure one, or unset MOCKSERVER_ACME_WILDCARD."}
	case p.Policy.Rank() < plan.CreateOnly.Rank():
		return challenge.Answer{Error: "The policy " + string(p.Policy) + " does not permit creating " + name + "."}
	}
	var err error
	switch q.Do {
	case challenge.Present:
		err = p.hold(ctx, name, q.Value)
	case challenge.Remove:
		err = p.hold(ctx, name, "")
	case challenge.Look:
		texts, err := p.Seen.TXT(ctx, name)
		if err != nil && !errors.Is(err, ownership.ErrNone) {
			p.Log.DebugContext(ctx, "cannot check a proof; it will be checked again", "host", name, "error", err)
		}
		return challenge.Answer{Seen: slices.Contains(texts, q.Value)}
	default:
		return challenge.Answer{Error: "Unknown action: a proof can be presented, checked or removed."}
	}
	if err != nil {
		p.Log.WarnContext(ctx, "cannot change the DNS record of a proof", "host", name, "error", err)
		return challenge.Answer{Error: "The record " + name + " could not be changed: " + err.Error()}
	}
	return challenge.Answer{}
}

// hold makes the record hold the value and nothing else of ours; "": nothing. One certificate needs it, and one mock server asks for that at
// a time, so that other values of ours are left from one that was killed.
func (p *Prover) hold(ctx context.Context, name, value string) error {
	records, err := p.DNS.Records(ctx, name)
	if err != nil {
		return err
	}
	there := false
	for _, r := range records {
		ours := r.Type == "TXT" && p.Mark.Owns(r.Comment)
		switch {
		case r.Name != name || !ours:
		case strings.Trim(r.Content, `"`) == value && !there:
			there = true
		default:
			if err := p.DNS.Delete(ctx, r.ID); err != nil {
				return err
			}
		}
	}
	if there || value == "" {
		return nil
	}
	return p.DNS.Create(ctx, provider.Record{Type: "TXT", Name: name, Content: value, TTL: ttl, Comment: p.Mark.Comment(ref)})
}
