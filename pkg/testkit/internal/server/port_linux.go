package server

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// reserve finds a port of loopback that is free, and keeps it until held is closed: whoever asks for any port gets another, and a
// server that asks for this one gets it, because both sockets allow it and held does not listen. A server that is started later, or
// started again, would otherwise find its port taken by one of the many others that tests start meanwhile.
func reserve() (port int, held io.Closer, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	socket := os.NewFile(uintptr(fd), "port")
	defer func() {
		if err != nil {
			_ = socket.Close() // the error that matters is err
		}
	}()
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	return address.(*syscall.SockaddrInet4).Port, socket, nil
}
