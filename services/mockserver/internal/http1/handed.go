package http1

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/lifecycle"
)

// handed is the listener from which net/http takes the connections that are handed over to it.
type handed struct {
	addr   net.Addr
	conns  chan net.Conn
	once   *sync.Once
	closed chan struct{}
}

func newHanded() handed {
	return handed{conns: make(chan net.Conn), once: new(sync.Once), closed: make(chan struct{})}
}

// offer waits until net/http takes the connection. It returns false if that takes no more.
func (h *handed) offer(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.closed:
		return false
	}
}

// Accept implements net.Listener.
func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handed) Close() error {
	h.close()
	return nil
}

func (h *handed) close() { h.once.Do(func() { close(h.closed) }) }

// Addr implements net.Listener.
func (h *handed) Addr() net.Addr { return h.addr }

// handedConn is a connection of which something was read already. It gives its place back when it is closed.
type handedConn struct {
	net.Conn
	place  *lifecycle.Place
	replay []byte // what is read first; belongs to whoever reads
}

// Read implements net.Conn.
func (c *handedConn) Read(p []byte) (int, error) {
	if len(c.replay) == 0 {
		n, err := c.Conn.Read(p)
		c.place.Touch(time.Now())
		return n, err
	}
	n := copy(p, c.replay)
	if c.replay = c.replay[n:]; len(c.replay) == 0 {
		c.replay = nil
	}
	return n, nil
}

// Write implements net.Conn.
func (c *handedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.place.Touch(time.Now())
	return n, err
}

// Close implements net.Conn.
func (c *handedConn) Close() error {
	defer c.place.Leave()
	return c.Conn.Close()
}

// NetConn returns the connection itself.
func (c *handedConn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends one direction, which net/http does when it answers before it has read everything.
func (c *handedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
