package lifecycle

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Places bound how many connections are open, and share them among the addresses that they come from: when all are taken, the
// address that has the most gives way, the connection of it first on which nothing has happened for longest. It is safe for
// concurrent use.
type Places struct {
	most int

	mu    sync.Mutex
	open  int
	peers map[netip.Prefix]*peer
	// largest is whoever had the most when that was looked up, for so many more connections: a flood must not cost a search each.
	largest *peer
	again   int
}

// How much is looked at for one connection that gives way.
const (
	looksALargest = 64 // connections for one search of who has the most
	looksAtPlaces = 64 // of whoever that is, at random
)

// peer is who connects: an IPv4 address, or what one customer has of IPv6.
type peer struct {
	from   netip.Prefix
	places map[*Place]struct{}
}

// Place is that of one connection.
type Place struct {
	of   *Places
	peer *peer // nil once it was left
	conn net.Conn
	used atomic.Int64 // when something happened last, as Unix nanoseconds
}

// idleEnough is how long nothing has happened on a connection that gives way: what is new, or busy, does not.
const idleEnough = 100 * time.Millisecond

// NewPlaces makes that many.
func NewPlaces(most int64) *Places {
	return &Places{most: int(most), peers: map[netip.Prefix]*peer{}}
}

// Enter takes a place for a connection, which it closes if there is none.
func (p *Places) Enter(conn net.Conn) (*Place, bool) {
	place := &Place{of: p, conn: conn}
	place.Touch(time.Now())
	from := peerOf(conn.RemoteAddr())
	p.mu.Lock()
	var victim *Place
	if p.open >= p.most {
		if victim = p.victim(from); victim == nil {
			p.mu.Unlock()
			_ = conn.Close() // nothing was said
			return nil, false
		}
		p.leave(victim)
	}
	one := p.peers[from]
	if one == nil {
		one = &peer{from: from, places: map[*Place]struct{}{}}
		p.peers[from] = one
	}
	p.open++
	place.peer = one
	one.places[place] = struct{}{}
	p.mu.Unlock()
	if victim != nil {
		_ = victim.conn.Close() // whoever serves it notices
	}
	return place, true
}

// victim is the connection that gives way to one more from an address; nil if that address itself has the most, and all of them are
// busy.
func (p *Places) victim(from netip.Prefix) *Place {
	if p.again--; p.again < 0 || p.largest == nil || len(p.largest.places) < 2 {
		p.again, p.largest = looksALargest, nil
		for _, one := range p.peers {
			if p.largest == nil || len(one.places) > len(p.largest.places) {
				p.largest = one
			}
		}
	}
	most := p.peers[from]
	if most == nil || p.largest != nil && len(p.largest.places) > len(most.places) {
		most = p.largest
	}
	if most == nil {
		return nil
	}
	latest := time.Now().Add(-idleEnough).UnixNano()
	var idlest *Place
	looked := 0
	for place := range most.places {
		if looked++; looked > looksAtPlaces {
			break
		}
		if used := place.used.Load(); used <= latest && (idlest == nil || used < idlest.used.Load()) {
			idlest = place
		}
	}
	return idlest
}

// Open is how many connections have a place.
func (p *Places) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// Leave gives the place back; again means nothing.
func (p *Place) Leave() {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	p.of.leave(p)
}

func (p *Places) leave(place *Place) {
	one := place.peer
	if one == nil {
		return
	}
	place.peer = nil
	p.open--
	if delete(one.places, place); len(one.places) == 0 {
		delete(p.peers, one.from)
	}
}

// Touch says that something happened on the connection.
func (p *Place) Touch(now time.Time) { p.used.Store(now.UnixNano()) }

// peerOf tells callers apart by their address.
func peerOf(addr net.Addr) netip.Prefix {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // the bits fit
	return prefix
}
