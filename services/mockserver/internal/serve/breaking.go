package serve

import (
	"bytes"
	"crypto/rand"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Breaker is a ResponseWriter without a connection to break: it is called with the fault instead.
type Breaker interface{ Break(fault string) }

// garbageBytes is how much is sent that is no answer.
const garbageBytes = 256

// breaks reports whether the answer is a fault.
func (x *exchange) breaks() bool {
	return x.answered && !x.endpoint.plain && x.endpoint.spec.Response.Fault != ""
}

// streams reports whether the answer is sent little by little.
func (x *exchange) streams() bool {
	return x.answered && x.endpoint.latency.Paced() && len(x.answer.body) > 0
}

// breakOff makes the fault of the answer. It reports whether the caller is to abort the exchange with http.ErrAbortHandler.
func (x *exchange) breakOff(w http.ResponseWriter) (abort bool) {
	fault := x.endpoint.spec.Response.Fault
	if b, ok := w.(Breaker); ok {
		b.Break(fault)
		return false
	}
	control := http.NewResponseController(w)
	if fault == mockspec.FaultCut {
		body := x.answer.body
		if !allowsBody(x.answer.status) {
			body = nil
		}
		if x.answer.length == nil {
			x.answer.length = lengthOf(body)
		}
		x.answer.body = body[:len(body)/2]
		w.Header()["Content-Length"] = x.answer.length
		x.write(w)
		_ = control.Flush() // the caller may be gone
		return true
	}
	conn, _, err := control.Hijack()
	if err != nil {
		return true // HTTP/2: the stream is reset
	}
	switch fault {
	case mockspec.FaultReset:
		if tcp, ok := innermost(conn).(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what follows is a reset
		}
	case mockspec.FaultGarbage:
		noise := make([]byte, garbageBytes)
		_, _ = rand.Read(noise) // never fails
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = conn.Write(noise) // the caller may be gone
	}
	_ = conn.Close()
	return false
}

// innermost is the connection that others are made of.
func innermost(conn net.Conn) net.Conn {
	for {
		outer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = outer.NetConn()
	}
}

// maxStream is how long a body may be sent.
const maxStream = 10 * time.Minute

// stream sends the answer little by little. It ends early when the caller goes, when the mock is replaced, or after maxStream.
func (x *exchange) stream(w http.ResponseWriter, paced *mockspec.Latency) {
	whole := x.answer.body
	x.answer.body, x.answer.length = nil, nil
	defer func() { x.answer.body = whole }() // which is recorded
	body := whole
	if !allowsBody(x.answer.status) {
		body = nil
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(maxStream + time.Second)) // where that cannot be set, the server's own holds
	x.write(w)
	if control.Flush() != nil { // nobody to wait for
		_, _ = w.Write(body)
		return
	}
	end := time.Now().Add(maxStream)
	step := len(body)
	if paced.BytesPerSecond > 0 {
		step = max(1, paced.BytesPerSecond/stepsPerSecond)
	}
	events := strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream")
	for first := true; len(body) > 0; first = false {
		piece := body
		if paced.PauseMS > 0 {
			piece = nextPiece(body, events)
			if !first && !x.pause(time.Duration(paced.PauseMS)*time.Millisecond, end) {
				return
			}
		}
		body = body[len(piece):]
		for len(piece) > 0 {
			part := piece[:min(step, len(piece))]
			piece = piece[len(part):]
			if _, err := w.Write(part); err != nil || control.Flush() != nil {
				return
			}
			if b := paced.BytesPerSecond; b > 0 && len(piece)+len(body) > 0 &&
				!x.pause(time.Duration(len(part))*time.Second/time.Duration(b), end) {
				return
			}
		}
	}
}

// stepsPerSecond is how often a body with a speed is sent on.
const stepsPerSecond = 20

// pause waits, and reports whether the answer goes on.
func (x *exchange) pause(d time.Duration, end time.Time) bool {
	x.wait(min(d, time.Until(end)))
	select {
	case <-x.ctx.Done():
		return false
	case <-x.mock.done:
		return false
	default:
		return time.Now().Before(end)
	}
}

// nextPiece is the first event of a stream of events, or the first line, with what ends it.
func nextPiece(body []byte, events bool) []byte {
	end := []byte("\n")
	if events {
		end = []byte("\n\n")
		if i := bytes.Index(body, []byte("\r\n\r\n")); i >= 0 {
			if j := bytes.Index(body, end); j < 0 || i < j {
				return body[:i+4]
			}
		}
	}
	if i := bytes.Index(body, end); i >= 0 {
		return body[:i+len(end)]
	}
	return body
}
