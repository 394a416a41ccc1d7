package selmer

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Texts are counted, indexed and cut in UTF-16 code units, as Java does it. Half a surrogate pair cannot be written in
// UTF-8; like Java's encoder we write a question mark for it.

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func utf16Units(s string) []uint16 { return utf16.Encode([]rune(s)) }

func charAt(s string, i int) (Value, bool) {
	for _, r := range s {
		if r <= 0xFFFF {
			if i == 0 {
				return Char(uint16(r)), true
			}
			i--
			continue
		}
		hi, lo := utf16.EncodeRune(r)
		if i == 0 {
			return Char(uint16(hi)), true
		}
		if i == 1 {
			return Char(uint16(lo)), true
		}
		i -= 2
	}
	return Value{}, false
}

// utf16Slice returns the units from start up to end of s. It reports false if they are out of range.
func utf16Slice(s string, start, end int64) (string, bool) {
	if start < 0 || end < start {
		return "", false
	}
	if isASCII(s) {
		if end > int64(len(s)) {
			return "", false
		}
		return s[start:end], true
	}
	units := utf16Units(s)
	if end > int64(len(units)) {
		return "", false
	}
	return unitsToString(units[start:end]), true
}

func unitsToString(units []uint16) string {
	var b strings.Builder
	b.Grow(len(units))
	for i := 0; i < len(units); i++ {
		u := rune(units[i])
		if !utf16.IsSurrogate(u) {
			b.WriteRune(u)
			continue
		}
		if i+1 < len(units) {
			if r := utf16.DecodeRune(u, rune(units[i+1])); r != utf8.RuneError {
				b.WriteRune(r)
				i++
				continue
			}
		}
		b.WriteByte('?')
	}
	return b.String()
}

func appendUnit(dst []byte, unit uint16) []byte {
	if utf16.IsSurrogate(rune(unit)) {
		return append(dst, '?')
	}
	return utf8.AppendRune(dst, rune(unit))
}

// chars returns the code units of a text as values.
func chars(s string) []Value {
	out := make([]Value, 0, len(s))
	for _, u := range utf16Units(s) {
		out = append(out, Char(u))
	}
	return out
}
