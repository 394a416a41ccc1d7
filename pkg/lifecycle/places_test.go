package lifecycle

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// from is a connection from an address that does nothing.
type from struct {
	net.Conn
	addr   net.TCPAddr
	closed atomic.Bool
}

func (c *from) RemoteAddr() net.Addr { return &c.addr }

func (c *from) Close() error {
	c.closed.Store(true)
	return nil
}

func caller(ip string) *from {
	return &from{addr: net.TCPAddr{IP: net.ParseIP(ip), Port: 1}}
}

// TestPlacesAreShared: when all are taken, whoever has the most gives way to whoever comes, its idlest connection first.
func TestPlacesAreShared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ noisy, quiet string }{
		"IPv4":             {"192.0.2.1", "192.0.2.2"},
		"IPv6":             {"2001:db8:0:1::1", "2001:db8:0:2::1"},
		"IPv4 within IPv6": {"::ffff:192.0.2.1", "192.0.2.2"},
		"loopback":         {"127.0.0.1", "127.0.0.2"},
	} {
		p := NewPlaces(5)
		long := time.Now().Add(-time.Hour)
		var conns []*from
		var places []*Place
		for i := range 5 {
			conn := caller(c.noisy)
			place, ok := p.Enter(conn)
			if !ok {
				t.Fatalf("%s: the %d. of 5 places", name, i+1)
			}
			place.Touch(long.Add(time.Duration(i) * time.Minute))
			conns, places = append(conns, conn), append(places, place)
		}
		places[0].Touch(time.Now()) // busy
		quiet, ok := p.Enter(caller(c.quiet))
		if !ok || conns[0].closed.Load() || !conns[1].closed.Load() || conns[2].closed.Load() || p.Open() != 5 {
			t.Errorf("%s: a quiet caller got a place: %v; %d are open", name, ok, p.Open())
		}
		if _, ok := p.Enter(caller(c.noisy)); !ok || !conns[2].closed.Load() {
			t.Errorf("%s: the noisy one's idlest does not give way to a new one of its own", name)
		}
		places[1].Leave() // whoever served it notices late
		for _, place := range p.peers[peerOf(&conns[0].addr)].all() {
			place.Touch(time.Now())
		}
		if _, ok := p.Enter(caller(c.noisy)); ok {
			t.Errorf("%s: a busy connection gave way", name)
		}
		quiet.Leave()
		quiet.Leave()
		if p.Open() != 4 {
			t.Errorf("%s: %d are open, want 4", name, p.Open())
		}
	}
}

func (p *peer) all() (all []*Place) {
	for place := range p.places {
		all = append(all, place)
	}
	return all
}

// One customer's IPv6 network is one caller.
func TestPeers(t *testing.T) {
	t.Parallel()
	if peerOf(&caller("2001:db8::1").addr) != peerOf(&caller("2001:db8::ffff:1").addr) || peerOf(&caller("2001:db8::1").addr) == peerOf(&caller("2001:db9::1").addr) {
		t.Error("IPv6")
	}
	if peerOf(&caller("192.0.2.1").addr) == peerOf(&caller("192.0.2.2").addr) {
		t.Error("IPv4")
	}
}
