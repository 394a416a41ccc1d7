package route

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// kept is what the tests keep for a mock.
type kept struct {
	site     *site.Site
	previous *kept
	closed   bool
}

func newTestTable() *Table[kept] {
	return NewTable(
		func(s *site.Site, previous *kept) *kept { return &kept{site: s, previous: previous} },
		func(k *kept) { k.closed = true },
	)
}

func TestTableHosts(t *testing.T) {
	table := newTestTable()
	table.Put(&site.Site{MockID: "1", WorkspaceSlug: "ann", MockSlug: "pets", Hosts: []string{"pets-ann.example.dev", "API.Shop.example"}})
	table.Put(&site.Site{MockID: "2", WorkspaceSlug: "ann", MockSlug: "cars", Hosts: []string{"cars-ann.example.dev"}})
	for _, c := range []struct{ host, want string }{
		{"pets-ann.example.dev", "pets"},
		{"PETS-ann.Example.DEV", "pets"},
		{"pets-ann.example.dev:8000", "pets"},
		{"pets-ann.example.dev.", "pets"},
		{"Pets-ann.example.dev.:80", "pets"},
		{"api.shop.example", "pets"},
		{"cars-ann.example.dev", "cars"},
		{"example.dev", ""},
		{"", ""},
		{":80", ""},
		{"[::1]:80", ""},
		{"[", ""},
		{strings.Repeat("A", 1000), ""},
	} {
		got := ""
		if k := table.Lookup(c.host); k != nil {
			got = k.site.MockSlug
		}
		if got != c.want {
			t.Errorf("Lookup(%q) = %q, want %q", c.host, got, c.want)
		}
	}
	for _, c := range []struct {
		path, want, rest string
		ok               bool
	}{
		{"/~ann/pets/a/b", "pets", "/a/b", true},
		{"/~ann/pets", "pets", "", true},
		{"/~ann/pets/", "pets", "/", true},
		{"/~ann/none/x", "", "/x", true},
		{"/~ann", "", "", false},
		{"/ann/pets", "", "", false},
	} {
		k, rest, ok := table.LookupPath(c.path)
		got := ""
		if k != nil {
			got = k.site.MockSlug
		}
		if got != c.want || rest != c.rest || ok != c.ok {
			t.Errorf("LookupPath(%q) = %q, %q, %v", c.path, got, rest, ok)
		}
	}
}

// TestHostsInBrackets: brackets are for IPv6 addresses, and only a port follows them.
func TestHostsInBrackets(t *testing.T) {
	for header, want := range map[string]string{
		"[::1]":                          "::1",
		"[::1]:8000":                     "::1",
		"[2001:DB8::1]:80":               "2001:db8::1",
		"[m-ann.localhost].evil.example": "[m-ann.localhost].evil.example",
		"[m-ann.localhost]:8000":         "[m-ann.localhost]:8000",
		"[m-ann.localhost]":              "[m-ann.localhost]",
		"[::1].evil.example":             "[::1].evil.example",
		"[::1]evil":                      "[::1]evil",
		"[::1":                           "[::1",
		"[]":                             "[]",
		"[":                              "[",
		"m-ann.localhost":                "m-ann.localhost",
		"m-ann.localhost:8000":           "m-ann.localhost",
	} {
		if got := Host(header); got != want {
			t.Errorf("%q names %q, not %q", header, got, want)
		}
	}
}

func TestTableEveryHost(t *testing.T) {
	table := newTestTable()
	table.Put(&site.Site{MockID: "file", MockSlug: "file"})
	if k := table.Lookup("anything:8000"); k == nil || k.site.MockSlug != "file" {
		t.Fatalf("a mock without hosts does not answer everywhere: %+v", k)
	}
}

func TestTableReplacement(t *testing.T) {
	table := newTestTable()
	first := &site.Site{MockID: "1", MockSlug: "pets", Revision: 1, Digest: "a", Hosts: []string{"a.example", "b.example"}}
	table.Put(first)
	one := table.Lookup("a.example")
	again := *first
	table.Put(&again)
	if table.Lookup("a.example") != one || one.closed {
		t.Fatal("the same site was taken for another")
	}
	table.Put(&site.Site{MockID: "1", MockSlug: "pets", Revision: 2, Digest: "b", Hosts: []string{"b.example"}})
	two := table.Lookup("b.example")
	if two == nil || two.previous != one || !one.closed || table.Lookup("a.example") != nil {
		t.Fatalf("replacement: %+v", two)
	}

	// A host goes over to another mock; what its old owner then does does not hurt the new one.
	table.Put(&site.Site{MockID: "2", Change: 1, MockSlug: "cars", Digest: "c", Hosts: []string{"b.example"}})
	table.Remove("1")
	if k := table.Lookup("b.example"); k == nil || k.site.MockID != "2" || !two.closed {
		t.Fatalf("after the old owner went: %+v", k)
	}

	cars := table.Lookup("b.example")
	table.Replace([]*site.Site{
		{MockID: "2", Change: 1, MockSlug: "cars", Digest: "c", Hosts: []string{"b.example"}},
		{MockID: "3", MockSlug: "toys", Digest: "d", Hosts: []string{"c.example"}},
	})
	if table.Lookup("b.example") != cars || cars.closed || table.Lookup("c.example") == nil {
		t.Fatal("a reset did not keep what is the same")
	}
	table.Replace(nil)
	if !cars.closed || table.Lookup("b.example") != nil || table.current.Load() != nil {
		t.Fatal("a reset to nothing left something")
	}
	table.Remove("unknown")
}

// TestTableAgainstMap drives the table and a plain map with the same random writes.
func TestTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTestTable()
		owned := map[string]*site.Site{}
		hosts := []string{"a", "b", "c", "d", "e"}
		draw := func(t *rapid.T) *site.Site {
			return &site.Site{
				MockID: fmt.Sprint(rapid.IntRange(1, 4).Draw(t, "id")),
				Change: rapid.Uint64Range(0, 9).Draw(t, "change"),
				Hosts:  rapid.SliceOfN(rapid.SampledFrom(hosts), 1, 3).Draw(t, "hosts"),
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				s := draw(t)
				table.Put(s)
				owned[s.MockID] = s
			},
			"remove": func(t *rapid.T) {
				id := fmt.Sprint(rapid.IntRange(1, 4).Draw(t, "id"))
				table.Remove(id)
				delete(owned, id)
			},
			"replace": func(t *rapid.T) {
				sites := rapid.SliceOfN(rapid.Custom(draw), 0, 5).Draw(t, "sites")
				table.Replace(sites)
				clear(owned)
				for _, s := range sites {
					owned[s.MockID] = s
				}
			},
			"": func(t *rapid.T) {
				for _, h := range hosts {
					want := &site.Site{}
					for _, s := range owned {
						if slices.Contains(s.Hosts, h) && (want.MockID == "" || s.Change > want.Change || s.Change == want.Change && s.MockID > want.MockID) {
							want = s
						}
					}
					got := ""
					if k := table.Lookup(h); k != nil {
						got = k.site.MockID
						if k.closed {
							t.Fatalf("%s leads to a closed mock", h)
						}
					}
					if got != want.MockID {
						t.Fatalf("%s → %q, want %q", h, got, want.MockID)
					}
				}
				if len(owned) == 0 && (len(table.mocks) > 0 || len(table.sites) > 0 || len(table.rivals) > 0 || table.current.Load() != nil) {
					t.Fatal("something is left")
				}
			},
		})
	})
}

// TestHostsChangeHands: hosts go from mock to mock in the log, each to one at a time. Whatever of it a server hears first, each
// mock's latest change being the last it hears of that mock, and whenever it begins again from a snapshot of some of it, the
// hosts lead where the log says in the end.
func TestHostsChangeHands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owners := map[string]string{}       // by host, now
		changes := map[string][]site.Site{} // by mock
		ids := []string{"1", "2", "3", "4"}
		for number := range rapid.Uint64Range(1, 30).Draw(t, "changes") {
			id := rapid.SampledFrom(ids).Draw(t, "mock")
			s := site.Site{MockID: id, Change: number + 1}
			for _, host := range []string{"a", "b", "c"} {
				if owner := owners[host]; owner == "" || owner == id {
					delete(owners, host)
					if rapid.Bool().Draw(t, "takes "+host) {
						owners[host] = id
						s.Hosts = append(s.Hosts, host)
					}
				}
			}
			changes[id] = append(changes[id], s)
		}
		table, applied := newTestTable(), map[string]int{}
		apply := func(s *site.Site) {
			if len(s.Hosts) == 0 { // without hosts it would answer everywhere
				table.Remove(s.MockID)
			} else {
				table.Put(s)
			}
		}
		for rapid.IntRange(0, 20).Draw(t, "more") > 0 {
			id := rapid.SampledFrom(ids).Draw(t, "of")
			if next := applied[id] + rapid.IntRange(0, 2).Draw(t, "compacted"); next < len(changes[id]) {
				apply(&changes[id][next])
				applied[id] = next + 1
			}
			if rapid.IntRange(0, 5).Draw(t, "again") == 0 {
				var sites []*site.Site
				for id, n := range applied {
					if n > 0 && len(changes[id][n-1].Hosts) > 0 {
						sites = append(sites, &changes[id][n-1])
					}
				}
				table.Replace(sites)
			}
		}
		for _, id := range rapid.Permutation(ids).Draw(t, "last") {
			if n := len(changes[id]); n > applied[id] {
				apply(&changes[id][n-1])
			}
		}
		for _, host := range []string{"a", "b", "c"} {
			got := ""
			if k := table.Lookup(host); k != nil {
				got = k.site.MockID
			}
			if got != owners[host] {
				t.Fatalf("%s → %q, the log says %q", host, got, owners[host])
			}
		}
	})
}

// TestNamesAgainstMap uses hashes of few bits, so that every kind of collision happens.
func TestNamesAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n *names[int]
		want := map[string]int{}
		hash := func(name string) uint64 {
			var h uint64
			for i := range len(name) {
				h = h<<30 ^ uint64(name[i]&3)<<60 ^ uint64(name[i]&1)
			}
			return h
		}
		for i := range rapid.IntRange(1, 80).Draw(t, "steps") {
			name := rapid.StringMatching(`[a-h]{1,3}`).Draw(t, "name")
			if rapid.Bool().Draw(t, "put") {
				n = n.with(hash(name), name, i)
				want[name] = i
			} else {
				n = n.without(hash(name), name)
				delete(want, name)
			}
			for name, v := range want {
				if got, ok := find(n, hash(name), name); !ok || got != v {
					t.Fatalf("%s = %d, %v; want %d", name, got, ok, v)
				}
			}
			if _, ok := find(n, hash("zz"), "zz"); ok {
				t.Fatal("found what was never put")
			}
		}
		for name := range want {
			n = n.without(hash(name), name)
		}
		if n != nil {
			t.Fatal("something is left")
		}
	})
}

// TestTableConcurrent swaps a mock's two hosts together and checks that readers of one version never see a mix.
func TestTableConcurrent(t *testing.T) {
	table := newTestTable()
	put := func(rev int) {
		table.Put(&site.Site{MockID: "1", Revision: rev, Hosts: []string{"a.example", "b.example"}})
	}
	put(0)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		defer close(stop)
		for rev := range 2000 {
			put(rev)
			table.Put(&site.Site{MockID: fmt.Sprint("x", rev%50), Hosts: []string{fmt.Sprint("x", rev%50)}})
		}
	})
	for range 2 {
		wg.Go(func() {
			last := 0
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, host := range []string{"a.example", "b.example"} {
					k := table.Lookup(host)
					if k == nil || k.site.Revision < last {
						t.Errorf("%s went back or away: %+v after %d", host, k, last)
						return
					}
					last = k.site.Revision
				}
			}
		})
	}
	wg.Wait()
}

func TestLookupDoesNotAllocate(t *testing.T) {
	table := newTestTable()
	for i := range 1000 {
		table.Put(&site.Site{MockID: fmt.Sprint(i), WorkspaceSlug: "w", MockSlug: fmt.Sprint("m", i), Hosts: []string{fmt.Sprintf("m%d-w.example", i)}})
	}
	for _, host := range []string{"m7-w.example", "M7-W.Example:8000", "none.example."} {
		if n := testing.AllocsPerRun(100, func() { table.Lookup(host) }); n != 0 {
			t.Errorf("Lookup(%q) allocates %v times", host, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { table.LookupPath("/~w/m3/x") }); n != 0 {
		t.Errorf("LookupPath allocates %v times", n)
	}
}

func BenchmarkTableLookup(b *testing.B) {
	for _, hosts := range []int{10, 10_000} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) {
			table := newTestTable()
			asked := make([]string, hosts)
			for i := range hosts {
				asked[i] = fmt.Sprintf("m%d-w.example:8000", i)
				table.Put(&site.Site{MockID: fmt.Sprint(i), Hosts: []string{fmt.Sprintf("m%d-w.example", i)}})
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if table.Lookup(asked[i*7919%hosts]) == nil {
					b.Fatal("not found")
				}
				i++
			}
		})
	}
}

func BenchmarkTablePut(b *testing.B) {
	for _, hosts := range []int{10, 10_000} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) {
			table := newTestTable()
			for i := range hosts {
				table.Put(&site.Site{MockID: fmt.Sprint(i), Hosts: []string{fmt.Sprintf("m%d-w.example", i)}})
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				n := i * 7919 % hosts
				table.Put(&site.Site{MockID: fmt.Sprint(n), Hosts: []string{fmt.Sprintf("m%d-w.example", n)}})
				i++
			}
		})
	}
}
