package cloudprovider_test

import (
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

func table() *cloudprovider.Table {
	return &cloudprovider.Table{
		Routes: []cloudprovider.Route{
			{Method: "GET", Template: "/zones/{zone}/dns_records", Query: []string{"page", "name"}},
			{Method: "DELETE", Template: "/zones/{zone}/dns_records/{record}"},
			{Method: "GET", Template: "/user/tokens/verify"},
		},
		Params: map[string]func(string) bool{
			"zone":   func(v string) bool { return v == "z1" },
			"record": func(v string) bool { return len(v) == 4 },
		},
	}
}

func TestMatch(t *testing.T) {
	tests := map[string]struct {
		method, path, query string
		template            string // "" = denied
	}{
		"list":                 {"GET", "/zones/z1/dns_records", "", "/zones/{zone}/dns_records"},
		"list with query":      {"GET", "/zones/z1/dns_records", "page=2&name=a.b", "/zones/{zone}/dns_records"},
		"delete":               {"DELETE", "/zones/z1/dns_records/abcd", "", "/zones/{zone}/dns_records/{record}"},
		"fixed path":           {"GET", "/user/tokens/verify", "", "/user/tokens/verify"},
		"another zone":         {"GET", "/zones/z2/dns_records", "", ""},
		"odd record id":        {"DELETE", "/zones/z1/dns_records/abcde", "", ""},
		"another method":       {"POST", "/zones/z1/dns_records", "", ""},
		"method in lower case": {"get", "/zones/z1/dns_records", "", ""},
		"longer path":          {"GET", "/zones/z1/dns_records/abcd/x", "", ""},
		"dot dot":              {"GET", "/zones/z1/x/../dns_records", "", ""},
		"escaped dot dot":      {"GET", "/zones/z1/x/%2e%2e/dns_records", "", ""},
		"escaped slash":        {"GET", "/zones/z1%2fdns_records", "", ""},
		"escaped letter":       {"GET", "/zones/z1/dns_record%73", "", ""},
		"double slash":         {"GET", "//zones/z1/dns_records", "", ""},
		"trailing slash":       {"GET", "/zones/z1/dns_records/", "", ""},
		"backslash":            {"GET", `/zones\z1/dns_records`, "", ""},
		"semicolon":            {"GET", "/zones/z1/dns_records;x", "", ""},
		"no path":              {"GET", "", "", ""},
		"unknown query key":    {"GET", "/zones/z1/dns_records", "page=1&token=x", ""},
		"key twice":            {"GET", "/zones/z1/dns_records", "page=1&page=2", ""},
		"query without any":    {"DELETE", "/zones/z1/dns_records/abcd", "page=1", ""},
		"semicolon in query":   {"GET", "/zones/z1/dns_records", "page=1;name=x", ""},
		"line break in query":  {"GET", "/zones/z1/dns_records", "name=a%0d%0ab", ""},
		"long value":           {"GET", "/zones/z1/dns_records", "name=" + strings.Repeat("a", 256), ""},
		"long path":            {"GET", "/" + strings.Repeat("a", 600), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := table().Match(tt.method, tt.path, tt.query)
			if tt.template == "" {
				if !errors.Is(err, cloudprovider.ErrDenied) {
					t.Fatalf("%+v, %v; want ErrDenied", m, err)
				}
				return
			}
			if err != nil || m.Route.Template != tt.template || m.Path != tt.path {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("GET", "/zones/z1/dns_records", "page=1")
	f.Add("DELETE", "/zones/z1/dns_records/%2e%2e", "")
	f.Add("GET", "//..;/zones", "a=%00")
	tab := table()
	f.Fuzz(func(t *testing.T, method, p, query string) {
		m, err := tab.Match(method, p, query)
		if err != nil {
			return
		}
		u, err := url.Parse("https://host" + m.Path + "?" + m.Query)
		if err != nil || u.Host != "host" || u.Path != p || u.EscapedPath() != p || path.Clean(p) != p {
			t.Fatalf("%q is not plain: %v, %v", p, u, err)
		}
		segments := strings.Split(m.Path, "/")
		if segments[1] == "zones" && segments[2] != "z1" {
			t.Fatalf("%q reaches another zone", p)
		}
	})
}
