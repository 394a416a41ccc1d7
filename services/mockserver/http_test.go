package mockserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

const rawMock = `
- endpoint: {path: /x, response: {headers: {Content-Type: text/plain}, body: hello}}
- endpoint: {path: "/n/:n", response: {headers: {Content-Type: text/plain}, body: "n={{path-params.n}}"}}
- endpoint: {method: POST, path: /echo, response: {headers: {Content-Type: text/plain}, body: "[{{request.body}}]"}}
- endpoint: {path: /big, response: {headers: {Content-Type: text/plain}, body: "{% for i in query-params.n|range %}0123456789{% endfor %}"}}
`

// rawServer serves rawMock until the test ends.
func rawServer(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "raw.yml")
	if err := os.WriteFile(file, []byte(rawMock), 0o600); err != nil {
		t.Fatal(err)
	}
	s, address := start(t, testConfig(&FileConfig{Files: []string{file}}))
	if err := s.fileSource().Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return address
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// TestRawHTTP sends bytes, well-formed or not, and compares status lines and bodies of all answers on the connection.
func TestRawHTTP(t *testing.T) {
	address := rawServer(t)
	for _, c := range []struct {
		name, send string
		want       []string // "status body", and "closed" when the server ends the connection
	}{
		{"http 1.1 keeps the connection", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 hello"}},
		{"http 1.0 does not", "GET /x HTTP/1.0\r\n\r\n", []string{"200 hello", "closed"}},
		{"http 1.0 unless asked", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", []string{"200 hello"}},
		{"connection: close", "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", []string{"200 hello", "closed"}},
		{
			"pipelining answers in order", "GET /n/1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /n/3 HTTP/1.1\r\nHost: a\r\n\r\n",
			[]string{"200 n=1", "200 [hi]", "200 n=3"},
		},
		{
			"a body that nobody reads is skipped", "GET /n/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /GET /n/2 HTTP/1.1\r\nHost: a\r\n\r\n",
			[]string{"200 n=1", "200 n=2"},
		},
		{"chunks", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;ext=1\r\nc\r\n0\r\nTrailer-Field: x\r\n\r\nGET /n/2 HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 [abc]", "200 n=2"}},
		{"broken chunks", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", []string{"400 *", "closed"}},
		{"smuggling: two lengths", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", []string{"400 *", "closed"}},
		{"smuggling: length and chunks, chunks count and the connection ends", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /n/9 HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 []", "200 n=9"}},
		{"smuggling: odd transfer encoding", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []string{"501 *", "closed"}},
		{"negative length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", []string{"400 *", "closed"}},
		{"no host", "GET /x HTTP/1.1\r\n\r\n", []string{"400 *", "closed"}},
		{"two hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", []string{"400 *", "closed"}},
		{"a space before the colon", "GET /x HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", []string{"400 *", "closed"}},
		{"no http at all", "hello\r\n\r\n", []string{"400 *", "closed"}},
		{"an unknown version", "GET /x HTTP/9.9\r\nHost: a\r\n\r\n", []string{"505 *", "closed"}},
		{"a broken escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400 *", "closed"}},
		{"too large a head", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 20_000) + "\r\n\r\n", []string{"431 *", "closed"}},
		{"too large a body", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("a", 2000), []string{"413 *", "closed"}},
		{"too many chunks", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" + strings.Repeat("a", 2048) + "\r\n0\r\n\r\n", []string{"413 *", "closed"}},
		{"an unknown method", "BREW /x HTTP/1.1\r\nHost: a\r\n\r\n", []string{"405 *"}},
		{"expect: 100-continue", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi", []string{"100 ", "200 [hi]"}},
		{"expect: 100-continue, refused without reading", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", []string{"404 *"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, address)
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(conn)
			for i, want := range c.want {
				if want == "closed" {
					if rest, err := io.ReadAll(answers); err != nil && !strings.Contains(err.Error(), "reset") || len(rest) > 0 {
						t.Errorf("the connection is not closed: %q %v", rest, err)
					}
					continue
				}
				answer, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatalf("answer %d: %v", i+1, err)
				}
				body, _ := io.ReadAll(answer.Body)
				got := fmt.Sprintf("%d %s", answer.StatusCode, body)
				if strings.HasSuffix(want, "*") {
					got, want = got[:3], want[:3]
				}
				if got != want {
					t.Errorf("answer %d: %q, want %q", i+1, got, want)
				}
			}
		})
	}
}

// TestHeadAndLength checks that a HEAD says the length that GET has, and that nothing of the body follows.
func TestHeadAndLength(t *testing.T) {
	address := rawServer(t)
	for _, path := range []string{"/x", "/n/1", "/big?n=1", "/big?n=1000"} {
		conn := dial(t, address)
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\n\r\nHEAD %s HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", path, path)
		answers := bufio.NewReader(conn)
		var lengths []int64
		for _, method := range []string{"GET", "HEAD", "GET"} {
			answer, err := http.ReadResponse(answers, &http.Request{Method: method})
			if err != nil {
				t.Fatal(path, err)
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != 200 || method == "GET" && int64(len(body)) != answer.ContentLength {
				t.Fatalf("%s %s: %d %v, %d bytes of %d", method, path, answer.StatusCode, err, len(body), answer.ContentLength)
			}
			lengths = append(lengths, answer.ContentLength)
		}
		if lengths[0] != lengths[1] {
			t.Errorf("%s: GET has %d bytes, HEAD says %d", path, lengths[0], lengths[1])
		}
	}
}

// running is a service in a test.
type running struct {
	address string
	file    string
	out     *lines
	stop    func() error
}

// lines collects what a service prints, and lets a test wait for it.
type lines struct{ written chan string }

func (l *lines) Write(p []byte) (int, error) {
	l.written <- string(p)
	return len(p), nil
}

func (l *lines) waitFor(t *testing.T, text string) {
	t.Helper()
	var all strings.Builder
	timeout := time.After(time.Minute)
	for !strings.Contains(all.String(), text) {
		select {
		case line := <-l.written:
			all.WriteString(line)
		case <-timeout:
			t.Fatalf("%q was not printed:\n%s", text, all.String())
		}
	}
}

// runFile runs a whole service for a file, as `mocloud run` does.
func runFile(t *testing.T, content string) *running {
	t.Helper()
	r := &running{file: filepath.Join(t.TempDir(), "mock.yml"), out: &lines{make(chan string, 1000)}}
	r.write(t, content)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr().String()
	cfg := testConfig(&FileConfig{Files: []string{r.file}, Watch: true, Out: r.out})
	s, err := New(cfg, testDeps(listener))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.stop = func() error {
		cancel()
		select {
		case err := <-ended:
			ended <- err
			return err
		case <-time.After(time.Minute):
			return context.DeadlineExceeded
		}
	}
	t.Cleanup(func() { _ = r.stop() })
	r.out.waitFor(t, "Try it:")
	return r
}

// write replaces the file at once, as editors do.
func (r *running) write(t *testing.T, content string) {
	t.Helper()
	next := r.file + ".next"
	if err := os.WriteFile(next, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, r.file); err != nil {
		t.Fatal(err)
	}
}

func (r *running) get(t *testing.T, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", answer.StatusCode, body)
}

func TestRunReloadsFiles(t *testing.T) {
	r := runFile(t, "- endpoint: {path: /x, response: {body: one}}")
	got := []string{r.get(t, "/x")}

	r.write(t, "- endpoint: {path: /x, response: {body: two}}")
	r.out.waitFor(t, "Now serving")
	got = append(got, r.get(t, "/x"))

	r.write(t, "- endpoint: {path: /x, responze: {body: three}}")
	r.out.waitFor(t, "did you mean `response`?")
	r.out.waitFor(t, "The last good version keeps answering")
	got = append(got, r.get(t, "/x"))

	if err := os.Remove(r.file); err != nil {
		t.Fatal(err)
	}
	r.out.waitFor(t, "The last good version keeps answering")
	got = append(got, r.get(t, "/x"))

	r.write(t, "- endpoint: {path: /x, response: {body: four}}")
	r.out.waitFor(t, "Now serving")
	got = append(got, r.get(t, "/x"))

	if diff := cmp.Diff([]string{"200 one", "200 two", "200 two", "200 two", "200 four"}, got); diff != "" {
		t.Error(diff)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// TestRunFromAnotherFolder serves a mock whose external bodies are named from the working directory, as moclojer's are.
func TestRunFromAnotherFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("bodies", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("bodies/a.json", []byte(`{"from": "here"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runFile(t, "- endpoint: {path: /a, response: {external-body: {provider: json, path: bodies/a.json}}}")
	if got, want := r.get(t, "/a"), `200 {"from":"here"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestRunRefusesABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mock.yml")
	if err := os.WriteFile(file, []byte("- endpoint: {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + ".none"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(testConfig(&FileConfig{Files: []string{path}}), testDeps(listener))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil {
			t.Errorf("%s is served", path)
		}
		if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
			t.Error("the listener is still open")
		}
	}
}

// TestWebSocketOfAReplacedMock checks that clients are asked to reconnect, by a reload with 1012 and by a stop with 1001.
func TestWebSocketOfAReplacedMock(t *testing.T) {
	const content = "- websocket: {path: '/ws/:room', on-connect: {response: '%s {{path-params.room}}'}, on-message: [{pattern: ping, response: pong}]}\n- endpoint: {path: /x, response: {body: ok}}"
	r := runFile(t, fmt.Sprintf(content, "first"))
	connect := func(want string) *websocket.Conn {
		conn, answer, err := websocket.Dial(t.Context(), "ws://"+r.address+"/ws/7", nil)
		if err != nil {
			t.Fatal(err, answer)
		}
		if _, text, err := conn.Read(t.Context()); err != nil || string(text) != want {
			t.Fatalf("%q %v, want %q", text, err, want)
		}
		return conn
	}
	conn := connect("first 7")
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "pong" {
		t.Fatalf("%q %v", text, err)
	}
	r.write(t, fmt.Sprintf(content, "second"))
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusServiceRestart {
		t.Errorf("after a reload: %v", err)
	}
	conn = connect("second 7")
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }() // it waits for the client to agree
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("after a stop: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
