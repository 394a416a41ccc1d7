package egress_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/egress"
)

func TestRuleDeniesSpecialAddresses(t *testing.T) {
	rule := egress.NewRule(egress.Policy{})
	for _, addr := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.5", "::ffff:7f00:1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
		"2002:a9fe:a9fe::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "::1%lo", "fec0::1", "ff02::1", "3fff::1",
	} {
		err := rule.Check(netip.AddrPortFrom(netip.MustParseAddr(addr), 443))
		if !errors.Is(err, egress.ErrDenied) {
			t.Errorf("%s: %v, want ErrDenied", addr, err)
		}
	}
}

func TestRulePermitsPublicAddresses(t *testing.T) {
	rule := egress.NewRule(egress.Policy{})
	for _, addr := range []string{"1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111", "172.32.0.1", "11.0.0.1"} {
		if err := rule.Check(netip.AddrPortFrom(netip.MustParseAddr(addr), 80)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestRulePolicy(t *testing.T) {
	prefixes := func(list string) []netip.Prefix {
		p, err := egress.ParsePrefixes(list)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tests := map[string]struct {
		policy egress.Policy
		to     string
		ok     bool
	}{
		"other port":                      {egress.Policy{}, "1.1.1.1:22", false},
		"configured port":                 {egress.Policy{Ports: []uint16{22}}, "1.1.1.1:22", true},
		"default port no longer":          {egress.Policy{Ports: []uint16{22}}, "1.1.1.1:80", false},
		"every port":                      {egress.Policy{Ports: []uint16{0}}, "1.1.1.1:9", true},
		"allowed prefix":                  {egress.Policy{Allow: prefixes("127.0.0.0/8")}, "127.0.0.1:80", true},
		"allowed prefix, mapped":          {egress.Policy{Allow: prefixes("127.0.0.0/8")}, "[::ffff:127.0.0.1]:80", true},
		"allowed prefix, other port":      {egress.Policy{Allow: prefixes("127.0.0.0/8")}, "127.0.0.1:6379", false},
		"allowed prefix, other address":   {egress.Policy{Allow: prefixes("10.1.0.0/16")}, "10.2.0.1:80", false},
		"denied public prefix":            {egress.Policy{Deny: prefixes("8.8.8.0/24")}, "8.8.8.8:443", false},
		"denied public prefix, mapped":    {egress.Policy{Deny: prefixes("8.8.8.0/24")}, "[::ffff:8.8.8.8]:443", false},
		"denied public IPv6 prefix":       {egress.Policy{Deny: prefixes("2606:4700::/32")}, "[2606:4700::1]:443", false},
		"allow wins over deny":            {egress.Policy{Deny: prefixes("8.8.8.0/24"), Allow: prefixes("8.8.8.8")}, "8.8.8.8:443", true},
		"deny does not lift the built-in": {egress.Policy{Deny: prefixes("8.8.8.0/24")}, "169.254.169.254:80", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := egress.NewRule(tt.policy).Check(netip.MustParseAddrPort(tt.to))
			if (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.to, err)
			}
		})
	}
}

// What a resolver or the dialer makes of odd spellings is an address like any other when Control sees it.
func TestRuleControlOnRealDials(t *testing.T) {
	dialer := net.Dialer{Control: egress.NewRule(egress.Policy{Ports: []uint16{0}}).Control}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "::", "0x7f.1", "2130706433", "127.1", "0177.0.0.1"} {
		conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err == nil {
			_ = conn.Close()
			t.Errorf("%s: connected", host)
		}
	}
	if _, err := dialer.DialContext(t.Context(), "udp", "1.1.1.1:53"); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("udp: %v, want ErrDenied", err)
	}
}

func TestParsePrefixes(t *testing.T) {
	got, err := egress.ParsePrefixes(" 10.1.2.3/8, ::1,,192.0.2.7 ")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"10.0.0.0/8", "::1/128", "192.0.2.7/32"}
	var texts []string
	for _, p := range got {
		texts = append(texts, p.String())
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
	for _, nothing := range []string{"", " ", ",", "none", " none\n"} {
		if got, err := egress.ParsePrefixes(nothing); err != nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", nothing, got, err)
		}
	}
	for _, bad := range []string{"10.0.0.0/33", "example.com", "10.0.0", "none,10.0.0.0/8"} {
		if _, err := egress.ParsePrefixes(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
