package run

import (
	"net"
	"strings"
	"testing"
)

// Without a chosen port the next free one is taken, and said; a chosen one that is in use is an error that names the flag.
func TestPorts(t *testing.T) {
	var config net.ListenConfig
	busy, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	port := busy.Addr().(*net.TCPAddr).Port
	var said strings.Builder
	l, err := options{host: "127.0.0.1", port: port, any: true}.listen(t.Context(), &said)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if got := l.Addr().(*net.TCPAddr).Port; got <= port || got > port+tries || !strings.Contains(said.String(), "is in use; listening on") {
		t.Errorf("port %d after %d: %s", got, port, said.String())
	}
	_, err = options{host: "127.0.0.1", port: port}.listen(t.Context(), &said)
	if err == nil || !strings.Contains(err.Error(), "choose another with --port") {
		t.Error(err)
	}
	if _, err = (options{host: "192.0.2.1", port: 0, any: true}).listen(t.Context(), &said); err == nil {
		t.Error("an address of another machine")
	}
}
