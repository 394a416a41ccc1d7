package mockspec

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// leaf is where the text of one scalar stands inside the JSON text of a value.
type leaf struct {
	start, end int // without the quotes
	node       *yaml.Node
}

// jsonWriter writes a YAML value as compact JSON that is also flow-style YAML on one line.
type jsonWriter struct {
	r    *reader
	dst  []byte
	tags bool // keep template tags in texts as they are written
	// leaves, when wanted, collects where the texts stand.
	leaves *[]leaf
}

// value appends n. What JSON cannot say is reported and written as null.
func (w *jsonWriter) value(n *yaml.Node) {
	n = follow(n)
	switch n.Kind {
	case yaml.MappingNode:
		w.dst = append(w.dst, '{')
		for i, p := range w.r.pairs(n) {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			w.string(p.key)
			w.dst = append(w.dst, ':')
			w.value(p.value)
		}
		w.dst = append(w.dst, '}')
	case yaml.SequenceNode:
		w.dst = append(w.dst, '[')
		for i, c := range n.Content {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			w.value(c)
		}
		w.dst = append(w.dst, ']')
	default:
		w.scalar(n)
	}
}

func (w *jsonWriter) scalar(n *yaml.Node) {
	switch typeOf(n) {
	case "!!null":
		w.dst = append(w.dst, "null"...)
	case "!!bool":
		w.dst = strconv.AppendBool(w.dst, strings.EqualFold(n.Value, "true"))
	case "!!int":
		number, ok := jsonNumber(n.Value, w.r.o.Limits.Number)
		if !ok {
			w.r.fail(at(n), CodeBadNumber, "put it in quotes", "JSON has no number `%s`: put it in quotes", brief(n.Value))
			number = "null"
		}
		w.dst = append(w.dst, number...)
	default:
		w.text(n)
	}
}

// text writes a text as a JSON string, or as the template that it is.
func (w *jsonWriter) text(n *yaml.Node) {
	if w.tags && makesJSON(n.Value) {
		start := len(w.dst)
		w.dst = append(w.dst, n.Value...)
		if w.leaves != nil {
			*w.leaves = append(*w.leaves, leaf{start, len(w.dst), n})
		}
		return
	}
	w.string(n)
}

// string writes a text, which also is what a key is.
func (w *jsonWriter) string(n *yaml.Node) {
	start := len(w.dst) + 1
	if w.tags && hasTag(n.Value) {
		w.dst = append(w.dst, '"')
		for rest := n.Value; rest != ""; {
			plain, tag, after := cutTag(rest)
			w.dst = appendJSONText(w.dst, plain)
			w.dst = append(w.dst, tag...)
			rest = after
		}
		w.dst = append(w.dst, '"')
	} else {
		w.dst = appendJSONString(w.dst, n.Value)
	}
	if w.leaves != nil {
		*w.leaves = append(*w.leaves, leaf{start, len(w.dst) - 1, n})
	}
}

// typeOf returns what a scalar is in JSON: !!null, !!bool, !!int for every number, else !!str. A number that is too
// large for the YAML parser, which takes it for text, is a number all the same.
func typeOf(n *yaml.Node) string {
	switch n.Tag {
	case "!!null", "!!bool":
		return n.Tag
	case "!!int", "!!float":
		return "!!int"
	case "!!str":
		if n.Style == 0 && isJSONNumber(n.Value) {
			return "!!int"
		}
	}
	return "!!str"
}

// jsonNumber writes a YAML number as JSON, keeping its digits where JSON can say them.
func jsonNumber(s string, limit int) (string, bool) {
	if len(s) > limit {
		return "", false
	}
	if isJSONNumber(s) {
		return s, true
	}
	clean := strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", "")
	if isJSONNumber(clean) {
		return clean, true
	}
	if i, ok := new(big.Int).SetString(clean, 0); ok {
		return i.String(), true
	}
	f, err := strconv.ParseFloat(clean, 64)
	if err != nil || f != f || f > 1.7976931348623157e308 || f < -1.7976931348623157e308 {
		return "", false
	}
	return strconv.FormatFloat(f, 'g', -1, 64), true
}

// isJSONNumber reports whether s is a number of JSON's grammar.
func isJSONNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	if s = s[n:]; strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0]|0x20 != 'e' {
		return false
	}
	s = sign(s[1:])
	return s != "" && digits(s) == len(s)
}

// hasTag reports whether s may contain a template tag.
func hasTag(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%' || s[i+1] == '#') {
			return true
		}
	}
	return false
}

// cutTag splits s around its first template tag as the template language does: a tag ends at the first `}}`, `%}` or
// `#}`, even inside quotes; an empty map as the last argument belongs to it. A tag that is not closed takes the rest.
func cutTag(s string) (plain, tag, after string) {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '{' {
			continue
		}
		var shut string
		switch s[i+1] {
		case '{':
			shut = "}}"
		case '%':
			shut = "%}"
		case '#':
			shut = "#}"
		default:
			continue
		}
		if j := strings.Index(s[i+2:], shut); j >= 0 {
			end := i + 2 + j + 2
			if shut == "}}" && strings.HasSuffix(s[:end-2], ":{") && strings.HasPrefix(s[end:], "}") {
				end++ // {{a|default:{}}}
			}
			return s[:i], s[i:end], s[end:]
		}
		return s[:i], s[i:], ""
	}
	return s, "", ""
}

// makesJSON reports whether a text is one template that makes JSON: `{{path-params.id|json}}` is in the place of a value.
func makesJSON(s string) bool {
	if !strings.HasPrefix(s, "{{") || !strings.HasSuffix(s, "}}") {
		return false
	}
	plain, tag, after := cutTag(s)
	filter := strings.LastIndexByte(tag, '|')
	return plain == "" && after == "" && filter >= 0 && strings.TrimSpace(tag[filter+1:len(tag)-2]) == "json"
}

// appendJSONString appends s as a JSON string in quotes.
func appendJSONString(dst []byte, s string) []byte {
	return append(appendJSONText(append(dst, '"'), s), '"')
}

// appendJSONText appends s as it stands inside a JSON string. What YAML takes for line ends, marks or unprintable is
// escaped too, so that the text is also a double-quoted YAML scalar on one line.
func appendJSONText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		width, u := 1, rune(c)
		if c >= utf8.RuneSelf {
			u, width = utf8.DecodeRuneInString(s[i:])
			if u >= 0xa0 && u != 0x2028 && u != 0x2029 && u != 0xfeff && u != 0xfffe && u != 0xffff && (u != utf8.RuneError || width > 1) {
				i += width
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		switch u {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
		}
		i += width
		from = i
	}
	return append(dst, s[from:]...)
}
