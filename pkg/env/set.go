package env

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Mask takes the place of a secret.
const Mask = "[redacted]"

// Set is the variables of a workspace with their values: what templates name env. It is immutable. The nil Set is empty.
type Set struct {
	values  map[string]string
	secrets *strings.Replacer // nil: there are none
	size    int
}

var _ selmer.Object = (*Set)(nil)

// NewSet makes a Set of values; secret says which names are secret.
func NewSet(values map[string]string, secret map[string]bool) *Set {
	s := &Set{values: values}
	var hidden []string
	for name, value := range values {
		s.size += len(name) + len(value)
		if secret[name] && value != "" {
			hidden = append(hidden, forms(value)...)
		}
	}
	if len(hidden) > 0 {
		slices.SortFunc(hidden, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) // the longest first
		var pairs []string
		for _, text := range slices.Compact(hidden) {
			pairs = append(pairs, text, Mask)
		}
		s.secrets = strings.NewReplacer(pairs...)
	}
	return s
}

// forms are the ways in which a value is usually written: as it is, and escaped for JSON, for a query and for a path.
func forms(value string) []string {
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = []byte(`""`)
	}
	all := []string{value, string(selmer.String(value).AppendJSON(nil)), string(quoted), url.QueryEscape(value), url.PathEscape(value)}
	for i := 1; i < 3; i++ {
		all[i] = all[i][1 : len(all[i])-1] // without the quotes
	}
	return all
}

// Open makes the Set of the variables of a workspace. A secret that cannot be opened is missing from it, and the error says why.
func Open(workspaceID string, variables map[string]Variable, seal *Seal) (*Set, error) {
	values, secret := make(map[string]string, len(variables)), map[string]bool{}
	var problems []error
	for name, v := range variables {
		if v.Sealed == "" {
			values[name] = v.Value
			continue
		}
		value, err := seal.Open(workspaceID, name, v.Sealed)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		values[name], secret[name] = value, true
	}
	return NewSet(values, secret), errors.Join(problems...)
}

// Get implements selmer.Object.
func (s *Set) Get(name string) (selmer.Value, bool) {
	if s == nil {
		return selmer.Nil(), false
	}
	value, ok := s.values[name]
	if !ok {
		return selmer.Nil(), false
	}
	return selmer.String(value), true
}

// Entries implements selmer.Object.
func (s *Set) Entries() []selmer.Entry {
	if s == nil {
		return nil
	}
	out := make([]selmer.Entry, 0, len(s.values))
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		out = append(out, selmer.Entry{Key: name, Value: selmer.String(s.values[name])})
	}
	return out
}

// Size is about how many bytes the values take.
func (s *Set) Size() int64 {
	if s == nil {
		return 0
	}
	return int64(s.size)
}

// HasSecrets reports whether Mask changes anything.
func (s *Set) HasSecrets() bool { return s != nil && s.secrets != nil }

// Mask returns text with every secret masked.
func (s *Set) Mask(text string) string {
	if !s.HasSecrets() {
		return text
	}
	return s.secrets.Replace(text)
}
