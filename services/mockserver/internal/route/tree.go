package route

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Tree leads from a method and a path to an endpoint. At each segment, from left to right, a literal wins over text with
// parameters in it, the more text the better, that over a typed parameter, that over an untyped one, and that over a wildcard, whatever the order in which they were added; a more
// specific branch that leads nowhere is left again. Patterns that differ in parameter names only are the same pattern.
//
// One trailing slash means nothing, neither in patterns nor in paths, but a wildcard takes it. Segments are percent-decoded before they are
// compared, so %2F is a slash inside a segment. A parameter never matches an empty segment; a wildcard matches
// everything that is left, nothing included.
//
// A Tree is built by one goroutine; then it is safe for concurrent use.
type Tree[E any] struct {
	root node[E]
}

type node[E any] struct {
	literals literals[E]
	params   []param[E] // narrowest first
	ends     methods[E] // patterns that end here
	rest     methods[E] // patterns that end here with a wildcard
}

type param[E any] struct {
	kind mockspec.ParamType
	mix  *mockspec.Mix // text beside parameters; nil for a parameter that is all of a segment
	node *node[E]
}

// methods holds the endpoints of one pattern. There are few, so a scan beats a map; most patterns have one, which is where
// the node is: with a million endpoints, it is memory that has to be fetched that takes the time.
type methods[E any] struct {
	name string
	to   *E
	more *methods[E]
}

func (m *methods[E]) find(name string) *E {
	for at := m; at != nil; at = at.more {
		if at.name == name {
			return at.to
		}
	}
	if name == "HEAD" {
		if to := m.named("GET"); to != nil {
			return to
		}
	}
	return m.named(mockspec.MethodAny)
}

// named returns the endpoint of exactly that method.
func (m *methods[E]) named(name string) *E {
	for at := m; at != nil; at = at.more {
		if at.name == name {
			return at.to
		}
	}
	return nil
}

// each yields the endpoints for a method: its own, GET's for HEAD, that of all methods.
func (m *methods[E]) each(name string, yield func(*E) bool) bool {
	names := [...]string{name, "GET", mockspec.MethodAny}
	for i, n := range names {
		if i == 1 && name != "HEAD" {
			continue
		}
		if to := m.named(n); to != nil && !yield(to) {
			return false
		}
	}
	return true
}

// add adds an endpoint, or returns the one that is there.
func (m *methods[E]) add(name string, to *E) *E {
	at := m
	for ; at.to != nil; at = at.more {
		if at.name == name {
			return at.to
		}
		if at.more == nil {
			at.more = &methods[E]{}
		}
	}
	at.name, at.to = usual(name), to
	return nil
}

// usual returns the same text, from one place in memory if it is a usual method.
func usual(method string) string {
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if m == method {
			return m
		}
	}
	return method
}

// Captures holds what parameters and the wildcard matched, in the order of the pattern. It is made to be used again.
type Captures []string

// rank orders types from narrow to wide, so that the result does not depend on the order of the patterns.
func rank(kind mockspec.ParamType) int {
	return slices.Index([]mockspec.ParamType{
		mockspec.TypeUUID, mockspec.TypeDate, mockspec.TypeBoolean, mockspec.TypeInt, mockspec.TypeFloat, mockspec.TypeDouble,
		mockspec.TypeString,
	}, kind)
}

// Add leads a method and pattern to an endpoint. It returns the endpoint that is already there, if there is one; then
// nothing is changed.
func (t *Tree[E]) Add(method string, pattern []mockspec.Segment, to *E) *E {
	n := &t.root
	end := &n.ends
	for _, s := range trim(pattern) {
		switch {
		case s.Wildcard:
			end = &n.rest
		case s.Param != "", s.Mix != nil:
			n = n.param(s.Type, s.Mix)
			end = &n.ends
		default:
			n = n.literal(s.Literal)
			end = &n.ends
		}
	}
	return end.add(method, to)
}

// trim cuts the empty segment that a trailing slash leaves.
func trim(pattern []mockspec.Segment) []mockspec.Segment {
	if n := len(pattern); n > 0 && pattern[n-1] == (mockspec.Segment{}) {
		return pattern[:n-1]
	}
	return pattern
}

func (n *node[E]) literal(text string) *node[E] {
	next := n.literals.find(text)
	if next == nil {
		next = &node[E]{}
		n.literals.add(text, next)
	}
	return next
}

func (n *node[E]) param(kind mockspec.ParamType, mix *mockspec.Mix) *node[E] {
	if kind == "" {
		kind = mockspec.TypeString
	}
	added := param[E]{kind, mix, nil}
	for _, p := range n.params {
		if comparePlaces(p, added) == 0 {
			return p.node
		}
	}
	added.node = &node[E]{}
	n.params = append(n.params, added)
	slices.SortFunc(n.params, comparePlaces)
	return added.node
}

// comparePlaces orders what takes a segment. It is 0 for what takes the same.
func comparePlaces[E any](a, b param[E]) int {
	switch {
	case a.mix == nil && b.mix == nil:
		return rank(a.kind) - rank(b.kind)
	case a.mix == nil:
		return 1
	case b.mix == nil:
		return -1
	}
	return compareMixes(a.mix, b.mix)
}

// compareMixes puts more text first, then narrower types.
func compareMixes(a, b *mockspec.Mix) int {
	texts := strings.Join(b.Texts, "")
	order := cmp.Or(len(texts)-len(strings.Join(a.Texts, "")), len(a.Params)-len(b.Params), slices.Compare(a.Texts, b.Texts))
	for i := 0; order == 0 && i < len(a.Params); i++ {
		order = rank(a.Params[i].Type) - rank(b.Params[i].Type)
	}
	return order
}

// Find returns the endpoint for a method and an escaped path, or nil. HEAD finds a GET endpoint where there is none of
// its own. What parameters matched is appended to c[:0]; it does not allocate when c is large enough and the path has
// no escapes.
func (t *Tree[E]) Find(method, path string, c Captures) (*E, Captures) {
	rest, more := segments(path)
	return t.root.find(method, rest, more, c[:0])
}

func (n *node[E]) find(method, path string, more bool, c Captures) (*E, Captures) {
	if !more {
		if to := n.ends.find(method); to != nil {
			return to, c
		}
		if to := n.rest.find(method); to != nil {
			return to, append(c, "")
		}
		return nil, c
	}
	segment, rest, deeper := cut(path)
	text, ok := unescape(segment)
	if !ok {
		return nil, c
	}
	if next := n.literals.find(text); next != nil {
		if to, c := next.find(method, rest, deeper, c); to != nil {
			return to, c
		}
	}
	if text != "" {
		for i := range n.params {
			p := &n.params[i]
			if taken, ok := p.take(text, c); ok {
				if to, c := p.node.find(method, rest, deeper, taken); to != nil {
					return to, c
				}
			}
		}
	}
	if to := n.rest.find(method); to != nil {
		if all, ok := unescape(path); ok {
			return to, append(c, all)
		}
	}
	return nil, c
}

// Walk yields every endpoint that Find could return for a method and an escaped path, in the order in which it would prefer them, with
// what their parameters match, until yield returns false.
func (t *Tree[E]) Walk(method, path string, yield func(*E, Captures) bool) {
	rest, more := segments(path)
	t.root.walk(method, rest, more, nil, yield)
}

func (n *node[E]) walk(method, path string, more bool, c Captures, yield func(*E, Captures) bool) bool {
	give := func(m *methods[E], c Captures) bool {
		return m.each(method, func(to *E) bool { return yield(to, c) })
	}
	if !more {
		return give(&n.ends, c) && give(&n.rest, append(slices.Clip(c), ""))
	}
	segment, rest, deeper := cut(path)
	text, ok := unescape(segment)
	if !ok {
		return true
	}
	if next := n.literals.find(text); next != nil && !next.walk(method, rest, deeper, c, yield) {
		return false
	}
	if text != "" {
		for i := range n.params {
			p := &n.params[i]
			if taken, ok := p.take(text, slices.Clip(c)); ok && !p.node.walk(method, rest, deeper, taken, yield) {
				return false
			}
		}
	}
	if all, ok := unescape(path); ok {
		return give(&n.rest, append(slices.Clip(c), all))
	}
	return true
}

// Methods returns the methods that some endpoint answers for a path, sorted, HEAD and OPTIONS not added.
func (t *Tree[E]) Methods(path string) []string {
	rest, more := segments(path)
	var found []string
	t.root.methods(rest, more, &found)
	slices.Sort(found)
	return slices.Compact(found)
}

func (n *node[E]) methods(path string, more bool, found *[]string) {
	add := func(m *methods[E]) {
		for ; m != nil && m.to != nil; m = m.more {
			*found = append(*found, m.name)
		}
	}
	add(&n.rest)
	if !more {
		add(&n.ends)
		return
	}
	segment, rest, deeper := cut(path)
	text, ok := unescape(segment)
	if !ok {
		return
	}
	if next := n.literals.find(text); next != nil {
		next.methods(rest, deeper, found)
	}
	for i := range n.params {
		if _, ok := n.params[i].take(text, nil); ok && text != "" {
			n.params[i].node.methods(rest, deeper, found)
		}
	}
}

// take appends what a segment's text gives, and reports whether it fits.
func (p *param[E]) take(text string, c Captures) (Captures, bool) {
	if p.mix != nil {
		return p.mix.Match(text, c)
	}
	return append(c, text), p.kind == mockspec.TypeString || p.kind.Fits(text)
}

// segments cuts the slash at the beginning; more is false when nothing is left.
func segments(path string) (rest string, more bool) {
	path = strings.TrimPrefix(path, "/")
	return path, path != ""
}

// cut splits a path behind its first segment. A slash at the very end is no segment.
func cut(path string) (segment, rest string, more bool) {
	segment, rest, _ = strings.Cut(path, "/")
	return segment, rest, rest != ""
}

func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	s, err := url.PathUnescape(s)
	return s, err == nil
}
