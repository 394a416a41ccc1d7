package mockspec

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// guard looks at the bytes before any YAML parser sees them and returns the text without its byte order mark.
// What it refuses would be slow, ambiguous or invisible: too much text, other encodings, control characters, and
// YAML directives, whose handling costs the square of their number.
func (r *reader) guard(src []byte) ([]byte, bool) {
	if len(src) > r.o.Limits.Bytes {
		r.fail(Position{1, 1}, CodeTooLarge, "split the mock", "the document has %d bytes; the limit is %s",
			len(src), Size(r.o.Limits.Bytes))
		return nil, false
	}
	switch {
	case bytes.HasPrefix(src, []byte("\xef\xbb\xbf")):
		src = src[3:]
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		r.fail(Position{1, 1}, CodeNotUTF8, "save the file as UTF-8", "the document is UTF-16; save it as UTF-8")
		return nil, false
	}
	line, start := 1, 0
	at := func(i int) Position { return Position{line, utf8.RuneCount(src[start:i]) + 1} }
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == '\n':
			line, start = line+1, i+1
		case c == '%' && i == start && (bytes.HasPrefix(src[i:], []byte("%TAG")) || bytes.HasPrefix(src[i:], []byte("%YAML"))):
			r.fail(at(i), CodeDirective, "delete this line", "YAML directives (lines that begin with `%%`) are not supported: delete this line")
			return nil, false
		case c == '\t', c == '\r', c >= ' ' && c < 0x7f:
		case c < utf8.RuneSelf:
			r.fail(at(i), CodeControlCharacter, "delete the character", "control character U+%04X is not allowed: delete it, or write it as an escape in double quotes", c)
			return nil, false
		default:
			u, n := utf8.DecodeRune(src[i:])
			if u == utf8.RuneError && n == 1 {
				r.fail(at(i), CodeNotUTF8, "save the file as UTF-8", "byte 0x%02X is not UTF-8: save the file as UTF-8", c)
				return nil, false
			}
			if u < 0xa0 && u != 0x85 || u == 0xfeff || u == 0xfffe || u == 0xffff {
				r.fail(at(i), CodeControlCharacter, "delete the character", "invisible character U+%04X is not allowed: delete it, or write it as an escape in double quotes", u)
				return nil, false
			}
			i += n
			continue
		}
		i++
	}
	return src, true
}

// Size is a number of bytes as a person says it.
func Size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
