package gate

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// Who sends a part of a body and then nothing is let go; who goes on sending is not.
func TestPaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent         string
		pause, until time.Duration
		cut          bool
	}{
		"stalls":                {"half a", 50 * time.Millisecond, time.Minute, true},
		"goes on for too long":  {"half a", time.Minute, 50 * time.Millisecond, true},
		"sends all":             {"half a bod", time.Minute, time.Minute, false},
		"sends all, and is not": {"half a body too many", time.Minute, time.Minute, false},
	} {
		read := make(chan error, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(&paced{r.Body, http.NewResponseController(w).SetReadDeadline, c.pause, time.Now().Add(c.until)})
			read <- err
		}))
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"+c.sent); err != nil {
			t.Fatal(err)
		}
		if err := <-read; errors.Is(err, os.ErrDeadlineExceeded) != c.cut || !c.cut && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// The answer comes at once, and does not wait for the rest.
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Errorf("%s: %q, %v", name, line, err)
		}
		_ = conn.Close()
		server.Close()
	}
}

// Who takes nothing of an answer is let go.
func TestPacedWriter(t *testing.T) {
	t.Parallel()
	wrote := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p := &pacedWriter{w, http.NewResponseController(w).SetWriteDeadline, 50 * time.Millisecond}
		var err error
		for part := make([]byte, 1<<16); err == nil; { // until nothing more fits between the two
			_, err = p.Write(part)
		}
		wrote <- err
	}))
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
