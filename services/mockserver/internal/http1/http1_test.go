package http1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// conversations are what is sent on one connection.
func conversations() []string {
	const get = "GET /a?b HTTP/1.1\r\nHost: h\r\nX-Y: z\r\n\r\n"
	const post = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
	all := []string{
		"", get, get + get, post + get + post, post + "\r\n" + get, get + "\r\n" + get,
		"GET /large HTTP/1.1\r\nHost: h\r\n\r\n" + get, "GET /empty HTTP/1.1\r\nHost: h\r\n\r\n" + get, "GET /odd HTTP/1.1\r\nHost: h\r\n\r\n" + get,
		"GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + get, get + "GET /net-http HTTP/1.1\r\nHost: h\r\n\r\n" + get,
		"GET /net-http HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + post,
		get + "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n" + get, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get,
		get + "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + get,
		post + "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello" + get,
		"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n" + strings.Repeat("b", 70_000) + get,
		"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat("b", 60_000) + get,
		"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 9000) + "\r\n\r\n" + get,
		"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 90_000) + "\r\n\r\n" + get,
		// Cut off.
		"G", "GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\r\nHost: h\r\n", get + "GET /a", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel",
		"hello", "\x16\x03\x01\x02\x00", "\n", "\r\n", "\r\n\r\n" + get, "GET /a HTTP/1.1\nHost: h\n\n" + get, get + "GET /a HTTP/1.1\r\nHost: h\n\r\n",
		// What is after an answer counts for the next, whoever looks at it.
		"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" + get,
		"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" + get, "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0" + strings.Repeat("0", 8) + "\r\n\r\n" + get,
	}
	for _, h := range heads {
		if strings.HasPrefix(h.text, "CONNECT") || strings.HasPrefix(h.text, "PRI") {
			continue // net/http has h2c turned off in what this is compared with; the other is given separately by its method
		}
		all = append(all, h.text, get+h.text+get)
	}
	return all
}

// TestSameAsNetHTTP: whatever is sent, and in whatever pieces it comes, the answers are those of net/http.
func TestSameAsNetHTTP(t *testing.T) {
	e := newEcho()
	r := run(t, testConfig(), e)
	theirs := runNetHTTP(t, testConfig(), newEcho())
	for _, text := range conversations() {
		want := converse(t, theirs, text)
		if diff := cmp.Diff(want, converse(t, r.address, text)); diff != "" {
			t.Errorf("%.300q (-net/http +ours):\n%s", text, diff)
		}
		if len(text) > 500 {
			continue
		}
		pieces := strings.Split(text, "")
		if diff := cmp.Diff(want, converse(t, r.address, pieces...)); diff != "" {
			t.Errorf("byte by byte, %.300q (-net/http +ours):\n%s", text, diff)
		}
	}
	if e.begun.Load() == 0 {
		t.Error("nothing was simple")
	}
}

// FuzzConversation: the same of anything.
func FuzzConversation(f *testing.F) {
	for _, text := range conversations() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	r := run(f, testConfig(), newEcho())
	theirs := runNetHTTP(f, testConfig(), newEcho())
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "/wait") || strings.Contains(text, "/panic") {
			return
		}
		if diff := cmp.Diff(converse(t, theirs, text), converse(t, r.address, text)); diff != "" {
			t.Errorf("%q (-net/http +ours):\n%s", text, diff)
		}
	})
}

// closed waits until the server has closed a connection, without an answer.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	if rest, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") || len(rest) > 0 {
		t.Errorf("not just closed: %q %v", rest, err)
	}
}

// TestSlowCallers: who takes too long to send, or sends nothing, is hung up on.
func TestSlowCallers(t *testing.T) {
	const short = 300 * time.Millisecond
	cfg := testConfig()
	cfg.ReadHeaderTimeout, cfg.ReadTimeout, cfg.IdleTimeout = short/2, short, short
	r := run(t, cfg, newEcho())
	for name, text := range map[string]string{
		"nothing": "", "half a head": "GET /a HTTP/1.1\r\nHost:", "half a body": "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, r.address)
			_, _ = io.WriteString(conn, text)
			closed(t, conn) // long before anybody else's deadline
		})
	}
	t.Run("a byte now and then", func(t *testing.T) {
		t.Parallel()
		conn := dial(t, r.address)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			if _, err := conn.Write([]byte("G")); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("bytes keep a connection open")
			} else if err != nil {
				return
			}
			<-ticker.C
		}
	})
	t.Run("asks in time", func(t *testing.T) {
		t.Parallel()
		// Who is not scheduled for a while does not ask in time: only one that did has to be answered, and one does in the end.
		for end := time.Now().Add(guard); time.Now().Before(end); {
			if asksInTime(t, r.address, short) {
				return
			}
		}
		t.Error("nobody could ask in time")
	})
}

// asksInTime has six requests on one connection answered whose bodies take their time, together longer than any of the deadlines,
// which are not shorter than the one given. It reports false when it was too late with one itself.
func asksInTime(t *testing.T, address string, deadline time.Duration) bool {
	t.Helper()
	last := time.Now()
	conn := dial(t, address)
	defer conn.Close()
	in := bufio.NewReader(conn)
	ticker := time.NewTicker(deadline / 3)
	defer ticker.Stop()
	for range 6 {
		began := time.Now()
		_, _ = io.WriteString(conn, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nh")
		<-ticker.C
		_, _ = io.WriteString(conn, "i")
		answer, err := http.ReadResponse(in, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
		}
		if err != nil {
			// The server counts from the end of the request before, or from the head of this one, and may be early by an eighth.
			if took := time.Since(last); took < deadline*7/8 {
				t.Fatalf("hung up on after %s: %v", took, err)
			}
			return false
		}
		last = began
	}
	return true
}

// TestDeafCaller: who does not read is hung up on too.
func TestDeafCaller(t *testing.T) {
	cfg := testConfig()
	cfg.WriteTimeout = 200 * time.Millisecond
	r := run(t, cfg, newEcho())
	conn := dial(t, r.address)
	_ = conn.SetReadBuffer(4 << 10)
	for {
		_, err := io.WriteString(conn, strings.Repeat("GET /large HTTP/1.1\r\nHost: h\r\n\r\n", 100))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("it is not hung up on")
		}
		if err != nil {
			return // as soon as the server has closed it
		}
	}
}

// TestPanic: a bug costs one connection, nobody else's.
func TestPanic(t *testing.T) {
	e := newEcho()
	r := run(t, testConfig(), e)
	conn := dial(t, r.address)
	_, _ = io.WriteString(conn, "GET /panic HTTP/1.1\r\nHost: h\r\n\r\n")
	closed(t, conn)
	if got := converse(t, r.address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"); !strings.Contains(got, "200 OK") {
		t.Errorf("after a panic: %s", got)
	}
}

// TestTooManyConnections: one more than allowed is hung up on, and the places of those who leave are free again.
func TestTooManyConnections(t *testing.T) {
	cfg := testConfig()
	cfg.MaxConnections = 2
	r := run(t, cfg, newEcho())
	ask := func(path string) *net.TCPConn {
		conn := dial(t, r.address)
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path)
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	first, second := ask("/a"), ask("/net-http")
	closed(t, dial(t, r.address))
	for _, conn := range []*net.TCPConn{first, second} {
		_ = conn.Close()
	}
	r.await(t, "places that are given back", func() bool { return r.places.Open() == 0 })
	ask("/a")
}

// TestStop: who waits is hung up on at once, what was asked is answered, and a request that has begun to come is waited for.
func TestStop(t *testing.T) {
	e := newEcho()
	r := run(t, testConfig(), e)
	idle := dial(t, r.address)
	_, _ = io.WriteString(idle, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
		t.Fatal(err)
	}
	silent := dial(t, r.address)
	half := dial(t, r.address)
	_, _ = io.WriteString(half, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nh")
	busy, theirs := dial(t, r.address), dial(t, r.address)
	for conn, method := range map[*net.TCPConn]string{busy: "GET", theirs: "BREW"} {
		_, _ = fmt.Fprintf(conn, "%s /wait HTTP/1.1\r\nHost: h\r\n\r\n", method)
		<-e.entered
	}
	r.await(t, "the half request to begin", func() bool { return e.begun.Load() == 3 })
	r.stop()
	closed(t, silent)
	if rest, err := io.ReadAll(idle); err != nil || strings.Contains(string(rest), "HTTP/1.1") {
		t.Errorf("an idle connection: %q %v", rest, err)
	}
	for conn, err := net.Dial("tcp", r.address); err == nil; conn, err = net.Dial("tcp", r.address) {
		_ = conn.Close() // the listener is about to be closed
	}
	_, _ = io.WriteString(half, "i")
	close(e.released)
	for name, conn := range map[string]*net.TCPConn{"half": half, "busy": busy, "net/http's": theirs} {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if answer.StatusCode != 200 || !answer.Close {
			t.Errorf("%s: %s, close %t", name, answer.Status, answer.Close)
		}
	}
	<-r.ended
}

// TestListenerFails: a listener that somebody else closes ends the server with an error.
func TestListenerFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, e := testConfig(), newEcho()
	ended := make(chan error, 1)
	go func() {
		ended <- New(cfg, e, slog.New(slog.DiscardHandler)).Run(context.Background(), listener,
			netHTTP(&cfg, e, func(p *http.Protocols) { p.SetHTTP1(true) }), netHTTP(&cfg, e, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }))
	}()
	_ = listener.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
}

func TestAppendLine(t *testing.T) {
	for _, c := range []struct {
		name, value, want string
		has               Has
	}{
		{"X", "y", "X: y\r\n", 0},
		{"X", " a\r\nY: b\t", "X: a  Y: b\r\n", 0},
		{"X", "", "X: \r\n", 0},
		{"X Y", "z", "", 0},
		{"", "z", "", 0},
		{"Content-Type", "t", "Content-Type: t\r\n", HasType},
		{"Content-Encoding", "t", "Content-Encoding: t\r\n", HasEncoding},
		{"Date", "t", "Date: t\r\n", HasDate},
	} {
		if got, has := AppendLine(nil, c.name, c.value); string(got) != c.want || has != c.has {
			t.Errorf("AppendLine(%q, %q) = %q, %d", c.name, c.value, got, has)
		}
	}
}
