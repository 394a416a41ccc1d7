package scope

import (
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// preferences is the object prefer: which of several answers a caller asks for, with the header `Prefer` of RFC 7240
// (`Prefer: code=404, example=missing`), or in the words of other mock servers.
type preferences Scope

// alias is how other mock servers call a preference.
type alias struct{ headers, query []string }

//nolint:gochecknoglobals // a constant
var preferenceKeys = [...]string{"code", "example", "dynamic"}

// aliasesOf are those of Postman's mock servers and Microcks, and the query parameters of Prism.
func aliasesOf(key string) alias {
	switch key {
	case "code":
		return alias{[]string{"X-Mock-Response-Code", "X-Microcks-Response-Code"}, []string{"__code"}}
	case "example":
		return alias{[]string{"X-Mock-Response-Name", "X-Microcks-Response-Name"}, []string{"__example"}}
	case "dynamic":
		return alias{nil, []string{"__dynamic"}}
	}
	return alias{}
}

// preference returns what the caller prefers, the first that is said.
func (s *Scope) preference(key string) (string, bool) {
	if s.Preferred != "" {
		return s.Preferred, key == "code"
	}
	for _, line := range s.Request.Header.Values("Prefer") {
		if value, ok := preferred(line, key); ok {
			return value, true
		}
	}
	also := aliasesOf(key)
	for _, name := range also.headers {
		if values := s.Request.Header.Values(name); len(values) > 0 {
			return values[0], true
		}
	}
	if !strings.Contains(s.Request.Query, "__") {
		return "", false
	}
	for _, pair := range s.query.read() {
		if slices.Contains(also.query, pair.key) {
			return pair.value, true
		}
	}
	return "", false
}

// preferred finds a preference in a header line: preferences are separated by commas or, as many callers write it, by spaces or
// semicolons; a value may be quoted.
func preferred(line, key string) (string, bool) {
	for line != "" {
		line = strings.TrimLeft(line, ",; \t")
		end := strings.IndexAny(line, "=,; \t")
		if end < 0 {
			end = len(line)
		}
		name := line[:end]
		line = strings.TrimLeft(line[end:], " \t")
		value := ""
		if rest, ok := strings.CutPrefix(line, "="); ok {
			value, line = preferenceValue(strings.TrimLeft(rest, " \t"))
		}
		if name != "" && strings.EqualFold(name, key) {
			return value, true
		}
	}
	return "", false
}

// preferenceValue reads a token or a quoted text, and returns what follows.
func preferenceValue(text string) (value, rest string) {
	quoted, ok := strings.CutPrefix(text, `"`)
	if !ok {
		end := strings.IndexAny(text, ",; \t")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:]
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			return b.String(), quoted[i+1:]
		case c == '\\' && i+1 < len(quoted):
			i++
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// Cost implements selmer.Costly.
func (p *preferences) Cost(string) int {
	n := p.Request.Header.Len() + len(p.Request.Query)
	for _, line := range p.Request.Header.Values("Prefer") {
		n += len(line)
	}
	return n
}

// any reports whether the caller prefers anything.
func (p *preferences) any() bool {
	for _, key := range preferenceKeys {
		if _, ok := (*Scope)(p).preference(key); ok {
			return true
		}
	}
	return false
}

// Get implements selmer.Object.
func (p *preferences) Get(key string) (selmer.Value, bool) {
	return found((*Scope)(p).preference(key))
}

// Entries implements selmer.Object.
func (p *preferences) Entries() []selmer.Entry {
	var entries []selmer.Entry
	for _, key := range preferenceKeys {
		if v, ok := p.Get(key); ok {
			entries = append(entries, selmer.Entry{Key: key, Value: v})
		}
	}
	return entries
}
