package selmer

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxPrintDepth bounds the nesting of values that are printed. Deeper parts print as "…".
const maxPrintDepth = 512

// AppendText appends what Clojure's str makes of the value: texts as they are, nothing for nil, containers as EDN.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case KindNil:
		return dst
	case KindString, KindDecimal:
		return append(dst, v.text()...)
	case KindChar:
		return appendUnit(dst, uint16(v.num))
	case KindBigInt:
		return v.big().Append(dst, 10)
	case KindFloat:
		return appendFloat(dst, v.Float())
	default:
		return v.appendEDN(dst, 0)
	}
}

// appendEDN appends the value in the form that Clojure prints it within a container.
func (v Value) appendEDN(dst []byte, depth int) []byte {
	if depth > maxPrintDepth {
		return append(dst, "…"...)
	}
	switch v.kind {
	case KindNil:
		return append(dst, "nil"...)
	case KindBool:
		return strconv.AppendBool(dst, v.Bool())
	case KindInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case KindFloat:
		return appendEDNFloat(dst, v.Float())
	case KindBigInt:
		return append(v.big().Append(dst, 10), 'N')
	case KindDecimal:
		return append(dst, v.String()...)
	case KindString:
		return appendEDNString(dst, v.String())
	case KindChar:
		return appendEDNChar(dst, uint16(v.num))
	case KindKeyword:
		return append(append(dst, ':'), v.text()...)
	case KindList:
		return appendEDNItems(dst, '[', v.Items(), ']', depth)
	case KindSeq:
		return appendEDNItems(dst, '(', v.Items(), ')', depth)
	case KindMap, KindObject:
		dst = append(dst, '{')
		for i, e := range v.Entries() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(append(dst, ':'), e.Key...), ' ')
			dst = e.Value.appendEDN(dst, depth+1)
		}
		return append(dst, '}')
	case KindTime:
		return v.Time().AppendFormat(dst, time.RFC3339Nano)
	}
	return dst
}

func appendEDNItems(dst []byte, open byte, items []Value, end byte, depth int) []byte {
	dst = append(dst, open)
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = item.appendEDN(dst, depth+1)
	}
	return append(dst, end)
}

func appendEDNString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\b':
			dst = append(dst, `\b`...)
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func appendEDNChar(dst []byte, unit uint16) []byte {
	dst = append(dst, '\\')
	switch unit {
	case '\n':
		return append(dst, "newline"...)
	case '\t':
		return append(dst, "tab"...)
	case ' ':
		return append(dst, "space"...)
	case '\b':
		return append(dst, "backspace"...)
	case '\f':
		return append(dst, "formfeed"...)
	case '\r':
		return append(dst, "return"...)
	default:
		return appendUnit(dst, unit)
	}
}

func appendEDNFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "##NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "##Inf"...)
	case math.IsInf(f, -1):
		return append(dst, "##-Inf"...)
	default:
		return appendFloat(dst, f)
	}
}

// appendFloat appends a number as Java's Double.toString does since Java 19: the shortest digits that mean f, plain from
// 0.001 up to 10 million and as 1.0E7 outside, with at least one digit after the point.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, "0.0"...)
	}
	if f < 0 {
		dst = append(dst, '-')
		f = -f
	}
	digits, exp := shortestDigits(f)
	if f >= 1e-3 && f < 1e7 {
		return appendPlain(dst, digits, exp)
	}
	dst = append(dst, digits[0], '.')
	if len(digits) > 1 {
		dst = append(dst, digits[1:]...)
	} else {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(append(dst, 'E'), int64(exp-1), 10)
}

// shortestDigits returns the digits of a positive number without trailing zeros, and the position of the point: 0.digits × 10^exp.
func shortestDigits(f float64) (digits string, exp int) {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	if text[1] == 'e' {
		// With a single digit Java prefers the nearest number of two digits, if it means the same.
		two := strconv.AppendFloat(nil, f, 'e', 1, 64)
		if back, err := strconv.ParseFloat(string(two), 64); err == nil && back == f {
			text = two
		}
	}
	mantissa, exponent, _ := strings.Cut(string(text), "e")
	exp, _ = strconv.Atoi(exponent)
	digits = strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	return digits, exp + 1
}

func appendPlain(dst []byte, digits string, exp int) []byte {
	switch {
	case exp <= 0:
		dst = append(dst, "0."...)
		for range -exp {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	case exp >= len(digits):
		dst = append(dst, digits...)
		for range exp - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, ".0"...)
	default:
		dst = append(append(dst, digits[:exp]...), '.')
		return append(dst, digits[exp:]...)
	}
}
