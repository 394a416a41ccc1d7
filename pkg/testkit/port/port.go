// Package port reserves ports of loopback for programs that listen on them later, and again after they were killed. A port that
// was only found to be free may be somebody else's by then.
package port

import (
	"net"
	"strconv"
)

// Reserved is a port of 127.0.0.1 that the system gives to nobody who asks for any, until Release. A program that is told its
// number can listen on it.
type Reserved struct {
	Number int

	hold hold
}

// Address is where to listen, as ip:port.
func (r *Reserved) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.Number)) }

// Release gives the port back. Whoever listens on it goes on.
func (r *Reserved) Release() error { return r.hold.release() }
