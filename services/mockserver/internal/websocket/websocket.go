// Package websocket serves the WebSockets of mocks: what is sent on connecting, and what answers a message. The root
// package makes one Hub, the serving code compiles each mock's WebSockets with it and hands it requests.
//
// Any origin may connect, since mocks are public. A message is answered by the first reaction whose pattern matches it
// (pattern.go); a message that none matches is not answered.
package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
)

// Config bounds a Hub. Zero fields mean the default.
type Config struct {
	MaxMessage        int64         // bytes of a message from the client; 64 KiB
	MessagesPerSecond int           // of one connection; twice as many at once; 100
	Connections       int           // of all mocks; 10,000
	ConnectionsOfMock int           // of one mock; 500
	Reactions         int           // patterns of one WebSocket; 200
	Idle              time.Duration // a connection without messages ends after this; 1 h
	Ping              time.Duration // between pings; 30 s
	Timeout           time.Duration // for a write, and for the answer to a ping; 10 s
}

func orDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (c *Config) setDefaults() {
	orDefault(&c.MaxMessage, 64<<10)
	orDefault(&c.MessagesPerSecond, 100)
	orDefault(&c.Connections, 10_000)
	orDefault(&c.ConnectionsOfMock, 500)
	orDefault(&c.Reactions, mockspec.MaxPatterns)
	orDefault(&c.Idle, time.Hour)
	orDefault(&c.Ping, 30*time.Second)
	orDefault(&c.Timeout, 10*time.Second)
}

// Hub owns all open connections. It is safe for concurrent use.
type Hub struct {
	cfg      Config
	turns    *limit.Turns
	open     prometheus.Gauge
	messages prometheus.Counter

	stop chan struct{} // closed by Shutdown

	mu      sync.Mutex
	stopped bool
	total   int
	ofMock  map[string]int
	wg      sync.WaitGroup // connections
}

// New makes a Hub; it starts nothing. Responses are made in turns. Without metrics nothing is measured.
func New(cfg Config, turns *limit.Turns, metrics prometheus.Registerer) *Hub {
	cfg.setDefaults()
	return &Hub{
		cfg: cfg, turns: turns, stop: make(chan struct{}), ofMock: map[string]int{},
		open: promauto.With(metrics).NewGauge(prometheus.GaugeOpts{
			Name: "mocloud_websocket_connections", Help: "Open WebSocket connections.",
		}),
		messages: promauto.With(metrics).NewCounter(prometheus.CounterOpts{
			Name: "mocloud_websocket_messages_total", Help: "Messages that clients sent.",
		}),
	}
}

// Shutdown closes all connections with 1001 (going away), refuses new ones, and waits for the end of the last until ctx
// ends. An http.Server does not wait for WebSockets when it shuts down, so this is called beside it.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	if !h.stopped {
		h.stopped = true
		close(h.stop)
	}
	h.mu.Unlock()
	ended := make(chan struct{})
	go func() { // ends with the last connection, each of which has a deadline for closing
		h.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter counts a connection in.
func (h *Hub) enter(mockID string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return apperr.New(apperr.Unavailable, "The server is stopping; connect again.")
	case h.total >= h.cfg.Connections:
		return apperr.New(apperr.Unavailable, "The server has too many open WebSockets; try again later.")
	case h.ofMock[mockID] >= h.cfg.ConnectionsOfMock:
		return apperr.New(apperr.Unavailable, "This mock has %d open WebSockets, which is the limit.", h.cfg.ConnectionsOfMock)
	}
	h.total++
	h.ofMock[mockID]++
	h.wg.Add(1)
	h.open.Inc()
	return nil
}

func (h *Hub) leave(mockID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total--
	if h.ofMock[mockID]--; h.ofMock[mockID] == 0 {
		delete(h.ofMock, mockID)
	}
	h.open.Dec()
	h.wg.Done()
}

// accept upgrades a request; an error has been answered.
func (h *Hub) accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // any origin: mocks are public and know no cookies
		Subprotocols:       offered(r),
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(h.cfg.MaxMessage)
	return conn, nil
}

// offered are the subprotocols that the client speaks. The first one is accepted: a browser that offers any insists on one.
func offered(r *http.Request) []string {
	var out []string
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// isUpgrade reports whether a request wants to become a WebSocket.
func isUpgrade(r *http.Request) bool {
	for _, line := range r.Header.Values("Upgrade") {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), "websocket") {
				return true
			}
		}
	}
	return false
}

// refuse answers a request that does not become a connection, in the form of the mock server's other refusals.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(refusalBody{code, message}) // the client may be gone
}

type refusalBody struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

func refusal(err error) (code, message string) {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		return string(e.Code), e.Message
	}
	return string(apperr.Internal), "internal error"
}
