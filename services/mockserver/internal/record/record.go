// Package record counts the requests that each mock answered, all of them, and takes copies of some for those who look at
// them. It never makes an answer wait: what is too much is only counted. The serving core writes, package report reads.
package record

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/event"
)

// Limits bound what is taken. A zero PerSecond means that nothing is; requests are counted all the same.
type Limits struct {
	PerSecond    int   // records of one mock
	AllPerSecond int   // of all mocks together; 0: as many as there are
	Body         int   // bytes of each body
	Rate         int64 // bytes in a second of all mocks together, a quarter of it of one; 0: as many as there are
	Bytes        int64 // of all records that are not released
}

// sessionsPerSecond is how many requests of named sessions of one mock are recorded in a second, beside the sample of all others:
// tests verify them.
const sessionsPerSecond = 200

// queued is how many records may wait to be read.
const queued = 1024

// Recorder owns the logs of all mocks. It is safe for concurrent use; Collect has one caller at a time.
type Recorder struct {
	limits   Limits
	mock     price // of a record to its mock's budget
	sessions price // the same of a request of a named session
	all      price
	overall  budget
	used     atomic.Int64 // bytes of the records that are not released
	records  chan *Record
	free     sync.Pool                    // of *Record
	counted  atomic.Pointer[MockRecorder] // the first of those that counted since they were collected
}

// New makes a recorder without logs.
func New(limits Limits) *Recorder {
	r := &Recorder{
		limits: limits, records: make(chan *Record, queued),
		mock: priceOf(limits.PerSecond, limits.Rate/4), sessions: priceOf(max(limits.PerSecond, sessionsPerSecond), limits.Rate/4), all: priceOf(limits.AllPerSecond, limits.Rate),
	}
	r.free.New = func() any { return new(Record) }
	return r
}

// Records gives the records that were taken, in their order. Release each of them.
func (r *Recorder) Records() <-chan *Record { return r.records }

// Release gives the memory of a record back.
func (r *Recorder) Release(c *Record) {
	r.used.Add(-int64(cap(c.text)))
	if cap(c.text) > pooledBytes {
		c.text = nil
	}
	*c = Record{text: c.text[:0]}
	r.free.Put(c)
}

// pooledBytes bounds what a record keeps for the next one.
const pooledBytes = 16 << 10

// MockRecorder counts one mock's requests and copies some of them. It outlives the mock's revisions.
type MockRecorder struct {
	WorkspaceID, MockID string

	recorder  *Recorder
	recording atomic.Pointer[event.Recording]
	counters  atomic.Pointer[counters] // made by the first request
	budget    budget
	sessions  budget        // of requests of named sessions
	listed    atomic.Bool   // it is in the recorder's list of those that counted
	next      *MockRecorder // in that list
}

// ForMock makes the recorder of one mock. There is nothing to close: what it counted is collected, whatever became of the mock.
func (r *Recorder) ForMock(workspaceID, mockID string) *MockRecorder {
	return &MockRecorder{WorkspaceID: workspaceID, MockID: mockID, recorder: r}
}

// SetRecording says what is taken of the requests from now on; nil is event.RecordRedacted.
func (m *MockRecorder) SetRecording(c *event.Recording) { m.recording.Store(c) }

// Header gives header lines.
type Header interface {
	// AppendTo appends "Name: value\r\n" for each.
	AppendTo(dst []byte) []byte
}

// Request is one answered request as the server gives it to Add, which keeps nothing of it but copies and Endpoint.
type Request struct {
	At       time.Time
	Duration time.Duration
	Session  bool // it is one of a named session
	Method   string
	Host     string
	Path     string // as it came
	Query    string // without the question mark
	Header   Header
	Body     []byte // what was read of it
	Status   int
	// AnswerHeader and Answer, the body, are what was sent.
	AnswerHeader Header
	Answer       []byte
	Endpoint     string // the endpoint that answered, "" when none did
	Revision     int    // of the mock
	// Nearest tells why no endpoint answered.
	Nearest []event.Near
	// Secrets are the variables that were at hand: those that are secret must not be shown.
	Secrets *env.Set
}

// Add counts a request, and takes a copy if there is room for one.
func (m *MockRecorder) Add(q *Request) {
	c := m.counters.Load()
	if c == nil {
		c = m.makeCounters()
	}
	c.add(q)
	if r := m.recorder; r.limits.PerSecond > 0 {
		if choice := m.recording.Load(); choice.ModeOrDefault() != event.RecordOff && !r.take(m, q, choice) {
			c.notKept.Add(1)
		}
	}
	if !m.listed.Load() {
		m.list()
	}
}

// list puts it into the recorder's list.
func (m *MockRecorder) list() {
	if !m.listed.CompareAndSwap(false, true) {
		return
	}
	head := &m.recorder.counted
	for {
		first := head.Load()
		m.next = first
		if head.CompareAndSwap(first, m) {
			return
		}
	}
}

// Collect calls each with what each mock counted since the last Collect.
func (r *Recorder) Collect(each func(workspaceID, mockID string, c Counts)) {
	for m := r.counted.Swap(nil); m != nil; {
		next := m.next
		// From here on a request that is counted puts it into the list again.
		m.next = nil
		m.listed.Store(false)
		if c, some := m.counters.Load().swap(); some {
			each(m.WorkspaceID, m.MockID, c)
		}
		m = next
	}
}
