// Package webhook sends the requests that a mock makes after it has answered. Hook turns a mock's webhook and a request
// into a Call; Sender queues calls, sends them after their delay, tries again, and remembers how it went. The root
// package runs one Sender, the serving code hands it calls.
//
// Calls are kept in memory: what a process has not sent when it stops is dropped, counted and shown as such. Every
// workspace has its own bounded queue and its own share of the senders, so that one workspace's slow receivers delay
// nobody else's webhooks. When the queue of all is full, those who have the most in it give way.
package webhook

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// Headers of a webhook.
const (
	// DeliveryHeader carries the id of the delivery; it is the same for every attempt, so that a receiver can tell.
	DeliveryHeader = "X-Mocloud-Delivery"
)

// Errors of Enqueue; compare with errors.Is.
var (
	ErrFull     = errors.New("too many webhooks are waiting")
	ErrLoop     = errors.New("webhooks call each other in a loop")
	ErrStopping = errors.New("the server is stopping")

	errGone = errors.New("the mock was deleted")
)

// Config bounds a Sender. Zero fields mean the default.
type Config struct {
	Queue              int           // calls waiting or underway; 10,000
	QueueOfWorkspace   int           // the same of one workspace; 1,000
	Bytes              int64         // memory of all these calls; 128 MiB
	BytesOfWorkspace   int64         // the same of one workspace; 16 MiB
	Senders            int           // calls underway; 32
	SendersOfWorkspace int           // the same of one workspace; 4
	Attempts           int           // tries of one call; 5
	Timeout            time.Duration // one try; 10 s
	Backoff            time.Duration // after the first try; doubles with each; 1 s
	MaxBackoff         time.Duration // longest wait between tries, also where the receiver asks for more; 1 min
	MaxDelay           time.Duration // longest delay before the first try; 1 h
	Drain              time.Duration // how long calls that are due are still sent when the sender stops; 3 s
	History            int           // deliveries remembered for each mock; 50
	HistoryMocks       int           // mocks whose deliveries are remembered; 2,000
}

func orDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (c *Config) setDefaults() {
	orDefault(&c.Queue, 10_000)
	orDefault(&c.QueueOfWorkspace, 1_000)
	orDefault(&c.Bytes, 128<<20)
	orDefault(&c.BytesOfWorkspace, 16<<20)
	orDefault(&c.Senders, 32)
	orDefault(&c.SendersOfWorkspace, 4)
	orDefault(&c.Attempts, 5)
	orDefault(&c.Timeout, 10*time.Second)
	orDefault(&c.Backoff, time.Second)
	orDefault(&c.MaxBackoff, time.Minute)
	orDefault(&c.MaxDelay, time.Hour)
	orDefault(&c.Drain, 3*time.Second)
	orDefault(&c.History, 50)
	orDefault(&c.HistoryMocks, 2_000)
}

// Deps are what a Sender needs.
type Deps struct {
	Client  *http.Client          // the egress client; redirects are not followed whatever it says
	Log     *slog.Logger          // nil: not logged
	Metrics prometheus.Registerer // nil: not measured
	// Changed is called with every change of a delivery, for at most ten new ones of a mock in a second; nil: there is no such call. It must
	// not block.
	Changed func(Delivery)
	Depth   *depth.Signer // nil: one of its own
}

// Call is one webhook, ready to be sent. It shares no memory with the request that it came from.
type Call struct {
	Endpoint string // the endpoint that it follows, as in "POST /orders"
	URL      string
	Method   string
	Header   http.Header
	Body     []byte
	Delay    time.Duration // before the first try
	Depth    int           // webhooks that led to the request that this call came from; see package depth

	Recording *event.Recording // of the mock: what may be shown of it
	Secrets   *env.Set         // the variables that were at hand: those that are secret must not be shown
}

// size is what a waiting call costs in memory, roughly.
func (c *Call) size() int64 {
	n := 512 + len(c.URL) + len(c.Body)
	for name, values := range c.Header {
		for _, v := range values {
			n += len(name) + len(v) + 32
		}
	}
	return int64(n)
}

// State is how far a delivery is.
type State string

// The states of a delivery. The last three are final.
const (
	Waiting   State = "waiting" // for its delay, for a sender, or for the next try
	Sending   State = "sending"
	Delivered State = "delivered" // the receiver answered 2xx
	Failed    State = "failed"    // the receiver refused it, or all tries failed
	Dropped   State = "dropped"   // never sent: no room, a circle, or the server stopped
)

// Delivery is one webhook as its mock's owner sees it.
type Delivery struct {
	ID       string        `json:"id"`
	Endpoint string        `json:"endpoint"`
	Method   string        `json:"method"`
	URL      string        `json:"url"`
	State    State         `json:"state"`
	Queued   time.Time     `json:"queued"`
	Next     time.Time     `json:"next,omitzero"` // when it will be tried; only while it waits
	Attempts int           `json:"attempts"`
	Status   int           `json:"status,omitempty"` // of the last answer
	Reason   string        `json:"reason,omitempty"` // why the last try failed, or why it was dropped
	Duration time.Duration `json:"duration"`         // of the last try

	MockID    string           `json:"-"`
	Recording *event.Recording `json:"-"` // what may be told of it
	Version   int              `json:"-"` // grows with every change that is told; 0: none is
}

// dropReason is the sentence for a call that Enqueue refused.
func dropReason(err error) string {
	return fmt.Sprintf("not sent: %v", err)
}
