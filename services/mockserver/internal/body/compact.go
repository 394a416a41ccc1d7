// Package body turns what a mock's author wrote as a body, or what a template made of it, into the bytes that are sent:
// compact JSON in default mode, and exactly the bytes of moclojer 0.4 in compat mode.
package body

import (
	"bytes"
	"encoding/json"
)

// Compact returns the JSON text without the space between its tokens; order, numbers and characters stay as they are.
// ok is false for text that is not one JSON value: it is returned as it came.
func Compact(text []byte) (compact []byte, ok bool) {
	if !mayBeJSON(text) {
		return text, false
	}
	var buf bytes.Buffer
	buf.Grow(len(text))
	if json.Compact(&buf, text) != nil {
		return text, false
	}
	return buf.Bytes(), true
}

// mayBeJSON spares a full check of what begins like no JSON value.
func mayBeJSON(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		case '{', '[', '"', '-', 't', 'f', 'n', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return true
		}
		return false
	}
	return false
}

// CompactTemplate does to a template what Compact would do to everything it can render, if it can tell: the template
// must be a JSON value in which `{{…}}` stands inside strings or instead of whole values. ok is false when it is not;
// then what was rendered has to be looked at each time.
func CompactTemplate(template string) (compact string, ok bool) {
	shape := make([]byte, 0, len(template)) // the JSON text with a 0 for every tag outside of strings
	out := make([]byte, 0, len(template))
	inString := false
	for i := 0; i < len(template); i++ {
		c := template[i]
		if c == '{' && i+1 < len(template) {
			switch template[i+1] {
			case '%', '#':
				return template, false
			case '{':
				end := bytes.Index([]byte(template[i:]), []byte("}}"))
				if end < 0 {
					return template, false
				}
				if !inString {
					shape = append(shape, '0')
				}
				out = append(out, template[i:i+end+2]...)
				i += end + 1
				continue
			}
		}
		shape = append(shape, c)
		switch {
		case inString:
			out = append(out, c)
			switch {
			case c == '\\' && i+1 < len(template):
				if template[i+1] == '{' {
					return template, false
				}
				i++
				shape = append(shape, template[i])
				out = append(out, template[i])
			case c == '"':
				inString = false
			}
		case c == '"':
			inString = true
			out = append(out, c)
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		default:
			out = append(out, c)
		}
	}
	if !json.Valid(shape) {
		return template, false
	}
	return string(out), true
}
