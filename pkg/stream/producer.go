package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
)

// ProducerConfig configures a Producer. Zero fields mean the defaults.
type ProducerConfig struct {
	Stream  event.Stream
	Prefix  string // of channels and keys, for example "mocloud:"
	Service string // label of the metrics

	Heartbeat    time.Duration // default 1 s
	BatchChanges int           // most changes of an answer; default 128
	BatchBytes   int           // about the most bytes of an answer's payloads; default 4 MiB

	Log     *slog.Logger          // nil means silence
	Metrics prometheus.Registerer // nil means none
}

// settle is how long after a publish the next heartbeat waits, so that a burst has one: it is what reveals the loss of
// the last message of a burst.
const settle = 100 * time.Millisecond

// claimFor is how long a claimed request is nobody else's.
const claimFor = 10 * time.Second

// logTimeout bounds every question to the Log.
const logTimeout = 15 * time.Second

// Producer publishes the changes of one stream and answers replay requests from its Log. All methods are safe for
// concurrent use; Publish works whether or not Run runs.
type Producer struct {
	cfg    ProducerConfig
	names  names
	bus    bus
	source Log
	log    *slog.Logger
	meters meters

	published chan struct{} // wakes the heartbeat
	fresh     atomic.Bool   // requests are heard since the last heartbeat
	requests  requests
}

// NewProducer makes a producer; it does no I/O.
func NewProducer(cfg ProducerConfig, client *redis.Client, source Log) (*Producer, error) {
	return newProducer(cfg, redisBus{client}, source)
}

func newProducer(cfg ProducerConfig, b bus, source Log) (*Producer, error) {
	if len(types(cfg.Stream)) == 0 {
		return nil, fmt.Errorf("stream producer: %q is not a numbered stream", cfg.Stream)
	}
	cfg.Heartbeat = orDefault(cfg.Heartbeat, time.Second)
	cfg.BatchChanges = orDefault(cfg.BatchChanges, 128)
	cfg.BatchBytes = orDefault(cfg.BatchBytes, 4<<20)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Producer{
		cfg: cfg, names: names{cfg.Prefix, cfg.Stream}, bus: b, source: source,
		log:    cfg.Log.With("component", "stream.producer", "stream", string(cfg.Stream)),
		meters: newMeters(cfg.Metrics, cfg.Stream, cfg.Service), published: make(chan struct{}, 1),
		requests: newRequests(),
	}, nil
}

// Publish sends changes that are committed, each numbered, in order. An error harms nothing but latency: consumers find
// out by the heartbeat.
func (p *Producer) Publish(ctx context.Context, changes ...event.Envelope) error {
	ms := make([]message, 0, len(changes))
	for i := range changes {
		if changes[i].Number == 0 || changes[i].Epoch == "" {
			return fmt.Errorf("publish %s: the change has no number or no epoch", changes[i].Type)
		}
		m, err := encode(p.names.event(changes[i].Type), &changes[i])
		if err != nil {
			return err
		}
		ms = append(ms, m)
	}
	if len(ms) == 0 {
		return nil
	}
	err := p.bus.publish(ctx, ms...)
	p.wake()
	if err != nil {
		return fmt.Errorf("publish %d changes of %s: %w", len(ms), p.cfg.Stream, err)
	}
	p.meters.published.Add(float64(len(ms)))
	return nil
}

// PublishBatch sends the changes of a range. Where the range has superseded numbers it goes to everybody in one message,
// so that consumers see no hole; otherwise it is Publish.
func (p *Producer) PublishBatch(ctx context.Context, b Batch) error {
	if uint64(len(b.Changes)) == b.To-b.From {
		return p.Publish(ctx, b.Changes...)
	}
	m, err := encode(p.names.batch(), &answer{
		V: wireVersion, Epoch: b.Epoch, From: b.From, To: b.To, Head: b.To, Changes: b.Changes,
	})
	if err != nil {
		return err
	}
	err = p.bus.publish(ctx, m)
	p.wake()
	if err != nil {
		return fmt.Errorf("publish (%d, %d] of %s: %w", b.From, b.To, p.cfg.Stream, err)
	}
	p.meters.published.Add(float64(len(b.Changes)))
	return nil
}

// wake has a heartbeat follow soon.
func (p *Producer) wake() {
	select {
	case p.published <- struct{}{}:
	default:
	}
}

// Run sends heartbeats and answers replay requests until ctx ends; then it returns nil.
func (p *Producer) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	sub := &subscriber{
		bus: p.bus, log: p.log, channels: []string{p.names.replay()},
		connected: func() { p.fresh.Store(true); p.wake() }, lost: func() {}, received: p.enqueue,
	}
	wg.Go(func() { sub.run(ctx) })
	wg.Go(func() { p.answerAll(ctx) })
	p.beat(ctx)
	wg.Wait()
	return nil
}

// beat sends a heartbeat at once, then regularly, and soon after publishing.
func (p *Producer) beat(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	soon := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.published:
			switch {
			case p.fresh.Load():
				next.Reset(0)
			case !soon:
				soon = true
				next.Reset(min(settle, p.cfg.Heartbeat))
			}
		case <-next.C:
			soon = false
			if err := p.heartbeat(ctx); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "heartbeat not sent", "error", err)
			}
			next.Reset(p.cfg.Heartbeat)
		}
	}
}

func (p *Producer) head(ctx context.Context) (Position, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	head, err := p.source.Head(ctx)
	if err != nil {
		return head, fmt.Errorf("read head: %w", err)
	}
	return head, nil
}

func (p *Producer) heartbeat(ctx context.Context) error {
	head, err := p.head(ctx)
	if err != nil {
		return err
	}
	if head.Epoch == "" {
		return nil // nothing to announce yet
	}
	fresh := p.fresh.Swap(false)
	m, err := encode(p.names.heartbeat(), &heartbeat{V: wireVersion, Epoch: head.Epoch, Head: head.Number, Fresh: fresh})
	if err != nil {
		return err
	}
	return p.bus.publish(ctx, m)
}

// enqueue is called by the subscriber; it never blocks.
func (p *Producer) enqueue(m message) {
	r, err := decode(m.payload, func(r *request) int { return r.V })
	if err != nil || r.Request == "" || r.Instance == "" || strings.ContainsAny(r.Request+r.Instance, "\r\n ") {
		p.meters.discarded.Inc()
		return
	}
	if !p.requests.put(r) {
		p.meters.discarded.Inc()
	}
}

func (p *Producer) answerAll(ctx context.Context) {
	for {
		r, ok := p.requests.next(ctx)
		if !ok {
			return
		}
		if err := p.answer(ctx, r); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "replay not answered", "instance", r.Instance, "after", r.After, "error", err)
		}
	}
}

// answer claims a request and answers it. If that fails, the asker repeats it under another name.
func (p *Producer) answer(ctx context.Context, r request) error {
	if head, err := p.head(ctx); err != nil || head.Epoch == "" || head.Epoch < r.Epoch {
		return err // another producer may know more
	}
	mine, err := p.bus.claim(ctx, p.names.claim(r.Request), claimFor)
	if err != nil || !mine {
		return err
	}
	a, err := p.replay(ctx, r)
	if err != nil {
		return err
	}
	channel := p.names.batch()
	if r.Direct {
		channel = p.names.reply(r.Instance)
	}
	m, err := encode(channel, a)
	if err != nil {
		return err
	}
	if err := p.bus.publish(ctx, m); err != nil {
		return err
	}
	p.meters.answered.Inc()
	p.meters.answeredChanges.Add(float64(len(a.Changes)))
	return nil
}

func (p *Producer) replay(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	head, err := p.head(ctx)
	if err != nil {
		return nil, err
	}
	a := &answer{
		V: wireVersion, Request: r.Request, Instance: r.Instance,
		Epoch: head.Epoch, From: r.After, To: r.After, Head: max(head.Number, r.After),
	}
	if r.Epoch != head.Epoch && r.After > 0 {
		a.TooOld = true
		return a, nil
	}
	if r.After >= head.Number {
		return a, nil
	}
	if a.Forgotten, err = p.forgotten(ctx); err != nil {
		return nil, err
	}
	b, err := p.source.After(ctx, r.After, p.cfg.BatchChanges)
	// Asked again afterwards: what is forgotten while the changes are read may be missing in them.
	forgotten, ferr := p.forgotten(ctx)
	switch {
	case ferr != nil:
		return nil, ferr
	case r.misses(forgotten) || (errors.Is(err, ErrTooOld) && !r.Snapshot):
		a.TooOld = true
		return a, nil
	case err != nil:
		return nil, fmt.Errorf("read changes after %d: %w", r.After, err)
	}
	if b.Epoch != head.Epoch && r.After > 0 { // restored between the two questions
		a.Epoch, a.TooOld = b.Epoch, true
		return a, nil
	}
	a.Epoch, a.To, a.Changes = b.Epoch, b.To, b.Changes
	size := 0
	for i := range b.Changes {
		size += len(b.Changes[i].Payload)
		if size > p.cfg.BatchBytes && i > 0 {
			a.Changes, a.To = b.Changes[:i], b.Changes[i-1].Number
			break
		}
	}
	// Head is at least what the log held when it was read, so that an answer never looks complete when it is not.
	a.Head = max(a.Head, b.To)
	if a.To >= a.Head && (b.More || a.To < b.To) {
		a.Head = a.To + 1
	}
	return a, nil
}

// forgotten is the highest number of a tombstone that the log forgot.
func (p *Producer) forgotten(ctx context.Context) (uint64, error) {
	purger, ok := p.source.(Purger)
	if !ok {
		return 0, nil
	}
	n, err := purger.Forgotten(ctx)
	if err != nil {
		return 0, fmt.Errorf("read what was purged: %w", err)
	}
	return n, nil
}

// misses reports whether the asker may hold something whose removal is not in the log any more. In a replay from 0 that
// is so only if it was forgotten since the replay began.
func (r request) misses(forgotten uint64) bool {
	if r.Snapshot && forgotten <= r.Forgotten {
		return false
	}
	return r.After > 0 && r.After < forgotten
}
