package selmer

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds how deeply the containers of a JSON text nest.
const maxJSONDepth = 512

// errJSONEnd is the fault of a text that stops too early.
var errJSONEnd = errors.New("the JSON text ends too early")

// ParseJSON reads one JSON value. Numbers keep their text (1.10 stays 1.10, big integers stay whole), maps keep their
// order, and the last of several equal keys wins. It is meant for the bodies of requests: one pass, few allocations.
func ParseJSON(b []byte) (Value, error) { return parseJSON(string(b), false) }

// ParseParams reads one JSON value as the recorded cases were read: decimals become doubles, and maps of more than eight
// entries take the order of Clojure's hash maps.
func ParseParams(b []byte) (Value, error) { return parseJSON(string(b), true) }

// jsonParser reads one text. Finished elements collect on the stacks; a container that ends moves its own to an arena,
// from which slices are handed out, so that the number of allocations grows with the logarithm of the text.
type jsonParser struct {
	src        string
	pos        int
	clojure    bool
	values     []Value
	entries    []Entry
	valueArena arena[Value]
	entryArena arena[Entry]
}

type arena[T any] struct {
	free []T
	size int // of the last piece of memory
}

// keep copies items to the arena.
func (a *arena[T]) keep(items []T) []T {
	if len(items) == 0 {
		return nil
	}
	if len(items) > len(a.free) {
		const first, most = 8, 1024
		a.size = max(len(items), min(2*a.size, most), first)
		a.free = make([]T, a.size)
	}
	n := len(items)
	out := a.free[:n:n]
	a.free = a.free[n:]
	copy(out, items)
	return out
}

func parseJSON(src string, clojure bool) (Value, error) {
	p := jsonParser{src: src, clojure: clojure}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	p.space()
	if p.pos < len(p.src) {
		return Value{}, p.unexpected("after the value")
	}
	return v, nil
}

func (p *jsonParser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// next returns the next byte that is no space, without consuming it, and 0 at the end.
func (p *jsonParser) next() byte {
	p.space()
	if p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *jsonParser) unexpected(where string) error {
	if p.pos >= len(p.src) {
		return errJSONEnd
	}
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return fmt.Errorf("unexpected %q %s at offset %d of the JSON text", r, where, p.pos)
}

func (p *jsonParser) value(depth int) (Value, error) {
	if depth > maxJSONDepth {
		return Value{}, &LimitError{What: "levels of nesting in the JSON text", Limit: maxJSONDepth}
	}
	switch c := p.next(); c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, err := p.string()
		return String(s), err
	case 't':
		return p.word("true", Bool(true))
	case 'f':
		return p.word("false", Bool(false))
	case 'n':
		return p.word("null", Nil())
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return p.number()
		}
		return Value{}, p.unexpected("where a value should be")
	}
}

func (p *jsonParser) word(word string, v Value) (Value, error) {
	if len(p.src)-p.pos < len(word) || p.src[p.pos:p.pos+len(word)] != word {
		return Value{}, p.unexpected("where a value should be")
	}
	p.pos += len(word)
	return v, nil
}

func (p *jsonParser) array(depth int) (Value, error) {
	p.pos++
	if p.next() == ']' {
		p.pos++
		return List(nil), nil
	}
	base := len(p.values)
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.values = append(p.values, v)
		switch p.next() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			items := p.valueArena.keep(p.values[base:])
			p.values = p.values[:base]
			return List(items), nil
		default:
			return Value{}, p.unexpected("in a list")
		}
	}
}

func (p *jsonParser) object(depth int) (Value, error) {
	p.pos++
	if p.next() == '}' {
		p.pos++
		return Map(nil), nil
	}
	base := len(p.entries)
	for {
		if p.next() != '"' {
			return Value{}, p.unexpected("where a key should be")
		}
		key, err := p.string()
		if err != nil {
			return Value{}, err
		}
		if p.next() != ':' {
			return Value{}, p.unexpected("after a key")
		}
		p.pos++
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.entries = append(p.entries, Entry{Key: key, Value: v})
		switch p.next() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return p.endObject(base), nil
		default:
			return Value{}, p.unexpected("in a map")
		}
	}
}

func (p *jsonParser) endObject(base int) Value {
	entries := p.entryArena.keep(uniqueKeys(p.entries[base:]))
	p.entries = p.entries[:base]
	if p.clojure {
		sortAsHashMap(entries)
	}
	return Map(entries)
}

// uniqueKeys drops repeated keys: the first place, the last value. It changes entries in place.
func uniqueKeys(entries []Entry) []Entry {
	const few = 16
	if len(entries) <= few {
		out := entries[:0]
	next:
		for _, e := range entries {
			for i := range out {
				if out[i].Key == e.Key {
					out[i].Value = e.Value
					continue next
				}
			}
			out = append(out, e)
		}
		return out
	}
	seen := make(map[string]int, len(entries))
	out := entries[:0]
	for _, e := range entries {
		if i, ok := seen[e.Key]; ok {
			out[i].Value = e.Value
			continue
		}
		seen[e.Key] = len(out)
		out = append(out, e)
	}
	return out
}

func (p *jsonParser) number() (Value, error) {
	start := p.pos
	if p.src[p.pos] == '-' {
		p.pos++
	}
	digits := p.digits()
	if digits == 0 {
		return Value{}, p.unexpected("in a number")
	}
	if first := p.src[p.pos-digits]; first == '0' && digits > 1 {
		p.pos -= digits - 1
		return Value{}, p.unexpected("in a number")
	}
	integer := true
	if p.pos < len(p.src) && p.src[p.pos] == '.' {
		integer = false
		p.pos++
		if p.digits() == 0 {
			return Value{}, p.unexpected("in a number")
		}
	}
	if p.pos < len(p.src) && (p.src[p.pos] == 'e' || p.src[p.pos] == 'E') {
		integer = false
		p.pos++
		if p.pos < len(p.src) && (p.src[p.pos] == '+' || p.src[p.pos] == '-') {
			p.pos++
		}
		if p.digits() == 0 {
			return Value{}, p.unexpected("in a number")
		}
	}
	text := p.src[start:p.pos]
	if integer {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil && (i != 0 || text == "0") {
			return Int(i), nil
		}
	}
	if !p.clojure {
		return Decimal(text), nil
	}
	if integer {
		return numeric(Decimal(text)), nil
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is infinite, as in Java
	return Float(f), nil
}

func (p *jsonParser) digits() int {
	start := p.pos
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	return p.pos - start
}

// string reads a text. One without escapes shares the memory of the source.
func (p *jsonParser) string() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return p.src[start : p.pos-1], nil
		case c == '\\':
			return p.escapedString(start)
		case c < ' ':
			return "", p.unexpected("in a text")
		}
		p.pos++
	}
	return "", errJSONEnd
}

func (p *jsonParser) escapedString(start int) (string, error) {
	buf := append(make([]byte, 0, p.pos-start+32), p.src[start:p.pos]...)
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		switch {
		case c == '"':
			p.pos++
			return string(buf), nil
		case c < ' ':
			return "", p.unexpected("in a text")
		case c != '\\':
			buf = append(buf, c)
			p.pos++
			continue
		}
		p.pos++
		if p.pos >= len(p.src) {
			return "", errJSONEnd
		}
		switch e := p.src[p.pos]; e {
		case '"', '\\', '/':
			buf = append(buf, e)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := p.unicode()
			if !ok {
				return "", p.unexpected("in an escape")
			}
			buf = utf8.AppendRune(buf, r)
			continue
		default:
			return "", p.unexpected("in an escape")
		}
		p.pos++
	}
	return "", errJSONEnd
}

// unicode reads what follows the backslash of a \u escape, and the second half of a pair with it. Half a pair alone is U+FFFD.
func (p *jsonParser) unicode() (rune, bool) {
	r, ok := p.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if p.pos+1 < len(p.src) && p.src[p.pos] == '\\' && p.src[p.pos+1] == 'u' {
		back := p.pos
		p.pos++
		if low, ok := p.hex4(); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, true
			}
		}
		p.pos = back
	}
	return utf8.RuneError, true
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+5 > len(p.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.src[p.pos+1:p.pos+5], 16, 16)
	if err != nil {
		return 0, false
	}
	p.pos += 5
	return rune(n), true
}
