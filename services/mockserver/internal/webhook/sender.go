package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// Sender queues and sends webhooks. Enqueue and History are safe for concurrent use; Run is called once.
type Sender struct {
	cfg    Config
	client *http.Client
	log    *slog.Logger
	logged *rate.Limiter  // of the deliveries that failed: mocks must not fill the log
	report func(Delivery) // optional
	depth  *depth.Signer

	mu       sync.Mutex
	queue    *queue
	history  *history
	stopping bool
	wake     chan struct{} // something changed for the dispatcher; holds one

	calls    *prometheus.CounterVec
	attempts prometheus.Counter
	waiting  prometheus.Gauge
}

// New makes a Sender; it starts nothing. Calls may be queued before Run.
func New(cfg Config, deps Deps) *Sender {
	cfg.setDefaults()
	client := *deps.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	log := deps.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Sender{
		cfg: cfg, client: &client, log: log, logged: rate.NewLimiter(1, 20), report: deps.Changed,
		depth: deps.Depth, history: newHistory(cfg.History, cfg.HistoryMocks),
		wake: make(chan struct{}, 1),
		calls: promauto.With(deps.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "mocloud_webhooks_total", Help: "Webhooks that are done, by outcome: delivered, failed, dropped.",
		}, []string{"state"}),
		attempts: promauto.With(deps.Metrics).NewCounter(prometheus.CounterOpts{
			Name: "mocloud_webhook_attempts_total", Help: "Attempts to send a webhook.",
		}),
		waiting: promauto.With(deps.Metrics).NewGauge(prometheus.GaugeOpts{
			Name: "mocloud_webhooks_queued", Help: "Webhooks that are waiting or being sent.",
		}),
	}
	if s.depth == nil {
		s.depth = depth.New("")
	}
	s.queue = newQueue(&s.cfg)
	return s
}

// Enqueue takes a call of a mock. It never blocks. An error (ErrFull, ErrLoop, ErrStopping) means that the call will not
// be sent; it is in the mock's history as dropped.
func (s *Sender) Enqueue(workspaceID, mockID string, call Call) error {
	now := time.Now()
	d := &Delivery{ID: newID(), MockID: mockID, Recording: call.Recording, Endpoint: call.Endpoint, Method: call.Method, URL: call.Secrets.Mask(call.URL), State: Waiting, Queued: now}
	j := &job{call: call, mockID: mockID, delivery: d, size: call.size(), due: now.Add(min(max(call.Delay, 0), s.cfg.MaxDelay))}
	d.Next = j.due
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.add(mockID, d)
	err := ErrStopping
	switch {
	case s.stopping:
	case call.Depth >= depth.Max:
		err = ErrLoop
	default:
		var evicted []*job
		evicted, err = s.queue.add(workspaceID, j)
		s.dropped(evicted, ErrFull)
	}
	if err != nil {
		s.end(d, Dropped, dropReason(err))
		return err
	}
	s.changed(d)
	s.waiting.Inc()
	s.notify()
	return nil
}

// Drop notes a webhook that could not even be made into a call, such as one whose URL came out malformed.
func (s *Sender) Drop(mockID, endpoint string, recording *event.Recording, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &Delivery{ID: newID(), MockID: mockID, Recording: recording, Endpoint: endpoint, Queued: time.Now()}
	s.history.add(mockID, d)
	s.end(d, Dropped, dropReason(reason))
}

// History returns the last deliveries of a mock, the newest first.
func (s *Sender) History(mockID string) []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history.of(mockID)
}

func (s *Sender) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// end makes a delivery's state final.
func (s *Sender) end(d *Delivery, state State, reason string) {
	d.State, d.Reason, d.Next = state, reason, time.Time{}
	s.calls.WithLabelValues(string(state)).Inc()
	s.changed(d)
	if state != Delivered && reason != dropReason(ErrStopping) && s.logged.Allow() {
		// The URL is left out: it may hold secrets.
		s.log.Warn("webhook not delivered", "mock_id", d.MockID, "delivery_id", d.ID, "endpoint", d.Endpoint, "attempts", d.Attempts, "reason", reason)
	}
}

// changed reports a delivery.
func (s *Sender) changed(d *Delivery) {
	if s.report == nil || d.Version == 0 {
		return
	}
	s.report(*d)
	d.Version++
}

// newID is an id that begins with the time, so that deliveries sort by it.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Run sends webhooks until ctx ends. Then calls that are due are tried once more for Config.Drain, everything else is
// dropped, and Run returns nil when its last sender has ended.
func (s *Sender) Run(ctx context.Context) error {
	// Calls outlive ctx by the drain, and not a moment longer.
	sendCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var senders sync.WaitGroup
	s.dispatch(ctx, sendCtx, &senders)

	s.mu.Lock()
	s.stopping = true
	late := s.queue.dropWaiting(time.Now())
	s.mu.Unlock()
	s.drop(late)
	drainCtx, cancelDrain := context.WithTimeout(sendCtx, s.cfg.Drain)
	defer cancelDrain()
	s.dispatch(drainCtx, sendCtx, &senders)
	cancel()
	senders.Wait()
	s.mu.Lock()
	rest := s.queue.dropReady()
	s.mu.Unlock()
	s.drop(rest)
	if n := len(late) + len(rest); n > 0 {
		s.log.WarnContext(ctx, "webhooks dropped at stop", "count", n)
	}
	return nil
}

// dispatch starts a sender for each call whose turn it is, until ctx ends or, while stopping, nothing is left.
func (s *Sender) dispatch(ctx, sendCtx context.Context, senders *sync.WaitGroup) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		for j := s.queue.next(time.Now()); j != nil; j = s.queue.next(time.Now()) {
			j.delivery.State, j.delivery.Next = Sending, time.Time{}
			senders.Go(func() { s.send(sendCtx, j) })
		}
		done := s.stopping && s.queue.jobs == 0
		if due, ok := s.queue.due(); ok {
			timer.Reset(time.Until(due))
		} else {
			timer.Stop() // nothing waits for a time; whoever changes that wakes us
		}
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		}
	}
}

// send makes one try of a call and decides what becomes of it.
func (s *Sender) send(ctx context.Context, j *job) {
	s.attempts.Inc()
	started := time.Now()
	r := s.attempt(ctx, j)
	now := time.Now()

	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	s.queue.stopRunning(j)
	j.attempt++
	d := j.delivery
	d.Attempts, d.Status, d.Duration = j.attempt, r.status, now.Sub(started)
	switch {
	case r.reason == "":
		s.end(d, Delivered, "")
	case ctx.Err() != nil:
		s.end(d, Dropped, dropReason(ErrStopping))
	case r.again && j.attempt < s.cfg.Attempts && !s.stopping:
		d.State, d.Reason = Waiting, r.reason
		d.Next = now.Add(s.pause(j.attempt, r.after))
		s.changed(d)
		s.queue.again(j, d.Next)
		return
	case r.again && s.stopping:
		s.end(d, Failed, r.reason+"; not tried again because the server is stopping")
	default:
		s.end(d, Failed, r.reason)
	}
	s.queue.remove(j)
	s.waiting.Dec()
}

func (s *Sender) drop(jobs []*job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range jobs {
		s.queue.remove(j)
	}
	s.dropped(jobs, ErrStopping)
}

// dropped notes what is in no queue any more and was not sent.
func (s *Sender) dropped(jobs []*job, reason error) {
	for _, j := range jobs {
		s.waiting.Dec()
		s.end(j.delivery, Dropped, dropReason(reason))
	}
}

// Forget drops what waits of a mock that is gone. What is underway ends by itself.
func (s *Sender) Forget(mockID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := s.queue.dropMock(mockID)
	for _, j := range jobs {
		s.queue.remove(j)
	}
	s.dropped(jobs, errGone)
}
