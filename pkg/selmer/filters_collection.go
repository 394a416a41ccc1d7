package selmer

import (
	"errors"
	"math/rand/v2"
	"slices"
)

func collectionFilter(name string) (filter, bool) {
	switch name {
	case "first":
		return filter{0, 0, first}, true
	case "last":
		return filter{0, 0, last}, true
	case "rand-nth":
		return filter{0, 0, randNth}, true
	case "take":
		return filter{1, 1, take}, true
	case "drop":
		return filter{1, 1, drop}, true
	case "drop-last":
		return filter{1, 1, dropLast}, true
	case "join":
		return filter{0, 1, join}, true
	case "sort":
		return filter{0, 0, sortFilter(1, false)}, true
	case "sort-reversed":
		return filter{0, 0, sortFilter(-1, false)}, true
	case "sort-by":
		return filter{1, 1, sortFilter(1, true)}, true
	case "sort-by-reversed":
		return filter{1, 1, sortFilter(-1, true)}, true
	case "range":
		return filter{0, 2, rangeOf}, true
	case "count", "length":
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) {
			n, err := length(v)
			return Int(int64(n)), err
		}}, true
	case "count-is", "length-is":
		return filter{1, 1, countIs}, true
	case "empty?":
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) {
			n, err := length(v)
			return Bool(n == 0), err
		}}, true
	case "not-empty":
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) { return notEmpty(v) }}, true
	case "pluralize":
		return filter{0, 2, pluralize}, true
	case "default":
		return filter{1, 1, defaultTo}, true
	case "default-if-empty":
		return filter{1, 1, defaultIfEmpty}, true
	case "json":
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) {
			return String(string(v.AppendJSON(nil))), nil
		}}, true
	default:
		return filter{}, false
	}
}

func first(_ *renderer, v Value, _ []Value) (Value, error) {
	if v.kind == KindString {
		c, _ := charAt(v.String(), 0)
		return c, nil
	}
	items, err := elements(v)
	if err != nil || len(items) == 0 {
		return Value{}, err
	}
	return items[0], nil
}

var errEmpty = errors.New("the list is empty")

func last(_ *renderer, v Value, _ []Value) (Value, error) {
	if v.kind == KindString {
		c, _ := charAt(v.String(), utf16Len(v.String())-1)
		return c, nil
	}
	items, err := elements(v)
	switch {
	case err != nil:
		return Value{}, err
	case len(items) > 0:
		return items[len(items)-1], nil
	case v.kind == KindList:
		return Value{}, errEmpty
	default:
		return Value{}, nil
	}
}

func randNth(_ *renderer, v Value, _ []Value) (Value, error) {
	items, err := elements(v)
	switch {
	case err != nil:
		return Value{}, err
	case v.isMap():
		return Value{}, notCollection(v)
	case len(items) == 0:
		return Value{}, errEmpty
	default:
		return items[rand.IntN(len(items))], nil
	}
}

func take(_ *renderer, v Value, args []Value) (Value, error) {
	items, err := elements(v)
	if err != nil {
		return Value{}, err
	}
	n, err := ceilArg(args[0], len(items))
	return List(items[:n]), err
}

func drop(_ *renderer, v Value, args []Value) (Value, error) {
	items, err := elements(v)
	if err != nil {
		return Value{}, err
	}
	n, err := ceilArg(args[0], len(items))
	return List(items[n:]), err
}

func dropLast(_ *renderer, v Value, args []Value) (Value, error) {
	items, err := elements(v)
	if err != nil {
		return Value{}, err
	}
	n, err := ceilArg(args[0], len(items))
	return List(items[:len(items)-n]), err
}

func join(r *renderer, v Value, args []Value) (Value, error) {
	items, err := elements(v)
	if err != nil {
		return Value{}, err
	}
	separator := ""
	if len(args) > 0 {
		separator = args[0].String()
	}
	if v.kind == KindString && separator == "" {
		return v, nil
	}
	var out []byte
	for i, item := range items {
		if i > 0 {
			out = append(out, separator...)
		}
		out = item.AppendText(out)
		if len(out) > r.t.options.MaxOutput {
			return Value{}, &LimitError{What: "bytes in a value", Limit: r.t.options.MaxOutput}
		}
	}
	return String(string(out)), nil
}

// sortFilter sorts by the elements, or by their entries of a key; direction is 1 or -1. Equal elements keep their order.
func sortFilter(direction int, byKey bool) func(*renderer, Value, []Value) (Value, error) {
	return func(r *renderer, v Value, args []Value) (Value, error) {
		items, err := elements(v)
		if err != nil {
			return Value{}, err
		}
		key := func(v Value) Value { return v }
		if byKey {
			name := args[0].String()
			key = func(v Value) Value {
				_ = r.budget.Scan(getCost(v, name)) // compare asks the budget
				field, _ := v.Get(name)
				return field
			}
		}
		sorted := slices.Clone(items)
		var fault error
		slices.SortStableFunc(sorted, func(a, b Value) int {
			if fault != nil {
				return 0
			}
			var c int
			c, fault = r.compare(key(a), key(b))
			return direction * c
		})
		return Seq(sorted), fault
	}
}

var errStep = errors.New("the step must not be 0")

// rangeOf counts from the start (0) up to the value, which is left out.
func rangeOf(r *renderer, v Value, args []Value) (Value, error) {
	end, err := parseNumber(v)
	if err != nil {
		return Value{}, err
	}
	start, step := Int(0), Int(1)
	if len(args) > 0 {
		if start, err = parseNumber(args[0]); err != nil {
			return Value{}, err
		}
	}
	if len(args) > 1 {
		if step, err = parseNumber(args[1]); err != nil {
			return Value{}, err
		}
	}
	direction := compareNumbers(step, Int(0))
	if direction == 0 {
		return Value{}, errStep
	}
	var items []Value
	for x := start; compareNumbers(x, end)*direction < 0; {
		if err := r.spend(1); err != nil {
			return Value{}, err
		}
		items = append(items, x)
		if x, err = addNumbers(x, step); err != nil {
			return Value{}, err
		}
	}
	return Seq(items), nil
}

func countIs(_ *renderer, v Value, args []Value) (Value, error) {
	count, err := length(v)
	if err != nil {
		return Value{}, err
	}
	n, err := longArg(args[0])
	return markSafe(Bool(n == int64(count))), err
}

func defaultTo(_ *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() || v.kind == KindBool && !v.Bool() {
		return args[0], nil
	}
	return v, nil
}

func defaultIfEmpty(_ *renderer, v Value, args []Value) (Value, error) {
	n, err := length(v)
	if err != nil {
		return Value{}, err
	}
	if n == 0 {
		return args[0], nil
	}
	return v, nil
}

// pluralize returns the ending for a number or the elements of a list: of one, or of any other number.
func pluralize(_ *renderer, v Value, args []Value) (Value, error) {
	count := v
	if !isNumber(v) {
		items, err := elements(v)
		if err != nil {
			return Value{}, err
		}
		count = Int(int64(len(items)))
	}
	one, many := String(""), String("s")
	switch len(args) {
	case 1:
		many = args[0]
	case 2:
		one, many = args[0], args[1]
	}
	if compareNumbers(count, Int(1)) == 0 {
		return one, nil
	}
	return many, nil
}
