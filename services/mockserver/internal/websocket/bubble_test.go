package websocket

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// pipes is a listener without a network, whose connections may belong to a bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// serveInBubble is serve without a network. Dialled gets what carries the latest connection on the client's side.
func serveInBubble(t *testing.T, cfg Config, w *mockspec.WebSocket) (b *bench, dialled chan net.Conn) {
	t.Helper()
	b, handler := newBench(t, cfg, w)
	listener := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
	srv := &http.Server{Handler: handler}
	go func() { _ = srv.Serve(listener) }() // until it is closed
	t.Cleanup(func() {
		b.end(t)
		_ = srv.Close()
	})
	dialled = make(chan net.Conn, 1)
	b.url = "http://mock.example" + path
	b.client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		listener.conns <- server
		dialled <- client
		return client, nil
	}}}
	return b, dialled
}

// TestPings: who does not answer them is closed when the answer is due, who does is not.
func TestPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Ping: 30 * time.Second, Timeout: 10 * time.Second}
		b, dialled := serveInBubble(t, cfg, echo())
		began := time.Now()
		expect(t, b.dial(t), welcome)
		carrier := <-dialled
		if _, err := io.Copy(io.Discard, carrier); err != nil { // what comes is taken, and not answered
			t.Error(err)
		}
		b.hub.wg.Wait()
		if took := time.Since(began); took != cfg.Ping+cfg.Timeout {
			t.Errorf("a client that answers no ping is closed after %s", took)
		}

		conn := b.dial(t)
		<-dialled
		expect(t, conn, welcome)
		ctx, cancel := context.WithTimeout(t.Context(), 10*cfg.Ping)
		defer cancel()
		if _, _, err := conn.Read(ctx); ctx.Err() == nil {
			t.Errorf("a client that answers pings was closed: %v", err)
		}
	})
}

// TestIdle: a connection without messages is closed when its time is over, counted from the last of them.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialled := serveInBubble(t, Config{Idle: time.Hour, Ping: 2 * time.Hour}, echo())
		conn := b.dial(t)
		<-dialled
		expect(t, conn, welcome)
		<-time.After(40 * time.Minute)
		send(t, conn, "ping")
		expect(t, conn, "pong")
		last := time.Now()
		expectClose(t, conn, websocket.StatusNormalClosure, "no message for 1h")
		if took := time.Since(last); took != time.Hour {
			t.Errorf("closed after %s", took)
		}
	})
}
