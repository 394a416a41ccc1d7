package report

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
)

// report is one that was published, or could not be, and is not known to be stored. It is of records, counts or webhooks.
type report struct {
	sequence   uint64
	records    []event.RequestRecord
	counts     []key // whose totals it carried; they are not kept: they have grown since
	deliveries []event.WebhookDelivery
	size       int64 // bytes
	due        time.Time
	wait       time.Duration // until it is repeated once more
}

// send numbers a report and publishes it.
func (r *Reporter) send(ctx context.Context, s *report) {
	r.sequence++
	s.sequence, s.wait = r.sequence, repeatAfter
	s.due = time.Now().Add(s.wait)
	r.tallies.sent(s.counts, s.sequence)
	r.outstanding = append(r.outstanding, s)
	r.bytes += s.size
	for len(r.outstanding) > maxOutstanding || r.bytes > r.cfg.Bytes {
		r.lose(r.outstanding[0])
	}
	r.publish(ctx, s)
	r.meters.outstanding.Set(float64(len(r.outstanding)))
}

// publish makes one try, unless Redis failed just now.
func (r *Reporter) publish(ctx context.Context, s *report) {
	now := time.Now()
	if now.Before(r.down) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	var p event.Payload
	if s.deliveries != nil {
		p = event.WebhooksDelivered{Instance: r.cfg.Instance, Sequence: s.sequence, Deliveries: s.deliveries}
	} else {
		p = event.RequestsRecorded{
			Instance: r.cfg.Instance, Sequence: s.sequence, Records: s.records, Counts: r.tallies.totals(s.counts),
		}
	}
	err := stream.Announce(ctx, r.deps.Redis, r.cfg.Prefix, p)
	if err != nil {
		r.down = time.Now().Add(downFor)
		r.deps.Log.DebugContext(ctx, "a report is waiting", "sequence", s.sequence, "error", err)
	}
}

// acknowledge forgets what is stored. The first word after a silence means that whoever stores is back: what waits is
// repeated at once.
func (r *Reporter) acknowledge(stored event.ReportsStored, now time.Time) {
	r.stores = true
	silent := false
	r.outstanding = slices.DeleteFunc(r.outstanding, func(s *report) bool {
		if !slices.Contains(stored.Sequences, s.sequence) {
			return false
		}
		silent = silent || s.wait > repeatAfter
		r.bytes -= s.size
		r.tallies.stored(s.counts, s.sequence)
		return true
	})
	if silent {
		for _, s := range r.outstanding {
			s.due, s.wait = now, min(s.wait, repeatAfter)
		}
	}
	r.meters.outstanding.Set(float64(len(r.outstanding)))
}

// waiter waits until the reports of records up to a sequence are stored.
type waiter struct {
	upTo uint64
	done chan<- struct{}
}

// Settle waits until the requests that have been answered are stored, as far as they are recorded. It reports false if ctx ends before.
func (r *Reporter) Settle(ctx context.Context) bool {
	done := make(chan struct{})
	select {
	case r.settling <- done:
	case <-ctx.Done():
		return false
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// release lets those go on whose reports are stored.
func (r *Reporter) release() {
	r.waiters = slices.DeleteFunc(r.waiters, func(w waiter) bool {
		if slices.ContainsFunc(r.outstanding, func(s *report) bool { return s.sequence <= w.upTo && s.records != nil }) {
			return false
		}
		close(w.done)
		return true
	})
}

// repeat publishes again what is due. Totals go into a new report.
func (r *Reporter) repeat(ctx context.Context, now time.Time) {
	for _, s := range slices.Clone(r.outstanding) {
		if now.Before(r.down) {
			return
		}
		if now.Before(s.due) {
			continue
		}
		r.meters.repeated.Inc()
		if s.counts != nil {
			r.remove(s)
			r.tallies.lost(s.counts, s.sequence)
			continue
		}
		s.wait = min(2*s.wait, repeatMost)
		s.due = now.Add(s.wait)
		r.publish(ctx, s)
	}
}

// lose gives a report up: there is no room for it. Its records are counted as not kept, its totals go into another one.
func (r *Reporter) lose(s *report) {
	r.remove(s)
	r.tallies.lost(s.counts, s.sequence)
	for i := range s.records {
		r.tallies.notKept(s.records[i].WorkspaceID, s.records[i].MockID, time.Now())
	}
	r.meters.lost.Add(float64(len(s.records)))
	r.meters.lostHooks.Add(float64(len(s.deliveries)))
}

func (r *Reporter) remove(s *report) {
	r.outstanding = slices.DeleteFunc(r.outstanding, func(o *report) bool { return o == s })
	r.bytes -= s.size
}

type meters struct {
	records, lost, lostHooks, repeated prometheus.Counter
	outstanding                        prometheus.Gauge
}

func newMeters(reg prometheus.Registerer) meters {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "mocloud", Subsystem: "reports", Name: name, Help: help}
	}
	m := meters{
		records:     prometheus.NewCounter(prometheus.CounterOpts(opts("records_total", "Requests that were recorded."))),
		lost:        prometheus.NewCounter(prometheus.CounterOpts(opts("records_lost_total", "Records that were dropped for newer ones before they were stored."))),
		lostHooks:   prometheus.NewCounter(prometheus.CounterOpts(opts("webhooks_lost_total", "Changes of webhooks that were dropped for newer ones before they were stored."))),
		repeated:    prometheus.NewCounter(prometheus.CounterOpts(opts("repeated_total", "Reports that were sent again."))),
		outstanding: prometheus.NewGauge(prometheus.GaugeOpts(opts("outstanding", "Reports that are not known to be stored."))),
	}
	if reg != nil {
		reg.MustRegister(m.records, m.lost, m.lostHooks, m.repeated, m.outstanding)
	}
	return m
}
