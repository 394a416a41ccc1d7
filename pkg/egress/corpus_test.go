package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/mocloud/mocloud/pkg/egress"
	"github.com/mocloud/mocloud/pkg/testkit/ssrftest"
)

// rebinding is a name server that says of every name another address each time, in turn.
type rebinding struct {
	addr    string
	turns   [][4]byte
	answers atomic.Uint32
}

func serveNames(t *testing.T, turns ...[4]byte) *rebinding {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rebinding{addr: conn.LocalAddr().String(), turns: turns}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := r.answer(buf[:n]); answer != nil {
				_, _ = conn.WriteTo(answer, from) // who asked may be gone
			}
		}
	})
	t.Cleanup(func() { _ = conn.Close(); wg.Wait() })
	return r
}

func (r *rebinding) answer(raw []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(raw) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	if q.Type == dnsmessage.TypeA {
		turn := r.turns[int(r.answers.Add(1)-1)%len(r.turns)]
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: turn},
		}}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func (r *rebinding) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", r.addr)
	}}
}

// count listens on an address and counts who connects.
func count(t *testing.T, address string) (port uint16, connected *atomic.Int32) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	connected = &atomic.Int32{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); wg.Wait() })
	return listener.Addr().(*net.TCPAddr).AddrPort().Port(), connected
}

// Every target of the corpus is refused by the dialer, though every name leads to this machine and something listens there.
func TestCorpusIsRefusedByTheDialer(t *testing.T) {
	port, connected := count(t, ":0")
	names := serveNames(t, [4]byte{127, 0, 0, 1})
	dialer := net.Dialer{Control: egress.NewRule(egress.Policy{Ports: []uint16{0}}).Control, Resolver: names.resolver(), Timeout: 5 * time.Second}
	hosts := ssrftest.Hosts()
	if len(hosts) < 200 {
		t.Fatalf("the corpus has %d targets", len(hosts))
	}
	denied := 0
	for _, host := range hosts {
		conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(host, strconv.Itoa(int(port))))
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s: connected", host)
			continue
		}
		var dns *net.DNSError
		switch {
		case errors.Is(err, egress.ErrDenied):
			denied++
		case !errors.As(err, &dns): // what is no name and no address leads nowhere
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d targets were connected to", n)
	}
	if denied < 170 {
		t.Errorf("only %d targets came as far as the dialer's rule", denied)
	}
}

// A name that is judged at one address and connected to at another: the address that is connected to is the one that counts.
func TestRebinding(t *testing.T) {
	port, outside := count(t, "127.0.0.2:0")
	private, inside := count(t, "127.0.0.1:"+strconv.Itoa(int(port)))
	if private != port {
		t.Fatalf("ports %d and %d", private, port)
	}
	names := serveNames(t, [4]byte{127, 0, 0, 2}, [4]byte{127, 0, 0, 1})
	// 127.0.0.2 stands for a public address.
	rule := egress.NewRule(egress.Policy{Ports: []uint16{0}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}})
	dialer := net.Dialer{Control: rule.Control, Resolver: names.resolver(), Timeout: 5 * time.Second}
	for turn := range 20 {
		conn, err := dialer.DialContext(t.Context(), "tcp", "rebind.example.com:"+strconv.Itoa(int(port)))
		if err == nil {
			_ = conn.Close()
		}
		if allowed := turn%2 == 0; allowed != (err == nil) || !allowed && !errors.Is(err, egress.ErrDenied) {
			t.Errorf("turn %d: %v", turn, err)
		}
	}
	if inside.Load() != 0 {
		t.Errorf("%d connections reached the private address, %d the public one", inside.Load(), outside.Load())
	}
}
