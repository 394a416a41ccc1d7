package openapi

import (
	"strconv"
	"strings"
)

// kind is what a value of a document is: what JSON knows.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
)

// value is one value of a document, or of a body that is made. It is not changed once it can be reached from another.
type value struct {
	kind         kind
	text         string   // of a text; a number as JSON writes it; "true" or "false"
	source       string   // how a YAML scalar was written, if that is not text
	keys         []string // of an object, one for each item
	items        []*value
	index        map[string]int // of keys, once there are many
	line, column int            // in the document; 0 for what is made
}

func textOf(s string) *value { return &value{kind: kindText, text: s} }

func numberOf(s string) *value { return &value{kind: kindNumber, text: s} }

func integer(i int64) *value { return numberOf(strconv.FormatInt(i, 10)) }

func boolean(b bool) *value { return &value{kind: kindBool, text: strconv.FormatBool(b)} }

func listOf(items ...*value) *value { return &value{kind: kindList, items: items} }

func emptyObject() *value { return &value{kind: kindObject} }

// many is from how many keys on an index is worth it.
const many = 16

// find returns the place of a key, or -1.
func (v *value) find(key string) int {
	if v == nil || v.kind != kindObject {
		return -1
	}
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range v.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// get returns the value of a key, or nil.
func (v *value) get(key string) *value {
	if i := v.find(key); i >= 0 {
		return v.items[i]
	}
	return nil
}

// set adds a key or replaces its value.
func (v *value) set(key string, to *value) {
	if i := v.find(key); i >= 0 {
		v.items[i] = to
		return
	}
	v.keys, v.items = append(v.keys, key), append(v.items, to)
	switch {
	case v.index != nil:
		v.index[key] = len(v.keys) - 1
	case len(v.keys) == many:
		v.index = make(map[string]int, 2*many)
		for i, k := range v.keys {
			v.index[k] = i
		}
	}
}

// string returns the text of a key, or "".
func (v *value) string(key string) string {
	if m := v.get(key); m != nil && m.kind == kindText {
		return m.text
	}
	return ""
}

// isTrue reports whether a key is true.
func (v *value) isTrue(key string) bool {
	m := v.get(key)
	return m != nil && m.kind == kindBool && m.text == "true"
}

// list returns the elements of a key that is a list.
func (v *value) list(key string) []*value {
	if m := v.get(key); m != nil && m.kind == kindList {
		return m.items
	}
	return nil
}

// has reports whether a list of texts has s.
func (v *value) has(key, s string) bool {
	for _, item := range v.list(key) {
		if item.kind == kindText && item.text == s {
			return true
		}
	}
	return false
}

// number returns a key that is a number, or a text that is one.
func (v *value) number(key string) (float64, bool) {
	m := v.get(key)
	if m == nil || m.kind != kindNumber {
		return 0, false
	}
	f, err := strconv.ParseFloat(m.text, 64)
	return f, err == nil
}

// count returns a key that is a whole number which is not negative, or otherwise.
func (v *value) count(key string, otherwise int) int {
	if f, ok := v.number(key); ok && f >= 0 && f == float64(int(f)) {
		return int(f)
	}
	return otherwise
}

// isNumber reports whether s is a number as JSON writes it.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if strings.HasPrefix(s, "0") {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if s = rest; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}
