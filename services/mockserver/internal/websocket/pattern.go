package websocket

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Bounds of regular expressions. Matching takes time in proportion to the message and the compiled expression.
// The bounds of the expressions themselves are mockspec's, which says so while they are written.
const maxMatched = 16 << 10 // bytes of a message that is held against regular expressions

// pattern decides whether a reaction answers a message. A message matches
//   - the same text, or the same JSON if both are objects or arrays (so that a client's spaces and order do not matter);
//   - a template, if what it renders to, with this message's parameters, is the same text or JSON;
//   - a regular expression that matches all of it, if the pattern has no template tags and is one.
//
// A pattern is immutable and safe for concurrent use.
type pattern struct {
	text     string
	json     any // of the text; nil if it is no object or array
	template *selmer.Template
	regexp   *regexp.Regexp
	size     int // of the compiled expression
}

// compilePattern compiles a pattern as written.
func compilePattern(text string) (*pattern, error) {
	p := &pattern{text: text}
	if hasTags(text) {
		t, err := selmer.Compile(text, selmer.Options{Escaping: escapingOf(text)})
		if err != nil {
			return nil, err
		}
		fixed, ok := t.Constant()
		if !ok {
			p.template = t
			return p, nil
		}
		p.text, text = fixed, fixed // nothing but comments
	}
	if p.json = parseContainer(text); p.json != nil {
		return p, nil
	}
	if regexp.QuoteMeta(text) == text || len(text) > mockspec.MaxExpression {
		return p, nil // nothing but text
	}
	size, err := mockspec.ExpressionSize(text)
	if err != nil {
		return p, nil //nolint:nilerr // what is no expression, such as "what?*", is text
	}
	if size > mockspec.MaxInstructions {
		return nil, errors.New("the regular expression is too large; use fewer or smaller repetitions")
	}
	p.size = size
	p.regexp, err = regexp.Compile(`\A(?:` + text + `)\z`)
	return p, err
}

// matches holds a message against the pattern.
func (p *pattern) matches(m *message, s selmer.Scope) (bool, error) {
	switch {
	case p.text == m.text:
		return true, nil
	case p.template != nil:
		out, err := p.template.Append(nil, s)
		if err != nil {
			return false, err
		}
		if string(out) == m.text {
			return true, nil
		}
		parsed := m.json()
		return parsed != nil && equalJSON(parseContainer(string(out)), parsed), nil
	case p.json != nil:
		return equalJSON(p.json, m.json()), nil
	case p.regexp != nil:
		return len(m.text) <= maxMatched && p.regexp.MatchString(m.text), nil
	}
	return false, nil
}

// message is a text from a client, read as JSON at most once.
type message struct {
	text   string
	parsed bool
	value  any
}

func (m *message) json() any {
	if !m.parsed {
		m.parsed, m.value = true, parseContainer(m.text)
	}
	return m.value
}

// parseContainer reads text that is one JSON object or array; nil if it is not. Single values are compared as texts.
func parseContainer(text string) any {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return v
}

// equalJSON compares two values as parseContainer makes them; nil equals nothing at the top.
func equalJSON(a, b any) bool {
	return a != nil && b != nil && sameJSON(a, b)
}

func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			other, ok := b[k]
			if !ok || !sameJSON(v, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	default: // string, bool, nil
		return a == b
	}
}

// sameNumber compares 1.0 with 1 and 1e3 with 1000, but never takes two different large integers for one.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(a, ".eE") && !strings.ContainsAny(b, ".eE") {
		return false
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// hasTags reports whether text is a template that says more than its text.
func hasTags(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#")
}

// escapingOf is how values are written into a text: as JSON needs it in what begins like an object or array, else as
// they are.
func escapingOf(text string) selmer.Escaping {
	text = strings.TrimLeft(text, " \t\r\n")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return selmer.None
	}
	if text[0] == '{' && len(text) > 1 && strings.IndexByte("{%#", text[1]) >= 0 {
		return selmer.None
	}
	return selmer.JSON
}
