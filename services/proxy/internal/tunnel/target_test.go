package tunnel

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	tests := map[string]string{ // "" = refused
		"example.com:443":                    "example.com:443",
		"EXAMPLE.com.:0443":                  "example.com:443",
		"1.2.3.4:80":                         "1.2.3.4:80",
		"[2606:4700::1]:80":                  "[2606:4700::1]:80",
		"[::ffff:1.2.3.4]:80":                "1.2.3.4:80",
		"xn--bcher-kva.example:1":            "xn--bcher-kva.example:1",
		"a_b.example:65535":                  "a_b.example:65535",
		"internal:80":                        "internal:80",
		"":                                   "",
		"example.com":                        "",
		":80":                                "",
		"example.com:":                       "",
		"example.com:0":                      "",
		"example.com:65536":                  "",
		"example.com:+80":                    "",
		"example.com:-1":                     "",
		"example.com:http":                   "",
		"[fe80::1%eth0]:80":                  "",
		"::1:80":                             "",
		"0x7f.1:80":                          "",
		"0x7f000001:80":                      "",
		"2130706433:80":                      "",
		"127.1:80":                           "",
		"1.2.3:80":                           "",
		"0177.0.0.1:80":                      "",
		"1.2.3.4.:80":                        "",
		"a.0x7f:80":                          "",
		"ex ample.com:80":                    "",
		"example.com/x:80":                   "",
		"user@example.com:80":                "",
		"exämple.com:80":                     "",
		"a..b:80":                            "",
		"-a.example:80":                      "",
		strings.Repeat("a", 64) + ".com:80":  "",
		strings.Repeat("a.", 130) + "com:80": "",
		"example.com:80\r\nX: y":             "",
	}
	for target, want := range tests {
		got, err := parseTarget(target)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", target, got, err, want)
		}
	}
}

// What is accepted is in one spelling, which means the same to everybody: reading it again changes nothing, and what a
// resolver would be given is no number.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"example.com:443", "[::1]:80", "127.1:80", "0x7f.1:80", "a%00b:1", "[fe80::1%25lo]:1", "é.com:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, err := parseTarget(target)
		if err != nil {
			return
		}
		if again, err := parseTarget(got); err != nil || again != got {
			t.Fatalf("%q → %q → %q, %v", target, got, again, err)
		}
		host, _, err := net.SplitHostPort(got)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := netip.ParseAddr(host); err == nil {
			return
		}
		last := host[strings.LastIndexByte(host, '.')+1:]
		if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
			t.Fatalf("%q could be read as an address", host)
		}
	})
}
