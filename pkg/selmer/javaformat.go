package selmer

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// javaSpec is one %… of a pattern for String.format.
type javaSpec struct {
	flags      string
	width      int // -1 if none
	precision  int // -1 if none
	conversion byte
	upper      bool
}

func (s javaSpec) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

var (
	errFormat      = errors.New("the pattern is not valid: write, for example, %d, %,d or %.2f")
	errFormatArgs  = errors.New("the pattern has more than one placeholder")
	errFormatKind  = errors.New("%d is for whole numbers, and %f %e %g are for decimal ones")
	errFormatFlags = errors.New("the pattern's flags do not go together")
)

// formatJava is String.format with one number, in a language.
func formatJava(pattern string, v Value, language string, most int) (string, error) {
	l := numberLocaleOf(strings.ToLower(language), "")
	var out strings.Builder
	used := false
	for i := 0; i < len(pattern); {
		if pattern[i] != '%' {
			out.WriteByte(pattern[i])
			i++
			continue
		}
		spec, argument, n, err := parseJavaSpec(pattern[i+1:])
		if err != nil {
			return "", err
		}
		i += 1 + n
		if spec.width > most || spec.precision > most || out.Len() > most {
			return "", &LimitError{What: "bytes in a value", Limit: most}
		}
		switch spec.conversion {
		case 'n':
			if spec.width >= 0 || spec.flags != "" {
				return "", errFormatFlags
			}
			out.WriteByte('\n')
			continue
		case '%':
			if spec.has('-') && spec.width < 0 {
				return "", errFormatFlags
			}
			out.WriteString(spec.pad("%"))
			continue
		}
		switch argument {
		case "":
			if used {
				return "", errFormatArgs
			}
			used = true
		case "1$":
		case "<":
			if !used {
				return "", errFormatArgs
			}
		default:
			return "", errFormatArgs
		}
		text, err := spec.format(v, l)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// parseJavaSpec reads what follows a percent sign and returns how long it is.
func parseJavaSpec(s string) (spec javaSpec, argument string, n int, err error) {
	spec = javaSpec{width: -1, precision: -1}
	digits := func() string {
		start := n
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return s[start:n]
	}
	if d := digits(); d != "" && n < len(s) && s[n] == '$' {
		n++
		argument = d + "$"
	} else {
		n = 0
	}
	for n < len(s) && strings.IndexByte("-#+ 0,(<", s[n]) >= 0 {
		if s[n] == '<' {
			argument = "<"
		} else if spec.has(s[n]) {
			return spec, "", 0, errFormatFlags
		} else {
			spec.flags += s[n : n+1]
		}
		n++
	}
	if d := digits(); d != "" {
		if spec.width, err = strconv.Atoi(d); err != nil {
			return spec, "", 0, errFormat
		}
	}
	if n < len(s) && s[n] == '.' {
		n++
		d := digits()
		if spec.precision, err = strconv.Atoi(d); err != nil {
			return spec, "", 0, errFormat
		}
	}
	if n >= len(s) || strings.IndexByte("bBhHsSdoxXeEfgGn%", s[n]) < 0 {
		return spec, "", 0, errFormat
	}
	spec.conversion = s[n]
	if c := s[n]; c >= 'A' && c <= 'Z' {
		spec.upper = true
		spec.conversion = c + 'a' - 'A'
	}
	return spec, argument, n + 1, nil
}

func (s javaSpec) format(v Value, l numberLocale) (string, error) {
	if (s.has('-') || s.has('0')) && s.width < 0 || s.has('-') && s.has('0') || s.has('+') && s.has(' ') {
		return "", errFormatFlags
	}
	var text string
	var err error
	switch s.conversion {
	case 's', 'b', 'h':
		text, err = s.general(v)
	case 'd', 'o', 'x':
		text, err = s.integer(v, l)
	default:
		text, err = s.decimal(v, l)
	}
	if s.upper {
		text = strings.ToUpper(text)
	}
	return text, err
}

func (s javaSpec) general(v Value) (string, error) {
	if strings.Trim(s.flags, "-") != "" {
		return "", errFormatFlags
	}
	text := "true"
	switch s.conversion {
	case 's':
		text = v.String()
	case 'h':
		bits := v.num
		if v.kind == KindBigInt {
			bits = new(big.Int).Mod(v.big(), new(big.Int).Lsh(big.NewInt(1), 64)).Uint64()
		}
		text = strconv.FormatUint(uint64(uint32(bits)^uint32(bits>>32)), 16)
	}
	if s.precision >= 0 && s.precision < len(text) {
		text = text[:s.precision]
	}
	return s.pad(text), nil
}

func (s javaSpec) integer(v Value, l numberLocale) (string, error) {
	if v.kind != KindInt {
		return "", errFormatKind
	}
	if s.precision >= 0 {
		return "", errFormat
	}
	if s.conversion == 'd' {
		if s.has('#') {
			return "", errFormatFlags
		}
		digits := strings.TrimPrefix(strconv.FormatInt(v.Int(), 10), "-")
		return s.signed(digits, v.Int() < 0, l), nil
	}
	if strings.Trim(s.flags, "-#0") != "" {
		return "", errFormatFlags
	}
	base, prefix := 16, "0x"
	if s.conversion == 'o' {
		base, prefix = 8, "0"
	}
	text := strconv.FormatUint(uint64(v.Int()), base)
	if !s.has('#') {
		prefix = ""
	}
	if s.has('0') {
		text = strings.Repeat("0", max(0, s.width-len(prefix)-len(text))) + text
	}
	return s.pad(prefix + text), nil
}

func (s javaSpec) decimal(v Value, l numberLocale) (string, error) {
	if v.kind != KindFloat {
		return "", errFormatKind
	}
	f := v.Float()
	negative := math.Signbit(f) && f == f
	if math.IsNaN(f) || math.IsInf(f, 0) {
		plain := s
		plain.flags = strings.NewReplacer("0", "", ",", "").Replace(s.flags)
		return plain.signed(strings.TrimPrefix(string(appendFloat(nil, f)), "-"), negative, l), nil
	}
	f = math.Abs(f)
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	switch s.conversion {
	case 'e':
		if s.has(',') {
			return "", errFormatFlags
		}
		return s.signed(scientific(f, precision, l.decimal, s.has('#')), negative, l), nil
	case 'g':
		if s.has('#') {
			return "", errFormatFlags
		}
		precision = max(precision, 1)
		rounded := f
		if f != 0 {
			rounded, _ = strconv.ParseFloat(scientific(f, precision-1, ".", false), 64)
		}
		if rounded != 0 && (rounded < 1e-4 || rounded >= math.Pow(10, float64(precision))) {
			if s.has(',') {
				return "", errFormatFlags
			}
			return s.signed(scientific(f, precision-1, l.decimal, false), negative, l), nil
		}
		if rounded != 0 {
			precision -= int(math.Floor(math.Log10(rounded))) + 1
		} else {
			precision--
		}
		precision = max(precision, 0)
	}
	text := fixed(f, precision, l.decimal)
	if precision == 0 && s.has('#') {
		text += l.decimal
	}
	return s.signed(text, negative, l), nil
}

// signed adds the sign, groups and zeros that the flags ask for, and the width.
func (s javaSpec) signed(text string, negative bool, l numberLocale) string {
	if s.has(',') {
		whole, rest := text, ""
		if i := strings.Index(text, l.decimal); i >= 0 {
			whole, rest = text[:i], text[i:]
		}
		text = groupDigits(whole, l.group) + rest
	}
	before, after := "", ""
	switch {
	case negative && s.has('('):
		before, after = "(", ")"
	case negative:
		before = "-"
	case s.has('+'):
		before = "+"
	case s.has(' '):
		before = " "
	}
	if s.has('0') {
		text = strings.Repeat("0", max(0, s.width-utf16Len(before+text+after))) + text
	}
	return s.pad(before + text + after)
}

func (s javaSpec) pad(text string) string {
	spaces := strings.Repeat(" ", max(0, s.width-utf16Len(text)))
	if s.has('-') {
		return text + spaces
	}
	return spaces + text
}

// roundDigits rounds the shortest digits of a number half up, as java.util.Formatter does, to n digits after the first
// one's position exp; it returns the digits as a whole number.
func roundDigits(digits string, keep int) (rounded string, carry bool) {
	if keep < 0 {
		return "", false
	}
	if keep >= len(digits) {
		return digits + strings.Repeat("0", keep-len(digits)), false
	}
	up := digits[keep] >= '5'
	b := []byte(digits[:keep])
	for i := keep - 1; up && i >= 0; i-- {
		if b[i] == '9' {
			b[i] = '0'
			continue
		}
		b[i]++
		up = false
	}
	if up {
		return "1" + string(b), true
	}
	return string(b), false
}

// fixed writes a number that is not negative with so many digits after the point.
func fixed(f float64, precision int, point string) string {
	digits, exp := "0", 1
	if f != 0 {
		digits, exp = shortestDigits(f)
	}
	if exp < 0 {
		digits, exp = strings.Repeat("0", -exp)+digits, 0
	}
	text, carry := roundDigits(digits, exp+precision)
	if carry {
		exp++
	}
	whole, fraction := text[:exp], text[exp:]
	if whole == "" {
		whole = "0"
	}
	if precision == 0 {
		return whole
	}
	return whole + point + fraction
}

// scientific writes a number that is not negative as 1.234560e+03.
func scientific(f float64, precision int, point string, alternate bool) string {
	digits, exp := "0", 1
	if f != 0 {
		digits, exp = shortestDigits(f)
	}
	text, carry := roundDigits(digits, 1+precision)
	if carry {
		exp++
		text = text[:len(text)-1]
	}
	out := text[:1]
	if precision > 0 || alternate {
		out += point + text[1:]
	}
	return out + fmt.Sprintf("e%+03d", exp-1)
}
