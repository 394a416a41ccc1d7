package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

func textBody(s string) mockspec.Body { return mockspec.Body{Kind: mockspec.BodyText, Template: s} }

func on(pattern, response string) mockspec.Reaction {
	return mockspec.Reaction{Pattern: mockspec.Text{Raw: pattern}, Response: textBody(response)}
}

// echo is the example of moclojer's documentation and more.
func echo() *mockspec.WebSocket {
	hello := textBody(`{"status": "connected", "message": "Welcome, {{path-params.user}}!"}`)
	return &mockspec.WebSocket{
		OnConnect: &hello,
		OnMessage: []mockspec.Reaction{
			on("ping", "pong"),
			on(`{"echo": "{{json-params.echo}}"}`, `{"echoed": "{{json-params.echo}}"}`),
			on(`say (.+)`, `{{path-params.user}} in {{query-params.room}} {{message}}`),
			{Pattern: mockspec.Text{Raw: "silent"}},
			on("silent", "never"),
			{Pattern: mockspec.Text{Raw: "bad"}, Pos: mockspec.Position{Line: 7}, Response: textBody(`{{json-params.a|divide:0}}` + strings.Repeat(" ", 200))},
			{Pattern: mockspec.Text{Raw: "json"}, Response: mockspec.Body{Kind: mockspec.BodyJSON, Template: `{"room":"{{query-params.room}}"}`}},
		},
	}
}

// bench is a server with one WebSocket, without the rest of the mock server.
type bench struct {
	hub    *Hub
	url    string
	client *http.Client  // nil: the usual one
	done   chan struct{} // closed: the mock was replaced
}

func serve(t *testing.T, cfg Config, w *mockspec.WebSocket) *bench {
	t.Helper()
	b, handler := newBench(t, cfg, w)
	srv := httptest.NewServer(handler)
	t.Cleanup(func() {
		b.end(t)
		srv.Close()
	})
	b.url = srv.URL + path
	return b
}

const path = "/ws/ann?room=1"

func newBench(t *testing.T, cfg Config, w *mockspec.WebSocket) (*bench, http.Handler) {
	t.Helper()
	b := &bench{hub: New(cfg, limit.NewTurns(2, 100), nil), done: make(chan struct{})}
	socket, err := b.hub.Compile(&site.Site{MockID: "m"}, w)
	if err != nil {
		t.Fatal(err)
	}
	params := &scope.Params{Path: []scope.PathParam{{Name: "user", Type: mockspec.TypeString}}}
	return b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sc := &scope.Scope{}
		sc.Reset(scope.Request{Method: r.Method, Host: r.Host, Path: r.URL.Path, Query: r.URL.RawQuery, Header: noHeader{}, At: time.Now()}, params, []string{"ann"})
		socket.Serve(w, r, sc, b.done)
	})
}

// end ends the connections that are left.
func (b *bench) end(t *testing.T) {
	if err := b.hub.Shutdown(context.Background()); err != nil { // the test's own has ended
		t.Error(err)
	}
}

func (b *bench) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), b.url, &websocket.DialOptions{
		HTTPClient: b.client, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", resp.StatusCode)
	}
	conn.SetReadLimit(2 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func expect(t *testing.T, conn *websocket.Conn, want string) {
	t.Helper()
	kind, data, err := conn.Read(t.Context())
	if err != nil || string(data) != want || kind != websocket.MessageText {
		t.Fatalf("got %q %v, want %q", data, err, want)
	}
}

func send(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// expectClose reads until the server closes.
func expectClose(t *testing.T, conn *websocket.Conn, code websocket.StatusCode, reason string) {
	t.Helper()
	for {
		_, _, err := conn.Read(t.Context())
		if err == nil {
			continue
		}
		got, ok := closeError(err)
		if !ok || got.Code != code || !strings.Contains(got.Reason, reason) {
			t.Fatalf("%v, want %v %q", err, code, reason)
		}
		return
	}
}

const welcome = `{"status": "connected", "message": "Welcome, ann!"}`

func TestConversation(t *testing.T) {
	t.Parallel()
	b := serve(t, Config{}, echo())
	conn := b.dial(t)
	expect(t, conn, welcome)
	for _, step := range [][2]string{
		{"ping", "pong"},
		{`{"echo":"hello \"world\""}`, `{"echoed": "hello \"world\""}`},
		{"say <hi> & \"bye\"", `ann in 1 say <hi> & "bye"`},
		{"nobody answers this", ""},
		{"silent", ""},
		{"json", `{"room":"1"}`},
		{"ping", "pong"},
	} {
		send(t, conn, step[0])
		if step[1] != "" {
			expect(t, conn, step[1])
		}
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, []byte("ping")); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, "pong")
	send(t, conn, "bad")
	expectClose(t, conn, websocket.StatusInternalError, "on-message, line 7: ")
}

func TestEndOfConnections(t *testing.T) {
	t.Parallel()
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		b := serve(t, Config{}, echo())
		var conns []*websocket.Conn
		for range 3 {
			conn := b.dial(t)
			expect(t, conn, welcome)
			conns = append(conns, conn)
		}
		close(b.done)
		for _, conn := range conns {
			expectClose(t, conn, websocket.StatusServiceRestart, "the mock has changed")
		}
	})
	t.Run("shutdown", func(t *testing.T) {
		t.Parallel()
		b := serve(t, Config{}, echo())
		conn := b.dial(t)
		expect(t, conn, welcome)
		var wg sync.WaitGroup
		wg.Go(func() { expectClose(t, conn, websocket.StatusGoingAway, "the server is stopping") })
		if err := b.hub.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if status, body := get(t, b.url, true); status != http.StatusServiceUnavailable || !strings.Contains(body, "stopping") {
			t.Errorf("after the shutdown: %d %s", status, body)
		}
	})
	t.Run("client closes", func(t *testing.T) {
		t.Parallel()
		b := serve(t, Config{}, echo())
		conn := b.dial(t)
		expect(t, conn, welcome)
		if err := conn.Close(websocket.StatusNormalClosure, "bye"); err != nil {
			t.Error(err)
		}
	})
	t.Run("client vanishes", func(t *testing.T) {
		t.Parallel()
		b := serve(t, Config{}, echo())
		conn := b.dial(t)
		expect(t, conn, welcome)
		_ = conn.CloseNow()
		if err := b.hub.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	t.Run("message size", func(t *testing.T) {
		t.Parallel()
		conn := serve(t, Config{MaxMessage: 100}, echo()).dial(t)
		send(t, conn, strings.Repeat("x", 101))
		expectClose(t, conn, websocket.StatusMessageTooBig, "")
	})
	t.Run("rate", func(t *testing.T) {
		t.Parallel()
		conn := serve(t, Config{MessagesPerSecond: 3}, echo()).dial(t)
		for range 100 { // in less than half a minute
			if conn.Write(t.Context(), websocket.MessageText, []byte("silent")) != nil {
				break
			}
		}
		expectClose(t, conn, websocket.StatusPolicyViolation, "more than 3 messages per second")
	})
	t.Run("not text", func(t *testing.T) {
		t.Parallel()
		conn := serve(t, Config{}, echo()).dial(t)
		send(t, conn, "\xff")
		expectClose(t, conn, websocket.StatusInvalidFramePayloadData, "UTF-8")
	})
	t.Run("connections", func(t *testing.T) {
		t.Parallel()
		b := serve(t, Config{ConnectionsOfMock: 1}, echo())
		expect(t, b.dial(t), welcome)
		if status, body := get(t, b.url, true); status != http.StatusServiceUnavailable || !strings.Contains(body, "This mock has 1 open WebSockets") {
			t.Errorf("%d %s", status, body)
		}
		if b.hub.enter("other") != nil {
			t.Error("another mock is refused")
		}
		b.hub.leave("other")
	})
}

// get asks over plain HTTP, or with the headers of a WebSocket.
func get(t *testing.T, url string, upgrade bool) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if upgrade {
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestPlainRequest(t *testing.T) {
	t.Parallel()
	b := serve(t, Config{}, echo())
	status, body := get(t, b.url, false)
	var answer refusalBody
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusUpgradeRequired || answer.Error != "upgrade_required" || !strings.Contains(answer.Message, "ws://") {
		t.Errorf("%d %s %v", status, body, err)
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	b := serve(t, Config{}, echo())
	conn, _, err := websocket.Dial(t.Context(), b.url, &websocket.DialOptions{Subprotocols: []string{"graphql-ws", "v2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if conn.Subprotocol() != "graphql-ws" {
		t.Errorf("subprotocol %q", conn.Subprotocol())
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	external := mockspec.Body{Kind: mockspec.BodyExternal}
	many := &mockspec.WebSocket{OnMessage: make([]mockspec.Reaction, 201)}
	for want, w := range map[string]*mockspec.WebSocket{
		"on-connect: external-body":   {OnConnect: &external},
		"on-message 1: pattern: ":     {OnMessage: []mockspec.Reaction{on("{% if x %}", "")}},
		"on-message 2: response: ":    {OnMessage: []mockspec.Reaction{on("a", ""), on("b", "{% if x %}")}},
		"on-message has 201 patterns": many,
		"regular expressions":         {OnMessage: repeat(on(`a{900}`, ""), 20)},
	} {
		if _, err := New(Config{}, nil, nil).Compile(&site.Site{}, w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func repeat(r mockspec.Reaction, n int) []mockspec.Reaction {
	out := make([]mockspec.Reaction, n)
	for i := range out {
		out[i] = r
	}
	return out
}

func closeError(err error) (websocket.CloseError, bool) {
	return errors.AsType[websocket.CloseError](err)
}
