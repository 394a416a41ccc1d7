// Package record keeps the latest requests that each mock answered and counts all of them. It never makes an answer
// wait: what cannot be kept at once is dropped, and counted. The serving core writes, the server's reporter reads.
package record

import (
	"bytes"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what is kept. A zero Requests means that nothing is kept; requests are counted all the same.
type Limits struct {
	Requests int   // per mock
	Body     int   // bytes of each request body
	Bytes    int64 // of all mocks together
}

// Recorder owns the logs of all mocks. It is safe for concurrent use.
type Recorder struct {
	limits Limits
	used   atomic.Int64 // bytes in all rings

	mu   sync.Mutex
	logs map[*Log]struct{}
}

// New makes a recorder without logs.
func New(limits Limits) *Recorder {
	return &Recorder{limits: limits, logs: map[*Log]struct{}{}}
}

// Log is what is known of one mock's requests. It outlives the mock's revisions.
type Log struct {
	WorkspaceID, MockID string

	recorder *Recorder
	requests atomic.Uint64
	errors   atomic.Uint64
	dropped  atomic.Uint64

	mu     sync.Mutex // held for as long as it takes to copy one request
	ring   []slot     // made with the first request
	next   int
	closed bool
}

// Header gives the header lines of a request.
type Header interface {
	// AppendTo appends "Name: value\r\n" for each.
	AppendTo(dst []byte) []byte
}

// Request is one answered request as the server gives it to Add, which keeps nothing of it but copies and Endpoint.
type Request struct {
	At       time.Time
	Duration time.Duration
	Method   string
	Host     string
	Path     string // as it came
	Query    string // without the question mark
	Header   Header
	Body     []byte // what was read of it
	Status   int
	Size     int    // bytes of the answer's body
	Endpoint string // the endpoint that answered, "" when none did
}

// slot keeps one request in one buffer, which the next request in its place uses again.
type slot struct {
	at                         time.Time
	duration                   time.Duration
	text                       []byte // method, host, target, headers, body
	method, host, target, head int    // where each ends in text
	status, size, bodySize     int
	endpoint                   string
}

// Open makes the log of a mock. Close it when the mock is gone.
func (r *Recorder) Open(workspaceID, mockID string) *Log {
	l := &Log{WorkspaceID: workspaceID, MockID: mockID, recorder: r}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logs[l] = struct{}{}
	return l
}

// Close frees what the log keeps. Its last counts are still collected.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	var freed int64
	for i := range l.ring {
		freed += int64(cap(l.ring[i].text))
	}
	l.ring = nil
	l.recorder.used.Add(-freed)
}

// Add counts a request and keeps it if that is possible at once.
func (l *Log) Add(q *Request) {
	l.requests.Add(1)
	if q.Status >= 500 {
		l.errors.Add(1)
	}
	if l.recorder.limits.Requests == 0 {
		return
	}
	if !l.mu.TryLock() {
		l.dropped.Add(1)
		return
	}
	kept := l.keep(q)
	l.mu.Unlock()
	if !kept {
		l.dropped.Add(1)
	}
}

func (l *Log) keep(q *Request) bool {
	limits := &l.recorder.limits
	if l.closed {
		return false
	}
	if l.ring == nil {
		l.ring = make([]slot, limits.Requests)
	}
	s := &l.ring[l.next]
	if cap(s.text) == 0 && l.recorder.used.Load() >= limits.Bytes {
		return false
	}
	before := cap(s.text)
	s.at, s.duration, s.status, s.size, s.endpoint = q.At, q.Duration, q.Status, q.Size, q.Endpoint
	text := append(s.text[:0], q.Method...)
	s.method = len(text)
	text = append(text, q.Host...)
	s.host = len(text)
	text = append(text, q.Path...)
	if q.Query != "" {
		text = append(append(text, '?'), q.Query...)
	}
	s.target = len(text)
	text = q.Header.AppendTo(text)
	s.head = len(text)
	s.bodySize = len(q.Body)
	s.text = append(text, q.Body[:min(len(q.Body), limits.Body)]...)
	if grown := int64(cap(s.text) - before); grown > 0 && l.recorder.used.Add(grown) > limits.Bytes {
		// Too much for all mocks together: this place is emptied instead, so that the bound holds.
		l.recorder.used.Add(-int64(cap(s.text)))
		*s = slot{}
		return false
	}
	l.next = (l.next + 1) % len(l.ring)
	return true
}

// Kept is one request as it was kept.
type Kept struct {
	At       time.Time
	Duration time.Duration
	Method   string
	Host     string
	Target   string // path and query
	Header   map[string][]string
	Body     []byte // at most as much as the limit says
	BodySize int    // of the whole body
	Status   int
	Size     int
	Endpoint string
}

// Latest returns what is kept, newest first.
func (l *Log) Latest() []Kept {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Kept
	for i := range l.ring {
		s := &l.ring[(l.next-1-i+2*len(l.ring))%len(l.ring)]
		if s.at.IsZero() {
			continue
		}
		all = append(all, Kept{
			At: s.at, Duration: s.duration, Status: s.status, Size: s.size, Endpoint: s.endpoint, BodySize: s.bodySize,
			Method: string(s.text[:s.method]), Host: string(s.text[s.method:s.host]), Target: string(s.text[s.host:s.target]),
			Header: parseHeader(string(s.text[s.target:s.head])), Body: bytes.Clone(s.text[s.head:]),
		})
	}
	return all
}

func parseHeader(lines string) map[string][]string {
	header := map[string][]string{}
	for line := range strings.SplitSeq(lines, "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			name = textproto.CanonicalMIMEHeaderKey(name)
			header[name] = append(header[name], value)
		}
	}
	return header
}

// Counts is what a log counted since it was asked last.
type Counts struct {
	WorkspaceID, MockID       string
	Requests, Errors, Dropped uint64
}

// Collect returns the counts of the logs that have any, and starts them again from zero.
func (r *Recorder) Collect() []Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Counts
	for l := range r.logs {
		if n := l.requests.Swap(0); n > 0 {
			all = append(all, Counts{l.WorkspaceID, l.MockID, n, l.errors.Swap(0), l.dropped.Swap(0)})
			continue
		}
		l.mu.Lock()
		if l.closed {
			delete(r.logs, l)
		}
		l.mu.Unlock()
	}
	return all
}
