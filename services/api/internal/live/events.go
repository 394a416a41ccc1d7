package live

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/outbox"
)

const (
	// kept is how many events a follower may be behind before it has to read its lists again.
	kept = 1024
	// tick is how often silent replicas are looked for, and silent how long one must be to have missed something.
	tick   = time.Second
	silent = 5 * time.Second
)

// The names of events. Others may have names of their own: see Notify.
const (
	PublicationEvent = "publication"
	MockEvent        = "mock"
	DeletedEvent     = "mock_deleted"
	// ChangeEvent says that something else than a mock or a domain was changed.
	ChangeEvent = "change"
	// AccessEvent says that what somebody may see has changed: see AccessChanged. It is for those who write events, not for
	// those who read them.
	AccessEvent = "access"
	// ResetEvent says to everybody, of whatever workspace, that events were missed: what was known before has to be read again.
	ResetEvent = "reset"
)

// Event says that something in a workspace changed.
type Event struct {
	ID          string // for Follow; set by Next
	WorkspaceID string // whose members may see it
	Name        string
	Data        json.RawMessage
	Value       any // in place of Data where whoever writes the event encodes it; not for other replicas

	topic string // of those who are woken; set by Append
}

// OfAccount stands for an account where a workspace is named: such events the account alone may see.
func OfAccount(accountID string) string { return "account:" + accountID }

func resetEvent() Event { return Event{Name: ResetEvent, Data: json.RawMessage("{}")} }

// Events are the events of all workspaces, on every replica of this service. They are safe for concurrent use, and are kept current
// while Run runs.
type Events struct {
	name     string // of this life of the process, so that ids of another one are recognised
	feed     *Feed[Event]
	peers    *peers
	outbox   *outbox.Outbox
	log      *slog.Logger
	stopping chan struct{} // closed when Run ends

	// Guarded by the feed's lock: all followers, and those of each topic, which is a workspace or OfAccount.
	followers set
	following map[string]set
}

// NewEvents makes Events. Notices for other replicas leave through out; now tells the time.
func NewEvents(out *outbox.Outbox, log *slog.Logger, now func() time.Time) *Events {
	stopping := make(chan struct{})
	return &Events{
		name: rand.Text()[:8], feed: NewFeed[Event](kept, stopping), peers: newPeers(now), outbox: out, log: log, stopping: stopping,
		followers: set{}, following: map[string]set{},
	}
}

// Run resets followers when another replica has gone silent, which may have died before its last notice left, until ctx ends; then
// followers end.
func (e *Events) Run(ctx context.Context) error {
	defer close(e.stopping)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if e.peers.expire() {
				e.Reset()
			}
		}
	}
}

// Notify lets everybody who follows the workspace know of something, on every replica of this service: an event with that
// name and data, which must be small. Call it after the commit. It never blocks. It says that there is something to read again, not
// what is true: over Pub/Sub it may be lost, and then followers there get a reset instead.
func (e *Events) Notify(workspaceID, name string, data any) {
	encoded, err := json.Marshal(data)
	if err != nil {
		e.log.Error("encode an event for followers", "event", name, "error", err)
		return
	}
	e.Append(Event{WorkspaceID: workspaceID, Name: name, Data: encoded})
	e.outbox.Notify(workspaceID, name, encoded)
}

// Append adds an event for the followers on this replica alone.
func (e *Events) Append(ev Event) {
	ev.topic = topicOf(ev)
	e.feed.mu.Lock()
	defer e.feed.mu.Unlock()
	number := e.feed.end()
	e.feed.append(ev)
	whom := e.following[ev.topic]
	if ev.Name == ResetEvent {
		whom = e.followers
	}
	for fl := range whom {
		fl.notice(number)
	}
}

// Reset makes every follower on this replica read its lists again. What happened before still comes: a caller that has just made a
// mock finds its event, whatever else goes wrong meanwhile.
func (e *Events) Reset() { e.Append(resetEvent()) }

// Receive takes a notice of a replica, and passes it on if it is another's. It returns it; nil if there is nothing new in it.
func (e *Events) Receive(envelope event.Envelope) *Event {
	n, err := event.Decode[event.WorkspaceChanged](envelope)
	if err != nil || n.Origin == e.outbox.Origin() {
		return nil // of a newer service, or its own
	}
	if e.peers.observe(n) {
		e.Reset()
	}
	if n.Name == "" || !json.Valid([]byte(n.Data)) {
		return nil
	}
	ev := Event{WorkspaceID: n.WorkspaceID, Name: n.Name, Data: json.RawMessage(n.Data)}
	e.Append(ev)
	return &ev
}

// Connected says whether notices of other replicas arrive from now on. Those of before are lost.
func (e *Events) Connected(connected bool) {
	if connected {
		e.Reset()
	}
}

func (e *Events) id(number uint64) string { return e.name + "-" + strconv.FormatUint(number, 10) }

// number reads an id; ok is false if it is not one of this process.
func (e *Events) number(id string) (uint64, bool) {
	name, digits, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil && name == e.name
}
