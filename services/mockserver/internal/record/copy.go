package record

import (
	"time"

	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/event"
)

// Record is the copy of one request, in one buffer that the next one uses again. Its slices are valid until it is
// released.
type Record struct {
	Mock      *MockRecorder
	Recording *event.Recording // as it was when the request was answered
	At        time.Time
	Duration  time.Duration
	Endpoint  string
	Status    int
	Revision  int
	Nearest   []event.Near
	Secrets   *env.Set // Request.Secrets

	BodySize, AnswerSize int // of the whole bodies

	text                                              []byte // method, host, path, query, header, body, answer's header, answer
	method, host, path, query, head, body, answerHead int    // where each ends in text
}

// Method is the method.
func (c *Record) Method() []byte { return c.text[:c.method] }

// Host is the Host header.
func (c *Record) Host() []byte { return c.text[c.method:c.host] }

// Path is the path as it came.
func (c *Record) Path() []byte { return c.text[c.host:c.path] }

// Query is the query without its question mark.
func (c *Record) Query() []byte { return c.text[c.path:c.query] }

// Header is the request's header: "Name: value\r\n" lines.
func (c *Record) Header() []byte { return c.text[c.query:c.head] }

// Body is what was kept of the request's body.
func (c *Record) Body() []byte { return c.text[c.head:c.body] }

// AnswerHeader is the answer's header: "Name: value\r\n" lines.
func (c *Record) AnswerHeader() []byte { return c.text[c.body:c.answerHead] }

// Answer is what was kept of the answer's body.
func (c *Record) Answer() []byte { return c.text[c.answerHead:] }

// headerGuess is what the headers of request and answer are taken for before they are copied, in bytes.
const headerGuess = 512

// take copies a request if its mock's budget, everybody's budget and the memory allow it.
func (r *Recorder) take(m *MockRecorder, q *Request, choice *event.Recording) bool {
	bare := choice.ModeOrDefault() != event.RecordFull && choice.ModeOrDefault() != event.RecordRedacted
	body, answer := q.Body[:min(len(q.Body), r.limits.Body)], q.Answer[:min(len(q.Answer), r.limits.Body)]
	size := headerGuess + len(q.Path) + len(q.Query) + len(body) + len(answer)
	if bare {
		size = headerGuess
	}
	now := q.At.UnixNano()
	own, cost := &m.budget, r.mock.of(size)
	if q.Session {
		own, cost = &m.sessions, r.sessions.of(size)
	}
	if !own.take(now, cost) || !r.overall.take(now, r.all.of(size)) || r.used.Load()+int64(size) > r.limits.Bytes {
		return false
	}
	c := r.free.Get().(*Record) //nolint:forcetypeassert // the pool holds nothing else
	*c = Record{
		Mock: m, Recording: choice, At: q.At, Duration: q.Duration, Endpoint: q.Endpoint, Status: q.Status, Secrets: q.Secrets,
		Revision: q.Revision,
		BodySize: len(q.Body), AnswerSize: len(q.Answer), text: c.text,
	}
	text := append(c.text[:0], q.Method...)
	c.method = len(text)
	text = append(text, q.Host...)
	c.host = len(text)
	text = append(text, q.Path...)
	c.path = len(text)
	if !bare {
		text = append(text, q.Query...)
	}
	c.query = len(text)
	if !bare && q.Header != nil {
		text = q.Header.AppendTo(text)
	}
	c.head = len(text)
	if !bare {
		text = append(text, body...)
	}
	c.body = len(text)
	if !bare && q.AnswerHeader != nil {
		text = q.AnswerHeader.AppendTo(text)
	}
	c.answerHead = len(text)
	if !bare {
		text = append(text, answer...)
		c.Nearest = q.Nearest // it may name values of the request
	}
	c.text = text
	r.used.Add(int64(cap(text)))
	select {
	case r.records <- c:
		return true
	default:
		r.Release(c)
		return false
	}
}
