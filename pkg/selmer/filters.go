package selmer

import (
	"errors"
	"fmt"
)

// filter is a function of a value and up to max arguments; a negative max means any number.
type filter struct {
	min, max int
	apply    func(r *renderer, v Value, args []Value) (Value, error)
}

func (f filter) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("at least %s", arguments(f.min))
	case f.min == f.max:
		return arguments(f.min)
	default:
		return fmt.Sprintf("%d to %s", f.min, arguments(f.max))
	}
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	default:
		return fmt.Sprintf("%d arguments", n)
	}
}

// filterNames are all filters, for suggestions.
func filterNames() []string {
	return []string{
		"upper", "lower", "capitalize", "title", "str", "name",
		"add", "multiply", "divide", "round", "double-format", "number-format", "currency-format", "get-digit", "between?",
		"first", "last", "rand-nth", "take", "drop", "drop-last", "join",
		"sort", "sort-reversed", "sort-by", "sort-by-reversed", "range",
		"count", "length", "count-is", "length-is", "empty?", "not-empty", "pluralize",
		"default", "default-if-empty", "json", "safe",
		"replace", "remove", "remove-tags", "addslashes", "subs", "center", "urlescape", "hash",
		"abbreviate", "abbr-left", "abbr-middle", "abbr-right", "abbr-ellipsis",
		"linebreaks", "linebreaks-br", "linenumbers", "email", "phone", "date", "timestamp",
		"get", "find", "page", "shift", "base64",
	}
}

// filterNamed returns the filter of that name.
func filterNamed(name string) (filter, bool) {
	for _, find := range []func(string) (filter, bool){textFilter, numberFilter, collectionFilter, htmlFilter, moreFilter} {
		if f, ok := find(name); ok {
			return f, true
		}
	}
	return filter{}, false
}

// The faults that many filters share.
var (
	errMissing    = errors.New("the value is missing")
	errNotString  = errors.New("the value is not a text")
	errTextArg    = errors.New("an argument is not a text")
	errIntegerArg = errors.New("an argument is not a whole number")
)

// stringArg returns an argument that must be a text; @path may have led to something else.
func stringArg(v Value) (string, error) {
	if v.kind != KindString {
		return "", errTextArg
	}
	return v.String(), nil
}

// stringValue returns a value that must be a text already.
func stringValue(v Value) (string, error) {
	switch v.kind {
	case KindString:
		return v.String(), nil
	case KindNil:
		return "", errMissing
	default:
		return "", errNotString
	}
}

// longArg is Java's Long.valueOf.
func longArg(v Value) (int64, error) {
	s, err := stringArg(v)
	if err != nil {
		return 0, err
	}
	n, ok := parseLong(s)
	if !ok {
		return 0, errIntegerArg
	}
	return n, nil
}

// ceilArg is a number of elements; fractions count as one more, and negative numbers as none.
func ceilArg(v Value, most int) (int, error) {
	n, err := parseNumber(v)
	if err != nil {
		return 0, err
	}
	if compareNumbers(n, Int(0)) <= 0 {
		return 0, nil
	}
	if compareNumbers(n, Int(int64(most))) >= 0 {
		return most, nil
	}
	f := toFloat(n)
	i := int(f)
	if float64(i) < f {
		i++
	}
	return i, nil
}

// truncated makes a position of a number, dropping the fraction.
func truncated(v Value) (int64, error) {
	n, err := parseNumber(v)
	if err != nil {
		return 0, err
	}
	if n.kind == KindInt {
		return n.Int(), nil
	}
	const far = 1 << 31
	f := toFloat(n)
	if f != f || f >= far || f <= -far {
		return 0, errIntegerArg
	}
	return int64(f), nil
}
