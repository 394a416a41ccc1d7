//go:build unix && !linux

package server

import (
	"io"
	"net"
	"strings"
)

// reserve finds a port of loopback that is free; elsewhere than on Linux it cannot be kept.
func reserve() (port int, held io.Closer, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It does not wait for anybody.
	if err != nil {
		return 0, nil, err
	}
	return listener.Addr().(*net.TCPAddr).Port, io.NopCloser(strings.NewReader("")), listener.Close()
}
