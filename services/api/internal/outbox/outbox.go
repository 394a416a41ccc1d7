// Package outbox publishes what has been committed, so that an edit is accepted at the same speed when Redis is slow or gone:
// numbered changes to the producer of their stream, and notices to the other replicas of this service. What finds no room here
// is not lost: consumers see the hole, or the next heartbeat, and ask for a replay.
package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
)

// room bounds the changes, and the notices, that wait to be published.
const room = 4096

// beat is how often a replica repeats the number of its latest notice.
const beat = time.Second

// publishTimeout bounds one try to publish.
const publishTimeout = 2 * time.Second

// Producer publishes committed changes of one stream.
type Producer interface {
	Publish(ctx context.Context, changes ...event.Envelope) error
}

// Outbox is safe for concurrent use.
type Outbox struct {
	log     *slog.Logger
	origin  string
	changes chan event.Envelope
	notices chan event.WorkspaceChanged

	mu     sync.Mutex // while a notice is numbered and queued
	number uint64     // of the latest notice
}

// New makes an Outbox. Nothing leaves it before Run.
func New(log *slog.Logger) *Outbox {
	return &Outbox{
		log: log, origin: rand.Text()[:8], changes: make(chan event.Envelope, room), notices: make(chan event.WorkspaceChanged, room),
	}
}

// Origin names this replica in its notices.
func (o *Outbox) Origin() string { return o.origin }

// AnnounceChanges implements changelog.Announcer.
func (o *Outbox) AnnounceChanges(changes []event.Envelope) {
	for _, c := range changes {
		select {
		case o.changes <- c:
		default: // a replay brings it
		}
	}
}

// Notify tells the other replicas about a server-sent event of a workspace. It never blocks.
func (o *Outbox) Notify(workspaceID, name string, data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.number++
	select {
	case o.notices <- event.WorkspaceChanged{Origin: o.origin, Number: o.number, WorkspaceID: workspaceID, Name: name, Data: string(data)}:
	default: // the others see the hole
	}
}

// latest is the number of the latest notice; ok is false while some wait to be announced.
func (o *Outbox) latest() (number uint64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.number, len(o.notices) == 0
}

// Run publishes until ctx ends, and the changes that are left then. Notices go to announce.
func (o *Outbox) Run(ctx context.Context, producers map[event.Stream]Producer, announce func(context.Context, event.Payload) error) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { o.runNotices(ctx, announce) })
	return o.runChanges(ctx, producers)
}

// runNotices announces notices until ctx ends, and about once a second how many there were.
func (o *Outbox) runNotices(ctx context.Context, announce func(context.Context, event.Payload) error) {
	send := func(n event.WorkspaceChanged) {
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		if err := announce(ctx, n); err != nil && ctx.Err() == nil {
			o.log.DebugContext(ctx, "announce to other replicas", "event", n.Name, "error", err)
		}
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case n := <-o.notices:
			send(n)
		case <-ticker.C:
			if number, ok := o.latest(); ok {
				send(event.WorkspaceChanged{Origin: o.origin, Number: number})
			}
		case <-ctx.Done():
			return
		}
	}
}

// runChanges publishes changes until ctx ends, then what is queued.
func (o *Outbox) runChanges(ctx context.Context, producers map[event.Stream]Producer) error {
	for {
		select {
		case first := <-o.changes:
			o.publish(ctx, first, producers)
		case <-ctx.Done():
			select {
			case first := <-o.changes:
				o.publish(context.WithoutCancel(ctx), first, producers)
			default:
			}
			return nil
		}
	}
}

// publish sends first and everything that is queued behind it, each stream in the order of its numbers.
func (o *Outbox) publish(ctx context.Context, first event.Envelope, producers map[event.Stream]Producer) {
	changes := map[event.Stream][]event.Envelope{first.Stream: {first}}
	for range len(o.changes) {
		c := <-o.changes
		changes[c.Stream] = append(changes[c.Stream], c)
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for name, list := range changes {
		slices.SortFunc(list, func(a, b event.Envelope) int { return cmp.Compare(a.Number, b.Number) })
		producer, ok := producers[name]
		if !ok {
			o.log.ErrorContext(ctx, "nobody publishes this stream", "stream", name)
			continue
		}
		if err := producer.Publish(ctx, list...); err != nil {
			o.log.WarnContext(ctx, "publish changes; consumers will ask for them", "stream", name, "changes", len(list), "error", err)
		}
	}
}
