//go:build !linux

package port

import "net"

// hold is nothing: elsewhere no two sockets can be bound to a port, whatever their options.
type hold struct{}

// Reserve finds a port that nobody uses. It is not held: somebody else may be faster.
func Reserve() (*Reserved, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It does not wait for anybody.
	if err != nil {
		return nil, err
	}
	return &Reserved{Number: listener.Addr().(*net.TCPAddr).Port}, listener.Close()
}

func (hold) release() error { return nil }
