package body

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrInfinite is returned for a JSON text with a number that no double can hold: moclojer 0.4 fails on it, too.
var ErrInfinite = errors.New("a number is too large for a double")

// AppendMoclojer04 appends what moclojer 0.4 sends for a rendered body: the first JSON value of the text, read and
// written again by Clojure's data.json, or, when it does not begin with one, the text as a JSON string.
//
// Established from recorded answers and data.json's behaviour: integers keep all digits, other numbers are printed as
// Java prints a double; an object of more than eight members is a hash map and comes out in the order of Clojure's
// hashes; of duplicate keys the first keeps its place and the last its value.
func AppendMoclojer04(dst, text []byte) ([]byte, error) {
	r := reader{text: string(text)}
	v, err := r.value(0)
	if err == nil {
		return v.append(dst), nil
	}
	if errors.Is(err, ErrInfinite) {
		return dst, err
	}
	return AppendDataJSONString(dst, string(text)), nil
}

// maxDepth bounds nesting. The real reader runs out of stack somewhere above.
const maxDepth = 500

// value is one JSON value as data.json reads it.
type value struct {
	kind    byte     // '{', '[', '"', or 0 for what is printed as it stands in text
	text    string   // of a string, number or literal
	keys    []string // of an object, in the order in which they are written
	members []value  // of an object or array
}

type reader struct {
	text string
	at   int
}

var errJSON = errors.New("not JSON")

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *reader) next() byte {
	r.space()
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, errJSON
	}
	switch c := r.next(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		s, err := r.string()
		return value{kind: '"', text: s}, err
	case 't':
		return r.literal("true")
	case 'f':
		return r.literal("false")
	case 'n':
		return r.literal("null")
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return r.number()
		}
		return value{}, errJSON
	}
}

func (r *reader) literal(word string) (value, error) {
	if len(r.text)-r.at < len(word) || r.text[r.at:r.at+len(word)] != word {
		return value{}, errJSON
	}
	r.at += len(word)
	return value{text: word}, nil
}

func (r *reader) array(depth int) (value, error) {
	v := value{kind: '['}
	r.at++
	if r.next() == ']' {
		r.at++
		return v, nil
	}
	for {
		one, err := r.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		v.members = append(v.members, one)
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			return v, nil
		default:
			return value{}, errJSON
		}
	}
}

func (r *reader) object(depth int) (value, error) {
	v := value{kind: '{'}
	place := map[string]int{}
	r.at++
	if r.next() == '}' {
		r.at++
		return v, nil
	}
	for {
		if r.next() != '"' {
			return value{}, errJSON
		}
		key, err := r.string()
		if err != nil {
			return value{}, err
		}
		if r.next() != ':' {
			return value{}, errJSON
		}
		r.at++
		one, err := r.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		if i, twice := place[key]; twice {
			v.members[i] = one
		} else {
			place[key] = len(v.keys)
			v.keys = append(v.keys, key)
			v.members = append(v.members, one)
		}
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			v.inMapOrder()
			return v, nil
		default:
			return value{}, errJSON
		}
	}
}

// number reads an integer, whose digits are kept, or a double.
func (r *reader) number() (value, error) {
	start := r.at
	digits := func() (n int) {
		for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
			r.at++
			n++
		}
		return n
	}
	if r.text[r.at] == '-' {
		r.at++
	}
	first := r.at
	if n := digits(); n == 0 || n > 1 && r.text[first] == '0' {
		return value{}, errJSON
	}
	integer := true
	if r.at < len(r.text) && r.text[r.at] == '.' {
		integer = false
		r.at++
		if digits() == 0 {
			return value{}, errJSON
		}
	}
	if r.at < len(r.text) && (r.text[r.at] == 'e' || r.text[r.at] == 'E') {
		integer = false
		r.at++
		if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
			r.at++
		}
		if digits() == 0 {
			return value{}, errJSON
		}
	}
	if r.at < len(r.text) && !ends(r.text[r.at]) {
		return value{}, errJSON
	}
	text := r.text[start:r.at]
	if integer {
		if text == "-0" {
			text = "0"
		}
		return value{text: text}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return value{}, ErrInfinite
	}
	if err != nil {
		return value{}, errJSON
	}
	return value{text: javaDouble(f)}, nil
}

// ends reports whether a number may be followed by c.
func ends(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', ',', ']', '}':
		return true
	}
	return false
}

// string reads a string; control characters may stand in it as they are.
func (r *reader) string() (string, error) {
	r.at++
	var out []byte
	for r.at < len(r.text) {
		c := r.text[r.at]
		r.at++
		switch c {
		case '"':
			return string(out), nil
		case '\\':
			var err error
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		default:
			out = append(out, c)
		}
	}
	return "", errJSON
}

func (r *reader) escape(out []byte) ([]byte, error) {
	if r.at == len(r.text) {
		return nil, errJSON
	}
	c := r.text[r.at]
	r.at++
	switch c {
	case '"', '\\', '/':
		return append(out, c), nil
	case 'b':
		return append(out, '\b'), nil
	case 'f':
		return append(out, '\f'), nil
	case 'n':
		return append(out, '\n'), nil
	case 'r':
		return append(out, '\r'), nil
	case 't':
		return append(out, '\t'), nil
	case 'u':
		unit, ok := r.hex()
		if !ok {
			return nil, errJSON
		}
		if utf16.IsSurrogate(unit) && r.at+2 <= len(r.text) && r.text[r.at:r.at+2] == `\u` {
			back := r.at
			r.at += 2
			if low, ok := r.hex(); ok {
				if both := utf16.DecodeRune(unit, low); both != utf8.RuneError {
					return utf8.AppendRune(out, both), nil
				}
			}
			r.at = back
		}
		return utf8.AppendRune(out, unit), nil
	}
	return nil, errJSON
}

func (r *reader) hex() (rune, bool) {
	if r.at+4 > len(r.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 16)
	r.at += 4
	return rune(n), err == nil
}

func (v *value) append(dst []byte) []byte {
	switch v.kind {
	case '"':
		return AppendDataJSONString(dst, v.text)
	case '[':
		dst = append(dst, '[')
		for i := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = v.members[i].append(dst)
		}
		return append(dst, ']')
	case '{':
		dst = append(dst, '{')
		for i := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendDataJSONString(dst, v.keys[i]), ':')
			dst = v.members[i].append(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.text...)
}

// AppendDataJSONString appends s as data.json writes a string: slashes escaped, everything beyond ASCII as UTF-16 units.
func AppendDataJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\' || c == '/':
			dst = append(dst, '\\', byte(c))
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c >= 0x20 && c < 0x80:
			dst = append(dst, byte(c))
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(dst, '"')
}

// javaDouble prints f as Double.toString does.
func javaDouble(f float64) string {
	size := math.Abs(f)
	if size == 0 || size >= 1e-3 && size < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if size == math.Trunc(size) {
			s += ".0"
		}
		return s
	}
	mantissa, exponent := strconv.FormatFloat(f, 'e', -1, 64), ""
	for i := range len(mantissa) {
		if mantissa[i] == 'e' {
			mantissa, exponent = mantissa[:i], mantissa[i+1:]
			break
		}
	}
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return mantissa
	}
	point := false
	for i := range len(mantissa) {
		point = point || mantissa[i] == '.'
	}
	if !point {
		mantissa += ".0"
	}
	return mantissa + "E" + strconv.Itoa(n)
}
