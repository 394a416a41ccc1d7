package mockserver

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// serveText serves a mock until the test ends, and returns where.
func serveText(t *testing.T, mock string) string {
	t.Helper()
	_, address := serveMock(t, start, mock, nil)
	return address
}

const faults = `
- endpoint: {path: /empty, response: {fault: empty}}
- endpoint: {path: /reset, response: {fault: reset}}
- endpoint: {path: /garbage, response: {fault: garbage}}
- endpoint: {path: /cut, response: {status: 201, fault: cut, headers: {X-A: b}, body: "0123456789"}}
- endpoint: {path: /some, responses: [{if: {query-params.q: bad}, fault: empty}], response: {body: fine}}
`

// TestFaults breaks connections in every way and looks at what a client sees on the wire.
func TestFaults(t *testing.T) {
	address := serveText(t, faults)
	ask := func(path string) ([]byte, error) {
		conn := dial(t, address)
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		return io.ReadAll(conn)
	}
	for _, path := range []string{"/empty", "/some?q=bad"} {
		if got, err := ask(path); len(got) > 0 || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if got, err := ask("/reset"); len(got) > 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %q, %v", got, err)
	}
	if got, err := ask("/garbage"); len(got) == 0 || bytes.HasPrefix(got, []byte("HTTP/")) || err != nil {
		t.Errorf("garbage: %q, %v", got, err)
	}
	got, err := ask("/cut")
	head, body, _ := strings.Cut(string(got), "\r\n\r\n")
	if err != nil || !strings.HasPrefix(head, "HTTP/1.1 201") || !strings.Contains(head, "X-A: b") || !strings.Contains(head, "Content-Length: 10") || body != "01234" {
		t.Errorf("cut: %q, %v", got, err)
	}
	conn := dial(t, address)
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /some HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || answer.StatusCode != http.StatusOK {
		t.Error("what does not break:", err)
	}
}

// TestFaultsHTTP2 resets the stream, and leaves the connection to the other requests on it.
func TestFaultsHTTP2(t *testing.T) {
	address := serveText(t, faults)
	k := talkHTTP2(t, address)
	stream := uint32(1)
	for _, path := range []string{"/empty", "/reset", "/garbage", "/cut"} {
		if err := k.ask(stream, true, ":method", "GET", ":scheme", "http", ":authority", "a", ":path", path); err != nil {
			t.Fatal(err)
		}
		if got := k.until(t, http2.FrameRSTStream); !strings.HasPrefix(got, "RST_STREAM") {
			t.Errorf("%s: %s", path, got)
		}
		stream += 2
	}
	if err := k.ask(stream, true, ":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/some"); err != nil {
		t.Fatal(err)
	}
	if got := k.until(t, http2.FrameHeaders); !strings.Contains(got, "200") {
		t.Errorf("the next request: %s", got)
	}
}

// TestStream sends events with a pause between them, and lines at a speed.
func TestStream(t *testing.T) {
	address := serveText(t, `
- endpoint:
    path: /events
    response:
      headers: {Content-Type: text/event-stream}
      latency: {pause-ms: 100}
      body: "{% for w in json-params.w %}{% endfor %}data: a\ndata: b\n\ndata: c\n\n"
- endpoint: {path: /slow, response: {headers: {Content-Type: text/plain}, body: "0123456789", latency: {bytes-per-second: 100}}}
`)
	answer, err := http.Get("http://" + address + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ContentLength != -1 {
		t.Errorf("the length is known: %d", answer.ContentLength)
	}
	buf := make([]byte, 100)
	n, err := answer.Body.Read(buf)
	if first := string(buf[:n]); err != nil || first != "data: a\ndata: b\n\n" {
		t.Fatalf("first %q, %v", first, err)
	}
	began := time.Now()
	rest, err := io.ReadAll(answer.Body)
	if string(rest) != "data: c\n\n" || err != nil {
		t.Errorf("then %q, %v", rest, err)
	}
	if d := time.Since(began); d < 90*time.Millisecond {
		t.Errorf("the second event came after %v", d)
	}
	began = time.Now()
	answer, err = http.Get("http://" + address + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if string(all) != "0123456789" || err != nil || time.Since(began) < 50*time.Millisecond {
		t.Errorf("%q, %v after %v", all, err, time.Since(began))
	}
	http.DefaultClient.CloseIdleConnections()
}
