package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Bounds of JSONPath and XPath expressions. What they cost to evaluate grows with the body and with these.
const (
	MaxExpression    = 1000 // characters
	MaxDescendants   = 1    // `..` of a JSONPath
	MaxSelectors     = 16   // product of the selectors of a JSONPath's segments
	MaxSlashes       = 2    // `//` of an XPath
	maxNodes         = 10_000
	maxFilters       = 2 // of a JSONPath, filters within filters included
	maxPathSegments  = 64
	maxXPathBrackets = 8
)

// JSONPath is a compiled JSONPath (RFC 9535). It is immutable and safe for concurrent use.
type JSONPath struct{ path *jsonpath.Path }

// CompileJSONPath reads a JSONPath, which must be within the bounds.
func CompileJSONPath(text string) (*JSONPath, error) {
	if len(text) > MaxExpression {
		return nil, fmt.Errorf("a JSONPath may have up to %d characters, not %d", MaxExpression, len(text))
	}
	path, err := parseJSONPath(text)
	if err != nil {
		return nil, err
	}
	if err := boundJSONPath(path.Query(), path.String()); err != nil {
		return nil, err
	}
	return &JSONPath{path}, nil
}

func parseJSONPath(text string) (path *jsonpath.Path, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the JSONPath cannot be read")
		}
	}()
	parser, err := newParser()
	if err != nil {
		return nil, err
	}
	path, err = parser.Parse(withOwnFunctions(text))
	if err != nil {
		err = errors.New(strings.TrimPrefix(err.Error(), "jsonpath: "))
	}
	return path, err
}

// boundJSONPath refuses what takes more than linear time. What stands within a filter is looked at as text, outside of quotes.
func boundJSONPath(q *spec.PathQuery, whole string) error {
	descendants, product := 0, 1
	if len(q.Segments()) > maxPathSegments {
		return fmt.Errorf("a JSONPath may have up to %d segments", maxPathSegments)
	}
	for _, s := range q.Segments() {
		if s.IsDescendant() {
			descendants++
		}
		if product *= max(1, len(s.Selectors())); product > MaxSelectors {
			return fmt.Errorf("the selectors of a JSONPath may multiply to %d at most", MaxSelectors)
		}
	}
	if descendants > MaxDescendants {
		return errors.New("a JSONPath may have only one `..`")
	}
	bare := outsideQuotes(whole)
	if strings.Count(bare, "..") > descendants {
		return errors.New("a filter of a JSONPath may not contain `..`")
	}
	if strings.Count(bare, "?") > maxFilters {
		return fmt.Errorf("a JSONPath may have up to %d filters", maxFilters)
	}
	for i := 1; i < len(bare); i++ { // what a filter looks up from the root it looks up for each node
		if bare[i] != '$' {
			continue
		}
		end := strings.IndexAny(bare[i:], " )=<>!&|")
		if end < 0 {
			end = len(bare) - i
		}
		if strings.ContainsAny(bare[i:i+end], "*:,?") {
			return errors.New("a filter of a JSONPath may name one place from the root (`$.a.b`), not several")
		}
	}
	return nil
}

// outsideQuotes drops quoted parts.
func outsideQuotes(s string) string {
	var out strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0:
			out.WriteByte(c)
		case c == '\\':
			i++
		case c == quote:
			quote = 0
		}
	}
	return out.String()
}

// within returns the nodes of a decoded JSON value that the path leads to, for as long as scan allows to look at so many bytes more:
// nodes contain each other, so that together they may be far larger than the value.
func (p *JSONPath) within(v any, scan func(int) bool) []selmer.Value {
	nodes := p.path.Select(v)
	out := make([]selmer.Value, 0, min(len(nodes), maxNodes))
	for _, n := range nodes[:min(len(nodes), maxNodes)] {
		node, size := fromAny(n)
		if !scan(timesNode * size) {
			return nil
		}
		out = append(out, node)
	}
	return out
}

// What it costs to evaluate, in looks at a byte.
const (
	timesNode  = 4 // for each byte of a node
	timesXPath = 4 // for each byte of the body
)

// fromAny makes a value of what encoding/json decodes. Size is that of its text.
func fromAny(v any) (out selmer.Value, size int) {
	text, err := json.Marshal(v)
	if err != nil {
		return selmer.Nil(), 0
	}
	if out, err = selmer.ParseJSON(text); err != nil {
		return selmer.Nil(), len(text)
	}
	return out, len(text)
}

// toAny makes of a value what encoding/json decodes.
func toAny(v selmer.Value) any {
	out, err := decodeJSON(v.AppendJSON(nil))
	if err != nil {
		return nil
	}
	return out
}

// XPath is a compiled XPath 1.0. Prefixes of names are not looked at. It is safe for concurrent use.
type XPath struct {
	mu   sync.Mutex // the library's expressions keep state
	expr *xpath.Expr
}

// CompileXPath reads an XPath, which must be within the bounds.
func CompileXPath(text string) (*XPath, error) {
	if len(text) > MaxExpression {
		return nil, fmt.Errorf("an XPath may have up to %d characters, not %d", MaxExpression, len(text))
	}
	bare := outsideQuotes(text)
	descents := strings.Count(bare, "//") + strings.Count(bare, "descendant") + strings.Count(bare, "following") + strings.Count(bare, "preceding")
	if descents > MaxSlashes {
		return nil, fmt.Errorf("an XPath may use `//`, and axes that reach as far, up to %d times", MaxSlashes)
	}
	if strings.Count(bare, "[") > maxXPathBrackets {
		return nil, fmt.Errorf("an XPath may have up to %d pairs of brackets", maxXPathBrackets)
	}
	for depth, i := 0, 0; i < len(bare); i++ {
		switch {
		case bare[i] == '[':
			depth++
		case bare[i] == ']':
			depth--
		case depth > 0 && (strings.HasPrefix(bare[i:], "//") || strings.HasPrefix(bare[i:], "descendant") ||
			strings.HasPrefix(bare[i:], "following") || strings.HasPrefix(bare[i:], "preceding") || strings.HasPrefix(bare[i:], "ancestor")):
			return nil, errors.New("an XPath may not use `//`, or axes that reach as far, within brackets")
		}
	}
	expr, err := parseXPath(withoutPrefixes(text))
	if err != nil {
		return nil, err
	}
	return &XPath{expr: expr}, nil
}

func parseXPath(text string) (expr *xpath.Expr, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the XPath cannot be read")
		}
	}()
	return xpath.Compile(text)
}

// withoutPrefixes drops `name:` before names, outside of quotes; axes have two colons.
func withoutPrefixes(s string) string {
	out := make([]byte, 0, len(s))
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if quote != 0 || c == '"' || c == '\'' {
			if quote == 0 {
				quote = c
			} else if c == quote {
				quote = 0
			}
			out = append(out, c)
			continue
		}
		single := c == ':' && (i+1 >= len(s) || s[i+1] != ':') && (i == 0 || s[i-1] != ':')
		if !single {
			out = append(out, c)
			continue
		}
		for len(out) > 0 && isNameByte(out[len(out)-1]) {
			out = out[:len(out)-1]
		}
	}
	return string(out)
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c >= 0x80
}

// find evaluates the expression: the texts of the nodes, or the one result that is a text, a number or a boolean.
func (p *XPath) find(root *xmlquery.Node) (found []item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			found = nil // what the library cannot evaluate leads nowhere
		}
	}()
	switch v := p.expr.Evaluate(xmlquery.CreateXPathNavigator(root)).(type) {
	case bool:
		return []item{{value: selmer.Bool(v)}}
	case float64:
		return []item{{value: selmer.Float(v)}}
	case string:
		return []item{{selmer.String(v), true}}
	case *xpath.NodeIterator:
		for v.MoveNext() && len(found) < maxNodes {
			found = append(found, item{selmer.String(v.Current().Value()), true})
		}
	}
	return found
}
