package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/mocloud/mocloud/pkg/event"
)

// ConsumerConfig configures a Consumer. Zero fields mean the defaults.
type ConsumerConfig struct {
	Stream   event.Stream
	Prefix   string // of channels, for example "mocloud:"
	Service  string // as event.Applied names it: "yamlgen", "mockserver", …
	Instance string // unique while it lives; default a random one
	Silent   bool   // do not report event.Applied: nobody waits for this consumer

	Grace        time.Duration // how long a hole may heal by itself; default 30 ms
	AnswerWithin time.Duration // how long an answer to a replay request may take; default 500 ms, longer up to 4 s where none comes
	BatchChanges int           // about the most changes of one Apply; default 256
	BatchBytes   int           // about the most bytes of one Apply; default 8 MiB
	WaitChanges  int           // changes that may wait for their turn; default 4096
	WaitBytes    int           // bytes that may wait for their turn; default 32 MiB
	ReportEvery  time.Duration // between event.Applied while nothing happens; default 1 s

	// Connection, when set, is called when changes can arrive and when they no longer can. It is called by one goroutine and must not block.
	Connection func(connected bool)

	Log     *slog.Logger          // nil means silence
	Metrics prometheus.Registerer // nil means none
}

func (c *ConsumerConfig) setDefaults() {
	if c.Instance == "" {
		c.Instance = uuid.NewString()
	}
	c.Grace = orDefault(c.Grace, 30*time.Millisecond)
	c.AnswerWithin = orDefault(c.AnswerWithin, 500*time.Millisecond)
	c.BatchChanges = orDefault(c.BatchChanges, 256)
	c.BatchBytes = orDefault(c.BatchBytes, 8<<20)
	c.WaitChanges = orDefault(c.WaitChanges, 4096)
	c.WaitBytes = orDefault(c.WaitBytes, 32<<20)
	c.ReportEvery = orDefault(c.ReportEvery, time.Second)
	if c.Connection == nil {
		c.Connection = func(bool) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// silence is how long nothing may arrive on a stream before its consumer says that changes cannot arrive, though the
// connection stands. Producers send a heartbeat about once a second.
const silence = 10 * time.Second

// maxPatience is how long an answer is waited for at most.
const maxPatience = 4 * time.Second

// maxInbox bounds the messages between the subscription and the consumer; what does not fit is lost and replayed.
const maxInbox = 1024

// Consumer applies one stream's changes in order through its Handler. Make it with NewConsumer, call Run once. The
// methods that say how it stands are safe for concurrent use.
type Consumer struct {
	cfg     ConsumerConfig
	names   names
	bus     bus
	handler Handler
	log     *slog.Logger
	meters  meters

	inbox    chan any // *event.Envelope, *heartbeat, *answer, or link
	overflow atomic.Bool
	outbox   chan message

	mu        sync.Mutex // guards the standing below
	position  Position
	head      uint64
	connected bool
	applied   chan struct{} // wakes the reporter
}

// link says that a connection came or went.
type link bool

// NewConsumer makes a consumer; it does no I/O.
func NewConsumer(cfg ConsumerConfig, client *redis.Client, h Handler) (*Consumer, error) {
	return newConsumer(cfg, redisBus{client}, h)
}

func newConsumer(cfg ConsumerConfig, b bus, h Handler) (*Consumer, error) {
	if len(types(cfg.Stream)) == 0 {
		return nil, fmt.Errorf("stream consumer: %q is not a numbered stream", cfg.Stream)
	}
	if cfg.Service == "" {
		return nil, errors.New("stream consumer: Service is empty")
	}
	cfg.setDefaults()
	return &Consumer{
		cfg: cfg, names: names{cfg.Prefix, cfg.Stream}, bus: b, handler: h,
		log:    cfg.Log.With("component", "stream.consumer", "stream", string(cfg.Stream)),
		meters: newMeters(cfg.Metrics, cfg.Stream, cfg.Service),
		inbox:  make(chan any, maxInbox), outbox: make(chan message, 16), applied: make(chan struct{}, 1),
	}, nil
}

// Position is what has been applied; zero before the handler said where it stands.
func (c *Consumer) Position() Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// Lag is how many numbers are known to exist beyond what has been applied.
func (c *Consumer) Lag() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lag()
}

func (c *Consumer) lag() uint64 { return max(c.head, c.position.Number) - c.position.Number }

// Connected reports whether changes can arrive.
func (c *Consumer) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected
}

// Run consumes until ctx ends, then waits for the Apply that is going on (whose context ends too) and returns nil.
func (c *Consumer) Run(ctx context.Context) error {
	var start Position
	asking := backoff{first: 100 * time.Millisecond, most: 2 * time.Second}
	if !retry(ctx, asking, c.complain(ctx, "position"), func(ctx context.Context) (err error) {
		start, err = c.handler.Position(ctx)
		return err
	}) {
		return nil
	}
	channels := []string{c.names.heartbeat(), c.names.batch(), c.names.reply(c.cfg.Instance)}
	for _, t := range types(c.cfg.Stream) {
		channels = append(channels, c.names.event(t))
	}
	sub := &subscriber{
		bus: c.bus, log: c.log, channels: channels,
		connected: func() { c.linked(ctx, true) }, lost: func() { c.linked(ctx, false) }, received: c.receive,
	}
	l := newLoop(c, start)
	c.stand(start, start.Number)

	var wg sync.WaitGroup
	wg.Go(func() { sub.run(ctx) })
	wg.Go(func() { c.send(ctx) })
	wg.Go(func() { c.report(ctx) })
	l.run(ctx)
	wg.Wait()
	c.leave(ctx)
	return nil
}

// linked passes a connection's coming and going on. Unlike changes it must not be lost.
func (c *Consumer) linked(ctx context.Context, up bool) {
	select {
	case c.inbox <- link(up):
	case <-ctx.Done():
	}
}

// connect notes whether changes can arrive. It is called by the loop alone.
func (c *Consumer) connect(up bool) {
	c.mu.Lock()
	changed := c.connected != up
	c.connected = up
	c.mu.Unlock()
	if !changed {
		return
	}
	if up {
		c.meters.connected.Set(1)
	} else {
		c.meters.connected.Set(0)
	}
	c.cfg.Connection(up)
}

// receive is called by the subscriber for each message. It never blocks: what the loop has no room for is lost and shows
// as a hole.
func (c *Consumer) receive(m message) {
	got, err := c.decode(m)
	if err != nil {
		c.meters.discarded.Inc()
		c.log.Warn("cannot decode a message", "channel", m.channel, "error", err)
		return
	}
	if got == nil {
		return
	}
	select {
	case c.inbox <- got:
	default:
		c.meters.discarded.Inc()
		c.overflow.Store(true)
	}
}

// decode returns nil for what is not meant for this consumer.
func (c *Consumer) decode(m message) (any, error) {
	switch m.channel {
	case c.names.heartbeat():
		h, err := decode(m.payload, func(h *heartbeat) int { return h.V })
		return &h, err
	case c.names.batch(), c.names.reply(c.cfg.Instance):
		a, err := decode(m.payload, func(a *answer) int { return a.V })
		if err != nil || (a.Instance != "" && a.Instance != c.cfg.Instance) {
			return nil, err
		}
		return &a, nil
	default:
		e, err := decode(m.payload, func(*event.Envelope) int { return wireVersion })
		if err == nil && (e.Stream != c.cfg.Stream || e.Number == 0 || e.Epoch == "") {
			err = fmt.Errorf("event %s of stream %q has number %d and epoch %q", e.Type, e.Stream, e.Number, e.Epoch)
		}
		return &e, err
	}
}

// ask sends a message without waiting for Redis; one that is dropped is repeated by its timer.
func (c *Consumer) ask(m message) {
	select {
	case c.outbox <- m:
	default:
	}
}

func (c *Consumer) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.outbox:
			if err := c.bus.publish(ctx, m); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "replay request not sent", "error", err)
			}
		}
	}
}

// stand publishes how the consumer stands to its readers and, if it moved, to the reporter.
func (c *Consumer) stand(p Position, head uint64) {
	c.mu.Lock()
	moved := c.position != p
	c.position, c.head = p, head
	c.meters.lag.Set(float64(c.lag()))
	c.mu.Unlock()
	c.meters.position.Set(float64(p.Number))
	if moved {
		select {
		case c.applied <- struct{}{}:
		default:
		}
	}
}

// complain returns what is done about a failure of the handler before it is tried again.
func (c *Consumer) complain(ctx context.Context, doing string) func(error) {
	return func(err error) {
		c.meters.failed.Inc()
		c.log.WarnContext(ctx, "handler failed, trying again", "doing", doing, "error", err)
	}
}
