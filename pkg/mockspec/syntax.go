package mockspec

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	lineOfError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)
	// bareTag finds a value that begins with a template tag but not with a quote.
	bareTag = regexp.MustCompile(`(?:^|[:\-,\[{]\s+)(\{\{|\{%|\{#)`)
	// badStart finds a value that begins with a character that YAML keeps for itself.
	badStart = regexp.MustCompile("(?:^\\s*|[:\\-,\\[{]\\s+)([@`%\\t])")
	// badName finds an alias or anchor without a name.
	badName = regexp.MustCompile(`(?:^\s*|[:\-,\[{]\s+)([*&])`)
	// afterQuote finds text behind a value in quotes.
	afterQuote = regexp.MustCompile(`:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*([^\s#,}\]])`)
	// flowMark finds a key without quotes that ends in a question mark, inside `{…}` or `[…]`.
	flowMark = regexp.MustCompile(`(?:^|[{\[,])\s*([^\s"'{}\[\],:?]+\?):(?:\s|$)`)
	// secondColon finds a `: ` inside a plain value.
	secondColon = regexp.MustCompile(`^\s*(?:- )*[^\s"'{\[#][^:]*:\s+[^\s"'|>{\[#&*!][^#]*?(:)(?:\s|$)`)
)

// syntaxError reports what the YAML parser stumbled over, in the words of somebody who writes mocks. The parser tells
// a line near the place and a terse reason; the place is found again by reading ever longer pieces of the document.
func (r *reader) syntaxError(err error) {
	m := lineOfError.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	reason := m[2]
	if name, ok := strings.CutPrefix(reason, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		r.fail(r.findText("*"+name), CodeYAMLSyntax, "define `&"+name+"` before it", "the alias `*%s` is not defined: define `&%s` before it, or put the value in quotes", brief(name), brief(name))
		return
	}
	line = r.failingLine(max(line, 1), reason)
	text := r.src.line(line)
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	pos := Position{line, indent + 1}
	column := func(byteOffset int) Position { return Position{line, utf8.RuneCountInString(text[:byteOffset]) + 1} }
	found := func(re *regexp.Regexp) (Position, string, bool) {
		if i := re.FindStringSubmatchIndex(text); i != nil {
			return column(i[2]), text[i[2]:i[3]], true
		}
		return Position{}, "", false
	}

	if i := strings.IndexByte(text[:indent], '\t'); i >= 0 {
		r.fail(Position{line, i + 1}, CodeTabIndent, "use spaces", "a tab cannot indent YAML: use spaces")
		return
	}
	if p, tag, ok := found(bareTag); ok {
		r.fail(p, CodeYAMLSyntax, "put the value in quotes", "a value that begins with `%s` must be in quotes: YAML takes the brace for the start of a map", tag)
		return
	}
	switch {
	case strings.Contains(reason, "end of stream"), strings.Contains(reason, "document indicator"):
		if i := strings.LastIndexAny(text, `"'`); i >= 0 {
			if j := strings.IndexAny(text, `"'`); strings.Count(text, text[j:j+1])%2 == 1 {
				i = j
			}
			pos = column(i)
		}
		r.fail(pos, CodeUnclosedQuote, "close the quote", "this quote is never closed")
		return
	case strings.Contains(reason, "cannot start any token"):
		if p, c, ok := found(badStart); ok {
			if c == "\t" {
				r.fail(p, CodeTabIndent, "use spaces", "a tab is not allowed here: use spaces")
				return
			}
			r.fail(p, CodeYAMLSyntax, "put the value in quotes", "a value cannot begin with `%s`: put it in quotes", c)
			return
		}
	case strings.Contains(reason, "tab character"):
		r.fail(column(max(strings.IndexByte(text, '\t'), 0)), CodeTabIndent, "use spaces", "a tab cannot indent YAML: use spaces")
		return
	case strings.Contains(reason, "alphabetic or numeric"):
		if p, c, ok := found(badName); ok {
			r.fail(p, CodeYAMLSyntax, "put the value in quotes", "a value that begins with `%s` must be in quotes: YAML takes it for an alias or anchor", c)
			return
		}
	case strings.Contains(reason, "mapping values are not allowed"):
		if p, _, ok := found(secondColon); ok {
			r.fail(p, CodeYAMLSyntax, "put the value in quotes", "a value that contains `: ` must be in quotes")
			return
		}
		r.fail(pos, CodeYAMLSyntax, "check the indentation and the line above", "a key is not expected here: this line is indented too far, or the line above lacks a `:`")
		return
	case strings.Contains(reason, "expected key"), strings.Contains(reason, "expected '-' indicator"):
		if p, _, ok := found(afterQuote); ok {
			r.fail(p, CodeYAMLSyntax, "put all of the value in quotes", "there is text after the closing quote: put all of the value into one pair of quotes")
			return
		}
		r.fail(pos, CodeYAMLSyntax, "align it with the lines above", "the indentation of this line fits none of the lines above")
		return
	case strings.Contains(reason, "could not find expected ':'"):
		r.fail(pos, CodeYAMLSyntax, "add a `:`", "this line lacks a `:` after its key")
		return
	case strings.Contains(reason, "',' or '}'"), strings.Contains(reason, "',' or ']'"):
		open, shut := "{", "}"
		if strings.Contains(reason, "]") {
			open, shut = "[", "]"
		}
		if i := strings.Index(text, "{{"); i > 0 {
			r.fail(column(i), CodeYAMLSyntax, "put the value in quotes", "inside `{…}` and `[…]` a value with a template tag must be in quotes")
			return
		}
		if p, name, ok := found(flowMark); ok {
			r.fail(p, CodeYAMLSyntax, "write `\""+name+"\"`", "inside `{…}` and `[…]` a name that ends in `?` must be in quotes: `\"%s\"`", brief(name))
			return
		}
		if i := strings.LastIndex(text, open); i >= 0 {
			pos = column(i)
		}
		r.fail(pos, CodeYAMLSyntax, "add `,` or `"+shut+"`", "after this `%s` a `,` or the closing `%s` is missing", open, shut)
		return
	case strings.Contains(reason, "unknown escape character"):
		if i := strings.IndexByte(text, '\\'); i >= 0 {
			pos = column(i)
		}
		r.fail(pos, CodeYAMLSyntax, "use single quotes", "`\\` begins an escape in double quotes, and this is not one: write `\\\\`, or use single quotes")
		return
	}
	r.fail(pos, CodeYAMLSyntax, "", "YAML cannot be read here: %s", reason)
}

// failingLine returns the first line up to which the document fails for the same reason: the parser itself tells
// where the surrounding map or list begins, which may be far above.
func (r *reader) failingLine(from int, reason string) int {
	last := len(r.src.lines)
	from = min(from, last)
	begin := from // the item around it, so that pieces are small: an item begins at column 1
	for begin > 1 && !strings.HasPrefix(r.src.line(begin), "- ") {
		begin--
	}
	start, budget := r.src.lines[begin-1], 4<<20
	fails := func(line int) bool {
		end := len(r.src.text)
		if line < last {
			end = r.src.lines[line]
		}
		budget -= end - start
		_, err := decodeYAML(r.src.text[start:end], r.o.Limits.Documents)
		return err != nil && strings.HasSuffix(err.Error(), reason)
	}
	good, bad := max(from-2, begin-1), 0 // fails(good) is false by assumption
	for step := 1; budget > 0; step *= 2 {
		try := min(good+step, last)
		if fails(try) {
			bad = try
			break
		}
		if good = try; try == last {
			return from
		}
	}
	for bad-good > 1 && budget > 0 {
		if mid := (good + bad) / 2; fails(mid) {
			bad = mid
		} else {
			good = mid
		}
	}
	if bad == 0 {
		return from
	}
	return bad
}

// findText returns the first place of text in the document.
func (r *reader) findText(text string) Position {
	for i := range r.src.lines {
		if j := strings.Index(r.src.line(i+1), text); j >= 0 {
			return Position{i + 1, utf8.RuneCountInString(r.src.line(i + 1)[:j]) + 1}
		}
	}
	return Position{1, 1}
}
