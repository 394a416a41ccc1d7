package scope_test

import (
	"cmp"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/brianvoe/gofakeit/v7"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

var update = flag.Bool("update", false, "write the list of names behind fake.")

// TestFakeNames compares the names that the validator and the reference know with those that make something; -update writes
// the list. The reference is made of it by a test of package mockspec.
func TestFakeNames(t *testing.T) {
	const file = "../../../../pkg/mockspec/fakes.txt"
	type fake struct{ name, group, also string }
	var all []fake
	for key, info := range gofakeit.FuncLookups {
		if v, ok := scope.NewFake(1).Get(key); !ok || v.IsNil() {
			continue
		}
		name := strings.ReplaceAll(strings.ToLower(info.Display), " ", "-")
		if mockspec.PlainFake(name) != key {
			name = key
		}
		all = append(all, fake{name, info.Category, strings.Join(info.Aliases, ",")})
	}
	slices.SortFunc(all, func(a, b fake) int { return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.name, b.name)) })
	var got strings.Builder
	for _, f := range all {
		got.WriteString(f.name + "\t" + f.group + "\t" + f.also + "\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s is not what makes something; run the test with -update (-file +made):\n%s", file, diff)
	}
}

func TestRandomRanges(t *testing.T) {
	s := newScope(scope.Request{}, &scope.Params{})
	for template, allowed := range map[string][]string{
		"{{random.1-3}}":                      {"1", "2", "3"},
		"{{random.-1-1}}":                     {"-1", "0", "1"},
		"{{random.-3--2}}":                    {"-3", "-2"},
		"{{random.7-7}}":                      {"7"},
		"{{random.3-1}}{{random.x}}":          {""},
		"{% if random.1-3 < 4 %}y{% endif %}": {"y"},
	} {
		seen := map[string]bool{}
		for range 200 {
			seen[render(t, s, template, selmer.None)] = true
		}
		for text := range seen {
			if !slices.Contains(allowed, text) {
				t.Errorf("%s made %q", template, text)
			}
		}
		if len(seen) != len(allowed) {
			t.Errorf("%s made only %v", template, seen)
		}
	}
	if got := render(t, s, "{{random.-9223372036854775808-9223372036854775807}}", selmer.None); got == "" {
		t.Error("the widest range is empty")
	}
}
