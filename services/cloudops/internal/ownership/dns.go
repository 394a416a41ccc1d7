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
}

const (
	askTimeout = 5 * time.Second // one server
	maxServers = 4               // of a zone that are asked until one answers
)

// Servers asks name servers.
type Servers struct {
	resolver *net.Resolver
	rule     *egress.Rule
	fixed    string // ip:port of the one server that is asked; "" for the zone's own
}

// NewServers asks the zone's own servers, which know a change at once, or the one resolver at ip:port if it is given.
func NewServers(fixed string) *Servers {
	// The owners of domains choose where their name servers are, so that these are no way into private networks.
	return &Servers{resolver: net.DefaultResolver, rule: egress.NewRule(egress.Policy{Ports: []uint16{53}}), fixed: fixed}
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
	for _, r := range records {
		if c, ok := r.(*dns.CNAME); ok {
			return strings.ToLower(strings.TrimSuffix(c.Target, ".")), nil
		}
	}
	return "", ErrNone
}

func (s *Servers) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if s.fixed != "" {
		return exchange(ctx, s.fixed, name, kind, true)
	}
	servers, err := s.serversOf(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		var records []dns.RR
		if records, err = exchange(ctx, server, name, kind, false); err == nil || errors.Is(err, ErrNone) {
			return records, err
		}
	}
	return nil, err
}

// serversOf returns the addresses of the name servers of the zone that name is in.
func (s *Servers) serversOf(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	for zone := name; strings.Contains(zone, "."); _, zone, _ = strings.Cut(zone, ".") {
		hosts, err := s.resolver.LookupNS(ctx, zone)
		if err != nil || len(hosts) == 0 {
			if e, ok := errors.AsType[*net.DNSError](err); ok && !e.IsNotFound {
				return nil, fmt.Errorf("find the name servers of %s: %w", zone, err)
			}
			continue // no zone begins here
		}
		var servers []string
		for _, host := range hosts {
			addresses, err := s.resolver.LookupNetIP(ctx, "ip", host.Host)
			if err != nil {
				continue
			}
			for _, a := range addresses {
				if to := netip.AddrPortFrom(a.Unmap(), 53); s.rule.Check(to) == nil && len(servers) < maxServers {
					servers = append(servers, to.String())
				}
			}
		}
		if len(servers) == 0 {
			return nil, fmt.Errorf("the name servers of %s have no public address", zone)
		}
		return servers, nil
	}
	return nil, fmt.Errorf("%s is in no zone that can be found", name)
}

// exchange asks one server.
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
	switch answer.Rcode {
	case dns.RcodeSuccess:
		return answer.Answer, nil
	case dns.RcodeNameError:
		return nil, ErrNone
	}
	return nil, fmt.Errorf("ask %s: it answers %s", server, dns.RcodeToString[answer.Rcode])
}
