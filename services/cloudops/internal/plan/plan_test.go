package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
	"github.com/mocloud/mocloud/services/cloudops/internal/desired"
	"github.com/mocloud/mocloud/services/cloudops/internal/plan"
	"github.com/mocloud/mocloud/services/cloudops/internal/provider"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func perHost() plan.Config {
	return plan.Config{
		BaseDomain: "mocks.example.com", Domain: "mocks.example.com", PerHost: true, Provider: true, Target: "edge.example.net",
		Proxied: true, Mark: cloudprovider.Mark{Owner: "prod"}, Policy: plan.Sync, DeleteAfter: time.Minute,
	}
}

func wildcard() plan.Config {
	c := perHost()
	c.PerHost = false
	return c
}

func want(domains ...desired.Domain) desired.Snapshot {
	s := desired.Snapshot{Complete: true, Domains: map[string]desired.Domain{}}
	for _, d := range domains {
		s.Domains[d.ID] = d
	}
	return s
}

func domain(id, host string) desired.Domain { return desired.Domain{ID: id, Host: host} }

// ours is the record as Make wants it.
func ours(id, name, ref string) provider.Record {
	return provider.Record{
		ID: id, Type: "CNAME", Name: name, Content: "edge.example.net", TTL: 1, Proxied: true, Comment: "mocloud:v1 owner=prod ref=" + ref,
	}
}

func with(r provider.Record, change func(*provider.Record)) provider.Record {
	change(&r)
	return r
}

func TestMake(t *testing.T) {
	const host = "pets-ann.mocks.example.com"
	old := map[string]time.Time{"r1": now.Add(-time.Minute)}
	observe := perHost()
	observe.Policy = plan.Observe
	createOnly := perHost()
	createOnly.Policy = plan.CreateOnly
	upsertOnly := perHost()
	upsertOnly.Policy = plan.UpsertOnly
	none := wildcard()
	none.Provider, none.Domain, none.Target = false, "", ""

	tests := map[string]struct {
		config                 plan.Config
		desired                desired.Snapshot
		records                []provider.Record
		orphaned               map[string]time.Time
		create, update, remove []provider.Record
		state                  string // of domain d1
		refused                bool
	}{
		"wildcard, no provider": {config: none, desired: want(domain("d1", host)), state: plan.Published},
		"wildcard, there": {
			config: wildcard(), desired: want(domain("d1", host)), state: plan.Published,
			records: []provider.Record{{ID: "w", Type: "CNAME", Name: "*.mocks.example.com"}},
		},
		"wildcard, missing": {
			config: wildcard(), desired: want(domain("d1", host)), state: plan.Publishing,
			create: []provider.Record{ours("", "*.mocks.example.com", "wildcard")},
		},
		"wildcard, hidden by a foreign record": {
			config: wildcard(), desired: want(domain("d1", host)), state: plan.OfflineInvalid,
			records: []provider.Record{{ID: "w", Type: "CNAME", Name: "*.mocks.example.com"}, {ID: "t", Type: "TXT", Name: host}},
		},
		"wildcard, our record is left over": {
			config: wildcard(), desired: want(domain("d1", host)), state: plan.Published, orphaned: old,
			records: []provider.Record{{ID: "w", Type: "CNAME", Name: "*.mocks.example.com"}, ours("r1", host, "d1")},
			remove:  []provider.Record{ours("r1", host, "d1")},
		},
		"custom, elsewhere": {
			config: perHost(), state: plan.Published,
			desired: want(desired.Domain{ID: "d1", Host: "api.customer.dev", Custom: true}),
		},
		"custom, no provider": {
			config: none, state: plan.Published,
			desired: want(desired.Domain{ID: "d1", Host: "api.customer.dev", Custom: true}),
		},
		"custom, in our zone": {
			config: wildcard(), state: plan.Publishing, create: []provider.Record{ours("", "*.mocks.example.com", "wildcard"), ours("", "special.mocks.example.com", "d1")},
			desired: want(desired.Domain{ID: "d1", Host: "special.mocks.example.com", Custom: true}),
		},
		"similar zone":    {config: perHost(), desired: want(domain("d1", "a.evilmocks.example.com")), state: plan.Published},
		"the zone itself": {config: perHost(), desired: want(domain("d1", "mocks.example.com")), state: plan.Published},
		"missing": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.Publishing, create: []provider.Record{ours("", host, "d1")},
		},
		"missing, in capitals": {
			config: perHost(), desired: want(domain("d1", "Pets-Ann.mocks.example.com")), state: plan.Publishing,
			create: []provider.Record{ours("", host, "d1")},
		},
		"missing, observe": {config: observe, desired: want(domain("d1", host)), state: plan.Publishing},
		"as it should be": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.Published, records: []provider.Record{ours("r1", host, "d1")},
		},
		"as it should be, ttl of a proxied record": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.Published,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.TTL = 300 })},
		},
		"other content": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.Publishing,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Content = "old.example.net" })},
			update:  []provider.Record{ours("r1", host, "d1")},
		},
		"domain made anew with the same host": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.Publishing,
			records: []provider.Record{ours("r1", host, "d0")}, update: []provider.Record{ours("r1", host, "d1")},
		},
		"other content, create-only": {
			config: createOnly, desired: want(domain("d1", host)), state: plan.Publishing,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Content = "old.example.net" })},
		},
		"foreign record": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.OfflineInvalid,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Comment = "by hand" })},
		},
		"foreign record of another type": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.OfflineInvalid,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Type = "A" })},
		},
		"another owner whose name begins like ours": {
			config: perHost(), desired: want(domain("d1", host)), state: plan.OfflineInvalid,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Comment = "mocloud:v1 owner=prod2 ref=d1" })},
		},
		"orphan, just seen": {config: perHost(), desired: want(), records: []provider.Record{ours("r1", host, "d1")}},
		"orphan, due": {
			config: perHost(), desired: want(), records: []provider.Record{ours("r1", host, "d1")}, orphaned: old,
			remove: []provider.Record{ours("r1", host, "d1")},
		},
		"orphan, upsert-only": {
			config: upsertOnly, desired: want(), records: []provider.Record{ours("r1", host, "d1")}, orphaned: old, refused: true,
		},
		"orphan, snapshot incomplete": {
			config: perHost(), desired: desired.Snapshot{}, records: []provider.Record{ours("r1", host, "d1")}, orphaned: old, refused: true,
		},
		"orphan of somebody else": {
			config: perHost(), desired: want(), orphaned: old,
			records: []provider.Record{with(ours("r1", host, "d1"), func(r *provider.Record) { r.Comment = "" })},
		},
		"orphan at the apex": {
			config: perHost(), desired: want(), orphaned: old, records: []provider.Record{ours("r1", "mocks.example.com", "d1")},
		},
		"most of ten": {config: perHost(), desired: want(), records: many(10), orphaned: since(4), refused: true},
		"few of ten":  {config: perHost(), desired: want(stay(10, 3)...), records: many(10), orphaned: since(3), remove: many(3)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := plan.Make(tt.config, plan.Input{Desired: tt.desired, Records: tt.records, Orphaned: tt.orphaned, Now: now})
			got := [][]provider.Record{p.Create, p.Update, p.Delete}
			if diff := cmp.Diff([][]provider.Record{tt.create, tt.update, tt.remove}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("create, update, delete:\n%s", diff)
			}
			status := p.Statuses["d1"]
			if status.State != tt.state || (status.State != "" && status.State != plan.Published && status.Reason == "") {
				t.Errorf("status %+v, want %q with a reason", status, tt.state)
			}
			if (p.Refused != "") != tt.refused {
				t.Errorf("refused: %q", p.Refused)
			}
		})
	}
}

// many is n records of ours.
func many(n int) []provider.Record {
	var records []provider.Record
	for i := range n {
		records = append(records, ours(fmt.Sprintf("r%d", i), fmt.Sprintf("h%d.mocks.example.com", i), fmt.Sprintf("x%d", i)))
	}
	return records
}

func since(due int) map[string]time.Time {
	orphaned := map[string]time.Time{}
	for i := range due {
		orphaned[fmt.Sprintf("r%d", i)] = now.Add(-time.Hour)
	}
	return orphaned
}

// stay is the domains of many that are still wanted.
func stay(n, from int) []desired.Domain {
	var domains []desired.Domain
	for i := from; i < n; i++ {
		domains = append(domains, domain(fmt.Sprintf("x%d", i), fmt.Sprintf("h%d.mocks.example.com", i)))
	}
	return domains
}

func TestTwoDomainsWithOneHost(t *testing.T) {
	p := plan.Make(perHost(), plan.Input{Desired: want(domain("b", "h.mocks.example.com"), domain("a", "h.mocks.example.com")), Now: now})
	if len(p.Create) != 1 || p.Statuses["a"].State != plan.Publishing || p.Statuses["b"].State != plan.OfflineInvalid {
		t.Errorf("%+v", p)
	}
}

// Applying a plan leads to what is desired, and then there is nothing left to do; what is not ours never changes.
func TestPlansConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SampledFrom([]string{"a.mocks.example.com", "b.mocks.example.com", "c.mocks.example.com", "d.mocks.example.com", "api.customer.dev"})
		snapshot := want()
		for i := range rapid.IntRange(0, 6).Draw(t, "domains") {
			id := fmt.Sprint("d", i)
			snapshot.Domains[id] = desired.Domain{ID: id, Host: hosts.Draw(t, "host"), Custom: rapid.Bool().Draw(t, "custom")}
		}
		records := map[string]provider.Record{}
		taken := map[string]bool{}
		for i := range rapid.IntRange(0, 6).Draw(t, "records") {
			host := hosts.Draw(t, "name")
			if taken[host] {
				continue // a CNAME is alone at its name
			}
			taken[host] = true
			r := ours(fmt.Sprint("r", i), host, rapid.SampledFrom([]string{"d0", "d1", "gone"}).Draw(t, "ref"))
			if rapid.Bool().Draw(t, "foreign") {
				r.Comment = "by hand"
			}
			if rapid.Bool().Draw(t, "drift") {
				r.Content = "old.example.net"
			}
			records[r.ID] = r
		}
		foreign := map[string]provider.Record{}
		for id, r := range records {
			if r.Comment == "by hand" {
				foreign[id] = r
			}
		}
		c := perHost()
		c.DeleteAfter = 0
		list := func() []provider.Record {
			var all []provider.Record
			for _, r := range records {
				all = append(all, r)
			}
			return all
		}
		p := plan.Make(c, plan.Input{Desired: snapshot, Records: list(), Now: now})
		for i, r := range p.Create {
			r.ID = fmt.Sprint("new", i)
			records[r.ID] = r
		}
		for _, r := range p.Update {
			records[r.ID] = r
		}
		for _, r := range p.Delete {
			delete(records, r.ID)
		}
		again := plan.Make(c, plan.Input{Desired: snapshot, Records: list(), Now: now})
		if !again.Empty() {
			t.Fatalf("a second plan is not empty: %+v", again)
		}
		for id, r := range foreign {
			if records[id] != r {
				t.Fatalf("a foreign record changed: %+v", r)
			}
		}
		for id, d := range snapshot.Domains {
			if again.Statuses[id].State == "" {
				t.Fatalf("%+v has no status", d)
			}
		}
	})
}
