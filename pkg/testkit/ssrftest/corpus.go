// Package ssrftest is a corpus of targets that no tenant's call may ever reach: addresses of every special range, IPv4 addresses inside
// IPv6 ones, odd notations, and names. Only tests may import it.
package ssrftest

import (
	"fmt"
	"net/netip"
	"slices"
)

// special are the ranges, each with its first and last address.
func special() []string {
	return []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
		"::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:2::/48", "2001:10::/28", "2001:db8::/32", "3fff::/20",
		"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	}
}

// inside are IPv4 addresses that are hidden in IPv6 ones.
func inside() []string {
	return []string{"127.0.0.1", "10.0.0.5", "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "198.18.0.1", "192.0.0.192"}
}

// Hosts returns the corpus, without ports: more than 200, each once.
func Hosts() []string {
	var hosts []string
	for _, text := range special() {
		prefix := netip.MustParsePrefix(text)
		hosts = append(hosts, prefix.Addr().String(), last(prefix).String())
	}
	for _, text := range inside() {
		v4 := netip.MustParseAddr(text).As4()
		a, b := uint16(v4[0])<<8|uint16(v4[1]), uint16(v4[2])<<8|uint16(v4[3])
		hosts = append(hosts,
			"::ffff:"+text, fmt.Sprintf("::ffff:%x:%x", a, b), "::"+text, "64:ff9b::"+text, fmt.Sprintf("2002:%x:%x::1", a, b),
			fmt.Sprintf("2001:0:%x:%x::1", a, b), fmt.Sprintf("0:0:0:0:0:ffff:%x:%x", a, b))
	}
	for _, text := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.5", "192.168.1.1"} {
		hosts = append(hosts, notations(netip.MustParseAddr(text).As4())...)
	}
	hosts = append(hosts,
		"fe80::1%lo", "::1%lo", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "255.255.255.255",
		"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "broadcasthost",
		"metadata", "metadata.google.internal", "metadata.google.internal.", "instance-data", "kubernetes", "kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local", "redis", "postgres", "proxy", "api", "host.docker.internal", "gateway.docker.internal",
		"127.0.0.1.nip.io", "10.0.0.5.nip.io", "localtest.me", "lvh.me", "spoofed.burpcollaborator.net", "xn--lcalhost-54a", "127.0.0.1.", "127.0.0.1\\@example.com", "localhost#.example.com",
	)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// notations are an IPv4 address in ways that some resolvers take.
func notations(a [4]byte) []string {
	n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	return []string{
		fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0%o", n),
		fmt.Sprintf("%d.%d", a[0], n&0xffffff), fmt.Sprintf("%d.%d.%d", a[0], a[1], n&0xffff),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", a[0], a[1], a[2], a[3]), fmt.Sprintf("0%o.0%o.0%o.0%o", a[0], a[1], a[2], a[3]),
		fmt.Sprintf("0%o.%d.0x%x.%d", a[0], a[1], a[2], a[3]), fmt.Sprintf("%03d.%03d.%03d.%03d", a[0], a[1], a[2], a[3]),
		fmt.Sprintf("0x%x.%d", a[0], n&0xffffff), fmt.Sprintf("00000000%o.%d.%d.%d", a[0], a[1], a[2], a[3]),
	}
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	raw := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(raw) // of the length that the prefix has
	return addr
}
