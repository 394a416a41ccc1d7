package stream

import (
	"context"
	"errors"

	"github.com/mocloud/mocloud/pkg/event"
)

// Position is a place in a stream: everything up to and including Number of Epoch has been seen. The zero Position is
// the beginning of any epoch.
type Position struct {
	Epoch  string
	Number uint64
}

// Batch is an answer to "everything after From, please". It covers the numbers (From, To]: those missing in Changes
// were superseded by later changes of the same thing and need no application. More says that the head is beyond To.
type Batch struct {
	Epoch   string
	From    uint64
	To      uint64
	Changes []event.Envelope
	More    bool
}

// ErrTooOld says that the log no longer reaches back to the position that was asked for (tombstones were purged, or the
// position is of another epoch): the consumer starts again from a snapshot, which is a replay from 0 into empty state.
var ErrTooOld = errors.New("position is older than the log")

// Log is a producer's memory of its changes; the api's is a table, yamlgen's is its index of mocks. It is safe for
// concurrent use.
type Log interface {
	// Head is the position of the latest committed change. With an empty Epoch there is nothing to announce yet: the
	// producer keeps silent.
	Head(ctx context.Context) (Position, error)
	// After returns at most limit changes after number, in order. After 0 it always succeeds and replays the whole
	// present state. ErrTooOld if number is before what the log remembers; a log that purges is a Purger instead.
	After(ctx context.Context, number uint64, limit int) (Batch, error)
}

// Purger is a Log that forgets tombstones. Its After answers for every number with what it has; whether that is enough
// depends on who asks: a consumer whose state stands at a number below Forgotten may hold things whose removal was
// forgotten and has to start over; one that is in the middle of a replay from 0 only if more was forgotten since it began.
// A tombstone should be kept for much longer than a replay from 0 takes, or such replays never end.
type Purger interface {
	Log
	// Forgotten is the highest number of a forgotten tombstone, 0 if there is none.
	Forgotten(ctx context.Context) (uint64, error)
}

// Handler applies changes. It is called by one goroutine at a time.
type Handler interface {
	// Position says where the handler's output stands; it is asked for once, at the start.
	Position(ctx context.Context) (Position, error)
	// Reset empties the state: a snapshot of epoch follows, as a replay from 0. A handler may go on serving its old state
	// until the snapshot is complete, which is when it was given a batch without More.
	Reset(ctx context.Context, epoch string) error
	// Apply applies the changes of b in order and moves the position to b.To. An error means that the position did not
	// move; the consumer tries again with backoff. b.Changes may be empty (a range of superseded changes).
	Apply(ctx context.Context, b Batch) error
}

// Snapshotter is a Handler that can load a snapshot by itself, from wherever its producer keeps one. Snapshot is then
// called instead of Reset, and the replay begins at the Position that it returns. It loads the latest snapshot there is, of
// the epoch asked for or a newer one; a Position of an older epoch means that there is none yet, and that nothing was loaded:
// the consumer tries again with backoff.
type Snapshotter interface {
	Snapshot(ctx context.Context, epoch string) (Position, error)
}
