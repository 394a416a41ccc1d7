package match

import (
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// item is one value of a request. What came as text has no type: it equals the number or boolean that it spells.
type item struct {
	value selmer.Value
	text  bool
}

// equal tells whether an item is the value wanted.
func (i item) equal(want selmer.Value) bool {
	if !i.text {
		return equalValues(i.value, want)
	}
	s := i.value.String()
	switch want.Kind() {
	case selmer.KindBool:
		return want.Bool() && s == "true" || !want.Bool() && s == "false"
	case selmer.KindInt, selmer.KindFloat, selmer.KindBigInt, selmer.KindDecimal:
		if want.Kind() != selmer.KindFloat && want.String() == s {
			return true
		}
		n, ok := parseNumber(s)
		m, also := numberOf(want)
		return ok && also && n.equal(m)
	case selmer.KindString, selmer.KindChar, selmer.KindTime:
		return want.String() == s
	default:
		return false
	}
}

// equalValues compares two values as JSON does: numbers by value, maps in any order.
func equalValues(a, b selmer.Value) bool {
	if n, ok := numberOf(a); ok {
		m, also := numberOf(b)
		return also && n.equal(m)
	}
	switch {
	case a.IsNil() || b.IsNil():
		return a.IsNil() && b.IsNil()
	case a.Kind() == selmer.KindBool || b.Kind() == selmer.KindBool:
		return a.Kind() == b.Kind() && a.Bool() == b.Bool()
	case isText(a) && isText(b):
		return a.String() == b.String()
	case isList(a) && isList(b):
		x, y := a.Items(), b.Items()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equalValues(x[i], y[i]) {
				return false
			}
		}
		return true
	case isMap(a) && isMap(b):
		x, y := a.Entries(), b.Entries()
		if len(x) != len(y) {
			return false
		}
		find := finder(b, len(x))
		for i := range x {
			v, ok := find(x[i].Key)
			if !ok || !equalValues(x[i].Value, v) {
				return false
			}
		}
		return true
	}
	return false
}

// finder looks up keys of a map; if there are many, by an index, so that the cost stays in proportion.
func finder(m selmer.Value, times int) func(string) (selmer.Value, bool) {
	entries := m.Entries()
	if m.Kind() != selmer.KindMap || times < 8 || len(entries) < 8 {
		return m.Get
	}
	index := make(map[string]selmer.Value, len(entries))
	for _, e := range entries {
		index[e.Key] = e.Value
	}
	return func(key string) (selmer.Value, bool) {
		v, ok := index[key]
		return v, ok
	}
}

// contains tells whether an item has what is wanted in it. Work is bounded by budget, which it takes from.
func (i item) contains(want selmer.Value, budget *int) bool {
	if i.text {
		switch want.Kind() {
		case selmer.KindList, selmer.KindSeq, selmer.KindMap, selmer.KindObject, selmer.KindNil:
			return false
		default:
			return strings.Contains(i.value.String(), want.String())
		}
	}
	return contains(i.value, want, budget)
}

func contains(v, want selmer.Value, budget *int) bool {
	if *budget--; *budget < 0 {
		return false
	}
	switch {
	case isText(v) && isText(want):
		return strings.Contains(v.String(), want.String())
	case isMap(v) && isMap(want):
		entries := want.Entries()
		find := finder(v, len(entries))
		for i := range entries {
			field, ok := find(entries[i].Key)
			if !ok || !within(field, entries[i].Value, budget) {
				return false
			}
		}
		return true
	case isList(v) && isList(want):
		for _, w := range want.Items() {
			if !hasElement(v, w, budget) {
				return false
			}
		}
		return true
	case isList(v):
		return hasElement(v, want, budget)
	}
	return false
}

// within tells whether a field has what is wanted in it: what has no inside must be equal.
func within(field, want selmer.Value, budget *int) bool {
	switch want.Kind() {
	case selmer.KindNil, selmer.KindBool, selmer.KindInt, selmer.KindFloat, selmer.KindBigInt, selmer.KindDecimal:
		return !isList(field) && equalValues(field, want) || contains(field, want, budget)
	default:
		return contains(field, want, budget)
	}
}

// hasElement tells whether a list has an element: an equal one or, for maps and lists, one with all that is wanted in it.
func hasElement(list, want selmer.Value, budget *int) bool {
	each := selmer.Weigh(want, mostWeight) // no comparison costs more
	for _, element := range list.Items() {
		if *budget -= each; *budget < 0 {
			return false
		}
		if equalValues(element, want) || (isMap(want) || isList(want)) && contains(element, want, budget) {
			return true
		}
	}
	return false
}

// compare puts an item before, at or after what it is compared with. False if they have no order.
func (i item) compare(want selmer.Value) (int, bool) {
	if m, ok := numberLike(want); ok {
		n, also := numberOf(i.value)
		if i.text {
			n, also = parseNumber(i.value.String())
		}
		if !also {
			return 0, false
		}
		return n.compare(m), true
	}
	t, ok := timeOf(want)
	if !ok {
		return 0, false
	}
	at, ok := timeOf(i.value)
	if !ok {
		return 0, false
	}
	return at.Compare(t), true
}

// EqualsText tells whether a value of JSON is what a text spells: a number by value, a boolean, or the text itself.
func EqualsText(v selmer.Value, text string) bool {
	return item{value: selmer.String(text), text: true}.equal(v)
}

// Compare puts a number, a date or a date-time before, at or after another one. A text that spells one is one. False if they have no order.
func Compare(a, b selmer.Value) (int, bool) { return item{value: plainNumber(a)}.compare(b) }

// numberLike returns the number that a value is, or that it spells: on the right side nobody means a text by "10".
func numberLike(v selmer.Value) (number, bool) {
	if isText(v) {
		return parseNumber(v.String())
	}
	return numberOf(v)
}

// timeOf reads an ISO date or date-time. Without an offset it is UTC.
func timeOf(v selmer.Value) (time.Time, bool) {
	if v.Kind() == selmer.KindTime {
		return v.Time(), true
	}
	if !isText(v) {
		return time.Time{}, false
	}
	s := v.String()
	if len(s) < len("2006-01-02") || len(s) > 40 || s[4] != '-' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func isText(v selmer.Value) bool {
	return v.Kind() == selmer.KindString || v.Kind() == selmer.KindChar || v.Kind() == selmer.KindKeyword
}

func isList(v selmer.Value) bool { return v.Kind() == selmer.KindList || v.Kind() == selmer.KindSeq }

func isMap(v selmer.Value) bool { return v.Kind() == selmer.KindMap || v.Kind() == selmer.KindObject }
