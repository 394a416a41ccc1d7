// Package event is the contract of everything that crosses Redis: the envelope, the streams and one payload per type,
// each with a version. docs/events.md is generated from it.
package event

import (
	"encoding/json"
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Stream names a sequence of numbered changes with one kind of producer.
type Stream string

// The streams. Changes of Mocks, Unified and Domains are numbered and lossless (package stream); Status is not: what it
// says is repeated until it is no longer true.
const (
	Mocks   Stream = "mocks"   // api → yamlgen
	Unified Stream = "unified" // yamlgen → mockserver, api
	Domains Stream = "domains" // api → cloudops
	Status  Stream = "status"  // all → api
)

// Type is the dotted name of an event; each has its own Redis channel.
type Type string

// Envelope carries every event. Number is the change's place in its stream (1, 2, 3 …), 0 for events that are not
// numbered; numbers mean something within one Epoch only.
type Envelope struct {
	ID          string          `json:"id"` // UUIDv7
	Stream      Stream          `json:"stream"`
	Epoch       string          `json:"epoch,omitempty"`
	Number      uint64          `json:"number,omitzero"`
	Type        Type            `json:"type"`
	Version     int             `json:"version"` // of the payload's schema
	Time        time.Time       `json:"time"`
	Traceparent string          `json:"traceparent,omitempty"` // W3C Trace Context
	Payload     json.RawMessage `json:"payload"`
}

// Payload is implemented by the struct of each event type.
type Payload interface {
	// EventType and EventVersion identify the schema; EventStream says where it travels.
	EventType() Type
	EventVersion() int
	EventStream() Stream
}

// New wraps a payload with a fresh id and the current time. It is not yet numbered.
func New(p Payload) (Envelope, error) {
	raw, err := jsonv2.Marshal(p, jsontext.AllowInvalidUTF8(true)) // what is not UTF-8 becomes U+FFFD
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", p.EventType(), err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Envelope{}, fmt.Errorf("make event id: %w", err)
	}
	return Envelope{
		ID: id.String(), Stream: p.EventStream(), Type: p.EventType(), Version: p.EventVersion(),
		Time: time.Now().UTC(), Payload: raw,
	}, nil
}

// Decode reads e's payload as T. An unknown type or version is an error: the caller decides whether to skip it.
func Decode[T Payload](e Envelope) (T, error) {
	var p T
	if e.Type != p.EventType() {
		return p, fmt.Errorf("decode %s: the event is a %q", p.EventType(), e.Type)
	}
	if e.Version > p.EventVersion() {
		return p, fmt.Errorf("decode %s: version %d is newer than %d", e.Type, e.Version, p.EventVersion())
	}
	if err := jsonv2.Unmarshal(e.Payload, &p); err != nil {
		return p, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return p, nil
}
