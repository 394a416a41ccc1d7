package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ErrInUse is the end of what Listen says when another program has the address.
var ErrInUse = errors.New("is in use by another program; stop that program or choose another address")

// Listen opens a TCP listener; its error says in one sentence what to do about a port in use.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s %w", addr, ErrInUse)
	}
	if bad, ok := errors.AsType[*net.AddrError](err); ok {
		return nil, fmt.Errorf("cannot listen on %q: %s; write HOST:PORT, or :PORT for every address, with a port from 0 to 65535", addr, bad.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return listener, nil
}
