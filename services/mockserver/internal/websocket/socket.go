package websocket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// Socket is one compiled WebSocket of a mock. It is immutable and safe for concurrent use.
type Socket struct {
	hub       *Hub
	workspace string
	mock      string
	onConnect *selmer.Template // nil: nothing is sent
	reactions []reaction
}

type reaction struct {
	pattern  *pattern
	when     *match.Condition // instead of pattern
	response *selmer.Template // nil: nothing is sent
	line     int              // in the mock's file, 0 if unknown
}

// Compile prepares a WebSocket when its mock is compiled. Errors are for the mock's author.
func (h *Hub) Compile(s *site.Site, w *mockspec.WebSocket) (*Socket, error) {
	if len(w.OnMessage) > h.cfg.Reactions {
		return nil, fmt.Errorf("on-message has %d patterns; the limit is %d", len(w.OnMessage), h.cfg.Reactions)
	}
	out := &Socket{hub: h, workspace: s.WorkspaceID, mock: s.MockID}
	var err error
	if w.OnConnect != nil {
		if out.onConnect, err = compileResponse(w.OnConnect); err != nil {
			return nil, fmt.Errorf("on-connect: %w", err)
		}
	}
	total := 0
	for i := range w.OnMessage {
		r := &w.OnMessage[i]
		when, err := match.CompileJSON(r.If.JSON)
		if err != nil {
			return nil, fmt.Errorf("on-message %d: if: %w", i+1, err)
		}
		p, err := compilePattern(r.Pattern.Raw)
		if err != nil {
			return nil, fmt.Errorf("on-message %d: pattern: %w", i+1, err)
		}
		response, err := compileResponse(&r.Response)
		if err != nil {
			return nil, fmt.Errorf("on-message %d: response: %w", i+1, err)
		}
		if total += p.size; total > mockspec.MaxAllInstructions {
			return nil, errors.New("on-message: together, the regular expressions are too large; use fewer or smaller repetitions")
		}
		out.reactions = append(out.reactions, reaction{pattern: p, when: when, response: response, line: r.Pos.Line})
	}
	return out, nil
}

func compileResponse(b *mockspec.Body) (*selmer.Template, error) {
	switch b.Kind {
	case mockspec.BodyNone:
		return nil, nil //nolint:nilnil // no response is a response of its own kind
	case mockspec.BodyJSON:
		return selmer.Compile(b.Template, selmer.Options{Escaping: selmer.JSON})
	case mockspec.BodyExternal:
		return nil, errors.New("external-body is for HTTP endpoints; write the message as text")
	default:
		return selmer.Compile(b.Template, selmer.Options{Escaping: escapingOf(b.Template)})
	}
}

// Serve upgrades a request and serves the connection until one side ends it. The scope is this connection's own. When
// done is closed, the mock was replaced: the connection ends with 1012, service restart, and clients come back.
// A request that is not for a WebSocket is answered with 426.
func (s *Socket) Serve(w http.ResponseWriter, r *http.Request, sc *scope.Scope, done <-chan struct{}) {
	if !isUpgrade(r) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "upgrade_required",
			"This path is a WebSocket: connect to it with ws:// or wss://, for example with `websocat` or new WebSocket(url) in a browser.")
		return
	}
	if err := s.hub.enter(s.mock); err != nil {
		code, message := refusal(err)
		refuse(w, http.StatusServiceUnavailable, code, message)
		return
	}
	defer s.hub.leave(s.mock)
	conn, err := s.hub.accept(w, r)
	if err != nil {
		return // answered
	}
	c := &connection{socket: s, conn: conn, scope: sc, active: make(chan struct{}, 1)}
	// The request's context belongs to a connection that net/http has given away.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	var watcher sync.WaitGroup
	watcher.Go(func() { c.watch(ctx, done) })
	c.run(ctx)
	cancel()
	watcher.Wait()
	_ = conn.CloseNow() // closed already, unless the client vanished
}

// connection is one open connection. Run and watch are its two goroutines.
type connection struct {
	socket *Socket
	conn   *websocket.Conn
	scope  *scope.Scope
	active chan struct{} // a message came; holds one
}

// run reads and answers until the connection ends.
func (c *connection) run(ctx context.Context) {
	if c.socket.onConnect != nil && !c.send(ctx, func() ([]byte, error) { return c.render(c.socket.onConnect, "on-connect") }) {
		return
	}
	perSecond := c.socket.hub.cfg.MessagesPerSecond
	limiter := rate.NewLimiter(rate.Limit(perSecond), 2*perSecond)
	for {
		_, data, err := c.conn.Read(ctx) // a binary message that is text is taken as text
		if err != nil {
			return // closed by either side, too large (1009), or gone
		}
		select {
		case c.active <- struct{}{}:
		default:
		}
		c.socket.hub.messages.Inc()
		switch {
		case !limiter.Allow():
			c.close(websocket.StatusPolicyViolation, fmt.Sprintf("more than %d messages per second", perSecond))
			return
		case !utf8.Valid(data):
			c.close(websocket.StatusInvalidFramePayloadData, "messages must be text in UTF-8")
			return
		case !c.send(ctx, func() ([]byte, error) { return c.answer(string(data)) }):
			return
		}
	}
}

// answer is the response of the first reaction that matches, nil if none does. An error ends the connection.
func (c *connection) answer(text string) ([]byte, error) {
	c.scope.SetMessage(text, time.Now())
	m := &message{text: text}
	for i := range c.socket.reactions {
		r := &c.socket.reactions[i]
		ok, err := r.matches(m, c.scope)
		if err != nil {
			return nil, fmt.Errorf("%s: pattern: %w", r.place(i), err)
		}
		if ok && r.response != nil {
			return c.render(r.response, r.place(i))
		}
		if ok {
			break
		}
	}
	return nil, nil
}

// matches reports whether the reaction answers a message.
func (r *reaction) matches(m *message, s *scope.Scope) (bool, error) {
	if r.when != nil {
		return r.when.Holds(s), nil
	}
	return r.pattern.matches(m, s)
}

func (r *reaction) place(i int) string {
	if r.line > 0 {
		return fmt.Sprintf("on-message, line %d", r.line)
	}
	return fmt.Sprintf("on-message %d", i+1)
}

// render makes a response; an empty one is sent too. An error ends the connection.
func (c *connection) render(t *selmer.Template, place string) ([]byte, error) {
	out, err := t.Append([]byte{}, c.scope)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return out, nil
}

// send makes a response when it is the workspace's turn, and sends it if there is one. False ends the connection.
func (c *connection) send(ctx context.Context, compose func() ([]byte, error)) bool {
	turn, ok := c.socket.hub.turns.Take(ctx, c.socket.workspace)
	if !ok {
		c.close(websocket.StatusTryAgainLater, "the mock has used up its share of the server")
		return false
	}
	out, err := func() ([]byte, error) {
		defer turn.Give()
		return compose()
	}()
	if err != nil { // told now: the turn is over, and closing waits for the client
		c.close(websocket.StatusInternalError, err.Error())
		return false
	}
	if out == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, c.socket.hub.cfg.Timeout)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, out) == nil
}

// watch pings, and closes the connection when its mock is replaced, when the server stops, when it is idle for too long,
// or when the client does not answer.
func (c *connection) watch(ctx context.Context, done <-chan struct{}) {
	cfg := &c.socket.hub.cfg
	ping := time.NewTicker(cfg.Ping)
	defer ping.Stop()
	idle := time.NewTimer(cfg.Idle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			c.close(websocket.StatusServiceRestart, "the mock has changed; connect again")
			return
		case <-c.socket.hub.stop:
			c.close(websocket.StatusGoingAway, "the server is stopping; connect again")
			return
		case <-idle.C:
			c.close(websocket.StatusNormalClosure, fmt.Sprintf("no message for %v", cfg.Idle))
			return
		case <-c.active:
			idle.Reset(cfg.Idle)
		case <-ping.C:
			pingCtx, cancel := context.WithTimeout(ctx, cfg.Timeout)
			err := c.conn.Ping(pingCtx)
			cancel()
			if err != nil {
				_ = c.conn.CloseNow() // nobody is there to be told
				return
			}
		}
	}
}

// maxReason is how long the reason of a close frame may be.
const maxReason = 123

// close ends the connection with a reason; the client has five seconds to agree.
func (c *connection) close(code websocket.StatusCode, reason string) {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason-3], "") + "…"
	}
	_ = c.conn.Close(code, reason) // whether the client heard it or not, it is closed
}
