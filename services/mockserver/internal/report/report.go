// Package report reports to the api what the mock server did: the requests that were recorded, as their mocks allow it, the
// counts of all requests, and how webhooks fared.
//
// Pub/Sub forgets what nobody received. Reports are therefore numbered, and repeated until the api says that it has stored
// them. Counts are totals of an hour: one that is repeated or comes late changes nothing that is right. While nobody
// stores, records are kept within Config.Bytes, the oldest give way, and how many did is counted with the rest. What an
// instance that is killed takes with it is what it had not reported, a tenth of a second of records and a second of
// counts, and what of its reports had not arrived.
package report

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/stream"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/webhook"
)

// How reports are made.
const (
	linger         = 100 * time.Millisecond // from the first record of a report to its end
	countEvery     = time.Second
	mostPause      = 30 * time.Second // of counts, see pause
	maxRecords     = 200              // of a report
	maxBytes       = 256 << 10        // of a report's records, roughly; one record may be larger
	maxCounts      = 500              // of a report
	publishTimeout = 2 * time.Second
	repeatAfter    = 2 * time.Second  // first; it doubles
	repeatMost     = 15 * time.Second // then
	downFor        = time.Second      // how long nothing is tried after a failure
	lastWord       = 2 * time.Second  // to wait for when the reporter stops
	maxOutstanding = 1000             // reports
	maxTallies     = 200_000
)

// Config says how to report. Every field is needed but Words.
type Config struct {
	Prefix   string   // of Redis channels
	Instance string   // unique while it lives
	Words    []string // that make the names of headers and fields sensitive
	Bytes    int64    // of records that wait to be stored
}

// Deps are what a Reporter works with.
type Deps struct {
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Redis    *redis.Client
	Recorder *record.Recorder
}

// Reporter reports. Make it with New and run it once.
type Reporter struct {
	cfg    Config
	deps   Deps
	meters meters
	stored chan event.ReportsStored
	hooks  chan webhook.Delivery
	// settling are those who wait until what has been answered is stored.
	settling chan chan<- struct{}

	// All below belongs to Run.
	masks       masks
	sequence    uint64
	open        []event.RequestRecord // of the next report
	openBytes   int
	deliveries  map[string]event.WebhookDelivery // of the next report, by id
	tallies     tallies
	outstanding []*report // by sequence
	bytes       int64     // of outstanding
	down        time.Time // until then nothing is published
	stores      bool      // somebody acknowledges reports
	waiters     []waiter
}

// New makes a reporter; it does no I/O.
func New(cfg Config, deps Deps) *Reporter {
	return &Reporter{
		cfg: cfg, deps: deps, meters: newMeters(deps.Metrics), stored: make(chan event.ReportsStored, 64), hooks: make(chan webhook.Delivery, 1024),
		settling:   make(chan chan<- struct{}),
		deliveries: map[string]event.WebhookDelivery{}, masks: newMasks(cfg.Words), tallies: newTallies(),
	}
}

// Webhook takes a change of a delivery. It never blocks: what finds no room is counted and lost.
func (r *Reporter) Webhook(d webhook.Delivery) {
	select {
	case r.hooks <- d:
	default:
		r.meters.lostHooks.Inc()
	}
}

// Run reports until ctx ends, then what is left, and returns nil.
func (r *Reporter) Run(ctx context.Context) error {
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		types := []event.Type{event.TypeReportsStored}
		if err := stream.Listen(listening, r.deps.Redis, r.deps.Log, r.cfg.Prefix, types, nil, r.receive); err != nil {
			r.deps.Log.ErrorContext(ctx, "cannot listen for confirmations of reports", "error", err)
		}
	})
	r.loop(ctx)
	r.finish(context.WithoutCancel(ctx))
	return nil
}

// receive takes what was stored. It never blocks: what finds no room is repeated, and named again.
func (r *Reporter) receive(e event.Envelope) {
	s, err := event.Decode[event.ReportsStored](e)
	if err != nil || s.Instance != r.cfg.Instance {
		return
	}
	select {
	case r.stored <- s:
	default:
	}
}

func (r *Reporter) loop(ctx context.Context) {
	counting := time.NewTicker(countEvery)
	defer counting.Stop()
	lingering := time.NewTimer(time.Hour)
	lingering.Stop()
	defer lingering.Stop()
	var next time.Time // for counts
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-r.deps.Recorder.Records():
			if len(r.open) == 0 && len(r.deliveries) == 0 {
				lingering.Reset(linger)
			}
			r.add(ctx, c)
		case d := <-r.hooks:
			if len(r.open) == 0 && len(r.deliveries) == 0 {
				lingering.Reset(linger)
			}
			r.addWebhook(ctx, d)
		case <-lingering.C:
			r.seal(ctx)
			r.sealWebhooks(ctx)
		case s := <-r.stored:
			r.acknowledge(s, time.Now())
			r.release()
		case done := <-r.settling:
			for len(r.deps.Recorder.Records()) > 0 {
				r.add(ctx, <-r.deps.Recorder.Records())
			}
			r.seal(ctx)
			r.waiters = append(r.waiters, waiter{r.sequence, done})
			r.release()
		case now := <-counting.C:
			if !now.Before(next) {
				r.count(ctx, now)
				next = now.Add(pause(time.Since(now)))
			}
			r.repeat(ctx, now)
		}
	}
}

// pause is how long counts wait after they took so long: with very many mocks they come less often, so that they take no more
// than a fiftieth of the time.
func pause(took time.Duration) time.Duration { return min(50*took, mostPause) }

// finish reports all that is left, and waits a moment for it to be stored if somebody does.
func (r *Reporter) finish(ctx context.Context) {
	for len(r.deps.Recorder.Records()) > 0 {
		r.add(ctx, <-r.deps.Recorder.Records())
	}
	for len(r.hooks) > 0 {
		r.addWebhook(ctx, <-r.hooks)
	}
	r.seal(ctx)
	r.sealWebhooks(ctx)
	r.down = time.Time{}
	r.count(ctx, time.Now())
	if !r.stores {
		return
	}
	end := time.NewTimer(lastWord)
	defer end.Stop()
	again := time.NewTicker(lastWord / 4)
	defer again.Stop()
	for len(r.outstanding) > 0 {
		select {
		case s := <-r.stored:
			r.acknowledge(s, time.Now())
		case <-again.C:
			r.repeat(ctx, time.Now().Add(repeatMost))
			r.count(ctx, time.Now())
		case <-end.C:
			r.deps.Log.WarnContext(ctx, "the last reports may not have been stored", "reports", len(r.outstanding))
			return
		}
	}
}

// add puts a record into the open report.
func (r *Reporter) add(ctx context.Context, c *record.Record) {
	e, size := r.masks.event(c)
	r.deps.Recorder.Release(c)
	r.meters.records.Inc()
	r.open = append(r.open, e)
	if r.openBytes += size; len(r.open) >= maxRecords || r.openBytes >= maxBytes {
		r.seal(ctx)
	}
}

// seal publishes the open report.
func (r *Reporter) seal(ctx context.Context) {
	if len(r.open) == 0 {
		return
	}
	r.send(ctx, &report{records: r.open, size: int64(r.openBytes)})
	r.open, r.openBytes = nil, 0
}

// addWebhook puts a delivery into the next report, where it replaces an earlier state.
func (r *Reporter) addWebhook(ctx context.Context, d webhook.Delivery) {
	e, ok := r.masks.delivery(d)
	if !ok {
		return
	}
	r.deliveries[d.ID] = e
	if len(r.deliveries) >= maxRecords {
		r.sealWebhooks(ctx)
	}
}

// sealWebhooks publishes the deliveries.
func (r *Reporter) sealWebhooks(ctx context.Context) {
	if len(r.deliveries) == 0 {
		return
	}
	s := &report{}
	for _, d := range r.deliveries {
		s.deliveries = append(s.deliveries, d)
		s.size += int64(512 + len(d.URL) + len(d.Reason))
	}
	clear(r.deliveries)
	r.send(ctx, s)
}

// count publishes the totals that changed.
func (r *Reporter) count(ctx context.Context, now time.Time) {
	r.deps.Recorder.Collect(func(workspaceID, mockID string, c record.Counts) {
		r.tallies.add(workspaceID, mockID, now, &c)
	})
	if forgotten := r.tallies.prune(now, maxTallies); forgotten > 0 {
		r.deps.Log.WarnContext(ctx, "dropped hourly counts that were never stored", "hours_of_mocks", forgotten)
	}
	for now.After(r.down) {
		keys := r.tallies.dirty(maxCounts)
		if len(keys) == 0 {
			return
		}
		r.send(ctx, &report{counts: keys})
	}
}
