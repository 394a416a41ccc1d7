package selmer

import (
	"crypto/md5"  //nolint:gosec // an offer to templates, not a safeguard
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

func textFilter(name string) (filter, bool) {
	switch name {
	case "upper":
		return onText(upperCase), true
	case "lower":
		return onText(lowerCase), true
	case "capitalize":
		return onText(capitalize), true
	case "title":
		return onText(title), true
	case "addslashes":
		return onText(strings.NewReplacer(`"`, `\"`, `'`, `\'`).Replace), true
	case "str":
		return onText(func(s string) string { return s }), true
	case "name":
		return filter{0, 0, nameOf}, true
	case "replace":
		return filter{2, 2, replace}, true
	case "remove":
		return filter{1, 1, removeChars}, true
	case "subs":
		return filter{2, -1, subs}, true
	case "center":
		return filter{1, 1, center}, true
	case "urlescape":
		return filter{0, 0, urlEscape}, true
	case "hash":
		return filter{1, 1, hash}, true
	case "abbreviate":
		return filter{1, 2, abbreviate}, true
	case "abbr-left", "abbr-middle", "abbr-right":
		position := Keyword(strings.TrimPrefix(name, "abbr-"))
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) {
			return assoc(abbreviation(v), "abbr-position", position), nil
		}}, true
	case "abbr-ellipsis":
		return filter{1, 1, func(_ *renderer, v Value, args []Value) (Value, error) {
			return assoc(abbreviation(v), "abbr-ellipsis", args[0]), nil
		}}, true
	default:
		return filter{}, false
	}
}

// onText makes a filter of a function of the value's text.
func onText(f func(string) string) filter {
	return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) {
		return String(f(v.String())), nil
	}}
}

// upperCase is Java's, which writes some letters as two.
func upperCase(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	var b strings.Builder
	for _, r := range s {
		if special := specialUpper(r); special != "" {
			b.WriteString(special)
		} else {
			b.WriteString(strings.ToUpper(string(r)))
		}
	}
	return b.String()
}

func specialUpper(r rune) string {
	switch r {
	case 'ß':
		return "SS"
	case 'ŉ':
		return "ʼN"
	case 'ǰ':
		return "J̌"
	case 'ΐ':
		return "Ϊ́"
	case 'ΰ':
		return "Ϋ́"
	case 'և':
		return "ԵՒ"
	case 'ﬀ':
		return "FF"
	case 'ﬁ':
		return "FI"
	case 'ﬂ':
		return "FL"
	case 'ﬃ':
		return "FFI"
	case 'ﬄ':
		return "FFL"
	case 'ﬅ', 'ﬆ':
		return "ST"
	default:
		return ""
	}
}

// lowerCase is Java's: a sigma at the end of a word is ς, and İ keeps its dot.
func lowerCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == 'Σ' && i > 0 && isLetter(runes[i-1]) && (i+1 == len(runes) || !isLetter(runes[i+1])):
			b.WriteRune('ς')
		case r == 'İ':
			b.WriteString("i̇")
		default:
			b.WriteString(strings.ToLower(string(r)))
		}
	}
	return b.String()
}

func isLetter(r rune) bool {
	return strings.ToLower(string(r)) != strings.ToUpper(string(r))
}

func capitalize(s string) string {
	if utf16Len(s) < 2 {
		return upperCase(s)
	}
	_, size := utf8.DecodeRuneInString(s)
	return upperCase(s[:size]) + lowerCase(s[size:])
}

// title capitalizes every word; spaces at the end are dropped.
func title(s string) string {
	parts := splitDropEmpty(s, " ")
	for i, p := range parts {
		parts[i] = capitalize(p)
	}
	return strings.Join(parts, " ")
}

// splitDropEmpty is Java's split: empty pieces at the end are dropped, but one that is the whole text.
func splitDropEmpty(s, separator string) []string {
	parts := strings.Split(s, separator)
	if len(parts) == 1 {
		return parts
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

var errNoName = errors.New("only texts and keys have a name")

func nameOf(_ *renderer, v Value, _ []Value) (Value, error) {
	switch v.kind {
	case KindString:
		return v, nil
	case KindKeyword:
		_, name := splitKeyword(v.text())
		return String(name), nil
	default:
		return Value{}, errNoName
	}
}

func replace(r *renderer, v Value, args []Value) (Value, error) {
	if v.IsNil() {
		return Value{}, errMissing
	}
	s := v.String()
	search, err := stringArg(args[0])
	if err != nil {
		return Value{}, err
	}
	with, err := stringArg(args[1])
	if err != nil {
		return Value{}, err
	}
	if n := strings.Count(s, search) * len(with); n > r.t.options.MaxOutput {
		return Value{}, &LimitError{What: "bytes in a value", Limit: r.t.options.MaxOutput}
	}
	return String(strings.ReplaceAll(s, search, with)), nil
}

func removeChars(_ *renderer, v Value, args []Value) (Value, error) {
	set, ok := sequence(args[0])
	if !ok {
		return Value{}, errTextArg
	}
	remove := map[uint16]bool{}
	for _, c := range set {
		if c.kind == KindChar {
			remove[uint16(c.num)] = true
		}
	}
	var kept []uint16
	for _, u := range utf16Units(v.String()) {
		if !remove[u] {
			kept = append(kept, u)
		}
	}
	return String(unitsToString(kept)), nil
}

var errRange = errors.New("the position is outside of the text")

func subs(_ *renderer, v Value, args []Value) (Value, error) {
	start, err := truncated(args[0])
	if err != nil {
		return Value{}, err
	}
	end, err := truncated(args[1])
	if err != nil {
		return Value{}, err
	}
	s, err := stringValue(v)
	if err != nil {
		return Value{}, err
	}
	part, ok := utf16Slice(s, start, end)
	if !ok {
		return Value{}, errRange
	}
	if len(part) != len(s) {
		for _, suffix := range args[2:] {
			part += suffix.String()
		}
	}
	return String(part), nil
}

func center(r *renderer, v Value, args []Value) (Value, error) {
	text, err := stringArg(args[0])
	if err != nil {
		return Value{}, err
	}
	width, err := longArg(String(trimSpace(text)))
	if err != nil {
		return Value{}, err
	}
	s := v.String()
	free := width - int64(utf16Len(s))
	if free <= 0 {
		return String(s), nil
	}
	if free > int64(r.t.options.MaxOutput) {
		return Value{}, &LimitError{What: "bytes in a value", Limit: r.t.options.MaxOutput}
	}
	right := int(free) / 2
	return String(strings.Repeat(" ", int(free)-right) + s + strings.Repeat(" ", right)), nil
}

// urlEscape is Java's URLEncoder, which is for forms: a space is a plus.
func urlEscape(_ *renderer, v Value, _ []Value) (Value, error) {
	s, err := stringValue(v)
	if err != nil {
		return Value{}, err
	}
	out := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '*', c == '_':
			out = append(out, c)
		case c == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return String(string(out)), nil
}

// hash drops the zeros that the hexadecimal number begins with, down to 32 digits, as Selmer does.
func hash(_ *renderer, v Value, args []Value) (Value, error) {
	data := []byte(v.String())
	var sum []byte
	switch name := args[0].String(); name {
	case "md5":
		s := md5.Sum(data) //nolint:gosec // see the import
		sum = s[:]
	case "sha":
		s := sha1.Sum(data) //nolint:gosec // see the import
		sum = s[:]
	case "sha256":
		s := sha256.Sum256(data)
		sum = s[:]
	case "sha384":
		s := sha512.Sum384(data)
		sum = s[:]
	case "sha512":
		s := sha512.Sum512(data)
		sum = s[:]
	default:
		return Value{}, fmt.Errorf("there is no hash `%s`: take md5, sha, sha256, sha384 or sha512", clip(name))
	}
	const least = 32
	digits := hex.EncodeToString(sum)
	for len(digits) > least && digits[0] == '0' {
		digits = digits[1:]
	}
	return String(digits), nil
}

// abbreviation is what the abbr- filters hand to abbreviate: a map of the text and its settings.
func abbreviation(v Value) Value {
	if v.isMap() {
		return v
	}
	return Map([]Entry{{Key: "s", Value: v}})
}

func abbreviate(_ *renderer, v Value, args []Value) (Value, error) {
	most, err := parseNumber(args[0])
	if err != nil {
		return Value{}, err
	}
	short, err := parseNumber(args[len(args)-1])
	if err != nil {
		return Value{}, err
	}
	ellipsis, position, inner := String("..."), "right", v
	if v.isMap() {
		if e, ok := v.Get("abbr-ellipsis"); ok {
			ellipsis = e
		}
		if p, ok := v.Get("abbr-position"); ok {
			position = p.text()
		}
		if s, ok := v.Get("s"); ok {
			inner = s
		}
	}
	width, err := length(inner)
	if err != nil {
		return Value{}, err
	}
	dots, err := length(ellipsis)
	if err != nil {
		return Value{}, err
	}
	if compareNumbers(most, short) < 0 {
		return Value{}, errors.New("the width to shorten to is greater than the width to keep")
	}
	if compareNumbers(short, Int(int64(dots))) < 0 {
		return Value{}, errors.New("the ellipsis is longer than the width to shorten to")
	}
	if compareNumbers(Int(int64(width)), most) <= 0 {
		return inner, nil
	}
	s, err := stringValue(inner)
	if err != nil {
		return Value{}, err
	}
	room, err := truncated(Float(toFloat(short) - float64(dots)))
	if err != nil {
		return Value{}, err
	}
	end := int64(width)
	head, tail := room, int64(0)
	switch position {
	case "left":
		head, tail = 0, room
	case "middle":
		head, tail = room/2, room-room/2
	}
	left, _ := utf16Slice(s, 0, head)
	right, _ := utf16Slice(s, end-tail, end)
	return String(left + ellipsis.String() + right), nil
}
