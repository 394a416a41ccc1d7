package route

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Tree leads from a method and a path to an endpoint. At each segment, from left to right, a literal wins over a typed
// parameter, that over an untyped one, and that over a wildcard, whatever the order in which they were added; a more
// specific branch that leads nowhere is left again. Patterns that differ in parameter names only are the same pattern.
//
// One trailing slash means nothing, neither in patterns nor in paths. Segments are percent-decoded before they are
// compared, so %2F is a slash inside a segment. A parameter never matches an empty segment; a wildcard matches
// everything that is left, nothing included.
//
// A Tree is built by one goroutine; then it is safe for concurrent use.
type Tree[E any] struct {
	root node[E]
}

type node[E any] struct {
	literals literals[E]
	params   []param[E] // narrowest type first
	ends     methods[E] // patterns that end here
	rest     methods[E] // patterns that end here with a wildcard
}

type param[E any] struct {
	kind mockspec.ParamType
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
		return m.find("GET")
	}
	return nil
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
		case s.Param != "":
			n = n.param(s.Type)
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

func (n *node[E]) param(kind mockspec.ParamType) *node[E] {
	if kind == "" {
		kind = mockspec.TypeString
	}
	for _, p := range n.params {
		if p.kind == kind {
			return p.node
		}
	}
	next := &node[E]{}
	n.params = append(n.params, param[E]{kind, next})
	slices.SortFunc(n.params, func(a, b param[E]) int { return rank(a.kind) - rank(b.kind) })
	return next
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
			if !accepts(p.kind, text) {
				continue
			}
			if to, c := p.node.find(method, rest, deeper, append(c, text)); to != nil {
				return to, c
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
	for _, p := range n.params {
		if text != "" && accepts(p.kind, text) {
			p.node.methods(rest, deeper, found)
		}
	}
}

func accepts(kind mockspec.ParamType, text string) bool {
	return kind == mockspec.TypeString || kind.Fits(text)
}

// segments cuts the slash at the begin and one at the end; more is false when nothing is left.
func segments(path string) (rest string, more bool) {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return "", false
	}
	return strings.TrimSuffix(path, "/"), true
}

func cut(path string) (segment, rest string, more bool) {
	return strings.Cut(path, "/")
}

func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	s, err := url.PathUnescape(s)
	return s, err == nil
}
