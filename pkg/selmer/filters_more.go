package selmer

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// moreFilter returns the filters that Selmer 1.12.61 does not have.
func moreFilter(name string) (filter, bool) {
	switch name {
	case "get":
		return filter{1, 1, getKey}, true
	case "find":
		return filter{2, 2, find}, true
	case "page":
		return filter{2, 2, page}, true
	case "shift":
		return filter{1, 1, shift}, true
	case "base64":
		return filter{0, 1, base64Filter}, true
	default:
		return filter{}, false
	}
}

// getKey returns a field of a map or an element of a list; nil if there is none.
func getKey(_ *renderer, v Value, args []Value) (Value, error) {
	if v.kind == KindList {
		i, err := strconv.Atoi(args[0].String())
		if err != nil {
			return Value{}, errIntegerArg
		}
		out, _ := v.Index(i)
		return out, nil
	}
	out, _ := v.Get(args[0].String())
	return out, nil
}

// find returns the first map of a list whose field is the value wanted, as both print; nil if there is none.
func find(r *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() {
		return Value{}, nil
	}
	if v.kind != KindList && v.kind != KindSeq {
		return Value{}, errors.New("the value is not a list")
	}
	if err := r.spend(int(v.num)); err != nil {
		return Value{}, err
	}
	field, want := args[0].String(), args[1].String()
	for _, item := range v.Items() {
		if err := r.scan(getCost(item, field)); err != nil {
			return Value{}, err
		}
		if got, ok := item.Get(field); ok && !got.IsNil() {
			if err := r.look(got); err != nil {
				return Value{}, err
			}
			if got.String() == want {
				return item, nil
			}
		}
	}
	return Value{}, nil
}

// page returns a page of a list; a number that is missing is 1.
func page(_ *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() {
		return List(nil), nil
	}
	if v.kind != KindList && v.kind != KindSeq {
		return Value{}, errors.New("the value is not a list")
	}
	number, err := strconv.Atoi(args[0].String())
	if err != nil || number < 1 {
		number = 1
	}
	size, err := strconv.Atoi(args[1].String())
	if err != nil || size < 1 {
		return Value{}, errors.New("the size of a page is not a number from 1")
	}
	items := v.Items()
	if number-1 > len(items)/size {
		return List(nil), nil
	}
	from := min((number-1)*size, len(items))
	return List(items[from:min(from+size, len(items))]), nil
}

// shift returns a time so much later or earlier: "-3 days", "1 hour 30 minutes".
func shift(_ *renderer, v Value, args []Value) (Value, error) {
	at, onlyDay, err := isoMoment(v)
	if err != nil {
		return Value{}, err
	}
	words := strings.Fields(args[0].String())
	if len(words) == 0 || len(words)%2 != 0 {
		return Value{}, errShift
	}
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.Atoi(strings.TrimPrefix(words[i], "+"))
		if err != nil || n > maxShift || n < -maxShift {
			return Value{}, errShift
		}
		switch strings.TrimSuffix(strings.ToLower(words[i+1]), "s") {
		case "m", "millisecond": // ms without its s
			at = at.Add(time.Duration(n) * time.Millisecond)
		case "second":
			at = at.Add(time.Duration(n) * time.Second)
		case "minute":
			at = at.Add(time.Duration(n) * time.Minute)
		case "hour":
			at = at.Add(time.Duration(n) * time.Hour)
		case "day":
			at = at.AddDate(0, 0, n)
		case "week":
			at = at.AddDate(0, 0, 7*n)
		case "month":
			at = at.AddDate(0, n, 0)
		case "year":
			at = at.AddDate(n, 0, 0)
		default:
			return Value{}, errShift
		}
	}
	if year := at.Year(); year < 0 || year > 9999 {
		return Value{}, errors.New("the time is outside the years 0 to 9999")
	}
	if onlyDay {
		return Date(at.Format(time.DateOnly)), nil
	}
	return Time(at), nil
}

const maxShift = 100_000

var errShift = errors.New("write how far, such as -3 days, 2 hours or 500 ms")

// isoMoment reads a time, an ISO date or an ISO date-time.
func isoMoment(v Value) (at time.Time, onlyDay bool, err error) {
	if v.kind == KindTime {
		return v.Time(), false, nil
	}
	text, err := stringValue(v)
	if err != nil {
		return at, false, err
	}
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err != nil {
		err = errors.New("the value is neither a time nor an ISO date or date-time")
	}
	return at, false, err
}

func base64Filter(_ *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() {
		return Value{}, errMissing
	}
	if len(args) == 0 {
		return String(base64.StdEncoding.EncodeToString([]byte(v.String()))), nil
	}
	if args[0].String() != "decode" {
		return Value{}, errors.New("base64 takes no argument, or decode")
	}
	text := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(v.String()), "=")
	out, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return Value{}, errors.New("the value is not base64")
	}
	return String(strings.ToValidUTF8(string(out), "\ufffd")), nil
}
