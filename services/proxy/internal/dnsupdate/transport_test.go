package dnsupdate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/cloudprovider/rfc2136"
)

func TestKeys(t *testing.T) {
	const secret = "c2VjcmV0IG9mIDE2IGJ5dGVzIG9yIG1vcmU="
	for text, good := range map[string]bool{
		"mocloud:" + secret: true, "hmac-sha512:mocloud:" + secret: true, "HMAC-SHA256:mocloud.:" + secret: true,
		"": false, "mocloud": false, "mocloud:short": false, "mocloud:c2hvcnQ=": false, "hmac-md5:mocloud:" + secret: false, ":" + secret: false, "a:b:c:" + secret: false,
	} {
		if err := ParseKey(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestRecords: a mark belongs to its record, whatever the order, and marks and what belongs to the zone are no records.
func TestRecords(t *testing.T) {
	var all []dns.RR
	for _, text := range []string{
		"example.com. 60 IN SOA ns.example.com. a.example.com. 1 2 3 4 5", "_mocloud.a.example.com. 300 IN TXT \"mocloud:v1 owner=x \" \"ref=1\"",
		"A.example.com. 300 IN CNAME Edge.Example.net.", "*.example.com. 60 IN CNAME edge.example.net.", "_mocloud-wildcard.example.com. 60 IN TXT \"m\"",
		"b.example.com. 60 IN A 192.0.2.1", "c.example.com. 60 IN TXT \"x y\"",
	} {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rr)
	}
	want := []rfc2136.Record{
		{Type: "CNAME", Name: "a.example.com", Content: "edge.example.net", TTL: 300, Comment: "mocloud:v1 owner=x ref=1"},
		{Type: "CNAME", Name: "*.example.com", Content: "edge.example.net", TTL: 60, Comment: "m"},
		{Type: "A", Name: "b.example.com", Content: "192.0.2.1", TTL: 60},
		{Type: "TXT", Name: "c.example.com", Content: "x y", TTL: 60},
	}
	if diff := cmp.Diff(want, records(all)); diff != "" {
		t.Error(diff)
	}
}

// FuzzRecords: whatever a name server sends is read without a panic.
func FuzzRecords(f *testing.F) {
	m := new(dns.Msg)
	m.SetUpdate("example.com.")
	packed, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m dns.Msg
		if m.Unpack(raw) != nil {
			return
		}
		for _, r := range records(append(append(m.Answer, m.Ns...), m.Extra...)) {
			if r.Type == "SOA" {
				t.Errorf("%+v", r)
			}
		}
	})
}
