package match

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// number is a decimal number of any size: 0.DIGITS × 10^exponent. Zero has no digits.
type number struct {
	negative bool
	digits   string // without zeros at either end
	exponent int
}

// maxNumber is the length of the longest text that is read as a number.
const maxNumber = 1000

// parseNumber reads a JSON number. Nothing else is one: neither 07 nor +7, .5 or 1e.
func parseNumber(s string) (number, bool) {
	if !isNumber(s) {
		return number{}, false
	}
	n := number{negative: s[0] == '-'}
	s = strings.TrimPrefix(s, "-")
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || exponent > 1e9 || exponent < -1e9 {
			return number{}, false
		}
		n.exponent, s = exponent, s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole
	if fraction != "" {
		digits = whole + fraction
	}
	n.exponent += len(whole)
	trimmed := strings.TrimLeft(digits, "0")
	n.exponent -= len(digits) - len(trimmed)
	if n.digits = strings.TrimRight(trimmed, "0"); n.digits == "" {
		return number{}, true
	}
	return n, true
}

func isNumber(s string) bool {
	if len(s) == 0 || len(s) > maxNumber {
		return false
	}
	i := 0
	if s[0] == '-' {
		i++
	}
	run := func() int {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i - from
	}
	first := i
	if n := run(); n == 0 || n > 1 && s[first] == '0' {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; run() == 0 {
			return false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if run() == 0 {
			return false
		}
	}
	return i == len(s)
}

func (n number) equal(m number) bool { return n == m }

func (n number) compare(m number) int {
	switch {
	case n == m:
		return 0
	case n.sign() != m.sign():
		return cmp.Compare(n.sign(), m.sign())
	}
	order := cmp.Or(cmp.Compare(n.exponent, m.exponent), strings.Compare(n.digits, m.digits))
	if n.negative {
		return -order
	}
	return order
}

func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// numberOf returns the number that a value is.
func numberOf(v selmer.Value) (number, bool) {
	switch v.Kind() {
	case selmer.KindInt, selmer.KindBigInt, selmer.KindDecimal:
		return parseNumber(v.String())
	case selmer.KindFloat:
		return parseNumber(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	default:
		return number{}, false
	}
}
