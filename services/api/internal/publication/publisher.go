package publication

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// ErrStopping says that the service stops and the caller should come back.
var ErrStopping = errors.New("the service is stopping")

// queued bounds the changes that wait to be published. What finds no room is not lost: consumers see the hole, or the
// next heartbeat, and ask for a replay.
const queued = 4096

// publishTimeout bounds one try to publish.
const publishTimeout = 2 * time.Second

// Producer publishes committed changes of one stream.
type Producer interface {
	Publish(ctx context.Context, changes ...event.Envelope) error
}

// publisher takes publishing out of the requests that write: an edit is accepted at the same speed when Redis is slow or
// gone.
type publisher struct {
	log     *slog.Logger
	queue   chan event.Envelope
	notices chan event.WorkspaceChanged

	mu     sync.Mutex // while a notice is numbered and queued
	number uint64     // of the latest notice
}

func newPublisher(log *slog.Logger) *publisher {
	return &publisher{log: log, queue: make(chan event.Envelope, queued), notices: make(chan event.WorkspaceChanged, queued)}
}

// enqueue hands changes over. It never blocks.
func (p *publisher) enqueue(changes []event.Envelope) {
	for _, c := range changes {
		select {
		case p.queue <- c:
		default: // a replay brings it
		}
	}
}

// notify numbers a notice and hands it over. It never blocks.
func (p *publisher) notify(n event.WorkspaceChanged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	n.Number = p.number
	select {
	case p.notices <- n:
	default: // the others see the hole
	}
}

// latest is the number of the latest notice; ok is false while some wait to be announced.
func (p *publisher) latest() (number uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.number, len(p.notices) == 0
}

// runNotices announces notices until ctx ends, and about once a second how many there were.
func (p *publisher) runNotices(ctx context.Context, origin string, announce func(context.Context, event.Payload) error) {
	say := func(n event.WorkspaceChanged) {
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		if err := announce(ctx, n); err != nil && ctx.Err() == nil {
			p.log.DebugContext(ctx, "announce to other replicas", "event", n.Name, "error", err)
		}
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case n := <-p.notices:
			say(n)
		case <-ticker.C:
			if number, ok := p.latest(); ok {
				say(event.WorkspaceChanged{Origin: origin, Number: number})
			}
		case <-ctx.Done():
			return
		}
	}
}

// run publishes until ctx ends, then what is queued.
func (p *publisher) run(ctx context.Context, producers map[event.Stream]Producer) error {
	for {
		select {
		case first := <-p.queue:
			p.publish(ctx, first, producers)
		case <-ctx.Done():
			select {
			case first := <-p.queue:
				p.publish(context.WithoutCancel(ctx), first, producers)
			default:
			}
			return nil
		}
	}
}

// publish sends first and everything that is queued behind it, each stream in the order of its numbers.
func (p *publisher) publish(ctx context.Context, first event.Envelope, producers map[event.Stream]Producer) {
	changes := map[event.Stream][]event.Envelope{first.Stream: {first}}
	for range len(p.queue) {
		c := <-p.queue
		changes[c.Stream] = append(changes[c.Stream], c)
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for name, list := range changes {
		slices.SortFunc(list, func(a, b event.Envelope) int { return cmp.Compare(a.Number, b.Number) })
		producer, ok := producers[name]
		if !ok {
			p.log.ErrorContext(ctx, "nobody publishes this stream", "stream", name)
			continue
		}
		if err := producer.Publish(ctx, list...); err != nil {
			p.log.WarnContext(ctx, "publish changes; consumers will ask for them", "stream", name, "changes", len(list), "error", err)
		}
	}
}
