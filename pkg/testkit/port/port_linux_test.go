package port_test

import (
	"net"
	"testing"

	"github.com/mocloud/mocloud/pkg/testkit/port"
)

// TestReserve: nobody who asks for any port gets one that is reserved; who asks for it can listen on it again and again.
func TestReserve(t *testing.T) {
	reserved := map[string]bool{}
	for range 100 {
		r, err := port.Reserve()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.Release(); err != nil {
				t.Error(err)
			}
		})
		reserved[r.Address()] = true
	}
	if len(reserved) != 100 {
		t.Errorf("%d ports are reserved, want 100", len(reserved))
	}
	listen := func(address string) net.Listener {
		t.Helper()
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() }) // it may be closed
		return listener
	}
	for range 500 {
		if got := listen("127.0.0.1:0").Addr().String(); reserved[got] {
			t.Errorf("%s was given to somebody else", got)
		}
	}
	for address := range reserved {
		for range 3 {
			listener := listen(address)
			dialed, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			accepted, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			// The listener's side ends first, so that the system remembers a connection of the port when it is listened on again.
			for _, each := range []interface{ Close() error }{accepted, listener, dialed} {
				if err := each.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
