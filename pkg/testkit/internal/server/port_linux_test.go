package server

import (
	"fmt"
	"net"
	"testing"
)

// TestReserve: nobody who asks for any port gets one that is held, and who asks for it does.
func TestReserve(t *testing.T) {
	reserved := map[int]bool{}
	for range 100 {
		port, held, err := reserve()
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		reserved[port] = true
	}
	if len(reserved) != 100 {
		t.Errorf("%d ports are held, want 100", len(reserved))
	}
	listen := func(port int) int {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		return listener.Addr().(*net.TCPAddr).Port
	}
	for range 500 {
		if port := listen(0); reserved[port] {
			t.Errorf("port %d was given to somebody else", port)
		}
	}
	for port := range reserved {
		listen(port)
	}
}
