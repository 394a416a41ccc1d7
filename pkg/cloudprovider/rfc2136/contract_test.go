package rfc2136

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

func TestMarksLeadBack(t *testing.T) {
	for name, mark := range map[string]string{
		"pets-ann.mocks.example.com": "_mocloud.pets-ann.mocks.example.com", "*.mocks.example.com": "_mocloud-wildcard.mocks.example.com",
		"_acme-challenge.mocks.example.com": "_mocloud._acme-challenge.mocks.example.com",
	} {
		if got := MarkName(name); got != mark {
			t.Errorf("%s is marked at %s", name, got)
		}
		if got, is := Marked(mark); got != name || !is {
			t.Errorf("%s marks %s, %t", mark, got, is)
		}
	}
	for _, name := range []string{"mocks.example.com", "_mocloudy.example.com", "pets._mocloud.example.com"} {
		if of, is := Marked(name); is {
			t.Errorf("%s marks %s", name, of)
		}
	}
}

// TestGuard: only our records, only under the domain, only what a record can hold.
func TestGuard(t *testing.T) {
	c := Contract(Config{Zones: map[string]string{"example.com": "mocks.example.com"}, Mark: cloudprovider.Mark{Owner: "prod"}, Reserved: cloudprovider.Reserved()})
	const ours, others = "mocloud:v1 owner=prod ref=d1", "mocloud:v1 owner=staging ref=d1"
	good := Change{Action: Update, Was: ours, Record: Record{Type: "CNAME", Name: "pets-ann.mocks.example.com", Content: "edge.example.net", TTL: 300, Comment: ours}}
	with := func(edit func(*Change)) Change {
		c := good
		edit(&c)
		return c
	}
	for name, is := range map[string]struct {
		change Change
		taken  bool
	}{
		"good":       {good, true},
		"a deletion": {with(func(c *Change) { c.Action, c.Comment = Delete, "" }), true},
		"a wildcard": {with(func(c *Change) { c.Name = "*.mocks.example.com" }), true},
		"a proof": {with(func(c *Change) {
			c.Type, c.Name, c.Content = "TXT", "_acme-challenge.mocks.example.com", strings.Repeat("a", 43)
		}), true},
		"another text":       {with(func(c *Change) { c.Type, c.Name, c.Content = "TXT", "_acme-challenge.mocks.example.com", "v=spf1" }), false},
		"another's record":   {with(func(c *Change) { c.Was = others }), false},
		"another's mark":     {with(func(c *Change) { c.Comment = others }), false},
		"no mark":            {with(func(c *Change) { c.Action, c.Was, c.Comment = Create, "", "" }), false},
		"an odd mark":        {with(func(c *Change) { c.Comment = ours + "\"" }), false},
		"a long mark":        {with(func(c *Change) { c.Comment = ours + strings.Repeat("x", 255) }), false},
		"another domain":     {with(func(c *Change) { c.Name = "pets.example.com" }), false},
		"the domain itself":  {with(func(c *Change) { c.Name = "mocks.example.com" }), false},
		"a reserved name":    {with(func(c *Change) { c.Name = "www.mocks.example.com" }), false},
		"an address":         {with(func(c *Change) { c.Type, c.Content = "A", "192.0.2.1" }), false},
		"a wrong content":    {with(func(c *Change) { c.Content = "edge example" }), false},
		"an unknown action":  {with(func(c *Change) { c.Action = "replace" }), false},
		"another's deletion": {with(func(c *Change) { c.Action, c.Was = Delete, "" }), false},
	} {
		raw, err := json.Marshal(is.change)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Table.Match("POST", "/zones/example.com/changes", "")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = c.GuardOf(m)(t.Context(), m, raw, nil)
		if (err == nil) != is.taken {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{"/zones/example.org/changes", "/zones/mocks.example.com/changes", "/zones/example.com/records/x"} {
		if _, err := c.Table.Match("POST", path, ""); err == nil {
			t.Errorf("%s is permitted", path)
		}
	}
}
