package reconcile

import (
	"context"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
)

// keep replaces what is known of the domains. One that is no longer wanted is offline, and is reported as that once.
func (r *Reconciler) keep(snapshot desired.Snapshot, statuses map[string]plan.Status) {
	for id := range r.domains {
		if _, wanted := snapshot.Domains[id]; wanted {
			continue
		}
		if !snapshot.Complete {
			continue // it may only not be known yet
		}
		if r.statuses[id].State == plan.Offline {
			delete(r.domains, id)
			delete(r.statuses, id)
			delete(r.reported, id)
			continue
		}
		r.statuses[id] = plan.Status{State: plan.Offline, Reason: "The domain was removed."}
	}
	for id, d := range snapshot.Domains {
		r.domains[id] = d
		r.statuses[id] = statuses[id]
	}
	counts := map[string]float64{plan.Offline: 0, plan.OfflineInvalid: 0, plan.Publishing: 0, plan.Published: 0}
	for _, status := range r.statuses {
		counts[status.State]++
	}
	for state, n := range counts {
		r.states.WithLabelValues(state).Set(n)
	}
}

// unknown is when the provider cannot be read: what was known stays, and what was not is waiting.
func (r *Reconciler) unknown(snapshot desired.Snapshot) {
	statuses := make(map[string]plan.Status, len(snapshot.Domains))
	for id := range snapshot.Domains {
		status, known := r.statuses[id]
		if !known {
			status = plan.Status{State: plan.Publishing, Reason: "The provider cannot be reached at the moment; mocloud will try again."}
		}
		statuses[id] = status
	}
	r.keep(snapshot, statuses)
}

// report announces what was not announced yet. What fails is announced with the next report.
func (r *Reconciler) report(ctx context.Context) {
	for id, status := range r.statuses {
		if said, ok := r.reported[id]; ok && said == status {
			continue
		}
		err := r.announce(ctx, event.DomainApplied{
			DomainID: id, Host: r.domains[id].Host, Custom: r.domains[id].Custom, State: status.State, Reason: status.Reason,
			Certificate: status.Certificate, CertificateReason: status.CertificateReason, CertificateExpiresAt: status.CertificateExpiresAt,
		})
		if err != nil {
			if ctx.Err() == nil {
				r.log.WarnContext(ctx, "cannot report the states of domains; they will be reported again", "error", err)
			}
			return
		}
		r.reported[id] = status
	}
}
