package mockspec

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// typeList names the types for a sentence.
const typeList = "string, int, uuid, date, boolean, float and double"

// ParseType returns the type that a document calls name; bool is boolean.
func ParseType(name string) (ParamType, bool) {
	switch t := ParamType(name); t {
	case TypeString, TypeInt, TypeUUID, TypeDate, TypeBoolean, TypeFloat, TypeDouble:
		return t, true
	case "bool":
		return TypeBoolean, true
	}
	return "", false
}

// suggestType returns the type that somebody who wrote name most likely meant, or "".
func suggestType(name string) string {
	switch strings.ToLower(name) {
	case "integer", "long", "int32", "int64", "number":
		return "int"
	case "decimal":
		return "double"
	case "str", "text", "slug":
		return "string"
	case "guid":
		return "uuid"
	case "datetime", "date-time", "timestamp":
		return "date"
	}
	return suggest(name, []string{"string", "int", "uuid", "date", "boolean", "bool", "float", "double"})
}

// Fits reports whether the text s is a value of type t, as it arrives in a path or in a query. It allocates nothing.
//
//	string   anything
//	int      an optional sign and up to 1,000 decimal digits
//	float    a decimal number with optional fraction and exponent; double is the same
//	uuid     8-4-4-4-12 hexadecimal digits, in any case
//	date     a day of the calendar as 2024-02-29
//	boolean  true or false
func (t ParamType) Fits(s string) bool {
	switch t {
	case TypeInt:
		s = sign(s)
		return s != "" && len(s) <= maxDigits && digits(s) == len(s)
	case TypeFloat, TypeDouble:
		return isDecimal(s)
	case TypeUUID:
		return isUUID(s)
	case TypeDate:
		return isDate(s)
	case TypeBoolean:
		return s == "true" || s == "false"
	default:
		return true
	}
}

// Value converts the text s, if it fits, to what templates see: numbers and booleans as such, all else as the text itself
// (a date too, so that it prints as it was written; the date filter knows it for a day).
func (t ParamType) Value(s string) (selmer.Value, bool) {
	if !t.Fits(s) {
		return selmer.Nil(), false
	}
	switch t {
	case TypeInt:
		s = strings.TrimPrefix(s, "+")
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return selmer.Int(i), true
		}
		i, ok := new(big.Int).SetString(s, 10)
		return selmer.BigInt(i), ok
	case TypeFloat, TypeDouble:
		f, err := strconv.ParseFloat(s, 64)
		return selmer.Float(f), err == nil
	case TypeBoolean:
		return selmer.Bool(s == "true"), true
	case TypeDate:
		return selmer.Date(s), true
	default:
		return selmer.String(s), true
	}
}

// maxDigits bounds a number that arrives in a path or in a query.
const maxDigits = 1000

// sign returns s without its sign.
func sign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

// digits counts the decimal digits at the start of s.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func isDecimal(s string) bool {
	if len(s) > maxDigits {
		return false
	}
	whole := s
	s = sign(s)
	n := digits(s)
	s = s[n:]
	if n == 0 {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		n = digits(rest)
		s = rest[n:]
		if n == 0 {
			return false
		}
	}
	if s != "" {
		if s[0] != 'e' && s[0] != 'E' {
			return false
		}
		if s = sign(s[1:]); s == "" || digits(s) != len(s) {
			return false
		}
	}
	f, err := strconv.ParseFloat(whole, 64)
	return err == nil && !math.IsInf(f, 0)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || digits(s) != 4 || digits(s[5:]) != 2 || digits(s[8:]) != 2 {
		return false
	}
	number := func(d string) (n int) {
		for i := range len(d) {
			n = n*10 + int(d[i]-'0')
		}
		return n
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	longest := 31
	switch month {
	case 4, 6, 9, 11:
		longest = 30
	case 2:
		longest = 28
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			longest = 29
		}
	}
	return day <= longest
}
