package ownership

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone is a name server with some records; names that begin with "broken" it fails on.
type zone struct {
	mu      sync.Mutex
	records map[string][]string // by type and name
}

func (z *zone) set(key string, values ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.records[key] = values
}

func (z *zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	a := new(dns.Msg)
	a.SetReply(q)
	name, kind := q.Question[0].Name, dns.TypeToString[q.Question[0].Qtype]
	values, known := z.records[kind+" "+strings.TrimSuffix(name, ".")]
	switch {
	case strings.Contains(name, "broken"):
		a.Rcode = dns.RcodeServerFailure
	case !known:
		a.Rcode = dns.RcodeNameError
	}
	for _, v := range values {
		h := dns.RR_Header{Name: name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 1}
		switch kind {
		case "TXT":
			a.Answer = append(a.Answer, &dns.TXT{Hdr: h, Txt: []string{v[:len(v)/2], v[len(v)/2:]}})
		case "CNAME":
			a.Answer = append(a.Answer, &dns.CNAME{Hdr: h, Target: dns.Fqdn(v)})
		case "A":
			a.Answer = append(a.Answer, &dns.A{Hdr: h, A: net.ParseIP(v)})
		case "AAAA":
			a.Answer = append(a.Answer, &dns.AAAA{Hdr: h, AAAA: net.ParseIP(v)})
		}
	}
	_ = w.WriteMsg(a) // the client may be gone
}

func serve(t *testing.T) (*zone, *Servers) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{records: map[string][]string{}}
	server := &dns.Server{PacketConn: conn, Handler: z}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return z, NewServers(conn.LocalAddr().String())
}

func TestSee(t *testing.T) {
	z, servers := serve(t)
	domain := func(host string) desired.Domain {
		return desired.Domain{ID: "d", Host: host, Custom: true, Token: "secret", Target: "x.edge.mocloud.dev"}
	}
	z.set("TXT _mocloud-challenge.good.co", "something else", "mocloud-domain-verification=secret")
	z.set("CNAME good.co", "X.edge.mocloud.dev")
	z.set("TXT _mocloud-challenge.other.co", "mocloud-domain-verification=theirs")
	z.set("CNAME other.co", "elsewhere.net")
	z.set("TXT _mocloud-challenge.empty.co")
	// The target has addresses of its own, and hosts at the top of their zones have the same or others.
	z.set("A x.edge.mocloud.dev", "192.0.2.1", "192.0.2.2")
	z.set("AAAA x.edge.mocloud.dev", "2001:db8::1")
	z.set("A apex.co", "192.0.2.2")
	z.set("AAAA apex.co", "2001:db8::1")
	z.set("A half.co", "192.0.2.1")
	z.set("AAAA half.co", "2001:db8::2")
	for host, want := range map[string]event.DomainObserved{
		"good.co":   {Ownership: "proven", Routing: "ok", Reason: "The proof was found. The host points here."},
		"other.co":  {Ownership: "missing", Routing: "conflict", Reason: "has another value. other.co points to elsewhere.net"},
		"none.co":   {Ownership: "missing", Routing: "missing", Reason: "There is no TXT record at _mocloud-challenge.none.co yet."},
		"empty.co":  {Ownership: "missing", Routing: "missing", Reason: "no TXT record"},
		"apex.co":   {Ownership: "missing", Routing: "ok", Reason: "The host points here."},
		"half.co":   {Ownership: "missing", Routing: "conflict", Reason: "half.co points to the address 2001:db8::2, which is not one of x.edge.mocloud.dev"},
		"broken.co": {Ownership: "unknown", Routing: "unknown", Reason: "do not answer"},
	} {
		got := See(t.Context(), servers, domain(host))
		if got.Ownership != want.Ownership || got.Routing != want.Routing || !strings.Contains(got.Reason, want.Reason) || got.Host != host {
			t.Errorf("%s: %+v", host, got)
		}
	}
	d := domain("good.co")
	if d.Token = ""; See(t.Context(), servers, d).Ownership != event.OwnershipUnknown {
		t.Error("a domain without a token was judged")
	}
	lost := domain("apex.co")
	lost.Target = "y.edge.mocloud.dev"
	if got := See(t.Context(), servers, lost); got.Routing != "conflict" || !strings.Contains(got.Reason, "y.edge.mocloud.dev, to which it should point, has no address") {
		t.Errorf("without an address of the target: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := See(ctx, servers, domain("good.co")); got.Ownership != event.OwnershipUnknown {
		t.Errorf("without time: %+v", got)
	}
}

// memory is a DNS without a network.
type memory struct {
	mu     sync.Mutex
	asked  int
	proven bool
}

func (m *memory) TXT(context.Context, string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked++; !m.proven {
		return nil, ErrNone
	}
	return []string{event.ProofValue + "secret"}, nil
}

func (m *memory) CNAME(context.Context, string) (string, error) { return "x.edge", nil }

func (m *memory) Addresses(context.Context, string) ([]netip.Addr, error) { return nil, ErrNone }

func TestChecker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		records := &memory{}
		var mu sync.Mutex
		var said []event.DomainObserved
		state := desired.Snapshot{Domains: map[string]desired.Domain{
			"d": {ID: "d", Host: "a.co", Custom: true, Token: "secret", Target: "x.edge"}, "own": {ID: "own", Host: "pets-ann.mocloud.dev"},
		}}
		c := New(records, func() desired.Snapshot { return state }, func(_ context.Context, u event.Payload) error {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, u.(event.DomainObserved))
			return nil
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		last := func(after time.Duration) event.DomainObserved {
			t.Helper()
			<-time.After(after) // of the bubble
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(said) == 0 {
				t.Fatal("nothing was said")
			}
			return said[len(said)-1]
		}
		if got := last(2 * time.Second); got.Ownership != event.OwnershipMissing || got.DomainID != "d" {
			t.Errorf("%+v", got)
		}
		looked := func() int {
			records.mu.Lock()
			defer records.mu.Unlock()
			return records.asked
		}
		spoke := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(said)
		}
		last(24 * time.Hour)
		if asked := looked(); asked < 24 || asked > 40 {
			t.Errorf("a domain without a proof was looked at %d times in a day", asked)
		}
		records.mu.Lock()
		records.proven = true
		records.mu.Unlock()
		c.Check("d")
		if got := last(2 * time.Second); got.Ownership != event.OwnershipProven {
			t.Errorf("after it was asked for: %+v", got)
		}
		before, spoken := looked(), spoke()
		if last(12 * time.Hour); looked() != before || spoke()-spoken < 600 {
			t.Errorf("a proven one was looked at %d times in half a day, and said %d times", looked()-before, spoke()-spoken)
		}
		if last(24 * time.Hour); looked() == before {
			t.Error("it was never looked at again")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// stuck is a DNS of which the names of one zone never answer.
type stuck struct {
	memory

	zone string
}

func (s *stuck) TXT(ctx context.Context, name string) ([]string, error) {
	if strings.HasSuffix(name, s.zone) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.memory.TXT(ctx, name)
}

func (s *stuck) CNAME(ctx context.Context, name string) (string, error) {
	if strings.HasSuffix(name, s.zone) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return s.memory.CNAME(ctx, name)
}

// One workspace's name servers are dead, and it has thousands of domains there: the domains of others are looked at as if it were not.
func TestDeadNameServersCostTheirOwnerOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := desired.Snapshot{Domains: map[string]desired.Domain{}}
		for i := range 3000 {
			id := fmt.Sprintf("a%04d", i)
			state.Domains[id] = desired.Domain{ID: id, WorkspaceID: "dead", Host: id + ".dead.co", Custom: true, Token: "secret", Target: "x.edge"}
		}
		for i := range 200 {
			id := fmt.Sprintf("b%04d", i)
			state.Domains[id] = desired.Domain{ID: id, WorkspaceID: fmt.Sprintf("w%d", i%50), Host: id + ".co", Custom: true, Token: "secret", Target: "x.edge"}
		}
		var mu sync.Mutex
		first := map[string]time.Time{}
		c := New(&stuck{memory: memory{proven: true}, zone: ".dead.co"}, func() desired.Snapshot { return state }, func(_ context.Context, p event.Payload) error {
			mu.Lock()
			defer mu.Unlock()
			if o := p.(event.DomainObserved); first[o.DomainID].IsZero() {
				first[o.DomainID] = time.Now()
			}
			return nil
		}, slog.New(slog.DiscardHandler))
		begin := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		<-time.After(10 * time.Second) // of the bubble
		synctest.Wait()
		mu.Lock()
		for i := range 200 {
			id := fmt.Sprintf("b%04d", i)
			if at := first[id]; at.IsZero() || at.Sub(begin) > 8*time.Second {
				t.Errorf("%s was first looked at %s after the start", id, at.Sub(begin))
			}
		}
		mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
