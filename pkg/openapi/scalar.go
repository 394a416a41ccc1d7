package openapi

import (
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// placeholder is a text that no schema says more about.
const placeholder = "string"

// formatted is a text of a format that OpenAPI or JSON Schema knows.
func formatted(format string) (string, bool) {
	switch format {
	case "date":
		return "2024-01-31", true
	case "date-time":
		return "2024-01-31T12:00:00Z", true
	case "time":
		return "12:00:00Z", true
	case "duration":
		return "PT1H", true
	case "email", "idn-email":
		return "user@example.com", true
	case "uuid":
		return "0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa", true
	case "uri", "url", "iri":
		return "https://example.com/", true
	case "uri-reference", "iri-reference":
		return "/path", true
	case "uri-template":
		return "/path/{id}", true
	case "hostname", "idn-hostname":
		return "example.com", true
	case "ipv4", "ip":
		return "192.0.2.1", true
	case "ipv6":
		return "2001:db8::1", true
	case "byte":
		return "c3RyaW5n", true
	case "json-pointer":
		return "/path", true
	case "regex":
		return "^[a-z]+$", true
	case "int64", "int32":
		return "1", true
	}
	return "", false
}

// ofFormat are texts of a format: the usual one, short ones, and one that is long enough.
func ofFormat(format string, least int) []string {
	usual, ok := formatted(format)
	if !ok {
		return nil
	}
	longer := strings.Repeat("a", max(0, min(least, 1000)-len(usual)))
	switch format {
	case "email", "idn-email":
		return []string{usual, "a@b.co", "a@b.c", longer + usual}
	case "uri", "url", "iri":
		return []string{usual, "http://a.b", "a:b", usual + longer}
	case "uri-reference", "iri-reference", "json-pointer", "uri-template":
		return []string{usual, "/a", usual + longer}
	case "hostname", "idn-hostname":
		return []string{usual, "a.co", "a"}
	case "byte":
		return []string{usual, "AAAA", strings.Repeat("AAAA", min(least, 1000)/4+1)}
	case "ipv6":
		return []string{usual, "::1"}
	case "duration":
		return []string{usual, "P1D"}
	case "regex":
		return []string{usual, "a", usual + longer}
	}
	return []string{usual}
}

// string is a text that a schema allows, as far as its format, its pattern and its length are simple.
func (g *generator) string(schema *value) *value {
	least, most := schema.count("minLength", 0), schema.count("maxLength", 1000)
	pattern := schema.string("pattern")
	for _, text := range ofFormat(schema.string("format"), least) {
		if n := utf8.RuneCountInString(text); n >= least && n <= most && (pattern == "" || matches(pattern, text)) {
			return textOf(text)
		}
	}
	if pattern != "" {
		if text, ok := matching(pattern, least, most); ok {
			return textOf(text)
		}
		g.im.warn(schema.get("pattern"), CodeSimplified, "no text could be made for the pattern `%s`: give an example", oneLine(pattern, 60))
	}
	text := placeholder
	for len(text) < min(least, 1000) {
		text += placeholder
	}
	if n := max(least, len(placeholder)); len(text) > n {
		text = text[:n]
	}
	if len(text) > most {
		text = text[:most]
	}
	return textOf(text)
}

// maxPattern bounds a pattern that a text is made for.
const maxPattern = 500

// matching makes a text that a pattern matches and that has an allowed length, if the pattern is a simple one.
func matching(pattern string, least, most int) (string, bool) {
	if len(pattern) > maxPattern {
		return "", false
	}
	check, err := regexp.Compile(pattern)
	if err != nil { // JavaScript's expressions can say more than Go's
		return "", false
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	for _, repeat := range []int{0, 1, 3, min(least, 100)} {
		var b strings.Builder
		if write(&b, tree, repeat) && check.MatchString(b.String()) {
			if n := utf8.RuneCountInString(b.String()); n >= least && n <= most {
				return b.String(), true
			}
		}
	}
	return "", false
}

// matches reports whether a pattern fits somewhere in a text; one that cannot be read fits nothing.
func matches(pattern, text string) bool {
	if len(pattern) > maxPattern {
		return false
	}
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(text)
}

// write writes a text that re matches, with loops run as often as they must be or repeat times.
func write(b *strings.Builder, re *syntax.Regexp, repeat int) bool {
	if b.Len() > 2*maxPattern {
		return false
	}
	times := func(n int) bool {
		for range n {
			if !write(b, re.Sub[0], repeat) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		r, ok := pick(re.Rune)
		b.WriteRune(r)
		return ok
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpQuest:
		if re.Op == syntax.OpQuest && repeat == 0 {
			return true
		}
		return times(1)
	case syntax.OpStar:
		return times(repeat)
	case syntax.OpPlus:
		return times(max(repeat, 1))
	case syntax.OpRepeat:
		n := max(re.Min, repeat)
		if re.Max >= 0 {
			n = min(n, re.Max)
		}
		return n <= maxPattern && times(n)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !write(b, sub, repeat) {
				return false
			}
		}
	case syntax.OpAlternate:
		return write(b, re.Sub[0], repeat)
	case syntax.OpNoMatch:
		return false
	default: // anchors: the text is checked as a whole
	}
	return true
}

// pick is a character of a class, given as pairs of first and last: a letter or a digit if it has one.
func pick(class []rune) (rune, bool) {
	for _, want := range []rune{'a', 'A', '1', '0', 'b', 'B'} {
		for i := 0; i+1 < len(class); i += 2 {
			if class[i] <= want && want <= class[i+1] {
				return want, true
			}
		}
	}
	for i := 0; i+1 < len(class); i += 2 {
		if class[i] >= ' ' {
			return class[i], true
		}
	}
	return 0, false
}

// number is the nth number that a schema allows, as far as its bounds are simple.
func (g *generator) number(schema *value, whole bool, n int) *value {
	multiple, isMultiple := schema.number("multipleOf")
	isMultiple = isMultiple && multiple > 0
	step, x := 1.0, 1.5
	if isMultiple {
		step = multiple
	}
	if whole || isMultiple {
		x = step
	}
	low, high := g.bound(schema, "minimum", "exclusiveMinimum", 1), g.bound(schema, "maximum", "exclusiveMaximum", -1)
	onStep := func(bound float64, round func(float64) float64) float64 {
		if !whole && !isMultiple {
			return bound
		}
		return round(bound/step) * step
	}
	if x < low {
		x = onStep(low, math.Ceil)
	}
	if x > high {
		x = onStep(high, math.Floor)
	}
	x += float64(n) * step
	switch {
	case math.Abs(x) < exact && whole:
		return integer(int64(x))
	case math.Abs(x) < exact:
		return numberOf(strconv.FormatFloat(x, 'f', -1, 64))
	}
	for _, bound := range []string{"minimum", "maximum"} { // a bound as it is written is nearer than a calculation
		if v := schema.get(bound); v != nil && v.kind == kindNumber && len(v.text) < maxNumber {
			return v
		}
	}
	return integer(1)
}

// exact is from where on not every whole number is a float64.
const exact = 1 << 53

// bound is the least (inward 1) or the greatest (inward -1) number that a schema allows, or infinity.
func (g *generator) bound(schema *value, plain, exclusive string, inward float64) float64 {
	small := inward
	if typeName(schema) != "integer" {
		small = inward / 2
	}
	if f, ok := schema.number(exclusive); ok { // OpenAPI 3.1
		return f + small
	}
	f, ok := schema.number(plain)
	switch {
	case !ok:
		return math.Inf(int(-inward))
	case schema.isTrue(exclusive): // OpenAPI 3.0
		return f + small
	}
	return f
}
