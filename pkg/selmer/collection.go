package selmer

import (
	"errors"
	"fmt"
	"strings"
)

var errNotCollection = errors.New("it is not a list, a map or a text")

func notCollection(v Value) error {
	if v.IsNil() {
		return fmt.Errorf("a missing value cannot be looped over: %w", errNotCollection)
	}
	return fmt.Errorf("`%s` cannot be looped over: %w", clip(v.String()), errNotCollection)
}

// sequence returns the elements of anything that has some: list elements, letters, entries. It reports false for numbers and the like.
func sequence(v Value) ([]Value, bool) {
	switch v.kind {
	case KindNil:
		return nil, true
	case KindList, KindSeq:
		return v.Items(), true
	case KindString:
		return chars(v.String()), true
	case KindMap, KindObject:
		entries := v.Entries()
		items := make([]Value, len(entries))
		for i, e := range entries {
			items[i] = List([]Value{Keyword(e.Key), e.Value})
		}
		return items, true
	default:
		return nil, false
	}
}

// elements is sequence for filters that want a collection: nil is a fault, too.
func elements(v Value) ([]Value, error) {
	items, ok := sequence(v)
	if v.IsNil() || !ok {
		return nil, notCollection(v)
	}
	return items, nil
}

// length counts the elements; nil has none.
func length(v Value) (int, error) {
	if v.IsNil() {
		return 0, nil
	}
	n := v.Len()
	if n < 0 {
		return 0, notCollection(v)
	}
	return n, nil
}

// notEmpty returns the value, or nil if it has no elements.
func notEmpty(v Value) (Value, error) {
	n, err := length(v)
	if err != nil || n == 0 {
		return Value{}, err
	}
	return v, nil
}

// equal is Clojure's =: numbers of one kind by value, lists and sequences element by element.
func equal(a, b Value) bool {
	switch {
	case a.kind == KindList || a.kind == KindSeq:
		x, y := a.Items(), b.Items()
		if b.kind != KindList && b.kind != KindSeq || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case a.isMap() && b.isMap():
		x := a.Entries()
		if len(x) != len(b.Entries()) {
			return false
		}
		for _, e := range x {
			if other, ok := b.Get(e.Key); !ok || !equal(e.Value, other) {
				return false
			}
		}
		return true
	case isNumber(a) && isNumber(b):
		a, b = numeric(a), numeric(b)
		return (a.kind == KindFloat) == (b.kind == KindFloat) && compareNumbers(a, b) == 0
	case a.kind != b.kind:
		return false
	case a.kind == KindString || a.kind == KindKeyword:
		return a.text() == b.text()
	case a.kind == KindTime:
		return a.Time().Equal(b.Time())
	default:
		return a.num == b.num
	}
}

var errNotComparable = errors.New("values of different kinds have no order")

// compare is Clojure's compare: nil first, then numbers with numbers, texts with texts, shorter lists before longer ones.
func compare(a, b Value) (int, error) {
	switch {
	case a.IsNil() && b.IsNil():
		return 0, nil
	case a.IsNil():
		return -1, nil
	case b.IsNil():
		return 1, nil
	case isNumber(a) && isNumber(b):
		return compareNumbers(a, b), nil
	case a.kind != b.kind:
		return 0, errNotComparable
	}
	switch a.kind {
	case KindString:
		return compareUTF16(a.String(), b.String()), nil
	case KindKeyword:
		return compareKeywords(a.text(), b.text()), nil
	case KindBool, KindChar:
		return int(int64(a.num) - int64(b.num)), nil
	case KindTime:
		return a.Time().Compare(b.Time()), nil
	case KindList:
		return compareLists(a.Items(), b.Items())
	default:
		return 0, errNotComparable
	}
}

func compareLists(a, b []Value) (int, error) {
	if len(a) != len(b) {
		return len(a) - len(b), nil
	}
	for i := range a {
		if c, err := compare(a[i], b[i]); c != 0 || err != nil {
			return c, err
		}
	}
	return 0, nil
}

// compareKeywords puts those without a namespace first.
func compareKeywords(a, b string) int {
	aSpace, aName := splitKeyword(a)
	bSpace, bName := splitKeyword(b)
	if c := compareUTF16(aSpace, bSpace); c != 0 {
		return c
	}
	return compareUTF16(aName, bName)
}

// compareUTF16 orders texts by their UTF-16 code units, in which letters beyond the first plane come before some within it.
func compareUTF16(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if x[i] == y[i] {
			continue
		}
		return int(unitKey(x[i])) - int(unitKey(y[i]))
	}
	return len(x) - len(y)
}

// unitKey maps a letter to a number in the order of its first code unit.
func unitKey(r rune) rune {
	const surrogates, end = 0xD800, 0xE000
	switch {
	case r > 0xFFFF:
		return surrogates + r
	case r >= end:
		return r + 0x200000
	default:
		return r
	}
}
