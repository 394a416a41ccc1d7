package providers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mocloud/mocloud/pkg/challenge"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/testkit"
	"github.com/mocloud/mocloud/pkg/testkit/providertest"
)

// zone is a provider's zone, as somebody sees and changes it who is not mocloud.
type zone interface {
	records() []string // "TYPE NAME CONTENT", without what belongs to the zone itself and what marks records, sorted
	put(kind, name, content string)
	outage(down bool)
}

// TestEveryDNSProvider is what each provider of records must do, through cloudops and the proxy.
func TestEveryDNSProvider(t *testing.T) {
	for name, at := range map[string]func(t *testing.T) (*bench, zone){"cloudflare": atCloudflare, "rfc2136": atKnot} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, z := at(t)
			before := z.records()
			has := func(want ...string) {
				t.Helper()
				want = slices.Sorted(slices.Values(slices.Concat(before, want)))
				last := ""
				deadline := time.Now().Add(time.Minute)
				eventually(t, func() bool {
					last = strings.Join(z.records(), "\n")
					if time.Now().After(deadline) {
						t.Fatalf("the zone holds\n%s\nand not\n%s\n%s", last, strings.Join(want, "\n"), b.log)
					}
					return last == strings.Join(want, "\n")
				})
			}
			host := func(label string) string { return "CNAME " + label + ".mocks.example.com edge.example.net" }

			z.put("A", "shop.mocks.example.com", "192.0.2.9")
			foreign := "A shop.mocks.example.com 192.0.2.9"
			b.publish(t, created("d1", "pets-ann.mocks.example.com"))
			b.await(t, "d1", "published")
			has(foreign, host("pets-ann"))
			b.publish(t, created("d2", "shop.mocks.example.com"))
			if reason := b.await(t, "d2", "offline_invalid"); !strings.Contains(reason, "type A") {
				t.Errorf("somebody else's record: %s", reason)
			}
			b.publish(t, created("d3", "www.mocks.example.com"))
			if reason := b.await(t, "d3", "offline_invalid"); !strings.Contains(reason, "reserved") {
				t.Errorf("a reserved name: %s", reason)
			}
			// Somebody changes a record of ours: it is mended.
			z.put("CNAME", "pets-ann.mocks.example.com", "elsewhere.example.net")
			has(foreign, host("pets-ann"))
			// The base domain's proof for a certificate authority: one value at a time, and nothing else.
			ask := func(do, value, failure string) {
				t.Helper()
				a, err := challenge.Place(b.redis, "mocloud:").Ask(t.Context(), challenge.Question{Do: do, Value: value})
				check(t, err)
				if a.Error != failure {
					t.Errorf("%s %q: %s", do, value, a.Error)
				}
			}
			first, second := strings.Repeat("a", 43), strings.Repeat("b", 43)
			proof := "TXT _acme-challenge.mocks.example.com "
			ask(challenge.Present, first, "")
			has(foreign, host("pets-ann"), proof+strconv.Quote(first))
			ask(challenge.Present, second, "")
			has(foreign, host("pets-ann"), proof+strconv.Quote(second))
			ask(challenge.Present, "v=spf1 -all", "The value of a proof must be a digest in base64url.")
			ask(challenge.Remove, second, "")
			has(foreign, host("pets-ann"))
			// The provider is away: what changes meanwhile is made up for.
			z.outage(true)
			b.publish(t, created("d4", "store-ann.mocks.example.com"))
			b.publish(t, event.DomainDeleted{WorkspaceID: "w", DomainID: "d1", Host: "pets-ann.mocks.example.com"})
			b.await(t, "d4", "publishing")
			z.outage(false)
			has(foreign, host("store-ann"))
			b.await(t, "d4", "published")
			// Nothing of ours is left, and all of others'.
			b.publish(t, event.DomainDeleted{WorkspaceID: "w", DomainID: "d4", Host: "store-ann.mocks.example.com"})
			has(foreign)
		})
	}
}

// cloudflareZone is a zone at the simulator, with more records than one page holds.
type cloudflareZone struct{ *providertest.Cloudflare }

func atCloudflare(t *testing.T) (*bench, zone) {
	t.Helper()
	b := start(t)
	for i := range 600 {
		b.cloudflare.Put(providertest.Record{Type: "A", Name: fmt.Sprintf("by-hand-%d.example.com", i), Content: "192.0.2.1", TTL: 60})
	}
	return b, cloudflareZone{b.cloudflare}
}

func (z cloudflareZone) records() (all []string) {
	for _, r := range z.Records() {
		all = append(all, r.Type+" "+r.Name+" "+r.Content)
	}
	slices.Sort(all)
	return all
}

func (z cloudflareZone) put(kind, name, content string) {
	for _, r := range z.Records() {
		if r.Name == name && r.Type == kind {
			z.Remove(name)
			r.Content = content
			z.Put(r)
			return
		}
	}
	z.Put(providertest.Record{Type: kind, Name: name, Content: content, TTL: 60})
}

func (z cloudflareZone) outage(down bool) {
	if !down {
		z.Fail(nil)
		return
	}
	z.Fail(func(string, string) (int, http.Header, bool) { return http.StatusServiceUnavailable, nil, false })
}

// knotZone is a zone at a real name server.
type knotZone struct {
	t      *testing.T
	server *testkit.DNSServer
	secret map[string]string
}

func atKnot(t *testing.T) (*bench, zone) {
	t.Helper()
	server := testkit.NewDNSServer(t, "example.com")
	b := start(t, "CLOUDOPS_CLOUDFLARE_ZONE=", "CLOUDOPS_RFC2136_ZONE=example.com", "PROXY_RFC2136_SERVER="+server.URL(), "PROXY_RFC2136_KEY="+server.Key,
		"PROXY_RFC2136_ZONES=example.com=mocks.example.com")
	name, secret, _ := strings.Cut(server.Key, ":")
	return b, knotZone{t, server, map[string]string{name + ".": secret}}
}

func (z knotZone) sign(m *dns.Msg) *dns.Msg {
	m.SetTsig("mocloud.", dns.HmacSHA256, 300, time.Now().Unix())
	return m
}

func (z knotZone) records() (all []string) {
	query := new(dns.Msg)
	query.SetAxfr("example.com.")
	envelopes, err := (&dns.Transfer{TsigSecret: z.secret}).In(z.sign(query), z.server.URL())
	if err != nil {
		return []string{err.Error()} // it is away
	}
	for e := range envelopes {
		if e.Error != nil {
			return []string{e.Error.Error()}
		}
		for _, rr := range e.RR {
			kind, name := dns.TypeToString[rr.Header().Rrtype], strings.TrimSuffix(rr.Header().Name, ".")
			if kind == "SOA" || kind == "NS" || kind == "TXT" && strings.HasPrefix(name, "_mocloud") {
				continue
			}
			all = append(all, kind+" "+name+" "+strings.TrimSuffix(strings.TrimPrefix(rr.String(), rr.Header().String()), "."))
		}
	}
	slices.Sort(all)
	return all
}

func (z knotZone) put(kind, name, content string) {
	z.t.Helper()
	m := new(dns.Msg)
	m.SetUpdate("example.com.")
	if kind == "CNAME" {
		content += "."
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s. 300 IN %s %s", name, kind, content))
	check(z.t, err)
	m.RemoveRRset([]dns.RR{rr})
	m.Insert([]dns.RR{rr})
	answer, _, err := (&dns.Client{Net: "tcp", TsigSecret: z.secret}).Exchange(z.sign(m), z.server.URL())
	check(z.t, err)
	if answer.Rcode != dns.RcodeSuccess {
		z.t.Fatal(answer)
	}
}

func (z knotZone) outage(down bool) {
	z.t.Helper()
	if down {
		z.server.Stop()
	} else {
		z.server.Start()
	}
}
