package gate

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// transferPause is how long the sender of a file may send nothing, and the receiver of an export take nothing. A connection is not
// kept for who only holds it.
const transferPause = 30 * time.Second

// paced is a body whose sender may not pause for longer than pause, nor send for longer than until. Without it the reader of
// a body waits for as long as the connection lives: the deadline of a request's context ends no read.
type paced struct {
	io.ReadCloser

	deadline func(time.Time) error // sets that of reads from the connection
	pause    time.Duration
	until    time.Time
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	next := time.Now().Add(p.pause)
	if next.After(p.until) {
		next = p.until
	}
	if err := p.deadline(next); err != nil {
		return 0, err
	}
	n, err := p.ReadCloser.Read(b)
	if errors.Is(err, io.EOF) { // from here on the server watches the connection for its end
		_ = p.deadline(p.until) // a connection that cannot be set has gone
	}
	// After another error the deadline stays: the server would wait for the rest before it answers.
	return n, err
}

// PacedWriter writes a response whose receiver may not pause for long: one that takes nothing is let go.
func PacedWriter(w http.ResponseWriter) io.Writer {
	return &pacedWriter{w, http.NewResponseController(w).SetWriteDeadline, transferPause}
}

// pacedWriter is a response whose receiver may not pause for longer than pause.
type pacedWriter struct {
	io.Writer

	deadline func(time.Time) error // sets that of writes to the connection
	pause    time.Duration
}

// Write implements io.Writer.
func (p *pacedWriter) Write(b []byte) (int, error) {
	if err := p.deadline(time.Now().Add(p.pause)); err != nil {
		return 0, err
	}
	return p.Writer.Write(b)
}
