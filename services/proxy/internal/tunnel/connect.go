package tunnel

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connect makes a tunnel to target and stays until it ends.
func (h *Handler) connect(w http.ResponseWriter, r *http.Request, target string, c *call) {
	ctx, cancel := context.WithTimeout(r.Context(), h.cfg.ConnectTimeout)
	upstream, err := h.dial(ctx, "tcp", target)
	cancel()
	if err != nil {
		h.failed(w, r, err)
		return
	}
	defer upstream.Close() //nolint:errcheck // the tunnel is over
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.failed(w, r, err)
		return
	}
	defer client.Close() //nolint:errcheck // the tunnel is over
	c.entry.Status = http.StatusOK
	t := &tunnel{
		idle: h.cfg.IdleTimeout, end: c.start.Add(h.cfg.TotalTimeout), max: h.cfg.MaxBytes,
		client: client, upstream: upstream,
	}
	t.touch()
	stop := context.AfterFunc(h.closing, t.cut) //nolint:contextcheck // the proxy's end, not the request's
	defer stop()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		c.entry.Reason = err.Error()
		return
	}
	// What the client sent before it had our answer is in the server's buffer.
	if err := t.run(io.MultiReader(io.LimitReader(buffered, int64(buffered.Reader.Buffered())), client)); err != nil {
		c.entry.Reason = err.Error()
	}
	c.entry.BytesIn, c.entry.BytesOut = t.in.Load(), t.out.Load()
}

// tunnel copies both ways until both sides are done, one fails, or a limit is reached.
type tunnel struct {
	idle             time.Duration
	end              time.Time
	max              int64
	client, upstream net.Conn
	in, out          atomic.Int64

	mu   sync.Mutex // orders touch and cut, so that nothing revives a tunnel that was cut
	over bool
}

// cut ends the tunnel from outside.
func (t *tunnel) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	now := time.Now()
	_ = t.client.SetDeadline(now) // an error means that it is closed already
	_ = t.upstream.SetDeadline(now)
}

// touch allows both connections another idle time, within the total.
func (t *tunnel) touch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	deadline := time.Now().Add(t.idle)
	if t.end.Before(deadline) {
		deadline = t.end
	}
	_ = t.client.SetDeadline(deadline)
	_ = t.upstream.SetDeadline(deadline)
}

var errBytes = errors.New("the tunnel reached its limit of bytes")

func (t *tunnel) run(fromClient io.Reader) error {
	var wg sync.WaitGroup
	var outErr, inErr error
	wg.Go(func() { outErr = t.copy(t.upstream, fromClient, &t.out) })
	inErr = t.copy(t.client, t.upstream, &t.in)
	wg.Wait()
	return errors.Join(outErr, inErr)
}

// copy copies until the end of src, which it passes on; any other end ends the whole tunnel.
func (t *tunnel) copy(dst net.Conn, src io.Reader, count *atomic.Int64) error {
	buffer := make([]byte, 32<<10)
	for {
		n, readErr := src.Read(buffer)
		if n > 0 {
			t.touch()
			if count.Add(int64(n)) > t.max {
				t.cut()
				return errBytes
			}
			if _, err := dst.Write(buffer[:n]); err != nil {
				t.cut()
				return err
			}
		}
		if errors.Is(readErr, io.EOF) {
			if half, ok := dst.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite() // an error means that it is closed already
			}
			return nil
		}
		if readErr != nil {
			t.cut()
			return readErr
		}
	}
}

// countingWriter notes the status and the bytes of an answer.
type countingWriter struct {
	http.ResponseWriter
	status int
	n      int64
}

// WriteHeader implements http.ResponseWriter.
func (w *countingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the server's writer.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countingReader counts the bytes of a request's body; the transport reads it in a goroutine of its own.
type countingReader struct {
	io.ReadCloser
	n atomic.Int64
}

// Read implements io.Reader.
func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.n.Add(int64(n))
	return n, err
}
