package selmer

import (
	"errors"
	"math"
	"slices"
	"time"
)

func numberFilter(name string) (filter, bool) {
	switch name {
	case "add":
		return filter{1, -1, add}, true
	case "multiply":
		return filter{1, 1, arithmetic(multiplyNumbers)}, true
	case "divide":
		return filter{1, 1, arithmetic(divideNumbers)}, true
	case "round":
		return filter{0, 0, round}, true
	case "double-format":
		return filter{0, 1, doubleFormat}, true
	case "number-format":
		return filter{1, 2, numberFormat}, true
	case "currency-format":
		return filter{0, 2, currencyFormat}, true
	case "get-digit":
		return filter{1, 1, getDigit}, true
	case "between?":
		return filter{2, 2, between}, true
	case "date":
		return filter{1, 2, date}, true
	case "timestamp":
		return filter{0, 0, timestamp}, true
	default:
		return filter{}, false
	}
}

// add sums if everything is a number, and otherwise joins the texts.
func add(_ *renderer, v Value, args []Value) (Value, error) {
	sum, err := parseNumber(String(v.String()))
	for _, arg := range args {
		if err != nil {
			break
		}
		var n Value
		if n, err = parseNumber(arg); err == nil {
			sum, err = addNumbers(sum, n)
		}
	}
	if !errors.Is(err, errNotNumber) {
		return sum, err
	}
	text := v.AppendText(nil)
	for _, arg := range args {
		text = arg.AppendText(text)
	}
	return String(string(text)), nil
}

func arithmetic(op func(x, y Value) (Value, error)) func(*renderer, Value, []Value) (Value, error) {
	return func(_ *renderer, v Value, args []Value) (Value, error) {
		x, err := parseNumber(v)
		if err != nil {
			return Value{}, err
		}
		y, err := parseNumber(args[0])
		if err != nil {
			return Value{}, err
		}
		return op(x, y)
	}
}

// round is Java's Math.round: halves go up, and what is beyond 64 bits stays at their end.
func round(_ *renderer, v Value, _ []Value) (Value, error) {
	n, err := parseNumber(v)
	if err != nil {
		return Value{}, err
	}
	if n.kind == KindInt {
		return n, nil
	}
	f := toFloat(n)
	whole := math.Floor(f)
	if f-whole >= 0.5 {
		whole++
	}
	switch {
	case f != f:
		return Int(0), nil
	case whole >= math.MaxInt64:
		return Int(math.MaxInt64), nil
	case whole <= math.MinInt64:
		return Int(math.MinInt64), nil
	default:
		return Int(int64(whole)), nil
	}
}

func between(_ *renderer, v Value, args []Value) (Value, error) {
	var n [3]Value
	for i, arg := range []Value{v, args[0], args[1]} {
		var err error
		if n[i], err = parseNumber(arg); err != nil {
			return Value{}, err
		}
		if n[i].kind == KindFloat && math.IsNaN(n[i].Float()) {
			return markSafe(Bool(false)), nil
		}
	}
	low, high := n[1], n[2]
	if compareNumbers(low, high) > 0 {
		low, high = high, low
	}
	return markSafe(Bool(compareNumbers(low, n[0]) <= 0 && compareNumbers(n[0], high) <= 0)), nil
}

// getDigit counts from the right, from 1. A point is passed over to the left.
func getDigit(_ *renderer, v Value, args []Value) (Value, error) {
	digits := chars(v.String())
	n, err := longArg(args[0])
	if err != nil {
		return Value{}, err
	}
	i := int64(len(digits)) - n
	if n > int64(len(digits)) || n <= 0 {
		return v, nil
	}
	if digits[i].num != '.' {
		return digits[i], nil
	}
	if i == 0 {
		return Value{}, errRange
	}
	return digits[i-1], nil
}

var errNotANumber = errors.New("the value is not a number")

func doubleFormat(r *renderer, v Value, args []Value) (Value, error) {
	if !isNumber(v) {
		return Value{}, errNotANumber
	}
	places := "1"
	if len(args) > 0 && !args[0].IsNil() {
		places = args[0].String()
	}
	text, err := formatJava("%."+places+"f", Float(toFloat(v)), "", r.t.options.MaxOutput)
	return String(text), err
}

func numberFormat(r *renderer, v Value, args []Value) (Value, error) {
	if !isNumber(v) {
		return Value{}, errNotANumber
	}
	pattern, err := stringArg(args[0])
	if err != nil {
		return Value{}, err
	}
	locale := ""
	if len(args) > 1 && !args[1].IsNil() {
		if locale, err = stringArg(args[1]); err != nil {
			return Value{}, err
		}
	}
	text, err := formatJava(pattern, numeric(v), locale, r.t.options.MaxOutput)
	return String(text), err
}

func currencyFormat(_ *renderer, v Value, args []Value) (Value, error) {
	if !isNumber(v) {
		return Value{}, errNotANumber
	}
	var parts []string
	for _, arg := range args {
		if arg.IsNil() {
			break
		}
		s, err := stringArg(arg)
		if err != nil {
			return Value{}, err
		}
		parts = append(parts, s)
	}
	return String(formatCurrency(toFloat(v), slices.Concat(parts, []string{"", ""})[:2])), nil
}

// date formats moments, and parameters that are declared as dates. Selmer has no way to read one from a text, and neither have we.
func date(_ *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() || v.kind == KindBool && !v.Bool() {
		return Value{}, nil
	}
	moment, err := momentOf(v)
	if err != nil {
		return Value{}, errNotDate
	}
	locale := ""
	if len(args) > 1 {
		locale = args[1].String()
	}
	text, err := formatTime(moment, true, args[0].String(), locale)
	return String(text), err
}

// momentOf is the moment that v is: a time, or midnight (UTC) of a day.
func momentOf(v Value) (time.Time, error) {
	switch {
	case v.kind == KindTime:
		return v.Time(), nil
	case v.date:
		return time.Parse(time.DateOnly, v.text())
	}
	return time.Time{}, errNotDate
}

// timestamp is the time in whole seconds since 1970. Selmer has no such filter; moclojer's documentation uses it.
func timestamp(_ *renderer, v Value, _ []Value) (Value, error) {
	if v.IsNil() {
		return Value{}, errMissing
	}
	moment, err := momentOf(v)
	if err != nil {
		return Value{}, errNotTime
	}
	return Int(moment.Unix()), nil
}

var errNotTime = errors.New("the value is not a time: write {{now|timestamp}} for the time of the request")

var errNotDate = errors.New("the value is not a date: write {{now|date:\"yyyy-MM-dd\"}} for the time of the request")
