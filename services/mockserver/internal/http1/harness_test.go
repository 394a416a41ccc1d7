package http1

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers with what it was asked, as a Handler and as net/http's.
type echo struct {
	begun, ended atomic.Int64 // by the Handler
	large        []byte
	entered      chan struct{} // receives when /wait is asked, which answers when released is closed
	released     chan struct{}
}

func newEcho() *echo {
	return &echo{large: []byte(strings.Repeat("0123456789", 20_000)), entered: make(chan struct{}, 10), released: make(chan struct{})}
}

type exchange struct {
	echo    *echo
	request *Request
	answer  Answer
}

// Begin implements Handler.
func (e *echo) Begin(r *Request) Exchange {
	if strings.HasPrefix(r.Path, "/net-http") {
		return nil
	}
	e.begun.Add(1)
	return &exchange{echo: e, request: r}
}

// End implements Exchange.
func (x *exchange) End() { x.echo.ended.Add(1) }

// Answer implements Exchange.
func (x *exchange) Answer(body []byte) *Answer {
	r := x.request
	header := http.Header{}
	r.Header.Each(func(name, value string) bool {
		header.Add(name, value)
		return true
	})
	status, lines, text := x.echo.answer(r.Method, r.Path, r.Query, r.Host, header, body)
	x.answer = Answer{Status: status, Body: text}
	for _, l := range lines {
		var has Has
		x.answer.Block, has = AppendLine(x.answer.Block, l[0], l[1])
		x.answer.Has |= has
	}
	return &x.answer
}

// ServeHTTP implements http.Handler.
func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	status, lines, text := e.answer(r.Method, path, r.URL.RawQuery, r.Host, r.Header, body)
	for _, l := range lines {
		w.Header().Add(l[0], l[1])
	}
	if mayHaveBody(status) {
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (e *echo) answer(method, path, query, host string, header http.Header, body []byte) (status int, lines [][2]string, text []byte) {
	switch path {
	case "/large":
		return 200, nil, e.large
	case "/empty":
		return 204, [][2]string{{"X", "y"}}, nil
	case "/odd":
		return 599, [][2]string{{"X", " a\r\nInjected: b "}, {"not a name", "x"}, {"Date", "today"}, {"Content-Encoding", "x"}}, []byte("<html>")
	case "/panic":
		panic(http.ErrAbortHandler)
	case "/wait":
		e.entered <- struct{}{}
		<-e.released
	}
	var names []string
	for name, values := range header {
		names = append(names, fmt.Sprintf("%s=%q", name, values))
	}
	slices.Sort(names)
	return 200, [][2]string{{"X-One", "1"}, {"X-One", "2"}}, fmt.Appendf(nil, "%s %s %s %s %s [%s]", method, path, query, host, names, body)
}

func testConfig() Config {
	return Config{
		ReadHeaderTimeout: time.Hour, ReadTimeout: time.Hour, WriteTimeout: time.Hour, IdleTimeout: time.Hour,
		MaxHeaderBytes: 16 << 10, MaxBody: 1 << 20, MaxConnections: 1000,
	}
}

func netHTTP(cfg *Config, handler http.Handler, set func(*http.Protocols)) *http.Server {
	p := new(http.Protocols)
	set(p)
	return &http.Server{
		Handler: handler, Protocols: p, ReadHeaderTimeout: cfg.ReadHeaderTimeout, ReadTimeout: cfg.ReadTimeout, WriteTimeout: cfg.WriteTimeout,
		IdleTimeout: cfg.IdleTimeout, MaxHeaderBytes: cfg.MaxHeaderBytes, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), DisableGeneralOptionsHandler: true,
	}
}

// running is a server until the test ends.
type running struct {
	*Server
	address string
	stop    context.CancelFunc
	ended   chan struct{}
}

func run(tb testing.TB, cfg Config, e *echo) *running {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{Server: New(cfg, e, slog.New(slog.DiscardHandler)), address: listener.Addr().String(), stop: stop, ended: make(chan struct{})}
	old := netHTTP(&cfg, e, func(p *http.Protocols) { p.SetHTTP1(true) })
	h2c := netHTTP(&cfg, e, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	go func() {
		defer close(r.ended)
		if err := r.Run(ctx, listener, old, h2c); err != nil {
			tb.Errorf("run: %v", err)
		}
	}()
	tb.Cleanup(func() {
		stop()
		<-r.ended
		// net/http forgets a connection a moment before it has closed it.
		r.await(tb, "no connection to be counted", func() bool { return r.places.Open() == 0 })
		if begun, ended := e.begun.Load(), e.ended.Load(); begun != ended {
			tb.Errorf("%d exchanges were begun, %d ended", begun, ended)
		}
	})
	return r
}

// await waits until something is so.
func (r *running) await(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for end := time.Now().Add(guard); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			tb.Fatalf("it is waited in vain for %s; %d connections are counted", what, r.places.Open())
		}
	}
}

// runNetHTTP serves with net/http alone.
func runNetHTTP(tb testing.TB, cfg Config, e *echo) (address string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := netHTTP(&cfg, e, func(p *http.Protocols) { p.SetHTTP1(true) })
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- lifecycle.Serve(ctx, server, listener) }()
	tb.Cleanup(func() {
		stop()
		<-ended
	})
	return listener.Addr().String()
}

// guard ends a test that hangs.
const guard = time.Minute

func dial(tb testing.TB, address string) *net.TCPConn {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(guard))
	return conn.(*net.TCPConn)
}

// converse sends text in pieces, ends its direction, and returns all answers as text.
func converse(tb testing.TB, address string, pieces ...string) string {
	tb.Helper()
	conn := dial(tb, address)
	defer conn.Close()
	go func() {
		for _, piece := range pieces {
			_, _ = io.WriteString(conn, piece) // the server may have said enough
		}
		_ = conn.CloseWrite()
	}()
	var out strings.Builder
	in := bufio.NewReader(conn)
	for {
		if _, err := in.Peek(1); err != nil {
			return out.String()
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			fmt.Fprintf(&out, "broken: %v\n", err)
			return out.String()
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil && !strings.Contains(err.Error(), "reset") { // who refuses does not wait for the rest
			fmt.Fprintf(&out, "broken body: %v\n", err)
		}
		if answer.StatusCode < 200 {
			body = nil
		}
		dates := answer.Header["Date"]
		if len(dates) == 1 && dates[0] != "today" {
			if _, err := http.ParseTime(dates[0]); err != nil {
				fmt.Fprintf(&out, "date: %v\n", err)
			}
			delete(answer.Header, "Date")
		}
		fmt.Fprintf(&out, "%s %s %v %d close=%t %.300q\n", answer.Proto, answer.Status, answer.Header, answer.ContentLength, answer.Close, body)
	}
}
