package site_test

import (
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

func example() *site.Site {
	return &site.Site{
		WorkspaceID: "w1", WorkspaceSlug: "ann", MockID: "m1", MockSlug: "pets", Revision: 7, Change: 41, Digest: "abc",
		Hosts: []string{"pets-ann.example.dev", "api.customer.dev"}, Content: []byte("- endpoint: {}\n"),
	}
}

func TestRef(t *testing.T) {
	if got := example().Ref(); got != "pets@7" {
		t.Error(got)
	}
}

// TestSame: only what answers alike is the same; when it was changed does not matter.
func TestSame(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*site.Site)
		same   bool
	}{
		"nothing":          {func(*site.Site) {}, true},
		"another change":   {func(s *site.Site) { s.Change = 42 }, true},
		"another digest":   {func(s *site.Site) { s.Digest = "abd" }, false},
		"another revision": {func(s *site.Site) { s.Revision = 8 }, false},
		"another mock":     {func(s *site.Site) { s.MockID = "m2" }, false},
		"a new name":       {func(s *site.Site) { s.MockSlug = "animals" }, false},
		"moved":            {func(s *site.Site) { s.WorkspaceID, s.WorkspaceSlug = "w2", "bob" }, false},
		"another mode":     {func(s *site.Site) { s.Compat = "moclojer-0.4" }, false},
		"a host less":      {func(s *site.Site) { s.Hosts = s.Hosts[:1] }, false},
		"another order":    {func(s *site.Site) { s.Hosts = []string{"api.customer.dev", "pets-ann.example.dev"} }, false},
	} {
		other := example()
		c.change(other)
		if got := example().Same(other); got != c.same {
			t.Errorf("%s: Same = %v", name, got)
		}
	}
	a, b := example(), example()
	a.Digest, b.Digest = "", ""
	if a.Same(b) {
		t.Error("the same, of which nothing is known")
	}
}
