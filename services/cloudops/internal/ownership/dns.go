package ownership

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/egress"
)

// ErrNone says that there is no such record, which is a name server's own word for it.
var ErrNone = errors.New("there is no such record")

// DNS asks for records. Implementations are safe for concurrent use. Errors but ErrNone mean that nobody could say.
type DNS interface {
	TXT(ctx context.Context, name string) ([]string, error)
	CNAME(ctx context.Context, name string) (string, error)
	// Addresses are where a name leads in the end, over CNAMEs or not.
	Addresses(ctx context.Context, name string) ([]netip.Addr, error)
}

const (
	askTimeout = 5 * time.Second // one server
	maxServers = 4               // of a zone that are asked until one answers
	maxAliases = 8               // CNAMEs that are followed
	dnsPort    = 53
)

// Servers asks name servers.
type Servers struct {
	recursive []string // ip:port of resolvers, of which each answers for every name
	direct    bool     // the servers of a name's own zone are asked; the resolvers only say which these are
	rule      *egress.Rule
	port      uint16 // of the zones' servers
}

// NewServers asks the zone's own servers, which know a change at once, or the one resolver at ip:port if it is given. Which
// servers a zone has, this machine's resolvers say.
func NewServers(fixed string) *Servers {
	if fixed != "" {
		return &Servers{recursive: []string{fixed}}
	}
	resolvers := []string{"127.0.0.1:53"} // the convention where none is configured
	if cfg, err := dns.ClientConfigFromFile("/etc/resolv.conf"); err == nil && len(cfg.Servers) > 0 {
		resolvers = resolvers[:0]
		for _, server := range cfg.Servers {
			resolvers = append(resolvers, net.JoinHostPort(server, cfg.Port))
		}
	}
	// The owners of domains choose where their name servers are, so that these are no way into private networks.
	return &Servers{recursive: resolvers, direct: true, rule: egress.NewRule(egress.Policy{Ports: []uint16{dnsPort}}), port: dnsPort}
}

// TXT implements DNS.
func (s *Servers) TXT(ctx context.Context, name string) ([]string, error) {
	records, err := s.ask(ctx, name, dns.TypeTXT)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, r := range records {
		if t, ok := r.(*dns.TXT); ok {
			texts = append(texts, strings.Join(t.Txt, ""))
		}
	}
	if len(texts) == 0 {
		return nil, ErrNone
	}
	return texts, nil
}

// CNAME implements DNS.
func (s *Servers) CNAME(ctx context.Context, name string) (string, error) {
	records, err := s.ask(ctx, name, dns.TypeCNAME)
	if err != nil {
		return "", err
	}
	if target := alias(records, name); target != "" {
		return target, nil
	}
	return "", ErrNone
}

// Addresses implements DNS.
func (s *Servers) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	for range maxAliases {
		var found []netip.Addr
		next := ""
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			records, err := s.ask(ctx, name, kind)
			if err != nil && !errors.Is(err, ErrNone) {
				return nil, err
			}
			found = append(found, addressesIn(records)...)
			if target := alias(records, name); target != "" {
				next = target
			}
		}
		if len(found) > 0 {
			return found, nil
		}
		if next == "" {
			return nil, ErrNone
		}
		name = next // in a zone of its own, perhaps
	}
	return nil, fmt.Errorf("%s is behind more than %d CNAME records", name, maxAliases)
}

// alias is where a CNAME among the records leads from name, "" for nowhere.
func alias(records []dns.RR, name string) string {
	for _, r := range records {
		if c, ok := r.(*dns.CNAME); ok && sameName(c.Hdr.Name, name) {
			return strings.ToLower(strings.TrimSuffix(c.Target, "."))
		}
	}
	return ""
}

func addressesIn(records []dns.RR) (found []netip.Addr) {
	for _, r := range records {
		var ip net.IP
		switch r := r.(type) {
		case *dns.A:
			ip = r.A
		case *dns.AAAA:
			ip = r.AAAA
		}
		if a, ok := netip.AddrFromSlice(ip); ok {
			found = append(found, a.Unmap())
		}
	}
	return found
}

func sameName(a, b string) bool { return strings.EqualFold(dns.Fqdn(a), dns.Fqdn(b)) }

func (s *Servers) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if !s.direct {
		return askOneOf(ctx, s.recursive, name, kind, true)
	}
	servers, err := s.serversOf(ctx, name)
	if err != nil {
		return nil, err
	}
	return askOneOf(ctx, servers, name, kind, false)
}

// serversOf returns the addresses of the name servers of the zone that name is in.
func (s *Servers) serversOf(ctx context.Context, name string) ([]string, error) {
	for zone := name; strings.Contains(zone, "."); _, zone, _ = strings.Cut(zone, ".") {
		records, err := askOneOf(ctx, s.recursive, zone, dns.TypeNS, true)
		if err != nil && !errors.Is(err, ErrNone) {
			return nil, fmt.Errorf("find the name servers of %s: %w", zone, err)
		}
		var hosts, servers []string
		for _, r := range records {
			// Of an alias a resolver shows the servers of what it leads to.
			if ns, ok := r.(*dns.NS); ok && sameName(ns.Hdr.Name, zone) {
				hosts = append(hosts, ns.Ns)
			}
		}
		if len(hosts) == 0 {
			continue // no zone begins here
		}
		for _, host := range hosts {
			if len(servers) < maxServers {
				servers = append(servers, s.publicAddresses(ctx, host)...)
			}
		}
		if len(servers) == 0 {
			return nil, fmt.Errorf("the name servers of %s have no public address", zone)
		}
		return servers[:min(len(servers), maxServers)], nil
	}
	return nil, fmt.Errorf("cannot find the zone of %s", name)
}

// publicAddresses are those of a name server that may be asked.
func (s *Servers) publicAddresses(ctx context.Context, host string) (servers []string) {
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := askOneOf(ctx, s.recursive, host, kind, true)
		if err != nil {
			continue // the zone's other servers may be found
		}
		for _, a := range addressesIn(records) {
			if to := netip.AddrPortFrom(a, s.port); s.rule.Check(to) == nil {
				servers = append(servers, to.String())
			}
		}
	}
	return servers
}

// askOneOf asks one server after the other until one answers.
func askOneOf(ctx context.Context, servers []string, name string, kind uint16, recursive bool) (records []dns.RR, err error) {
	for _, server := range servers {
		if records, err = exchange(ctx, server, name, kind, recursive); err == nil || errors.Is(err, ErrNone) {
			break
		}
	}
	return records, err
}

// exchange asks one server: a recursive one, or one that has to know by itself.
func exchange(ctx context.Context, server, name string, kind uint16, recursive bool) ([]dns.RR, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(name), kind)
	question.RecursionDesired = recursive
	client := dns.Client{Timeout: askTimeout}
	answer, _, err := client.ExchangeContext(ctx, question, server)
	if err == nil && answer.Truncated {
		client.Net = "tcp"
		answer, _, err = client.ExchangeContext(ctx, question, server)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", server, err)
	}
	if !recursive && !answer.Authoritative {
		// Neither a record nor its absence may be believed: a server that is not responsible says "nothing" of every name.
		return nil, fmt.Errorf("ask %s: it is not authoritative for %s", server, name)
	}
	switch answer.Rcode {
	case dns.RcodeSuccess:
		return answer.Answer, nil
	case dns.RcodeNameError:
		// The records on the way may be there all the same: an alias of what does not exist.
		if len(answer.Answer) > 0 {
			return answer.Answer, nil
		}
		return nil, ErrNone
	}
	return nil, fmt.Errorf("ask %s: it answered %s", server, dns.RcodeToString[answer.Rcode])
}
