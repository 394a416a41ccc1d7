// Package changelog is what the aggregates of the API have in common when they change something that other services need to
// know: they return Changes, the store numbers them in the transaction that makes them true, and an Announcer publishes them
// after the commit.
package changelog

import "github.com/mocloud/mocloud/pkg/event"

// Change is an entry of the log of its payload's stream. A later one with the same Key takes its place.
type Change struct {
	Key       string
	Tombstone bool // nothing is left of what Key names
	Payload   event.Payload
}

// Announcer publishes committed changes. It never blocks.
type Announcer interface {
	AnnounceChanges(changes []event.Envelope)
}
