// Package nametest is a DNS server for tests.
package nametest

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// Server is a DNS server of a test, which answers for every name from what it was told, as one that is responsible for it. It is safe for concurrent use.
type Server struct {
	// Address is where it listens, as ip:port.
	Address string

	mu      sync.Mutex
	records map[dns.Question][]dns.RR
	more    func(name string, kind uint16) []dns.RR // may be nil
}

// New starts a DNS server on loopback, over UDP and TCP, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	var conn net.PacketConn
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err == nil {
		conn, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp", listener.Addr().String())
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: conn.LocalAddr().String(), records: map[dns.Question][]dns.RR{}}
	var serving sync.WaitGroup
	for _, server := range []*dns.Server{{PacketConn: conn, Handler: s}, {Listener: listener, Handler: s}} {
		serving.Go(func() { _ = server.ActivateAndServe() }) // it ends with its connection
	}
	t.Cleanup(func() { _, _ = conn.Close(), listener.Close(); serving.Wait() })
	return s
}

// Add adds a record, such as `api.example.com. 1 IN CNAME elsewhere.example.`
func (s *Server) Add(t testing.TB, record string) {
	t.Helper()
	r, err := dns.NewRR(record)
	if err != nil {
		t.Fatal(err)
	}
	key := question(r.Header().Name, r.Header().Rrtype)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[key] = append(s.records[key], r)
}

// Remove removes the records of a type and name.
func (s *Server) Remove(kind, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, question(name, dns.StringToType[kind]))
}

// Replace makes a record the only one of its type and name.
func (s *Server) Replace(t testing.TB, record string) {
	t.Helper()
	r, err := dns.NewRR(record)
	if err != nil {
		t.Fatal(err)
	}
	s.Remove(dns.TypeToString[r.Header().Rrtype], r.Header().Name)
	s.Add(t, record)
}

// Also answers from more, too, for example from what a provider has; it must be safe for concurrent use.
func (s *Server) Also(more func(name string, kind uint16) []dns.RR) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more = more
}

// maxAliases bounds how many aliases are followed.
const maxAliases = 8

// ServeDNS implements dns.Handler.
func (s *Server) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	a := new(dns.Msg)
	a.SetReply(q)
	a.Authoritative = true
	name, kind := q.Question[0].Name, q.Question[0].Qtype
	for range maxAliases {
		found := s.find(name, kind)
		a.Answer = append(a.Answer, found...)
		if len(found) > 0 || kind == dns.TypeCNAME {
			break
		}
		alias := s.find(name, dns.TypeCNAME)
		if len(alias) == 0 {
			break
		}
		a.Answer = append(a.Answer, alias...)
		name = alias[0].(*dns.CNAME).Target //nolint:forcetypeassert // its type was asked for
	}
	if len(a.Answer) == 0 {
		a.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(a) // who asked may be gone
}

func (s *Server) find(name string, kind uint16) []dns.RR {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.records[question(name, kind)]
	if s.more != nil {
		found = append(slices.Clone(found), s.more(strings.ToLower(strings.TrimSuffix(name, ".")), kind)...)
	}
	return found
}

func question(name string, kind uint16) dns.Question {
	return dns.Question{Name: strings.ToLower(dns.Fqdn(name)), Qtype: kind, Qclass: dns.ClassINET}
}
