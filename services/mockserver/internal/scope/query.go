package scope

import (
	"net/url"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// maxPairs bounds how many query parameters of one request are looked at.
const maxPairs = 256

// queryParams is the object query-params. One value is itself, several values of one name are a list.
type queryParams struct {
	scope *Scope
	pairs []pair
	split bool
	all   []selmer.Entry // once somebody has asked for them
}

type pair struct{ key, value string }

// read splits the query once. It allocates nothing for a query without escapes once pairs is large enough.
func (q *queryParams) read() []pair {
	if q.split {
		return q.pairs
	}
	q.split = true
	q.pairs = appendPairs(q.pairs[:0], q.scope.Request.Query)
	return q.pairs
}

func appendPairs(pairs []pair, query string) []pair {
	for query != "" && len(pairs) < maxPairs {
		var part string
		part, query, _ = strings.Cut(query, "&")
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescapeQuery(key), unescapeQuery(value)})
	}
	return pairs
}

// unescapeQuery decodes what can be decoded and leaves the rest as it came: a mock should not fail on a stray percent.
func unescapeQuery(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

func unescapePath(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

// Get implements selmer.Object.
func (q *queryParams) Get(key string) (selmer.Value, bool) {
	pairs := q.read()
	first, count := -1, 0
	for i := range pairs {
		if pairs[i].key == key {
			if first < 0 {
				first = i
			}
			count++
		}
	}
	switch count {
	case 0:
		return selmer.Nil(), false
	case 1:
		return q.value(key, pairs[first].value), true
	}
	values := make([]selmer.Value, 0, count)
	for i := range pairs {
		if pairs[i].key == key {
			values = append(values, q.value(key, pairs[i].value))
		}
	}
	return selmer.List(values), true
}

// value converts one value as the endpoint declares it.
func (q *queryParams) value(key, text string) selmer.Value {
	if f := q.declared(key); f != nil {
		if v, ok := f.Type.Value(text); ok {
			return v
		}
		return selmer.String(text)
	}
	return q.scope.text(text)
}

func (q *queryParams) declared(key string) *mockspec.Field {
	for i := range q.scope.params.Query {
		if f := &q.scope.params.Query[i]; f.Name == key {
			return f
		}
	}
	return nil
}

// Queries are the query parameters of a request by name, in no particular order, each with the values that came.
type Queries map[string][]string

// First returns the first value of the first of these names that has one.
func (q Queries) First(names ...string) string {
	for _, name := range names {
		if len(q[name]) > 0 {
			return q[name][0]
		}
	}
	return ""
}

// Queries returns the query parameters.
func (s *Scope) Queries() Queries {
	all := Queries{}
	for _, p := range s.query.read() {
		all[p.key] = append(all[p.key], p.value)
	}
	return all
}

// Cost implements selmer.Costly.
func (q *queryParams) Cost(string) int { return len(q.read()) + len(q.scope.params.Query) }

// Entries implements selmer.Object.
func (q *queryParams) Entries() []selmer.Entry {
	if q.all != nil {
		return q.all
	}
	q.all = []selmer.Entry{}
	seen := map[string]bool{}
	for _, p := range q.read() {
		if !seen[p.key] {
			seen[p.key] = true
			v, _ := q.Get(p.key)
			q.all = append(q.all, selmer.Entry{Key: p.key, Value: v})
		}
	}
	return q.all
}
