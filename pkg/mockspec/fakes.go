package mockspec

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// fakesText has a line for each name behind `fake.`: the name, its group, and what else people call it, with tabs in between.
// A test of the mock server, which makes the data, writes it.
//
//go:embed fakes.txt
var fakesText string

// Fake is a name behind `fake.`, such as first-name.
type Fake struct{ Name, Group string }

// Fakes are the names behind `fake.`, by group and name.
func Fakes() []Fake { return fakes().all }

type fakeNames struct {
	all   []Fake
	names []string
	known map[string]bool   // by plain name
	meant map[string]string // the name that somebody means who calls it something else, by that plain name
}

//nolint:gochecknoglobals // immutable
var fakes = sync.OnceValue(func() *fakeNames {
	f := &fakeNames{known: map[string]bool{}, meant: map[string]string{}}
	for line := range strings.Lines(fakesText) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		name := parts[0]
		f.all = append(f.all, Fake{Name: name, Group: parts[1]})
		f.names = append(f.names, name)
		f.known[PlainFake(name)] = true
		for also := range strings.SplitSeq(parts[2], ",") {
			if plain := PlainFake(also); f.meant[plain] == "" {
				f.meant[plain] = name
			}
		}
	}
	return f
})

// PlainFake is a name behind `fake.` without what makes no difference in it: hyphens, underscores and capitals.
func PlainFake(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// fake finds what is wrong with a name behind `fake.`.
func (s *scope) fake(name string) (sentence, fix string) {
	all, plain := fakes(), PlainFake(name)
	if all.known[plain] {
		return "", ""
	}
	if meant := all.meant[plain]; meant != "" {
		return "`fake` has no `" + brief(name) + "`: did you mean `fake." + meant + "`?", "write `fake." + meant + "`"
	}
	return s.undeclared("fake", name, all.names, "`fake` has no `%s`", "use one of the names that the reference of the mock format lists")
}

// ParseRange reads a range of whole numbers such as 1-6 or -5-5.
func ParseRange(text string) (low, high int64, ok bool) {
	if text == "" {
		return 0, 0, false
	}
	middle := strings.IndexByte(text[1:], '-') + 1
	if middle == 0 {
		return 0, 0, false
	}
	low, err := strconv.ParseInt(text[:middle], 10, 64)
	if err != nil {
		return 0, 0, false
	}
	high, err = strconv.ParseInt(text[middle+1:], 10, 64)
	return low, high, err == nil && low <= high
}
