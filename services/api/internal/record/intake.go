package record

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/event"
)

// How reports are stored.
const (
	storeEvery   = 300 * time.Millisecond // from the first report to storing it
	storeTimeout = 20 * time.Second
	storeWait    = time.Second // after a failure
	maxPending   = 64 << 20    // bytes that wait; reports that find no room come again
	maxAtOnce    = 1 << 20     // bytes that are stored in one transaction, so that others have their turn
	retainEvery  = 100         // requests of one mock
	maxGrown     = 10_000      // mocks
)

// Report is what one event says. Either Requests or Webhooks is set.
type Report struct {
	Requests *event.RequestsRecorded
	Webhooks *event.WebhooksDelivered
}

// ID is the report's instance and sequence.
func (r Report) ID() (instance string, sequence uint64) {
	if r.Requests != nil {
		return r.Requests.Instance, r.Requests.Sequence
	}
	return r.Webhooks.Instance, r.Webhooks.Sequence
}

// Storage stores reports.
type Storage interface {
	// StoreReports stores reports in one transaction, each once, whoever else stores it too. What is about mocks that are
	// gone is left out.
	StoreReports(ctx context.Context, reports []Report, now time.Time) error
	// Retain forgets what a mock's owner does not want to be kept, in bounded transactions.
	Retain(ctx context.Context, mockID string, now time.Time) error
}

// Intake takes the reports of mock servers: it forwards them, stores them and confirms them. Hear is safe for concurrent use; Run
// is called once.
type Intake struct {
	storage  Storage
	recent   *Recent
	log      *slog.Logger
	announce func(context.Context, event.ReportsStored) error
	meters   intakeMeters

	grown map[string]int // by mock, requests since it was last seen to what is kept; Run's

	mu      sync.Mutex
	pending []waiting
	bytes   int
	arrived chan struct{} // holds one
}

type waiting struct {
	report Report
	bytes  int
}

// NewIntake makes an intake. announce tells mock servers what is stored.
func NewIntake(storage Storage, recent *Recent, log *slog.Logger, metrics prometheus.Registerer, announce func(context.Context, event.ReportsStored) error) *Intake {
	return &Intake{storage: storage, recent: recent, log: log, announce: announce, meters: newIntakeMeters(metrics), arrived: make(chan struct{}, 1), grown: map[string]int{}}
}

// Hear takes an event. It never blocks.
func (i *Intake) Hear(e event.Envelope) {
	w := waiting{bytes: len(e.Payload)}
	switch e.Type {
	case event.TypeRequestsRecorded:
		r, err := event.Decode[event.RequestsRecorded](e)
		if err != nil {
			i.log.Warn("cannot decode a report of requests", "error", err)
			return
		}
		i.recent.pass(&r)
		w.report.Requests = &r
	case event.TypeWebhooksDelivered:
		r, err := event.Decode[event.WebhooksDelivered](e)
		if err != nil {
			i.log.Warn("cannot decode a report of webhooks", "error", err)
			return
		}
		w.report.Webhooks = &r
	default:
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.bytes+w.bytes > maxPending {
		i.meters.refused.Inc()
		return
	}
	i.pending = append(i.pending, w)
	i.bytes += w.bytes
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}

// Run stores what arrives until ctx ends, and then what is left of it.
func (i *Intake) Run(ctx context.Context) error {
	defer i.recent.stop()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			i.store(context.WithoutCancel(ctx))
			return nil
		case <-i.arrived:
		}
		timer.Reset(storeEvery)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		if !i.store(ctx) {
			timer.Reset(storeWait)
			select {
			case <-ctx.Done():
			case <-timer.C:
				i.again()
			}
		}
	}
}

func (i *Intake) again() {
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}

// take takes the reports that are stored at once.
func (i *Intake) take() (batch []Report, bytes int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, w := range i.pending {
		if bytes+w.bytes > maxAtOnce && bytes > 0 {
			break
		}
		batch = append(batch, w.report)
		bytes += w.bytes
	}
	return batch, bytes
}

// drop forgets the first n reports that wait.
func (i *Intake) drop(n, bytes int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.pending[:n])
	if i.pending = i.pending[n:]; len(i.pending) == 0 {
		i.pending = nil
	}
	i.bytes -= bytes
}

// store stores all that waits. It reports whether that worked.
func (i *Intake) store(ctx context.Context) bool {
	for {
		batch, bytes := i.take()
		if len(batch) == 0 {
			return true
		}
		began := time.Now()
		err := i.storeBatch(ctx, batch)
		i.meters.duration.Observe(time.Since(began).Seconds())
		if err != nil && len(batch) > 1 && !passes(err) {
			err = i.storeEach(ctx, batch)
		}
		if err != nil && (passes(err) || ctx.Err() != nil) {
			i.log.WarnContext(ctx, "cannot store mock servers' reports; trying again", "reports", len(batch), "error", err)
			return false
		}
		if err != nil {
			i.log.ErrorContext(ctx, "cannot store a mock server's report; it is dropped", "error", err)
		}
		i.drop(len(batch), bytes)
		i.acknowledge(ctx, batch)
		i.retain(ctx, batch)
	}
}

// retain sees to it that the mocks that get many requests keep no more of them than they should, by about retainEvery.
func (i *Intake) retain(ctx context.Context, batch []Report) {
	for _, r := range batch {
		if r.Requests == nil {
			continue
		}
		for j := range r.Requests.Records {
			i.grown[r.Requests.Records[j].MockID]++
		}
	}
	for mockID, n := range i.grown {
		if n < retainEvery && len(i.grown) <= maxGrown {
			continue
		}
		delete(i.grown, mockID)
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		err := i.storage.Retain(ctx, mockID, time.Now())
		cancel()
		if err != nil {
			i.log.WarnContext(ctx, "purge requests", "mock_id", mockID, "error", err)
			return
		}
	}
}

func (i *Intake) storeBatch(ctx context.Context, batch []Report) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return i.storage.StoreReports(ctx, batch, time.Now())
}

// passes reports whether another try later may succeed.
func passes(err error) bool {
	return apperr.CodeOf(err) == apperr.Unavailable || errors.Is(err, context.Canceled)
}

// storeEach stores reports one by one, so that one that cannot be stored does not hold up the others: that is given up.
func (i *Intake) storeEach(ctx context.Context, batch []Report) error {
	for _, r := range batch {
		err := i.storeBatch(ctx, []Report{r})
		if err == nil {
			continue
		}
		if passes(err) || ctx.Err() != nil {
			return err
		}
		instance, sequence := r.ID()
		i.log.ErrorContext(ctx, "cannot store a mock server's report; it is dropped", "instance", instance, "sequence", sequence, "error", err)
	}
	return nil
}

// acknowledge tells the mock servers. What they do not hear they report again.
func (i *Intake) acknowledge(ctx context.Context, batch []Report) {
	stored := map[string][]uint64{}
	for _, r := range batch {
		instance, sequence := r.ID()
		stored[instance] = append(stored[instance], sequence)
	}
	for instance, sequences := range stored {
		if err := i.announce(ctx, event.ReportsStored{Instance: instance, Sequences: sequences}); err != nil {
			i.log.DebugContext(ctx, "cannot confirm stored reports to mock servers", "error", err)
			return
		}
	}
}

type intakeMeters struct {
	refused  prometheus.Counter
	duration prometheus.Histogram
}

func newIntakeMeters(reg prometheus.Registerer) intakeMeters {
	m := intakeMeters{
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mocloud_reports_refused_total", Help: "Reports of mock servers that were refused for lack of room; they are sent again.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mocloud_reports_store_seconds", Help: "Time of one transaction that stores reports.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}),
	}
	if reg != nil {
		reg.MustRegister(m.refused, m.duration)
	}
	return m
}
