package testkit

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// FaultProxy stands between a client and a server and makes the network between them fail. At first everything passes. It is
// safe for concurrent use.
type FaultProxy struct {
	url      string
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	faults faults
	change chan struct{} // closed and replaced whenever faults change
	conns  map[net.Conn]struct{}
	closed bool
}

// faults is what is wrong with the network at a moment.
type faults struct {
	cut       bool
	blackHole bool
	delay     time.Duration
	fate      func(channel string, payload []byte) Fate
}

// NewFaultProxy starts a proxy to the server that targetURL names, until the end of the test.
func NewFaultProxy(t testing.TB, targetURL string) *FaultProxy {
	t.Helper()
	u, err := url.Parse(targetURL)
	if err != nil {
		t.Fatal("fault proxy: the target is no URL")
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &FaultProxy{target: u.Host, listener: listener, change: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	u.Host = listener.Addr().String()
	p.url = u.String()
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// URL is the target's URL with the proxy in the server's place.
func (p *FaultProxy) URL() string { return p.url }

// Cut breaks every connection, and new ones at once, until Heal.
func (p *FaultProxy) Cut() {
	p.set(func(f *faults) { f.cut = true })
	p.Break()
}

// Break breaks the connections there are; new ones pass.
func (p *FaultProxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.breakAll()
}

// BlackHole lets connections stand and be made, and bytes wait, until Heal.
func (p *FaultProxy) BlackHole() { p.set(func(f *faults) { f.blackHole = true }) }

// Delay makes everything that is read wait for d before it is passed on, in each direction, until Heal.
func (p *FaultProxy) Delay(d time.Duration) { p.set(func(f *faults) { f.delay = d }) }

// OnMessage lets fate decide about each Pub/Sub message that a Redis server pushes, until Heal. Only for Redis without TLS.
// Connections that stand are broken, so that none is in the middle of a message. fate may be called concurrently.
func (p *FaultProxy) OnMessage(fate func(channel string, payload []byte) Fate) {
	p.set(func(f *faults) { f.fate = fate })
	p.Break()
}

// Heal lets everything pass again.
func (p *FaultProxy) Heal() { p.set(func(f *faults) { *f = faults{} }) }

func (p *FaultProxy) set(change func(*faults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.faults)
	close(p.change)
	p.change = make(chan struct{})
}

func (p *FaultProxy) current() (faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.change
}

// breakAll resets the connections; the caller holds mu.
func (p *FaultProxy) breakAll() {
	for conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as when a host dies; a connection that is gone already is as good
		}
		_ = conn.Close()
	}
}

func (p *FaultProxy) close() {
	_ = p.listener.Close() // it has nothing to lose
	p.mu.Lock()
	p.closed = true
	p.faults = faults{}
	close(p.change)
	p.change = make(chan struct{})
	p.breakAll()
	p.mu.Unlock()
	p.running.Wait()
}

// track makes a connection subject to breakAll, unless the network is cut.
func (p *FaultProxy) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.faults.cut {
		_ = conn.Close()
		return false
	}
	p.conns[conn] = struct{}{}
	return true
}

func (p *FaultProxy) untrack(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close()
}

func (p *FaultProxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.track(client) {
			p.running.Go(func() { p.serve(client) })
		}
	}
}

func (p *FaultProxy) serve(client net.Conn) {
	defer p.untrack(client)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := new(net.Dialer).DialContext(ctx, "tcp", p.target)
	if err != nil || !p.track(server) {
		return
	}
	defer p.untrack(server)

	var from io.Reader = server
	if f, _ := p.current(); f.fate != nil {
		from = &messageFilter{source: newRESPReader(server), fate: f.fate}
	}
	done := make(chan struct{})
	p.running.Go(func() {
		defer close(done)
		p.pass(server, client)
		p.untrack(server)
	})
	p.pass(client, from)
	p.untrack(client)
	<-done
}

// pass copies with the faults of the moment, until a connection breaks.
func (p *FaultProxy) pass(to io.Writer, from io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.wait()
			if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// wait holds bytes back for as long as the network does.
func (p *FaultProxy) wait() {
	started := time.Now()
	for {
		f, change := p.current()
		left := f.delay - time.Since(started)
		if !f.blackHole && left <= 0 {
			return
		}
		var timer <-chan time.Time
		if !f.blackHole {
			timer = time.After(left)
		}
		select {
		case <-change:
		case <-timer:
		}
	}
}

// errFrame says that a server's bytes are not RESP.
var errFrame = errors.New("not a RESP frame")
