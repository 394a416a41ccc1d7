// Package reconcile makes the provider's records what they should be, again and again: observe, plan, apply, read back, report.
// It is level-triggered: a change is only a reason to look at everything, so that none can be missed.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

// Config is how the reconciler works.
type Config struct {
	Plan     plan.Config
	Quiet    time.Duration // how long changes must be quiet before a round, if a provider is to be asked
	Interval time.Duration // between rounds when nothing changes
	Report   time.Duration // between reports of all domains; in between, changes are reported at once
}

// Bounds of a round.
const (
	maxQuiet     = 15 * time.Second // changes that never get quiet do not hold a round up for longer
	roundTimeout = 5 * time.Minute
	maxChanges   = 100 // of one round; the next one goes on at once
	firstBackoff = time.Second
	maxBackoff   = 10 * time.Minute
)

// Reconciler works in Run alone; Wake is safe for concurrent use.
type Reconciler struct {
	cfg      Config
	dns      provider.DNS // nil if there is none
	apps     *Apps        // nil if there is none
	desired  func() desired.Snapshot
	announce func(context.Context, event.Payload) error
	log      *slog.Logger

	dirty chan struct{}

	orphaned map[string]time.Time
	domains  map[string]desired.Domain // whose statuses are kept
	statuses map[string]plan.Status
	reported map[string]plan.Status
	failures int // rounds in a row

	rounds  *prometheus.CounterVec
	changes *prometheus.CounterVec
	states  *prometheus.GaugeVec
}

// New makes a reconciler; it does no I/O. dns and apps may be nil; a nil registerer means no metrics.
func New(cfg Config, dns provider.DNS, apps *Apps, state func() desired.Snapshot, announce func(context.Context, event.Payload) error,
	log *slog.Logger, metrics prometheus.Registerer,
) (*Reconciler, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "mocloud", Subsystem: "cloudops", Name: name, Help: help}, labels)
	}
	r := &Reconciler{
		cfg: cfg, dns: dns, apps: apps, desired: state, announce: announce, log: log.With("component", "reconcile"),
		dirty: make(chan struct{}, 1), orphaned: map[string]time.Time{}, domains: map[string]desired.Domain{},
		statuses: map[string]plan.Status{}, reported: map[string]plan.Status{},
		rounds:  counter("rounds_total", "Rounds of the reconciler, by result.", "result"),
		changes: counter("changes_total", "Changes of DNS records, by action and result.", "action", "result"),
		states: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "mocloud", Subsystem: "cloudops", Name: "domains", Help: "Domains, by state.",
		}, []string{"state"}),
	}
	if metrics != nil {
		if err := errors.Join(metrics.Register(r.rounds), metrics.Register(r.changes), metrics.Register(r.states)); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return r, nil
}

// Wake asks for a round soon. It never blocks.
func (r *Reconciler) Wake() {
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// Run works until ctx ends; then it returns nil.
func (r *Reconciler) Run(ctx context.Context) error {
	next := time.NewTimer(r.cfg.Interval)
	defer next.Stop()
	report := time.NewTicker(r.cfg.Report)
	defer report.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-report.C:
			clear(r.reported)
			r.report(ctx)
			continue
		case <-r.dirty:
			if !r.settle(ctx) {
				return nil
			}
		case <-next.C:
		}
		next.Reset(r.round(ctx))
	}
}

// settle waits until changes are quiet, so that a burst is one round. Without a provider a round costs nothing.
func (r *Reconciler) settle(ctx context.Context) bool {
	if r.dns == nil && r.apps == nil {
		return ctx.Err() == nil
	}
	end := time.NewTimer(maxQuiet)
	defer end.Stop()
	quiet := time.NewTimer(r.cfg.Quiet)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-r.dirty:
			quiet.Reset(r.cfg.Quiet)
		case <-quiet.C:
			return true
		case <-end.C:
			return true
		}
	}
}

// round does everything once and returns when to do it again.
func (r *Reconciler) round(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	wait, err := r.reconcile(ctx)
	if err == nil {
		r.failures = 0
		r.rounds.WithLabelValues("ok").Inc()
	} else if ctx.Err() == nil {
		r.rounds.WithLabelValues("failed").Inc()
		wait = max(wait, r.backoff())
		r.failures++
		r.log.WarnContext(ctx, "reconciliation failed; it will be retried", "error", err, "again_in", wait.String())
	}
	r.report(ctx)
	return wait
}

// backoff doubles with each failed round, with full jitter.
func (r *Reconciler) backoff() time.Duration {
	most := min(maxBackoff, firstBackoff<<min(r.failures, 16))
	return firstBackoff/2 + rand.N(most)
}

// reconcile makes the records and then the app's domains what they should be. The wait it returns with an error is what the
// provider asked for.
func (r *Reconciler) reconcile(ctx context.Context) (time.Duration, error) {
	snapshot := r.desired()
	statuses, wait, err := r.reconcileRecords(ctx, snapshot)
	if r.apps != nil {
		of, again, appErr := r.apps.reconcile(ctx, snapshot)
		switch {
		case statuses == nil || of == nil:
			statuses = nil
		default:
			for id, status := range of {
				statuses[id] = plan.Worse(statuses[id], status)
			}
		}
		if err = errors.Join(err, appErr); err != nil {
			wait = max(retryAfter(err), 0)
		} else {
			wait = min(wait, again)
		}
	}
	if statuses == nil {
		r.unknown(snapshot)
	} else {
		r.keep(snapshot, statuses)
	}
	return wait, err
}

// reconcileRecords observes, plans, applies and reads back. It returns no statuses if the provider could not be read.
func (r *Reconciler) reconcileRecords(ctx context.Context, snapshot desired.Snapshot) (map[string]plan.Status, time.Duration, error) {
	p, err := r.look(ctx, snapshot)
	if err != nil {
		return nil, retryAfter(err), err
	}
	if p.Refused != "" {
		r.log.WarnContext(ctx, "keeping DNS records that are no longer needed", "reason", p.Refused, "records", len(p.Orphaned))
	}
	wait := r.cfg.Interval + rand.N(r.cfg.Interval/10+1)
	if len(p.Orphaned) > len(p.Delete) && p.Refused == "" {
		wait = min(wait, r.cfg.Plan.DeleteAfter+time.Second)
	}
	if p.Empty() {
		return p.Statuses, wait, nil
	}
	failed, more, applyErr := r.apply(ctx, p)
	// What is true now, whatever the calls seemed to do.
	after, err := r.look(ctx, snapshot)
	if err != nil {
		return nil, retryAfter(err), errors.Join(applyErr, err)
	}
	for id, d := range snapshot.Domains {
		status := after.Statuses[id]
		if reason, ok := failed[strings.ToLower(d.Host)]; ok && status.State == plan.Publishing {
			after.Statuses[id] = reason
		}
	}
	switch {
	case applyErr != nil:
		wait = retryAfter(applyErr)
	case more:
		wait = 0
	}
	return after.Statuses, wait, applyErr
}

// look observes and plans.
func (r *Reconciler) look(ctx context.Context, snapshot desired.Snapshot) (plan.Plan, error) {
	in := plan.Input{Desired: snapshot, Orphaned: r.orphaned, Now: time.Now()}
	if r.dns != nil {
		var err error
		if in.Records, err = r.dns.Records(ctx, r.cfg.Plan.Domain); err != nil {
			return plan.Plan{}, err
		}
	}
	p := plan.Make(r.cfg.Plan, in)
	r.orphaned = p.Orphaned
	return p, nil
}

// apply makes the changes one by one; a domain's fault is its own. It returns the statuses of hosts whose change failed,
// whether there is more than one round may do, and the error that stopped it or that is worth another try.
func (r *Reconciler) apply(ctx context.Context, p plan.Plan) (failed map[string]plan.Status, more bool, err error) {
	type step struct {
		action string
		record provider.Record
		do     func(context.Context) error
	}
	var steps []step
	for _, record := range p.Create {
		steps = append(steps, step{"create", record, func(ctx context.Context) error { return r.dns.Create(ctx, record) }})
	}
	for _, record := range p.Update {
		steps = append(steps, step{"update", record, func(ctx context.Context) error { return r.dns.Update(ctx, record) }})
	}
	for _, record := range p.Delete {
		steps = append(steps, step{"delete", record, func(ctx context.Context) error { return r.dns.Delete(ctx, record.ID) }})
	}
	if len(steps) > maxChanges {
		steps, more = steps[:maxChanges], true
	}
	failed = map[string]plan.Status{}
	var errs []error
	for _, s := range steps {
		err := s.do(ctx)
		result := "ok"
		if err != nil {
			result = "failed"
		}
		r.changes.WithLabelValues(s.action, result).Inc()
		r.log.InfoContext(ctx, "record changed", "action", s.action, "host", s.record.Name, "result", result, "error", err)
		if err == nil {
			continue
		}
		e, known := provider.Of(err)
		switch {
		case known && e.Conflict():
			// Reading back shows whose it is.
		case known && e.Terminal():
			failed[s.record.Name] = plan.Status{State: plan.OfflineInvalid, Reason: "The DNS provider rejected the record: " + e.Message}
		case known && e.Refused():
			failed[s.record.Name] = plan.Status{State: plan.Publishing, Reason: "The DNS provider or the proxy rejected mocloud's credentials; ask your administrator to check them."}
			return failed, false, errors.Join(append(errs, err)...)
		case known && (e.Status == 429 || e.Status == 503):
			failed[s.record.Name] = plan.Status{State: plan.Publishing, Reason: "The DNS provider is not available at the moment; mocloud will try again."}
			return failed, false, errors.Join(append(errs, err)...)
		default:
			failed[s.record.Name] = plan.Status{State: plan.Publishing, Reason: "The DNS provider did not answer; mocloud will try again."}
			errs = append(errs, err)
		}
	}
	return failed, more, errors.Join(errs...)
}

// retryAfter is what the provider asked for, 0 if nothing.
func retryAfter(err error) time.Duration {
	if e, ok := provider.Of(err); ok {
		return e.RetryAfter
	}
	return 0
}
