package selmer

import (
	"errors"
	"strings"
	"unicode"
)

// errQuotes is the fault of a tag with an odd number of double quotes.
var errQuotes = errors.New(`a double quote is missing: the number of " in a tag must be even`)

type tokenKind uint8

const (
	tokenEnd   tokenKind = iota
	tokenText            // literal text
	tokenValue           // {{ … }}
	tokenTag             // {% … %}
	tokenOpen            // an unclosed {# comment
)

// token is a piece of a template. Comments are dropped.
type token struct {
	kind   tokenKind
	offset int
	text   string // the literal text, or what stands between the braces
}

// lexer cuts a template into tokens. It never fails; what a tag contains is judged by the parser.
type lexer struct {
	src string
	pos int
	// emptyMaps: {} as the last argument belongs to the tag, {{a|default:{}}}. Selmer ends the tag at the first two
	// braces, which writes one too many behind a value that is there.
	emptyMaps bool
}

// next returns the next token. A tag ends at the first }} or %} even inside quotes, and at the end of the template.
func (l *lexer) next() token {
	start := l.pos
	for i := start; i < len(l.src); i++ {
		if l.src[i] != '{' || i+1 >= len(l.src) {
			continue
		}
		c := l.src[i+1]
		if c != '{' && c != '%' && c != '#' {
			continue
		}
		if i > start {
			l.pos = i
			return token{kind: tokenText, offset: start, text: l.src[start:i]}
		}
		if c != '#' {
			return l.tag(i, c)
		}
		end := strings.Index(l.src[i+1:], "#}")
		if end < 0 {
			l.pos = len(l.src)
			return token{kind: tokenOpen, offset: i}
		}
		start = i + 1 + end + len("#}")
		i = start - 1
	}
	l.pos = len(l.src)
	if start < len(l.src) {
		return token{kind: tokenText, offset: start, text: l.src[start:]}
	}
	return token{kind: tokenEnd, offset: start}
}

func (l *lexer) tag(start int, open byte) token {
	t := token{kind: tokenValue, offset: start}
	if open == '%' {
		t.kind = tokenTag
	}
	body := l.src[start+2:]
	for i := 0; i+1 < len(body); i++ {
		if (body[i] == '}' || body[i] == '%') && body[i+1] == '}' {
			if l.emptyMaps && strings.HasSuffix(body[:i], ":{") && strings.HasPrefix(body[i:], "}}}") {
				i++
			}
			l.pos = start + 2 + i + 2
			t.text = body[:i]
			return t
		}
	}
	l.pos = len(l.src)
	t.text = body
	return t
}

// verbatim returns the text up to {% endverbatim %}, or up to the end of the template when there is none. It moves on from
// tag to tag, so that an end tag within another tag does not count.
func (l *lexer) verbatim() (text string, closed bool) {
	start := l.pos
	for i := start; i < len(l.src); {
		if l.src[i] != '{' || i+1 >= len(l.src) || l.src[i+1] != '{' && l.src[i+1] != '%' {
			i++
			continue
		}
		end := strings.IndexByte(l.src[i+1:], '}')
		if end < 0 {
			break
		}
		end += i + 2
		if l.src[i+1] == '{' {
			i = min(end+1, len(l.src))
			continue
		}
		inner, ok := strings.CutSuffix(l.src[i+2:end], "%}")
		if ok && strings.Trim(inner, spaces) == "endverbatim" {
			l.pos = end
			return l.src[start:i], true
		}
		i = end
	}
	l.pos = len(l.src)
	return l.src[start:], false
}

// spaces are what a regular expression of Java calls \s.
const spaces = " \t\n\v\f\r"

// splitQuoted cuts s at the separators that stand outside double quotes and drops empty pieces. A quote without its partner is dropped
// and cuts too.
func splitQuoted(s, separators string) []string {
	var pieces []string
	start := 0
	flush := func(end int) {
		if end > start {
			pieces = append(pieces, s[start:end])
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if end := strings.IndexByte(s[i+1:], '"'); end >= 0 {
				i += end + 1
				continue
			}
			flush(i)
			start = i + 1
		case strings.IndexByte(separators, c) >= 0:
			flush(i)
			start = i + 1
		}
	}
	flush(len(s))
	return pieces
}

// words cuts the inside of a tag into its words.
func words(s string) ([]string, error) {
	if strings.Count(s, `"`)%2 != 0 {
		return nil, errQuotes
	}
	return splitQuoted(s, spaces), nil
}

// trimSpace trims what Java calls whitespace, which leaves out the no-break spaces.
func trimSpace(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch {
		case r >= '\t' && r <= '\r', r >= 0x1C && r <= 0x1F:
			return true
		case r == 0xA0, r == 0x2007, r == 0x202F, r == 0x85:
			return false
		default:
			return unicode.IsSpace(r)
		}
	})
}
