package selmer

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendHTML appends a text with Selmer's five entities.
func appendHTML(dst []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		var entity string
		switch s[i] {
		case '&':
			entity = "&amp;"
		case '<':
			entity = "&lt;"
		case '>':
			entity = "&gt;"
		case '"':
			entity = "&quot;"
		case '\'':
			entity = "&#39;"
		default:
			continue
		}
		dst = append(append(dst, s[start:i]...), entity...)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

const hexDigits = "0123456789ABCDEF"

// appendJSONEscaped appends a text as the inside of a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendJSONEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\b':
			dst = append(dst, `\b`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(dst, s[start:]...)
}

func appendJSONString(dst []byte, s string) []byte {
	return append(appendJSONEscaped(append(dst, '"'), s), '"')
}

// AppendJSON appends the value as compact JSON. Numbers are written as they print; those that JSON has not (NaN) become
// texts, as do keywords, letters and moments.
func (v Value) AppendJSON(dst []byte) []byte { return v.appendJSON(dst, 0) }

func (v Value) appendJSON(dst []byte, depth int) []byte {
	if depth > maxPrintDepth {
		return append(dst, `"…"`...)
	}
	switch v.kind {
	case KindNil:
		return append(dst, "null"...)
	case KindBool:
		return strconv.AppendBool(dst, v.Bool())
	case KindInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case KindBigInt:
		return v.big().Append(dst, 10)
	case KindDecimal:
		return append(dst, v.String()...)
	case KindFloat:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(appendFloat(append(dst, '"'), f), '"')
		}
		return appendFloat(dst, f)
	case KindString, KindKeyword:
		return appendJSONString(dst, v.text())
	case KindChar:
		return appendJSONString(dst, string(appendUnit(nil, uint16(v.num))))
	case KindTime:
		return append(v.Time().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
	case KindList, KindSeq:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst, depth+1)
		}
		return append(dst, ']')
	case KindMap, KindObject:
		dst = append(dst, '{')
		for i, e := range v.Entries() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, e.Key), ':')
			dst = e.Value.appendJSON(dst, depth+1)
		}
		return append(dst, '}')
	}
	return dst
}
