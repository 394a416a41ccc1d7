package selmer

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func htmlFilter(name string) (filter, bool) {
	switch name {
	case "safe":
		return filter{0, 0, func(_ *renderer, v Value, _ []Value) (Value, error) { return markSafe(v), nil }}, true
	case "linebreaks":
		return onText(lineBreaks), true
	case "linebreaks-br":
		return onText(func(s string) string { return strings.ReplaceAll(s, "\n", "<br />") }), true
	case "linenumbers":
		return onText(lineNumbers), true
	case "remove-tags":
		return filter{0, -1, removeTags}, true
	case "email":
		return filter{0, 1, email}, true
	case "phone":
		return filter{0, 2, phone}, true
	default:
		return filter{}, false
	}
}

func lineBreaks(s string) string {
	s = strings.ReplaceAll(s, "\n", "<br />")
	s = strings.ReplaceAll(s, "<br /><br />", "</p><p>")
	s = strings.TrimSuffix(s, "<p>")
	if strings.HasSuffix(s, "</p>") {
		return "<p>" + s
	}
	return "<p>" + s + "</p>"
}

func lineNumbers(s string) string {
	lines := splitDropEmpty(s, "\n")
	for i, line := range lines {
		lines[i] = strconv.Itoa(i+1) + ". " + line
	}
	return strings.Join(lines, "\n")
}

// maxTagNames bounds the regular expression of removeTags.
const maxTagNames = 256

func removeTags(_ *renderer, v Value, args []Value) (Value, error) {
	if len(args) == 0 {
		return v, nil
	}
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.String()
	}
	group := "(" + strings.Join(names, "|") + ")"
	if len(group) > maxTagNames {
		return Value{}, &LimitError{What: "bytes of tag names", Limit: maxTagNames}
	}
	opening, err := regexp.Compile(`(?i)<` + group + `(/?>|([\t\n\v\f\r ]+[^>]*>))`)
	if err != nil {
		return Value{}, fmt.Errorf("`%s` is not a tag's name", clip(strings.Join(names, ":")))
	}
	closing, err := regexp.Compile(`(?i)</` + group + `>`)
	if err != nil {
		return Value{}, fmt.Errorf("`%s` is not a tag's name", clip(strings.Join(names, ":")))
	}
	s := opening.ReplaceAllLiteralString(v.String(), "")
	return String(closing.ReplaceAllLiteralString(s, "")), nil
}

func email(_ *renderer, v Value, args []Value) (Value, error) {
	if len(args) > 0 && !args[0].IsNil() {
		validate, err := stringArg(args[0])
		if err != nil {
			return Value{}, err
		}
		if !strings.EqualFold(validate, "true") {
			return markSafe(String(mailLink(v.String()))), nil
		}
	}
	s, err := stringValue(v)
	if err != nil {
		return Value{}, err
	}
	if !isEmail(s) {
		return Value{}, fmt.Errorf("`%s` does not look like an address", clip(s))
	}
	return markSafe(String(mailLink(s))), nil
}

func mailLink(s string) string { return "<a href='mailto:" + s + "'>" + s + "</a>" }

// isEmail is [A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,6}.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	dot := strings.LastIndexByte(domain, '.')
	if !ok || dot < 1 || local == "" {
		return false
	}
	top := domain[dot+1:]
	return consistsOf(local, "._%+-", true) && consistsOf(domain, ".-", true) &&
		consistsOf(top, "", false) && len(top) >= 2 && len(top) <= 6
}

// consistsOf reports whether a text has only ASCII letters, digits if allowed, and the others given.
func consistsOf(s, others string, digits bool) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', digits && c >= '0' && c <= '9', strings.IndexByte(others, c) >= 0:
		default:
			return false
		}
	}
	return true
}

var errPhoneArg = errors.New("the second argument must be true or false")

// phone takes the country's number, whether to validate, or both.
func phone(_ *renderer, v Value, args []Value) (Value, error) {
	prefix, validate := Value{}, true
	switch {
	case len(args) == 2 && !args[0].IsNil() && !args[1].IsNil():
		prefix = args[0]
		switch args[1].String() {
		case "false":
			validate = false
		case "true":
		default:
			return Value{}, errPhoneArg
		}
	case len(args) > 0:
		switch args[0].String() {
		case "false":
			validate = false
		case "true":
		default:
			prefix = args[0]
		}
	}
	hasPrefix := !prefix.IsNil() && (prefix.kind != KindBool || prefix.Bool())
	switch {
	case v.IsNil():
		return Value{}, errMissing
	case v.kind != KindString && validate && !hasPrefix:
		return Value{}, errNotString
	}
	s := v.String()
	number := s
	if hasPrefix && strings.HasPrefix(s, "0") {
		country := prefix.String()
		if strings.ContainsAny(country, `\$`) {
			return Value{}, fmt.Errorf("`%s` is not a country code", clip(country))
		}
		number = "+" + country + "-" + s[1:]
	}
	if validate && strings.Trim(number, "0123456789 +-") != "" {
		return Value{}, fmt.Errorf("`%s` does not look like a number", clip(number))
	}
	return markSafe(String("<a href='tel:" + dashSpaces(number) + "'>" + s + "</a>")), nil
}

// dashSpaces makes a dash of each run of spaces.
func dashSpaces(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(spaces, s[i]) < 0 {
			b.WriteByte(s[i])
			continue
		}
		for i+1 < len(s) && strings.IndexByte(spaces, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte('-')
	}
	return b.String()
}
