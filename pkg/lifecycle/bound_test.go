package lifecycle

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestBoundedHangsUpOnTooMany(t *testing.T) {
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := &bounded{Listener: inner, places: NewPlaces(2)}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	dial()
	second := <-accepted
	if _, err := dial().Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a third connection: %v", err)
	}
	if half, ok := second.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		t.Error("tunnels cannot end one direction")
	}
	for range 2 { // closing twice gives back one place
		_ = first.Close()
	}
	dial()
	third := <-accepted
	if _, err := dial().Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("one more than was given back: %v", err)
	}
	_ = second.Close()
	_ = third.Close()
	_ = inner.Close()
	<-accepted
	if n := listener.places.Open(); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	if n := MostConnections(); n < 64 {
		t.Errorf("MostConnections = %d", n)
	}
}
