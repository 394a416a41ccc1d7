package stream

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/mocloud/mocloud/pkg/event"
)

// wireVersion is the version of the messages below. A message of a newer version is dropped and counted.
const wireVersion = 1

// heartbeat says where a producer's log stands.
type heartbeat struct {
	V     int    `json:"v"`
	Epoch string `json:"epoch"`
	Head  uint64 `json:"head"`
	Fresh bool   `json:"fresh,omitzero"` // the sender hears requests from now on: repeat what is not answered
}

// request asks for everything after a number. Epoch is the asker's, "" if it has none yet.
type request struct {
	V        int    `json:"v"`
	Request  string `json:"request"` // unique
	Instance string `json:"instance"`
	Epoch    string `json:"epoch,omitempty"`
	After    uint64 `json:"after"`
	Direct   bool   `json:"direct,omitzero"`   // the asker hears the channel of its own instance
	Snapshot bool   `json:"snapshot,omitzero"` // After belongs to an unfinished replay from 0
	// Forgotten is, of such a replay, answer.Forgotten of its first batch: what is forgotten since may be missing in it.
	Forgotten uint64 `json:"forgotten,omitzero"`
}

// answer carries a Batch: to the instance that asked, or to everybody when Instance is empty.
type answer struct {
	V        int              `json:"v"`
	Request  string           `json:"request,omitempty"`
	Instance string           `json:"instance,omitempty"`
	Epoch    string           `json:"epoch"`
	From     uint64           `json:"from"`
	To       uint64           `json:"to"`
	Head     uint64           `json:"head"`
	Changes  []event.Envelope `json:"changes,omitempty"`
	TooOld   bool             `json:"too_old,omitzero"`
	// Forgotten is the highest number of a tombstone that was forgotten before Changes were read.
	Forgotten uint64 `json:"forgotten,omitzero"`
}

// batch checks that the numbers are what they must be and returns the answer as a Batch.
func (a *answer) batch() (Batch, error) {
	if a.From > a.To || a.To > a.Head {
		return Batch{}, fmt.Errorf("batch covers (%d, %d] of %d", a.From, a.To, a.Head)
	}
	last := a.From
	for _, c := range a.Changes {
		if c.Number <= last || c.Number > a.To {
			return Batch{}, fmt.Errorf("batch (%d, %d] holds change %d after %d", a.From, a.To, c.Number, last)
		}
		last = c.Number
	}
	return Batch{Epoch: a.Epoch, From: a.From, To: a.To, Changes: a.Changes, More: a.Head > a.To}, nil
}

// message is one Redis message.
type message struct {
	channel string
	payload []byte
}

// decode reads a message of one of the versioned kinds above into v.
func decode[T any](payload []byte, version func(*T) int) (T, error) {
	var m T
	if err := json.Unmarshal(payload, &m); err != nil {
		return m, fmt.Errorf("decode message: %w", err)
	}
	if v := version(&m); v != wireVersion {
		return m, fmt.Errorf("decode message: version %d is not %d", v, wireVersion)
	}
	return m, nil
}

// encode marshals v, which is always one of our own structs.
func encode(channel string, v any) (message, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return message{}, fmt.Errorf("encode message for %s: %w", channel, err)
	}
	return message{channel: channel, payload: payload}, nil
}

// names makes channel and key names.
type names struct {
	prefix string
	stream event.Stream
}

func (n names) event(t event.Type) string { return n.prefix + string(t) }
func (n names) heartbeat() string         { return n.control("heartbeat") }
func (n names) replay() string            { return n.control("replay") }
func (n names) batch() string             { return n.control("batch") }
func (n names) reply(to string) string    { return n.control("batch.") + to }
func (n names) claim(id string) string    { return n.control("claim.") + id }

func (n names) control(what string) string {
	return n.prefix + "stream." + string(n.stream) + "." + what
}

// types are the numbered event types of a stream.
func types(s event.Stream) []event.Type {
	switch s {
	case event.Mocks:
		return []event.Type{event.TypeMockUpdated, event.TypeMockDeleted}
	case event.Unified:
		return []event.Type{event.TypeSingleGenerated, event.TypeSingleRejected, event.TypeSingleRemoved}
	case event.Domains:
		return []event.Type{event.TypeDomainCreated, event.TypeDomainDeleted, event.TypeDomainVerificationDispatched}
	default:
		return nil
	}
}

// orDefault is d unless it is zero.
func orDefault[T time.Duration | int](d, def T) T {
	if d == 0 {
		return def
	}
	return d
}
