package lifecycle

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// bounded is a listener whose connections are bounded, so that a flood of them cannot take the files that the process needs for
// everything else, nor the places of other callers.
type bounded struct {
	net.Listener
	places *Places
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if place, ok := b.places.Enter(conn); ok {
			return &boundedConn{Conn: conn, place: place}, nil
		}
	}
}

// boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	place *Place
}

// Read implements net.Conn.
func (c *boundedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.place.Touch(time.Now())
	return n, err
}

// Write implements net.Conn.
func (c *boundedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.place.Touch(time.Now())
	return n, err
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	defer c.place.Leave()
	return c.Conn.Close()
}

// CloseWrite ends one direction, as tunnels do, where the connection can.
func (c *boundedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// MostConnections is how many connections one server may have: two fifths of the files that the process may open. A
// process has at most two servers for the public.
func MostConnections() int64 {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil {
		files.Cur = 1024
	}
	const enough = 1 << 30 // "unlimited" does not fit an int64
	return max(64, int64(min(files.Cur, enough))*2/5)
}
