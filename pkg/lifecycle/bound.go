package lifecycle

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
)

// bounded is a listener that hangs up on connections beyond a number, so that a flood of them cannot take the files that
// the process needs for everything else. Who is connected already is not affected. Beyond the bound there is nothing to
// wait for: the connections that are open may be idle for minutes.
type bounded struct {
	net.Listener
	most int64
	open atomic.Int64
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.open.Add(1) <= b.most {
			return &boundedConn{Conn: conn, of: b}, nil
		}
		b.open.Add(-1)
		_ = conn.Close() // nothing was said
	}
}

// boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	of     *bounded
	closed atomic.Bool
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	if !c.closed.Swap(true) {
		defer c.of.open.Add(-1)
	}
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
