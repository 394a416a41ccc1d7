package selmer

import (
	"math"
	"math/big"
	"time"
	"unsafe"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds of value. Char, Keyword and Seq never come from JSON: templates make them (a letter of a text, the key of
// a map, the result of sorting), and they print differently from texts and lists.
const (
	KindNil Kind = iota
	KindBool
	KindInt     // int64
	KindFloat   // float64
	KindBigInt  // an integer beyond int64
	KindDecimal // a number kept as it was written
	KindString
	KindChar    // one UTF-16 code unit
	KindKeyword // :name
	KindList    // [1 2]
	KindSeq     // (1 2)
	KindMap     // {:a 1}
	KindObject  // a map that is resolved on demand
	KindTime
)

// Value is one value of a template's data. The zero Value is nil. A Value is small, immutable and copied freely; lists
// and maps share their elements with the slices they were made of, which must not be changed afterwards.
//
// Texts, lists and maps are kept as a pointer and a length, as log/slog does it: a pointer in an interface costs no
// allocation, where a string or a slice does. The pair is taken apart and put together in this file alone.
type Value struct {
	kind Kind
	// date marks a text that is a day.
	date bool
	// num holds the bits of a bool, int, float or char, and the length of texts, lists and maps.
	num uint64
	// ref points to what the length belongs to: *byte, *Value, *Entry, or is a *big.Int, a *time.Time or an Object.
	ref any
}

// Entry is one entry of a map.
type Entry struct {
	Key   string
	Value Value
}

// Object is a map that is resolved on demand, such as the headers of a request. Its methods must be safe for concurrent
// use if the values are shared between renderings.
type Object interface {
	// Get returns the value of a key. It decides itself how keys compare.
	Get(key string) (Value, bool)
	// Entries returns all entries, for loops and for printing the object as a whole.
	Entries() []Entry
}

// Nil is the value of nothing.
func Nil() Value { return Value{} }

// Bool returns true or false as a value.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, num: 1}
	}
	return Value{kind: KindBool}
}

// Int returns an integer.
func Int(i int64) Value { return Value{kind: KindInt, num: uint64(i)} }

// IntWith is n that also has entries, as random is a number and random.1-6 another one.
func IntWith(n int64, entries Object) Value {
	v := Int(n)
	v.ref = entries
	return v
}

// Float returns a floating-point number, which prints as Clojure prints a Double.
func Float(f float64) Value { return Value{kind: KindFloat, num: math.Float64bits(f)} }

// BigInt returns an integer of any size. The number must not be changed afterwards.
func BigInt(i *big.Int) Value { return Value{kind: KindBigInt, ref: i} }

// Decimal returns a number that prints exactly as written, such as 1.10 or 12345678901234567890. The text must be a
// JSON number.
func Decimal(text string) Value { return textValue(KindDecimal, text) }

// String returns a text.
func String(s string) Value { return textValue(KindString, s) }

// Date returns a text that the date filter reads as a day; it has the form 2006-01-02. In all else it is a text.
func Date(day string) Value {
	v := String(day)
	v.date = true
	return v
}

// Keyword returns a Clojure keyword: it prints with a colon before its name.
func Keyword(name string) Value { return textValue(KindKeyword, name) }

// Char returns one UTF-16 code unit, as Clojure takes texts apart.
func Char(unit uint16) Value { return Value{kind: KindChar, num: uint64(unit)} }

// List returns a list, which prints as [1 2].
func List(items []Value) Value { return listValue(KindList, items) }

// Seq returns a sequence, which prints as (1 2). Unlike a list it cannot be indexed.
func Seq(items []Value) Value { return listValue(KindSeq, items) }

// Map returns a map with its entries in the order given. Keys must be unique.
func Map(entries []Entry) Value {
	v := Value{kind: KindMap, num: uint64(len(entries))}
	if len(entries) > 0 {
		v.ref = unsafe.SliceData(entries) //nolint:gosec // see Value
	}
	return v
}

// ObjectOf returns a map that is resolved on demand. It does not allocate when o is a pointer.
func ObjectOf(o Object) Value { return Value{kind: KindObject, ref: o} }

// Time returns a moment, which the date filter formats. As text it is RFC 3339 with the precision it has.
func Time(t time.Time) Value { return Value{kind: KindTime, ref: &t} }

func textValue(k Kind, s string) Value {
	v := Value{kind: k, num: uint64(len(s))}
	if s != "" {
		v.ref = unsafe.StringData(s) //nolint:gosec // see Value
	}
	return v
}

func listValue(k Kind, items []Value) Value {
	v := Value{kind: k, num: uint64(len(items))}
	if len(items) > 0 {
		v.ref = unsafe.SliceData(items) //nolint:gosec // see Value
	}
	return v
}

// Kind says what the value is.
func (v Value) Kind() Kind { return v.kind }

// IsNil reports whether the value is nil.
func (v Value) IsNil() bool { return v.kind == KindNil }

// Bool returns the value of a KindBool, and false for all other kinds.
func (v Value) Bool() bool { return v.kind == KindBool && v.num == 1 }

// Int returns the value of a KindInt, and zero for all other kinds.
func (v Value) Int() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.num)
}

// Float returns the value of a KindFloat, and zero for all other kinds.
func (v Value) Float() float64 {
	if v.kind != KindFloat {
		return 0
	}
	return math.Float64frombits(v.num)
}

// String returns what Clojure's str makes of the value. It does not allocate for texts and decimals.
func (v Value) String() string {
	if v.kind == KindString || v.kind == KindDecimal {
		return v.text()
	}
	return string(v.AppendText(nil))
}

// text returns the text that a string, a decimal or a keyword (without its colon) holds.
func (v Value) text() string {
	if p, ok := v.ref.(*byte); ok {
		return unsafe.String(p, int(v.num)) //nolint:gosec // see Value
	}
	return ""
}

// Items returns the elements of a list or sequence, which must not be changed, and nil for all other kinds.
func (v Value) Items() []Value {
	if v.kind != KindList && v.kind != KindSeq {
		return nil
	}
	if p, ok := v.ref.(*Value); ok {
		return unsafe.Slice(p, int(v.num)) //nolint:gosec // see Value
	}
	return nil
}

// Entries returns the entries of a map or object, which must not be changed, and nil for all other kinds.
func (v Value) Entries() []Entry {
	switch v.kind {
	case KindMap:
		if p, ok := v.ref.(*Entry); ok {
			return unsafe.Slice(p, int(v.num)) //nolint:gosec // see Value
		}
	case KindObject:
		if o, ok := v.ref.(Object); ok {
			return o.Entries()
		}
	default:
	}
	return nil
}

// Time returns the moment of a KindTime, and the zero time for all other kinds.
func (v Value) Time() time.Time {
	if t, ok := v.ref.(*time.Time); ok && v.kind == KindTime {
		return *t
	}
	return time.Time{}
}

// Get returns the value of a key of a map or object. Keys are compared exactly.
func (v Value) Get(key string) (Value, bool) {
	switch v.kind {
	case KindMap:
		for _, e := range v.Entries() {
			if e.Key == key {
				return e.Value, true
			}
		}
	case KindObject, KindInt:
		if o, ok := v.ref.(Object); ok {
			return o.Get(key)
		}
	default:
	}
	return Value{}, false
}

// Index returns an element of a list, or a letter of a text. Sequences have no index.
func (v Value) Index(i int) (Value, bool) {
	if i < 0 {
		return Value{}, false
	}
	switch v.kind {
	case KindList:
		if items := v.Items(); i < len(items) {
			return items[i], true
		}
	case KindString:
		return charAt(v.String(), i)
	default:
	}
	return Value{}, false
}

// Len returns the number of elements of a list, sequence, map or object, of UTF-16 code units of a text, and -1 for
// values that have no length.
func (v Value) Len() int {
	switch v.kind {
	case KindList, KindSeq, KindMap:
		return int(v.num)
	case KindObject:
		return len(v.Entries())
	case KindString:
		return utf16Len(v.String())
	default:
		return -1
	}
}

func (v Value) big() *big.Int {
	b, _ := v.ref.(*big.Int)
	return b
}

func (v Value) isMap() bool { return v.kind == KindMap || v.kind == KindObject }

// Scope gives a template its data.
type Scope interface {
	// Lookup returns the value of a root variable. It is called for each use, so it should be cheap.
	Lookup(name string) (Value, bool)
}

// MapScope is a [Scope] made of a map.
type MapScope struct{ Root Value }

// Lookup returns the entry of that name.
func (s MapScope) Lookup(name string) (Value, bool) { return s.Root.Get(name) }

// Cost implements Costly.
func (s MapScope) Cost(name string) int { return getCost(s.Root, name) }

// Context returns the whole map.
func (s MapScope) Context() Value { return s.Root }

// clockScope is a Scope with a time of its own, which {% now %} shows.
type clockScope interface{ Now() time.Time }

// contextScope is a Scope that can show all its data, which {% debug %} and {{.}} print.
type contextScope interface{ Context() Value }
