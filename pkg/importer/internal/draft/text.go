package draft

import (
	"fmt"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// Inert returns s so that a template prints it as it is.
func Inert(s string) string {
	if !strings.Contains(s, "{{") && !strings.Contains(s, "{%") && !strings.Contains(s, "{#") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '{' && i+1 < len(s) && strings.IndexByte("{%#", s[i+1]) >= 0 {
			b.WriteString(`{{"{"}}`)
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Segment writes a text of a path so that it is read as text.
func Segment(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		hex := c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
		if c <= ' ' || c >= 0x7f || c == '#' || c == '?' || c == '\\' || c == '{' || c == '}' || c == '%' && !hex || i == 0 && (c == ':' || c == '*') {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Parameter makes a name that a path and templates can use.
func Parameter(name string) string {
	name = strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			return c
		}
		return '_'
	}, name), "_")
	if name == "" {
		return "param"
	}
	return name[:min(len(name), 60)]
}

// Header is a header of an answer; the server sends some itself, and what they say of the real answer is not true of this
// one, so they are left out: then the function is false.
func Header(name string) bool {
	switch strings.ToLower(name) {
	case "", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "date", "upgrade", "trailer", "te", "proxy-connection":
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c) })
}

// Line is a text as one line of at most limit characters.
func Line(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// Status is the status of an answer; one that a mock cannot send becomes 200 and is noted.
func (m *Mock) Status(n *source.Node, key string) int {
	status, ok := n.Int(key)
	switch {
	case !ok:
		return 200
	case status < 200 || status > 599:
		m.Loss(n.Get(key), "the status %d becomes 200: mocks answer 200 to 599", status)
		return 200
	}
	return status
}

// AddHeader adds a header; one of the same name has several values.
func AddHeader(headers Map, name, value string) Map {
	for i, p := range headers {
		if !strings.EqualFold(p.Key, name) {
			continue
		}
		if list, ok := p.Value.([]any); ok {
			headers[i].Value = append(list, value)
		} else {
			headers[i].Value = []any{p.Value, value}
		}
		return headers
	}
	return append(headers, Pair{Key: name, Value: value})
}
