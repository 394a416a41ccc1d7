package mock

import (
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

func TestSlugs(t *testing.T) {
	for _, c := range []struct {
		slug, workspace string
		says            string // "" means possible
	}{
		{"a", "dev", ""},
		{"0", "dev", ""},
		{"pets-2", "dev", ""},
		{"a--b", "dev", ""},
		{strings.Repeat("a", 40), "dev", ""},
		{strings.Repeat("a", 40), strings.Repeat("w", 22), ""},
		{"", "dev", "needs a slug"},
		{strings.Repeat("a", 41), "dev", "41 characters; the limit is 40"},
		{strings.Repeat("a", 40), strings.Repeat("w", 23), "Shorten the slug by 1"},
		{"Pets", "dev", "use a-z"},
		{"-a", "dev", "at both ends"},
		{"a-", "dev", "at both ends"},
		{"a.b", "dev", "use a-z"},
		{"ä", "dev", "use a-z"},
		{"a\n", "dev", "use a-z"},
		{"xn--pets", "dev", "third and fourth characters"},
		{"ab--c", "dev", "third and fourth characters"},
	} {
		err := CheckSlug(c.slug, c.workspace)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%q: %v", c.slug, err)
		case c.says != "" && (apperr.CodeOf(err) != apperr.Invalid || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%q: %v", c.slug, err)
		}
	}
	for slug, possible := range map[string]bool{
		"dev": true, "ann42": true, "": false, "a-b": false, "4u": false, "Ann": false, "www": false, "api": false, strings.Repeat("w", 40): false,
	} {
		if err := workspace.CheckSlug(slug); (err == nil) != possible {
			t.Errorf("workspace %q: %v", slug, err)
		}
	}
}

// The host name splits again into mock and workspace, whatever their slugs are.
func FuzzHostNames(f *testing.F) {
	f.Add("pets", "dev")
	f.Add("a-b", "ann42")
	f.Add("xn--a", "w")
	f.Fuzz(func(t *testing.T, slug, ws string) {
		if CheckSlug(slug, ws) != nil || workspace.CheckSlug(ws) != nil {
			return
		}
		host := Addresses{BaseDomain: "example.dev"}.Host(Mock{Slug: slug, WorkspaceSlug: ws})
		label, domain, _ := strings.Cut(host, ".")
		at := strings.LastIndex(label, "-")
		if domain != "example.dev" || len(label) > 63 || label[:at] != slug || label[at+1:] != ws {
			t.Errorf("%q of %q became %q", slug, ws, host)
		}
	})
}

func TestSummary(t *testing.T) {
	d := func(severity mockspec.Severity, line int, message string) mockspec.Diagnostic {
		return mockspec.Diagnostic{Severity: severity, Line: line, Message: message}
	}
	for want, list := range map[string][]mockspec.Diagnostic{
		"":                                  {d(mockspec.Warning, 1, "odd")},
		"line 2: wrong.":                    {d(mockspec.Warning, 1, "odd"), d(mockspec.Error, 2, "wrong")},
		"line 2: why?":                      {d(mockspec.Error, 2, "why?")},
		"line 2: wrong (and 1 more error).": {d(mockspec.Error, 2, "wrong"), d(mockspec.Error, 3, "worse")},
		"line 1: a (and 2 more errors).":    {d(mockspec.Error, 1, "a"), d(mockspec.Error, 2, "b"), d(mockspec.Error, 3, "c")},
	} {
		if got := Summary(list); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
