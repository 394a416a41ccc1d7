package http1

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

const (
	smallBuffer = 4 << 10
	// keptBuffer bounds what a connection keeps when it has nothing to do.
	keptBuffer = 16 << 10
	// copied bounds the bodies that are copied behind their head; larger ones are written from where they are.
	copied = 16 << 10
	// maxSlack bounds by how much some deadlines may come early, so that they need not be set for each request.
	maxSlack = time.Second
)

// conn is a connection with simple requests. Only its goroutine touches it, but for draining, which may set a deadline that has passed.
type conn struct {
	server *Server
	net    *net.TCPConn
	place  *lifecycle.Place

	in      []byte  // what was read
	from    int     // where the next request begins in it
	out     []byte  // answers that are still to be written
	request Request // the latest one that was parsed
	// exchange is the one that was begun and has not ended; nil: none.
	exchange Exchange
	behind   bool // what comes next is behind an answer
	handed   bool

	now   time.Time // when it was read last
	began time.Time // when the first byte of the next request had come; zero: it has not
	// The deadlines as they are set.
	readBy, writeBy time.Time

	ended bool // the caller sends no more
}

// serve answers requests until the connection is over or handed over.
func (c *conn) serve() {
	defer c.end()
	for {
		verdict := c.head()
		switch {
		case verdict == incomplete:
			if !c.flush() {
				return
			}
			if !c.read(0) {
				c.cutOff()
				return
			}
		case verdict == notSimple, !c.answer():
			return
		}
	}
}

// end closes the connection, unless it is another's now.
func (c *conn) end() {
	if p := recover(); p != nil {
		// As in net/http: a bug in one answer costs one connection.
		c.server.log.Error("panic in an answer", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		if c.exchange != nil {
			c.over()
		}
	}
	c.server.forget(c)
	if !c.handed {
		_ = c.net.Close() // nothing is lost by it
		c.place.Leave()
	}
}

type verdict uint8

const (
	incomplete verdict = iota
	simple
	notSimple
)

// unread is what was read and not used.
func (c *conn) unread() []byte { return c.in[c.from:] }

// head looks for a whole head among what was read, and parses it. If it is not simple, the connection is handed over.
func (c *conn) head() verdict {
	text := c.unread()
	if len(text) == 0 {
		return incomplete
	}
	if c.began.IsZero() {
		c.began = c.now
	}
	if c.behind { // net/http looks at four bytes, and is patient with old clients that end a body with a line break
		if len(text) < 4 {
			return incomplete
		}
		c.behind = false
		if c.request.Method == "POST" {
			c.from += 4 - len(bytes.TrimLeft(text[:4], "\r\n"))
			return c.head()
		}
	}
	// Callers often ask the same again.
	if h := c.request.head; h != "" && len(text) >= len(h) && string(text[:len(h)]) == h {
		return simple
	}
	most := min(maxHead, c.server.cfg.MaxHeaderBytes)
	size := bytes.Index(text[:min(len(text), most)], []byte("\r\n\r\n"))
	switch {
	case size >= 0 && c.request.parse(string(text[:size+4])):
		return simple
	case size >= 0 || len(text) >= most || oddStart(text):
		c.handOver()
		return notSimple
	}
	return incomplete
}

// oddStart tells early that what has come of a head is not going to be simple, so that nobody waits for its end.
func oddStart(text []byte) bool {
	if text[0] < 'A' || text[0] > 'Z' {
		return true
	}
	for i := bytes.IndexByte(text, '\n'); i >= 0; {
		if i == 0 || text[i-1] != '\r' {
			return true
		}
		next := bytes.IndexByte(text[i+1:], '\n')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// answer answers the request whose head is there. It reports whether the connection goes on.
func (c *conn) answer() bool {
	r := &c.request
	if int64(r.Length) > min(maxBody, c.server.cfg.MaxBody) {
		c.handOver()
		return false
	}
	r.At = c.now
	x := c.server.handler.Begin(r)
	if x == nil {
		c.handOver()
		return false
	}
	c.exchange = x
	size := len(r.head) + r.Length
	for len(c.unread()) < size {
		if c.flush() && c.read(size) {
			continue
		}
		c.over()
		c.cutOff()
		return false
	}
	a := x.Answer(c.unread()[len(r.head):size])
	last := r.Close || c.server.draining.Load()
	written := c.write(a, last)
	if last || len(c.unread()) == size { // else answers that follow at once go with it
		written = written && c.flush()
	}
	c.over()
	c.from += size
	c.began = time.Time{}
	c.behind = true
	return written && !last
}

// over ends the exchange.
func (c *conn) over() {
	x := c.exchange
	c.exchange = nil
	x.End()
}

// write puts the answer behind those that wait to be written, or writes all of them. It reports whether that worked.
func (c *conn) write(a *Answer, last bool) bool {
	body := a.Body
	if !mayHaveBody(a.Status) {
		body = nil
	}
	c.out = a.append(c.out, c.server.clock.line(c.now), body, last)
	if len(body) <= copied {
		c.out = append(c.out, body...)
		return len(c.out) < copied || c.flush()
	}
	c.armWrite()
	both := net.Buffers{c.out, body}
	_, err := both.WriteTo(c.net)
	c.out = c.out[:0]
	return err == nil
}

// flush writes the answers that wait. It reports whether that worked.
func (c *conn) flush() bool {
	if len(c.out) == 0 {
		return true
	}
	c.armWrite()
	_, err := c.net.Write(c.out)
	if c.out = c.out[:0]; cap(c.out) > 2*keptBuffer {
		c.out = nil
	}
	return err == nil
}

// read reads more of a message that has size bytes, 0 while that is not known. It reports whether the connection goes on.
func (c *conn) read(size int) bool {
	c.makeRoom(size)
	for {
		idle := len(c.unread()) == 0
		c.armRead(idle, size)
		if idle && c.server.draining.Load() {
			return false
		}
		n, err := c.net.Read(c.in[len(c.in):cap(c.in)])
		c.now = time.Now()
		c.place.Touch(c.now)
		c.in = c.in[:len(c.in)+n]
		if err == nil {
			return true
		}
		c.ended = errors.Is(err, io.EOF)
		// Draining interrupts those who wait; a request that has begun to come is still waited for.
		if !errors.Is(err, os.ErrDeadlineExceeded) || idle || !c.now.Before(c.readBy) {
			return false
		}
		c.readBy = time.Time{}
	}
}

// makeRoom sees to it that something can be read behind what is unread, and all of a message of that size.
func (c *conn) makeRoom(size int) {
	unread := c.unread()
	if len(unread) == 0 && cap(c.in) > keptBuffer {
		c.in = nil
	}
	switch want := max(size, len(unread)+1); {
	case c.from+want > cap(c.in) && want <= cap(c.in):
		copy(c.in, unread)
	case want > cap(c.in):
		grown := make([]byte, max(smallBuffer, size, 2*len(unread)))
		copy(grown, unread)
		c.in = grown
	case len(unread) > 0:
		return
	}
	c.in, c.from = c.in[:len(unread)], 0
}

// armRead sets the deadline of reading: for the next request, for the rest of a head, or for the rest of a body.
func (c *conn) armRead(idle bool, size int) {
	cfg := &c.server.cfg
	var by time.Time
	switch {
	case idle:
		if by = c.now.Add(cfg.IdleTimeout); near(c.readBy, by, cfg.IdleTimeout) {
			return
		}
	case size == 0:
		by = c.began.Add(cfg.ReadHeaderTimeout)
	default:
		by = c.began.Add(cfg.ReadTimeout)
	}
	if !by.Equal(c.readBy) {
		_ = c.net.SetReadDeadline(by) // if it cannot be set, the connection is over and Read says so
		c.readBy = by
	}
}

// armWrite sets the deadline of writing.
func (c *conn) armWrite() {
	timeout := c.server.cfg.WriteTimeout
	if by := c.now.Add(timeout); !near(c.writeBy, by, timeout) {
		_ = c.net.SetWriteDeadline(by) // as in armRead
		c.writeBy = by
	}
}

// near reports whether a deadline that is set is as good as the one that should be: not later, and only a little earlier.
func near(is, should time.Time, timeout time.Duration) bool {
	early := should.Sub(is)
	return early >= 0 && early < min(maxSlack, timeout/8)
}

// cutOff lets net/http say what is wrong with half a message from a caller who sends no more, but may listen.
func (c *conn) cutOff() {
	if c.ended && len(c.unread()) > 0 && !c.behind {
		c.handOver()
	}
}

// handOver gives the connection to net/http, with what was read and not used. What was answered is written first.
func (c *conn) handOver() {
	if !c.flush() {
		return
	}
	// net/http sets its own deadlines, with the first request that it reads.
	_ = c.net.SetReadDeadline(c.now.Add(c.server.cfg.ReadHeaderTimeout))
	_ = c.net.SetWriteDeadline(time.Time{})
	to := &c.server.handed
	if bytes.HasPrefix(c.unread(), []byte("PRI * HTTP/2.0\r\n")) {
		to = &c.server.http2
	}
	c.handed = to.offer(&handedConn{Conn: c.net, place: c.place, replay: bytes.Clone(c.unread())})
}
