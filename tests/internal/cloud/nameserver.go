package cloud

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// NameServer is a DNS server of a test, which answers for every name from what it was told. It is safe for concurrent use.
type NameServer struct {
	// Address is where it listens, as ip:port.
	Address string

	mu      sync.Mutex
	records map[dns.Question][]dns.RR
}

// NewNameServer starts a DNS server on loopback, which ends with the test.
func NewNameServer(t testing.TB) *NameServer {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &NameServer{Address: conn.LocalAddr().String(), records: map[dns.Question][]dns.RR{}}
	server := &dns.Server{PacketConn: conn, Handler: s}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }() // it ends with its connection
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return s
}

// Add adds a record, such as `api.example.com. 1 IN CNAME elsewhere.example.`
func (s *NameServer) Add(t testing.TB, record string) {
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
func (s *NameServer) Remove(kind, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, question(name, dns.StringToType[kind]))
}

// ServeDNS implements dns.Handler.
func (s *NameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	a := new(dns.Msg)
	a.SetReply(q)
	s.mu.Lock()
	a.Answer = s.records[question(q.Question[0].Name, q.Question[0].Qtype)]
	s.mu.Unlock()
	if len(a.Answer) == 0 {
		a.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(a) // who asked may be gone
}

func question(name string, kind uint16) dns.Question {
	return dns.Question{Name: strings.ToLower(dns.Fqdn(name)), Qtype: kind, Qclass: dns.ClassINET}
}
