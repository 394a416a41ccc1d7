package tunnel

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

var errTarget = errors.New("the target is not of the form host:port")

// parseTarget reads host:port and returns it in one spelling. A host is an IP address in its usual form or a DNS name; the
// other spellings of addresses that some resolvers take (0x7f.1, 2130706433, 127.1) are refused, so that nothing that
// looks like a name is an address.
func parseTarget(target string) (string, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return "", errTarget
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '+' {
		return "", errTarget
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", errTarget
		}
		return netip.AddrPortFrom(addr.Unmap(), uint16(n)).String(), nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !isName(host) {
		return "", errTarget
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// isName reports whether host is a DNS name in ASCII whose last label cannot be read as a number.
func isName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	if strings.HasPrefix(last, "0x") {
		return false
	}
	return strings.Trim(last, "0123456789") != ""
}
