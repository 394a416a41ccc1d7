package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// ErrDenied says that the destination is not allowed. Its cause is for the log; a tenant learns no more than this.
var ErrDenied = errors.New("destination not allowed")

// Policy describes a Rule. The zero Policy permits every public address on ports 80 and 443.
type Policy struct {
	// Ports that may be reached; empty means 80 and 443, a 0 among them means every port.
	Ports []uint16
	// Allow permits prefixes that would be denied otherwise, for example an installation's own test network. It does not
	// extend Ports.
	Allow []netip.Prefix
	// Deny refuses prefixes besides the special ones, for example an installation's own public addresses. Allow wins.
	Deny []netip.Prefix
}

// Rule decides which addresses may be reached: none that is private, loopback, link-local, metadata, multicast or
// otherwise special in the IANA registries, in whatever way it is spelt. It looks at the address that is connected to, never
// at a name, so that neither resolution nor redirects get around it. It is immutable and safe for concurrent use.
type Rule struct {
	allow    []netip.Prefix
	anyPort  bool
	ports    []uint16
	guardian *ssrf.Guardian
}

// wireServers are addresses of cloud platforms' own services that are in no registry: Azure's WireServer answers
// virtual machines on a public address.
func wireServers() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}
}

// NewRule makes a rule.
func NewRule(p Policy) *Rule {
	ports := p.Ports
	if len(ports) == 0 {
		ports = []uint16{80, 443}
	}
	v4, v6 := wireServers(), []netip.Prefix(nil)
	for _, prefix := range p.Deny {
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	return &Rule{
		allow: slices.Clone(p.Allow), anyPort: slices.Contains(ports, 0), ports: slices.Clone(ports),
		guardian: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(v4...), ssrf.WithDeniedV6Prefixes(v6...)),
	}
}

// Check returns an error that wraps ErrDenied, with the reason, unless to may be reached.
func (r *Rule) Check(to netip.AddrPort) error {
	if !r.anyPort && !slices.Contains(r.ports, to.Port()) {
		return fmt.Errorf("%w: port %d is not among the permitted ports", ErrDenied, to.Port())
	}
	// A mapped address is its IPv4 address, and a zone would hide an address from every prefix.
	addr := to.Addr().Unmap().WithZone("")
	for _, prefix := range r.allow {
		if prefix.Contains(addr) {
			return nil
		}
	}
	if err := r.guardian.SafeAddr(addr); err != nil {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return nil
}

// Control is for net.Dialer.Control: it is called with the final address of every connection attempt, after resolution
// and before anything is sent.
func (r *Rule) Control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", ErrDenied, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return r.Check(to)
}

// ParsePrefixes reads a list of prefixes or single addresses, such as "10.0.0.0/8", separated by commas.
func ParsePrefixes(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	if strings.TrimSpace(list) == "none" {
		return nil, nil
	}
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a prefix like 10.0.0.0/8", item)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}
