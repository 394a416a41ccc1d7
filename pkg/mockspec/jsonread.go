package mockspec

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// jsonReader reads JSON text into the nodes that the YAML parser would make of it, many times faster. Nodes carry the
// line that the reader is told and their column in bytes. They are good until the next text is read: a mock keeps
// strings of the text, never nodes.
type jsonReader struct {
	text  string
	i     int
	line  int
	depth int
	nodes []*yaml.Node
	used  int
}

// begin starts on another text.
func (j *jsonReader) begin(text string, line, i int) {
	j.text, j.line, j.i, j.used = text, line, i, 0
}

// jsonSyntaxError says where text is not JSON.
type jsonSyntaxError struct {
	offset int
	what   string
}

func (e *jsonSyntaxError) Error() string { return e.what }

func asJSONError(err error) *jsonSyntaxError {
	var e *jsonSyntaxError
	if !errors.As(err, &e) {
		e = &jsonSyntaxError{what: err.Error()}
	}
	return e
}

// maxJSONDepth bounds the nesting of JSON text.
const maxJSONDepth = 200

// readJSON reads one JSON value that takes all of text.
func readJSON(text string) (*yaml.Node, error) {
	j := jsonReader{text: text, line: 1}
	n, err := j.value()
	if err != nil {
		return nil, err
	}
	if j.space(); j.i < len(text) {
		return nil, j.wrong("there is something after the value")
	}
	return n, nil
}

func (j *jsonReader) wrong(format string, args ...any) error {
	return &jsonSyntaxError{j.i, fmt.Sprintf(format, args...)}
}

func (j *jsonReader) node(k yaml.Kind, tag, value string) *yaml.Node {
	if j.used == len(j.nodes) {
		slab := make([]yaml.Node, 32)
		for i := range slab {
			j.nodes = append(j.nodes, &slab[i])
		}
	}
	n := j.nodes[j.used]
	j.used++
	n.Kind, n.Style, n.Tag, n.Value, n.Line, n.Column, n.Content = k, 0, tag, value, j.line, j.i+1, n.Content[:0]
	return n
}

func (j *jsonReader) space() {
	for j.i < len(j.text) {
		switch j.text[j.i] {
		case ' ', '\t', '\n', '\r':
			j.i++
		default:
			return
		}
	}
}

func (j *jsonReader) value() (*yaml.Node, error) {
	j.space()
	if j.i >= len(j.text) {
		return nil, j.wrong("a value is missing at the end")
	}
	switch c := j.text[j.i]; {
	case c == '{':
		return j.nested(yaml.MappingNode, '}')
	case c == '[':
		return j.nested(yaml.SequenceNode, ']')
	case c == '"':
		return j.str()
	case c == '-' || c >= '0' && c <= '9':
		return j.number()
	}
	for _, w := range []struct{ text, tag string }{{"true", "!!bool"}, {"false", "!!bool"}, {"null", "!!null"}} {
		if strings.HasPrefix(j.text[j.i:], w.text) {
			n := j.node(yaml.ScalarNode, w.tag, w.text)
			j.i += len(w.text)
			return n, nil
		}
	}
	u, _ := utf8.DecodeRuneInString(j.text[j.i:])
	return nil, j.wrong("a value cannot begin with %q", u)
}

func (j *jsonReader) nested(k yaml.Kind, shut byte) (*yaml.Node, error) {
	tag := "!!map"
	if k == yaml.SequenceNode {
		tag = "!!seq"
	}
	if j.depth++; j.depth > maxJSONDepth {
		return nil, j.wrong("values are nested deeper than %d levels", maxJSONDepth)
	}
	defer func() { j.depth-- }()
	n := j.node(k, tag, "")
	j.i++
	j.space()
	if j.i < len(j.text) && j.text[j.i] == shut {
		j.i++
		return n, nil
	}
	for {
		if k == yaml.MappingNode {
			j.space()
			if j.i >= len(j.text) || j.text[j.i] != '"' {
				return nil, j.wrong("a key in double quotes is expected")
			}
			key, err := j.str()
			if err != nil {
				return nil, err
			}
			j.space()
			if j.i >= len(j.text) || j.text[j.i] != ':' {
				return nil, j.wrong("a `:` is expected after the key")
			}
			j.i++
			n.Content = append(n.Content, key)
		}
		v, err := j.value()
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, v)
		j.space()
		switch {
		case j.i < len(j.text) && j.text[j.i] == ',':
			j.i++
		case j.i < len(j.text) && j.text[j.i] == shut:
			j.i++
			return n, nil
		default:
			return nil, j.wrong("a `,` or `%c` is expected", shut)
		}
	}
}

func (j *jsonReader) number() (*yaml.Node, error) {
	start := j.i
	for j.i < len(j.text) && strings.IndexByte("+-.eE0123456789", j.text[j.i]) >= 0 {
		j.i++
	}
	s := j.text[start:j.i]
	end := j.i
	j.i = start
	if !isJSONNumber(s) {
		return nil, j.wrong("`%s` is not a number", brief(s))
	}
	tag := "!!int"
	if strings.ContainsAny(s, ".eE") {
		tag = "!!float"
	}
	n := j.node(yaml.ScalarNode, tag, s)
	j.i = end
	return n, nil
}

// str reads a string; most have no escapes and are part of the text.
func (j *jsonReader) str() (*yaml.Node, error) {
	n := j.node(yaml.ScalarNode, "!!str", "")
	n.Style = yaml.DoubleQuotedStyle
	j.i++
	start := j.i
	for j.i < len(j.text) {
		switch c := j.text[j.i]; {
		case c == '"':
			n.Value = j.text[start:j.i]
			j.i++
			return n, nil
		case c == '\\':
			return n, j.escaped(n, start)
		case c < ' ':
			return nil, j.wrong("a control character must be escaped in a string")
		}
		j.i++
	}
	return nil, j.wrong("a string is not closed")
}

// escaped reads the rest of a string that has escapes.
func (j *jsonReader) escaped(n *yaml.Node, start int) error {
	buf := append(make([]byte, 0, 2*(j.i-start)+32), j.text[start:j.i]...)
	for j.i < len(j.text) {
		c := j.text[j.i]
		switch {
		case c == '"':
			n.Value = string(buf)
			j.i++
			return nil
		case c < ' ':
			return j.wrong("a control character must be escaped in a string")
		case c != '\\':
			buf = append(buf, c)
			j.i++
			continue
		}
		if j.i+1 >= len(j.text) {
			return j.wrong("a string is not closed")
		}
		k := strings.IndexByte(`"\/bfnrtu`, j.text[j.i+1])
		if k < 0 {
			return j.wrong("`\\%c` is not an escape of JSON", j.text[j.i+1])
		}
		if k < 8 {
			buf = append(buf, "\"\\/\b\f\n\r\t"[k])
			j.i += 2
			continue
		}
		u, ok := j.unit()
		if !ok {
			return j.wrong("`\\u` must be followed by four hexadecimal digits")
		}
		if utf16.IsSurrogate(u) {
			low, ok := j.unit()
			if u = utf16.DecodeRune(u, low); !ok || u == utf8.RuneError {
				u = utf8.RuneError
				if ok {
					j.i -= 6 // the second one stands for itself
				}
			}
		}
		buf = utf8.AppendRune(buf, u)
	}
	return j.wrong("a string is not closed")
}

// unit reads one \uXXXX.
func (j *jsonReader) unit() (rune, bool) {
	if j.i+6 > len(j.text) || j.text[j.i] != '\\' || j.text[j.i+1] != 'u' {
		return 0, false
	}
	var u rune
	for k := j.i + 2; k < j.i+6; k++ {
		c := j.text[k]
		if unhex(c) == 0 && c != '0' {
			return 0, false
		}
		u = u<<4 | rune(unhex(c))
	}
	j.i += 6
	return u, true
}
