package ownership

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/egress"
)

// nameServer answers from zone files. It is responsible for the names in and under its zones and says REFUSED of others; a lame one
// says nothing of any name, without being responsible.
type nameServer struct {
	zones   []string
	records map[string][]dns.RR // by type and name
	lame    bool
}

func newNameServer(t *testing.T, zones string, records ...string) *nameServer {
	t.Helper()
	s := &nameServer{zones: strings.Fields(zones), records: map[string][]dns.RR{}}
	for _, text := range records {
		r, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		key := dns.TypeToString[r.Header().Rrtype] + " " + r.Header().Name
		s.records[key] = append(s.records[key], r)
	}
	return s
}

func (s *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	a := new(dns.Msg)
	a.SetReply(q)
	name, kind := q.Question[0].Name, dns.TypeToString[q.Question[0].Qtype]
	responsible := slices.ContainsFunc(s.zones, func(zone string) bool { return dns.IsSubDomain(zone, name) })
	switch {
	case s.lame:
	case !responsible:
		a.Rcode = dns.RcodeRefused
	default:
		a.Authoritative = true
		s.answer(a, name, kind)
	}
	_ = w.WriteMsg(a) // the client may be gone
}

// answer follows aliases among the server's own records, as resolvers do for everything and responsible servers within their zones.
func (s *nameServer) answer(a *dns.Msg, name, kind string) {
	for range 4 {
		found, aliases := s.records[kind+" "+name], s.records["CNAME "+name]
		if len(found) > 0 {
			a.Answer = append(a.Answer, found...)
			return
		}
		if len(aliases) == 0 {
			break
		}
		a.Answer = append(a.Answer, aliases...)
		name = aliases[0].(*dns.CNAME).Target
	}
	for key := range s.records {
		if strings.HasSuffix(key, " "+name) {
			return // it exists, with records of another type
		}
	}
	a.Rcode = dns.RcodeNameError
}

// listen serves at an address of loopback.
func (s *nameServer) listen(t *testing.T, address string) netip.AddrPort {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: s}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return netip.MustParseAddrPort(conn.LocalAddr().String())
}

// The zone's own servers are asked, which a resolver names: found from the name upwards, past aliases, at permitted addresses only.
func TestServersOfTheZone(t *testing.T) {
	customer := newNameServer(t, "customer.co. deep.customer.co.",
		`_mocloud-challenge.api.customer.co. 60 IN TXT "fresh"`,
		"api.customer.co. 60 IN CNAME x.edge.mocloud.dev.",
		"alias.customer.co. 60 IN CNAME apex.example.",
		`_mocloud-challenge.alias.customer.co. 60 IN TXT "mine"`,
		"customer.co. 60 IN A 192.0.2.7",
		`_mocloud-challenge.a.deep.customer.co. 60 IN TXT "deep"`,
	)
	own := customer.listen(t, "127.0.0.1:0")
	port := own.Port()
	mocloud := newNameServer(t, "mocloud.dev.", "x.edge.mocloud.dev. 60 IN CNAME lb.mocloud.dev.", "lb.mocloud.dev. 60 IN A 192.0.2.7")
	mocloud.listen(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port).String())
	lame := newNameServer(t, "lame.co.")
	lame.lame = true
	lame.listen(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.3"), port).String())
	// What the resolver remembers of the zones is older than what they say.
	resolver := newNameServer(t, ".",
		"customer.co. 60 IN NS ns1.hoster.example.", "customer.co. 60 IN NS ns2.hoster.example.",
		"deep.customer.co. 60 IN NS ns2.hoster.example.",
		"ns1.hoster.example. 60 IN A 10.0.0.1", "ns1.hoster.example. 60 IN AAAA fd00::1", // private: never asked
		"ns2.hoster.example. 60 IN A 127.0.0.1",
		`_mocloud-challenge.api.customer.co. 60 IN TXT "stale"`,
		"alias.customer.co. 60 IN CNAME apex.example.", "apex.example. 60 IN NS ns.elsewhere.example.", "ns.elsewhere.example. 60 IN A 127.0.0.3",
		"mocloud.dev. 60 IN NS ns.mocloud.dev.", "ns.mocloud.dev. 60 IN A 127.0.0.2",
		"lame.co. 60 IN NS ns.elsewhere.example.",
		"private.co. 60 IN NS ns1.hoster.example.",
		"co. 60 IN NS ns.elsewhere.example.", // a registry's servers are nobody's own
	)
	servers := &Servers{
		recursive: []string{resolver.listen(t, "127.0.0.1:0").String()}, direct: true, port: port,
		rule: egress.NewRule(egress.Policy{Ports: []uint16{port}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	}
	ctx := t.Context()

	for name, want := range map[string]string{
		"_mocloud-challenge.api.customer.co": "fresh", "_mocloud-challenge.alias.customer.co": "mine", "_mocloud-challenge.a.deep.customer.co": "deep",
	} {
		if got, err := servers.TXT(ctx, name); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := servers.TXT(ctx, "_mocloud-challenge.none.customer.co"); !errors.Is(err, ErrNone) {
		t.Errorf("a record that is not there: %v", err)
	}
	if got, err := servers.CNAME(ctx, "api.customer.co"); err != nil || got != "x.edge.mocloud.dev" {
		t.Errorf("alias: %q, %v", got, err)
	}
	if got, err := servers.CNAME(ctx, "alias.customer.co"); err != nil || got != "apex.example" {
		t.Errorf("an alias of another zone's top: %q, %v", got, err)
	}
	if _, err := servers.CNAME(ctx, "customer.co"); !errors.Is(err, ErrNone) {
		t.Errorf("the top of the zone: %v", err)
	}
	for _, name := range []string{"customer.co", "x.edge.mocloud.dev", "api.customer.co"} {
		if got, err := servers.Addresses(ctx, name); err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr("192.0.2.7")}) {
			t.Errorf("addresses of %s: %v, %v", name, got, err)
		}
	}
	// Nobody can say, which is not the same as nothing.
	for name, why := range map[string]string{
		"api.lame.co": "not authoritative", "api.private.co": "no public address", "api.unregistered.co": "cannot find the zone",
	} {
		if _, err := servers.TXT(ctx, name); err == nil || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := servers.TXT(ctx, "nowhere.zz"); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a name in no zone: %v", err)
	}
}

func TestAliasesWithoutEnd(t *testing.T) {
	loop := newNameServer(t, ".", "a.co. 60 IN CNAME b.co.", "b.co. 60 IN CNAME a.co.")
	servers := NewServers(loop.listen(t, "127.0.0.1:0").String())
	if _, err := servers.Addresses(t.Context(), "a.co"); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("%v", err)
	}
}
