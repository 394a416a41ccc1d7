package selmer

import (
	"math"
	"strconv"
	"strings"
)

// numberLocale is how a language writes numbers and amounts, from the Unicode CLDR as Java has it.
type numberLocale struct {
	decimal, group string
	money          string // n is the amount without its sign, ¤ the currency
	negative       string // of money; "" is the minus before money
	minus          string // of money
}

const (
	noBreak     = "\u00a0"
	narrowBreak = "\u202f"
	apostrophe  = "’"
	moneyAfter  = "n" + noBreak + "¤"
	moneyApart  = "¤" + noBreak + "n"
)

// numberLocaleOf returns how numbers are written in a language, and in a country if one is given. Without a language it
// is English; a language that is not here is written neutrally.
func numberLocaleOf(language, country string) numberLocale {
	l := numberLocale{decimal: ".", group: ",", money: "¤n", minus: "-"}
	switch language {
	case "", "en":
		switch country {
		case "ZA":
			l.decimal, l.group = ",", noBreak
		case "DE", "NL", "BE":
			l.decimal, l.group, l.money = ",", ".", moneyAfter
		}
	case "ja", "zh", "ko", "hi", "th":
	case "de":
		l.decimal, l.group, l.money = ",", ".", moneyAfter
		switch country {
		case "AT":
			l.money, l.group = moneyApart, "."
		case "CH", "LI":
			l = swiss()
		}
	case "fr":
		l.decimal, l.group, l.money = ",", narrowBreak, moneyAfter
		switch country {
		case "CA":
			l.group = noBreak
		case "CH":
			l.decimal = "."
		}
	case "es":
		l.decimal, l.group, l.money = ",", ".", moneyAfter
		switch country {
		case "MX", "US":
			l.decimal, l.group, l.money = ".", ",", "¤n"
		case "AR", "CO":
			l.money = moneyApart
		case "CL":
			l.money, l.negative = "¤n", "¤-n"
		}
	case "it":
		l.decimal, l.group, l.money = ",", ".", moneyAfter
		if country == "CH" {
			l = swiss()
		}
	case "pt":
		l.decimal, l.group, l.money = ",", ".", moneyApart
		if country == "PT" {
			l.group, l.money = noBreak, moneyAfter
		}
	case "nl":
		l.decimal, l.group, l.money, l.negative = ",", ".", moneyApart, "¤"+noBreak+"-n"
	case "pl", "ru", "cs", "uk", "hu":
		l.decimal, l.group, l.money = ",", noBreak, moneyAfter
	case "sv", "fi":
		l.decimal, l.group, l.money, l.minus = ",", noBreak, moneyAfter, "−"
	case "nb", "no":
		l.decimal, l.group, l.money, l.minus = ",", noBreak, moneyApart, "−"
	case "da", "el", "ro", "vi":
		l.decimal, l.group, l.money = ",", ".", moneyAfter
	case "tr", "id":
		l.decimal, l.group = ",", "."
	default:
		l.money = moneyApart
	}
	return l
}

func swiss() numberLocale {
	return numberLocale{decimal: ".", group: apostrophe, money: moneyApart, negative: "¤-n", minus: "-"}
}

// currencyOf returns the sign of a country's currency and its digits after the point.
func currencyOf(language, country string) (sign string, digits int) {
	switch country {
	case "US":
		switch language {
		case "fr":
			return "$US", 2
		case "xx":
			return "US$", 2
		}
		return "$", 2
	case "CA":
		if language == "fr" {
			return "$" + noBreak + "CA", 2
		}
		return "$", 2
	case "AU", "NZ", "SG", "MX", "AR", "TW", "HK":
		return "$", 2
	case "CO":
		return "$", 2
	case "CL":
		return "$", 0
	case "GB":
		return "£", 2
	case "AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK":
		return "€", 2
	case "CH", "LI":
		if language == "it" {
			return "SFr.", 2
		}
		return "CHF", 2
	case "IN":
		return "₹", 2
	case "ZA":
		return "R", 2
	case "BR":
		return "R$", 2
	case "PL":
		return "zł", 2
	case "RU":
		return "₽", 2
	case "JP":
		if language == "ja" {
			return "￥", 0
		}
		return "¥", 0
	case "CN":
		return "¥", 2
	case "KR":
		return "₩", 0
	case "SE", "NO":
		return "kr", 2
	case "DK":
		return "kr.", 2
	case "CZ":
		return "Kč", 2
	case "TR":
		return "₺", 2
	case "UA":
		return "₴", 2
	case "HU":
		return "Ft", 2
	case "RO":
		return "RON", 2
	case "ID":
		return "Rp", 2
	case "VN":
		return "₫", 0
	case "TH":
		return "฿", 2
	default:
		return "¤", 2
	}
}

// formatCurrency writes an amount as java.text.NumberFormat does for a language and country.
func formatCurrency(f float64, locale []string) string {
	language, country := strings.ToLower(locale[0]), strings.ToUpper(locale[1])
	l := numberLocaleOf(language, country)
	sign, digits := currencyOf(language, country)
	text := strconv.FormatFloat(f, 'f', digits, 64)
	const exact = 1 << 53
	if math.Abs(f) >= exact && !math.IsInf(f, 0) {
		// Java pads the shortest digits with zeros where Go goes on exactly.
		significant, exp := shortestDigits(math.Abs(f))
		text = significant + strings.Repeat("0", max(0, exp-len(significant)))
		if digits > 0 {
			text += "." + strings.Repeat("0", digits)
		}
		if f < 0 {
			text = "-" + text
		}
	}
	number, negative := strings.CutPrefix(text, "-")
	switch {
	case f != f:
		number = "NaN"
	case strings.Contains(number, "Inf"):
		number = "∞"
	default:
		whole, fraction, point := strings.Cut(number, ".")
		number = groupDigits(whole, l.group)
		if point {
			number += l.decimal + fraction
		}
	}
	pattern := l.money
	if negative {
		pattern = l.negative
		if pattern == "" {
			pattern = l.minus + l.money
		}
	}
	return strings.NewReplacer("n", number, "¤", sign).Replace(pattern)
}

// groupDigits puts a separator between each three digits.
func groupDigits(digits, separator string) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}
