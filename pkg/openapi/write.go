package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// comment writes lines of comment; nothing for "".
func (im *importer) comment(indent, text string) { comment(&im.out, indent, text) }

func comment(b *bytes.Buffer, indent, text string) {
	if text != "" {
		fmt.Fprintf(b, "%s# %s\n", indent, text)
	}
}

// oneLine makes text of a document one line of at most limit characters without anything invisible.
func oneLine(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(c rune) bool {
		return unicode.IsSpace(c) || !unicode.IsPrint(c)
	}), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// plain reports whether YAML reads s, written without quotes, as the text s, whatever version of YAML reads it.
func plain(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '/' && len(s) > 1
		inside := i > 0 && (c == ' ' && i < len(s)-1 || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '|' || c == ',' || c == ':' && s[0] == '/')
		if !letter && !inside {
			return false
		}
	}
	if strings.Contains(s, " -") { // looks like a list
		return false
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return !strings.HasSuffix(s, ":")
}

// scalarText writes a text as a YAML scalar.
func scalarText(s string) string {
	if plain(s) {
		return s
	}
	return quoted(s)
}

// quoted is s as JSON writes it, which YAML reads too, without raw invisible characters.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always can be written
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if c < utf8.RuneSelf && c != 0x7f || c >= 0xa0 && unicode.IsPrint(c) {
			out = append(out, text[:n]...)
		} else if c <= 0xffff {
			out = fmt.Appendf(out, `\u%04X`, c)
		} else {
			out = fmt.Appendf(out, `\U%08X`, c)
		}
		text = text[n:]
	}
	return string(out)
}

// inert returns s so that a template prints it as it is.
func inert(s string) string {
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

// block writes a value as block YAML behind a key: on the key's line if it is short, else below, indented.
func block(b *bytes.Buffer, v *value, indent string) {
	switch {
	case v.kind == kindObject && len(v.items) > 0:
		b.WriteByte('\n')
		for i, key := range v.keys {
			b.WriteString(indent + scalarText(key) + ":")
			block(b, v.items[i], indent+"  ")
		}
	case v.kind == kindList && len(v.items) > 0:
		b.WriteByte('\n')
		for _, item := range v.items {
			b.WriteString(indent + "-")
			at := b.Len()
			block(b, item, indent+"  ")
			if item.kind == kindObject && len(item.items) > 0 { // its first line goes behind the dash
				text := b.Bytes()[at:]
				text[0] = ' '
				b.Truncate(at + 1 + copy(text[1:], text[1+len(indent)+2:]))
			}
		}
	default:
		b.WriteString(" " + flow(v) + "\n")
	}
}

// flow is a scalar, or an empty list or map.
func flow(v *value) string {
	switch v.kind {
	case kindText:
		return scalarText(v.text)
	case kindNumber, kindBool:
		return v.text
	case kindList:
		return "[]"
	case kindObject:
		return "{}"
	case kindNull:
	}
	return "null"
}

// jsonText is a value as compact JSON.
func jsonText(v *value) string { return string(appendValue(nil, v)) }

func appendValue(b []byte, v *value) []byte {
	switch v.kind {
	case kindText:
		b = append(b, quoted(v.text)...)
	case kindNumber, kindBool:
		b = append(b, v.text...)
	case kindNull:
		b = append(b, "null"...)
	case kindList:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		b = append(b, ']')
	case kindObject:
		b = append(b, '{')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(append(append(b, quoted(v.keys[i])...), ':'), item)
		}
		b = append(b, '}')
	}
	return b
}

// scalarOf is the text of a scalar: what a header or a plain text body says.
func scalarOf(v *value) string {
	switch {
	case v == nil || v.kind == kindNull:
		return ""
	case v.kind == kindList || v.kind == kindObject:
		return jsonText(v)
	}
	return v.text
}
