package http1

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// Server serves simple requests. Make it with New and run it once.
type Server struct {
	cfg     Config
	handler Handler
	log     *slog.Logger
	clock   clock
	handed  handed // for what is not simple
	http2   handed // for those who begin with HTTP/2

	encrypted bool // nothing is simple
	draining  atomic.Bool
	places    *lifecycle.Places // of connections, those that were handed over included

	serving sync.WaitGroup // the goroutines of conns
	mu      sync.Mutex
	conns   map[*conn]struct{}
}

// New makes a server; it starts nothing.
func New(cfg Config, handler Handler, log *slog.Logger) *Server {
	return &Server{
		cfg: cfg, handler: handler, log: log, conns: map[*conn]struct{}{}, places: lifecycle.NewPlaces(cfg.MaxConnections),
		handed: newHanded(), http2: newHanded(),
	}
}

// Run serves the connections of a listener, simple requests by itself and all others with rest, until ctx ends. Then it lets
// requests finish for as long as lifecycle.Stopping allows. It closes the listener. Callers who begin with HTTP/2, because they
// know that it is there, get to http2, which must serve that and nothing else without TLS. If rest has a TLSConfig, every
// connection is rest's.
func (s *Server) Run(ctx context.Context, listener net.Listener, rest, http2 *http.Server) error {
	s.handed.addr, s.http2.addr, s.encrypted = listener.Addr(), listener.Addr(), rest.TLSConfig != nil
	failed := make(chan error, 3)
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		failed <- s.accept(listener)
	}()
	var resting sync.WaitGroup
	resting.Go(func() {
		if s.encrypted {
			failed <- rest.ServeTLS(&s.handed, "", "")
		} else {
			failed <- rest.Serve(&s.handed)
		}
	})
	resting.Go(func() { failed <- http2.Serve(&s.http2) })
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stopping, cancel := lifecycle.Stopping(ctx)
	defer cancel()
	_ = listener.Close() // accept may have closed it
	<-accepting
	rest.SetKeepAlivesEnabled(false)
	s.drain(stopping)
	// Only now, as what was asked until here may still have become net/http's.
	for _, server := range []*http.Server{rest, http2} {
		resting.Go(func() {
			if err := server.Shutdown(stopping); err != nil {
				_ = server.Close() // requests that would not end are cut off: that is what the deadline is for
			}
		})
	}
	resting.Wait()
	return err
}

// accept takes connections until the listener is closed, which is an error only if nobody here closed it.
func (s *Server) accept(listener net.Listener) error {
	pause := time.Duration(0)
	for {
		accepted, err := listener.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(accepted)
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept connections: %w", err)
		default:
			// Too many open files, or a caller who has already gone: the next may be well.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("cannot accept a connection", slog.Any("error", err))
			time.Sleep(pause)
		}
	}
}

// take begins to serve a connection, or hangs up if there are too many.
func (s *Server) take(accepted net.Conn) {
	place, ok := s.places.Enter(accepted)
	if !ok {
		return
	}
	tcp, ok := accepted.(*net.TCPConn)
	if !ok || s.encrypted {
		s.serving.Go(func() {
			if h := (&handedConn{Conn: accepted, place: place}); !s.handed.offer(h) {
				_ = h.Close() // the server stops
			}
		})
		return
	}
	c := &conn{server: s, net: tcp, place: place, now: time.Now()}
	c.request.RemoteAddr = tcp.RemoteAddr().String()
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.serving.Go(c.serve)
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// drain closes the connections that wait for a request, and waits until the others have answered theirs. When ctx ends it closes them too.
func (s *Server) drain(ctx context.Context) {
	s.draining.Store(true)
	s.each(func(c *conn) { _ = c.net.SetReadDeadline(time.Now()) }) // if that fails, it is over already
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.handed.close()
		s.http2.close()
		s.each(func(c *conn) { _ = c.net.Close() })
		<-done
	}
}

func (s *Server) each(do func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
}
