package selmer

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Arithmetic follows Clojure's: integers that overflow are an error, an integer and a double make a double, and a
// division that does not come out even makes a double.

// maxBits bounds integers. A longer one in the data counts as a double.
const maxBits = 1 << 14

var (
	errNotNumber    = errors.New("it is not a number")
	errOverflow     = errors.New("the result does not fit into 64 bits")
	errDivideByZero = errors.New("division by zero")
)

func isNumber(v Value) bool {
	switch v.kind {
	case KindInt, KindFloat, KindBigInt, KindDecimal:
		return true
	default:
		return false
	}
}

// numeric returns a number in one of the three forms that calculate: KindInt, KindFloat or KindBigInt.
func numeric(v Value) Value {
	if v.kind != KindDecimal {
		return v
	}
	text := v.String()
	if !strings.ContainsAny(text, ".eE") && len(text) <= maxBits/4 {
		if i, ok := new(big.Int).SetString(text, 10); ok {
			return normalInt(i)
		}
	}
	f, _ := strconv.ParseFloat(text, 64) // a JSON number; out of range is infinite, as in Java
	return Float(f)
}

func normalInt(i *big.Int) Value {
	if i.IsInt64() {
		return Int(i.Int64())
	}
	return BigInt(i)
}

// parseNumber makes a number of any value's text, as filters do: a 64-bit integer, else a double.
func parseNumber(v Value) (Value, error) {
	if isNumber(v) {
		return numeric(v), nil
	}
	s := v.String()
	if i, ok := parseLong(s); ok {
		return Int(i), nil
	}
	if f, ok := parseDouble(s); ok {
		return Float(f), nil
	}
	return Value{}, errNotNumber
}

// parseLong is Java's Long.parseLong for ASCII digits.
func parseLong(s string) (int64, bool) {
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// parseDouble is Java's Double.parseDouble: spaces around, an optional f or d at the end, NaN, Infinity, hexadecimal.
func parseDouble(s string) (float64, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	unsigned := strings.TrimLeft(s, "+-")
	if len(s)-len(unsigned) > 1 || unsigned == "" || strings.Contains(s, "_") {
		return 0, false
	}
	negative := strings.HasPrefix(s, "-")
	switch unsigned {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if negative {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	hex := strings.HasPrefix(unsigned, "0x") || strings.HasPrefix(unsigned, "0X")
	if c := unsigned[0]; c != '.' && (c < '0' || c > '9') {
		return 0, false
	}
	if hex && !strings.ContainsAny(unsigned, "pP") {
		return 0, false
	}
	if last := unsigned[len(unsigned)-1]; strings.IndexByte("fFdD", last) >= 0 {
		s = s[:len(s)-1]
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}

func toFloat(v Value) float64 {
	switch v.kind {
	case KindInt:
		return float64(v.Int())
	case KindBigInt:
		f, _ := new(big.Float).SetInt(v.big()).Float64()
		return f
	case KindDecimal:
		return toFloat(numeric(v))
	default:
		return v.Float()
	}
}

func toBig(v Value) *big.Int {
	if v.kind == KindBigInt {
		return v.big()
	}
	return big.NewInt(v.Int())
}

// calculate applies an operation to two numbers as numeric returns them.
func calculate(x, y Value, ints func(x, y int64) (int64, bool), bigs func(z, x, y *big.Int) *big.Int, floats func(x, y float64) float64) (Value, error) {
	switch {
	case x.kind == KindFloat || y.kind == KindFloat:
		return Float(floats(toFloat(x), toFloat(y))), nil
	case x.kind == KindBigInt || y.kind == KindBigInt:
		// Once big, a number stays so in Clojure; only its value shows in a text.
		z := bigs(new(big.Int), toBig(x), toBig(y))
		if z.BitLen() > maxBits {
			return Value{}, &LimitError{What: "bits in a number", Limit: maxBits}
		}
		return BigInt(z), nil
	default:
		i, ok := ints(x.Int(), y.Int())
		if !ok {
			return Value{}, errOverflow
		}
		return Int(i), nil
	}
}

func addNumbers(x, y Value) (Value, error) {
	return calculate(x, y, func(x, y int64) (int64, bool) {
		sum := x + y
		return sum, (x^sum)&(y^sum) >= 0
	}, (*big.Int).Add, func(x, y float64) float64 { return x + y })
}

func multiplyNumbers(x, y Value) (Value, error) {
	return calculate(x, y, func(x, y int64) (int64, bool) {
		if x == 0 || y == 0 {
			return 0, true
		}
		p := x * y
		return p, p/y == x && (x != -1 || y != math.MinInt64) && (y != -1 || x != math.MinInt64)
	}, (*big.Int).Mul, func(x, y float64) float64 { return x * y })
}

// divideNumbers divides exactly where that gives an integer, and otherwise to 16 digits, as Clojure's ratios become doubles.
func divideNumbers(x, y Value) (Value, error) {
	if y.kind == KindFloat && math.IsNaN(y.Float()) || x.kind == KindFloat && math.IsNaN(x.Float()) {
		return Float(math.NaN()), nil
	}
	if toFloat(y) == 0 {
		return Value{}, errDivideByZero
	}
	if x.kind == KindFloat || y.kind == KindFloat {
		return Float(toFloat(x) / toFloat(y)), nil
	}
	a, b := toBig(x), toBig(y)
	quotient, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if rest.Sign() != 0 {
		return Float(ratioToFloat(a, b)), nil
	}
	if x.kind == KindBigInt || y.kind == KindBigInt {
		return BigInt(quotient), nil
	}
	return normalInt(quotient), nil
}

// ratioToFloat divides to 16 significant digits, half to even, and takes the nearest double.
func ratioToFloat(a, b *big.Int) float64 {
	const digits = 16
	num, den := new(big.Int).Abs(a), new(big.Int).Abs(b)
	exp := len(den.String()) - len(num.String()) + digits
	ten := big.NewInt(10)
	for {
		scaled, scaledDen := new(big.Int).Set(num), den
		if exp >= 0 {
			scaled.Mul(scaled, new(big.Int).Exp(ten, big.NewInt(int64(exp)), nil))
		} else {
			scaledDen = new(big.Int).Mul(den, new(big.Int).Exp(ten, big.NewInt(int64(-exp)), nil))
		}
		q, r := new(big.Int).QuoRem(scaled, scaledDen, new(big.Int))
		if len(q.String()) > digits {
			exp--
			continue
		}
		if c := r.Lsh(r, 1).Cmp(scaledDen); c > 0 || c == 0 && q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
		text := q.String() + "e" + strconv.Itoa(-exp)
		f, _ := strconv.ParseFloat(text, 64)
		if a.Sign()*b.Sign() < 0 {
			f = -f
		}
		return f
	}
}

// compareNumbers orders two numbers; a NaN is equal to everything, as it is to Clojure's compare.
func compareNumbers(x, y Value) int {
	if x.kind == KindInt && y.kind == KindInt {
		return cmp.Compare(x.Int(), y.Int())
	}
	x, y = numeric(x), numeric(y)
	if x.kind == KindFloat || y.kind == KindFloat {
		a, b := toFloat(x), toFloat(y)
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		default:
			return 0
		}
	}
	return toBig(x).Cmp(toBig(y))
}
