// Package mockstate keeps what mocks remember: for each mock and session the values of its state and the counters of its entries. The
// mock servers read and write it with every request that needs it.
//
// A Store keeps fields, which are texts by name, and a version for each session. Whoever wants to change a session reads a snapshot of the
// fields that he needs, and commits his changes on condition that nothing changed since; if something did he does it all again. So the
// requests of one session are linearizable, however many servers answer them. [Memory] keeps everything in this process, [Redis] in a
// Redis that all servers share; one conformance suite holds for both.
package mockstate

import (
	"context"
	"errors"
	"time"
)

// Session is one session of one mock. The session that everybody shares who names none has no name.
type Session struct {
	MockID string
	Name   string // "" for the common one; else up to MaxName printable ASCII characters
}

// MaxName is the length of the longest name of a session.
const MaxName = 200

// ValidName reports whether a session may have that name.
func ValidName(name string) bool {
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return false
		}
	}
	return true
}

// Snapshot is what a session was at one moment. Fields that it does not have are not in it.
type Snapshot struct {
	Version uint64
	Fields  map[string]string
}

// Change is what becomes of a field.
type Change struct {
	Field  string
	Value  string
	Delete bool
}

// Errors of stores; compare with errors.Is. Full is told with a *FullError.
var (
	ErrMoved       = errors.New("the session has changed")
	ErrUnavailable = errors.New("the state is not available")
)

// FullError says that a change would make something larger than is allowed. Nothing was changed.
type FullError struct {
	What  string // "session", "mock", "counters"
	Limit int64
}

func (e *FullError) Error() string { return "the state of this " + e.What + " is full" }

// Limits bound what is kept.
type Limits struct {
	Session  int64         // bytes of one session
	Mock     int64         // bytes of all sessions of a mock
	Sessions int           // of a mock; idle ones give way
	Counters int           // of a session
	Idle     time.Duration // a named session is forgotten after this time
	Common   time.Duration // the common one
}

// DefaultLimits are those of docs/mock-format.md.
func DefaultLimits() Limits {
	return Limits{Session: 1 << 20, Mock: 64 << 20, Sessions: 1000, Counters: 10_000, Idle: time.Hour, Common: 30 * 24 * time.Hour}
}

func (l *Limits) expiry(session string) time.Duration {
	if session == "" {
		return l.Common
	}
	return l.Idle
}

// CounterPrefix is what the names of fields begin with that are counters; the others are values.
const CounterPrefix = "t:"

// Info says what is kept of a session.
type Info struct {
	Name    string
	Used    time.Time // last
	Bytes   int64
	Expires time.Time
}

// Store keeps the state of mocks. It is safe for concurrent use. Its errors are those above, or those of ctx.
type Store interface {
	// Read returns a snapshot with those of the fields that the session has, all of them if none is named, and notes that it was used.
	Read(ctx context.Context, s Session, fields ...string) (Snapshot, error)
	// Commit makes changes if the session still has that version.
	Commit(ctx context.Context, s Session, version uint64, changes []Change) error
	// Sessions lists the sessions of a mock, the latest used first.
	Sessions(ctx context.Context, mockID string) ([]Info, error)
	// Reset forgets a session.
	Reset(ctx context.Context, s Session) error
	// Drop forgets all sessions of a mock.
	Drop(ctx context.Context, mockID string) error
}
