package port

import (
	"errors"
	"os"
	"syscall"
)

// hold is a socket that is bound and does not listen. With SO_REUSEADDR on both, as servers have it, another socket may be bound to
// the same port and listen (socket(7)); where the system chooses the port, it chooses none that has a socket.
type hold int

// Reserve reserves a port that nobody uses.
func Reserve() (*Reserved, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	number, err := bind(fd)
	if err != nil {
		return nil, errors.Join(err, hold(fd).release())
	}
	return &Reserved{Number: number, hold: hold(fd)}, nil
}

func bind(fd int) (number int, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	address, ok := at.(*syscall.SockaddrInet4)
	if !ok {
		return 0, errors.New("the socket is bound to no IPv4 address")
	}
	return address.Port, nil
}

func (h hold) release() error { return os.NewSyscallError("close", syscall.Close(int(h))) }
