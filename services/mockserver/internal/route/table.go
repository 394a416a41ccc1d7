// Package route finds what a request is for: the mock by its host (Table), and in it the endpoint by its path (Tree).
// It knows names and patterns only, neither HTTP nor templates. Sources feed the Table.
package route

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// Table says which mock answers on a host. M is whatever the owner keeps for a mock that is served.
//
// Lookups are lock-free and see one version of the whole table. Put and Remove replace all names of one mock at once
// and cost the same however many mocks there are. All methods may be called concurrently.
//
// Two mocks may claim one name for a while: a name changes hands in the change log, and the news of the new owner may come
// before that of the former one. It leads to the mock with the later change, in whatever order the two come and whether they
// come one by one or all at once, and goes back when that one gives it up. Of equal changes, which have none of the log, the
// greater mock id counts.
type Table[M any] struct {
	open   func(s *site.Site, previous *M) *M
	closed func(*M)
	seed   maphash.Seed

	current atomic.Pointer[names[*M]]

	mu     sync.Mutex // one writer at a time; guards the rest
	mocks  map[string]served[M]
	sites  map[*M]*site.Site   // of mocks, by what is kept
	rivals map[string][]string // by name: the mocks that claim it and do not have it
}

type served[M any] struct {
	site *site.Site
	mock *M
}

// everyHost is the name of a mock that answers wherever no other does.
const everyHost = "*"

// NewTable makes an empty table. open makes what the table keeps for a site; previous is what it kept for the mock's
// last site, nil for a new mock. closed is called, when requests are no longer led to a mock, with what was kept for it:
// after a replacement, or a removal. Both are called one at a time and must not call the table.
func NewTable[M any](open func(s *site.Site, previous *M) *M, closed func(*M)) *Table[M] {
	return &Table[M]{
		open: open, closed: closed, seed: maphash.MakeSeed(), mocks: map[string]served[M]{}, sites: map[*M]*site.Site{}, rivals: map[string][]string{},
	}
}

// Put makes s the mock's site on all its hosts at once. A site that is the same as the one served changes nothing.
func (t *Table[M]) Put(s *site.Site) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, exists := t.mocks[s.MockID]
	if exists && old.site.Same(s) {
		return
	}
	now := served[M]{site: s, mock: t.open(s, old.mock)}
	root := t.current.Load()
	if exists {
		root = t.withdraw(root, old)
	}
	t.current.Store(t.announce(root, now))
	if exists {
		t.closed(old.mock)
	}
}

// Remove makes a mock answer nowhere. Removing a mock that is not served does nothing.
func (t *Table[M]) Remove(mockID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, exists := t.mocks[mockID]
	if !exists {
		return
	}
	t.current.Store(t.withdraw(t.current.Load(), old))
	t.closed(old.mock)
}

// Replace makes sites the whole table in one step. Mocks that are the same as before are kept as they are.
func (t *Table[M]) Replace(sites []*site.Site) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.mocks
	t.mocks, t.sites, t.rivals = make(map[string]served[M], len(sites)), make(map[*M]*site.Site, len(sites)), map[string][]string{}
	var root *names[*M]
	var gone []*M
	for _, s := range sites {
		if twice, exists := t.mocks[s.MockID]; exists {
			root = t.withdraw(root, twice)
			gone = append(gone, twice.mock)
		}
		now, exists := before[s.MockID]
		delete(before, s.MockID)
		if !exists || !now.site.Same(s) {
			if exists {
				gone = append(gone, now.mock)
			}
			now = served[M]{site: s, mock: t.open(s, now.mock)}
		}
		root = t.announce(root, now)
	}
	for _, old := range before {
		gone = append(gone, old.mock)
	}
	t.current.Store(root)
	for _, m := range gone {
		t.closed(m)
	}
}

// Mocks calls yield for every served mock until it returns false, in no particular order, on a copy of the list.
func (t *Table[M]) Mocks(yield func(*M) bool) {
	t.mu.Lock()
	all := make([]*M, 0, len(t.mocks))
	for _, s := range t.mocks {
		all = append(all, s.mock)
	}
	t.mu.Unlock()
	for _, m := range all {
		if !yield(m) {
			return
		}
	}
}

// Mock returns what is kept for a mock, nil when it is not served.
func (t *Table[M]) Mock(mockID string) *M {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mocks[mockID].mock
}

// Lookup finds the mock of a Host header as it came: letter case, a port and a trailing dot do not matter. It returns
// nil when no mock answers there. It does not allocate.
func (t *Table[M]) Lookup(host string) *M {
	root := t.current.Load()
	host = bareHost(host)
	if hasUpper(host) {
		var lower [maxHost]byte
		if len(host) > len(lower) {
			return nil
		}
		for i := range len(host) {
			lower[i] = lowerByte(host[i])
		}
		return lookup(root, t.seed, lower[:len(host)])
	}
	return lookup(root, t.seed, host)
}

// maxHost is more than a DNS name can be long.
const maxHost = 256

func lookup[M any, K string | []byte](root *names[*M], seed maphash.Seed, host K) *M {
	if m, ok := find(root, hashOf(seed, host), host); ok {
		return m
	}
	m, _ := find(root, hashOf(seed, everyHost), everyHost)
	return m
}

// LookupPath finds the mock of a path of the form /~workspace/mock/rest and returns the rest, which begins with a slash
// or is empty. ok reports whether the path has that form; the mock is nil when it has, but there is none. It does not
// allocate.
func (t *Table[M]) LookupPath(path string) (m *M, rest string, ok bool) {
	if len(path) < 3 || path[0] != '/' || path[1] != '~' {
		return nil, "", false
	}
	slash := strings.IndexByte(path[1:], '/')
	if slash < 0 {
		return nil, "", false
	}
	end := len(path)
	if n := strings.IndexByte(path[slash+2:], '/'); n >= 0 {
		end = slash + 2 + n
	}
	name := path[1:end]
	m, _ = find(t.current.Load(), hashOf(t.seed, name), name)
	return m, path[end:], true
}

// announce takes a mock into the table, under those of its names that no mock with a later change has.
func (t *Table[M]) announce(root *names[*M], s served[M]) *names[*M] {
	t.mocks[s.site.MockID], t.sites[s.mock] = s, s.site
	for name := range namesOf(s.site) {
		hash := hashOf(t.seed, name)
		if m, held := find(root, hash, name); held && m != s.mock {
			holder := t.sites[m]
			if compare(holder, s.site) > 0 {
				t.rivals[name] = append(t.rivals[name], s.site.MockID)
				continue
			}
			t.rivals[name] = append(t.rivals[name], holder.MockID)
		}
		root = root.with(hash, name, s.mock)
	}
	return root
}

// withdraw takes a mock out of the table. Its names go to whoever else claims them.
func (t *Table[M]) withdraw(root *names[*M], s served[M]) *names[*M] {
	delete(t.mocks, s.site.MockID)
	delete(t.sites, s.mock)
	for name := range namesOf(s.site) {
		hash := hashOf(t.seed, name)
		if m, ok := find(root, hash, name); !ok || m != s.mock {
			t.yield(name, s.site.MockID)
			continue
		}
		root = root.without(hash, name)
		if rivals := t.rivals[name]; len(rivals) > 0 {
			next := t.mocks[slices.MaxFunc(rivals, func(a, b string) int { return compare(t.mocks[a].site, t.mocks[b].site) })]
			root = root.with(hash, name, next.mock)
			t.yield(name, next.site.MockID)
		}
	}
	return root
}

// yield forgets that a mock claims a name that it does not have.
func (t *Table[M]) yield(name, mockID string) {
	left := slices.DeleteFunc(t.rivals[name], func(id string) bool { return id == mockID })
	if len(left) == 0 {
		delete(t.rivals, name)
	} else {
		t.rivals[name] = left
	}
}

// compare says which of two mocks a name that both claim leads to: the greater.
func compare(a, b *site.Site) int {
	return cmp.Or(cmp.Compare(a.Change, b.Change), cmp.Compare(a.MockID, b.MockID))
}

// namesOf yields the names under which a site is found: its hosts, and ~workspace/mock, which no host can be.
func namesOf(s *site.Site) func(func(string) bool) {
	return func(yield func(string) bool) {
		if len(s.Hosts) == 0 && !yield(everyHost) {
			return
		}
		for _, host := range s.Hosts {
			if !yield(Host(host)) {
				return
			}
		}
		if s.WorkspaceSlug != "" && s.MockSlug != "" {
			yield("~" + s.WorkspaceSlug + "/" + s.MockSlug)
		}
	}
}

// Host returns the name in a Host header as the table keeps it: without port and trailing dot, in lower case. It does not
// allocate for a name in lower case.
func Host(header string) string { return strings.ToLower(bareHost(header)) }

// bareHost cuts the port and the trailing dot off a Host header.
func bareHost(host string) string {
	if strings.HasPrefix(host, "[") {
		// RFC 3986, 3.2.2: an IPv6 address stands in brackets, and nothing but a port follows it.
		end := strings.IndexByte(host, ']')
		if end < 0 || strings.IndexByte(host[1:end], ':') < 0 || end+1 < len(host) && host[end+1] != ':' {
			return host // the name of no mock
		}
		return host[1:end]
	}
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 {
		host = host[:colon]
	}
	return strings.TrimSuffix(host, ".")
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
