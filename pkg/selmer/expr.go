package selmer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// An expression is what stands in {{ … }} and in the arguments of most tags: a path or a literal, and filters.
type expr struct {
	offset  int // of its tag
	source  string
	literal bool
	value   Value // of a literal
	path    path
	filters []filterCall
	// fault is what is wrong with the expression. Selmer finds it only when the expression is evaluated, and so do we;
	// Problems tells it beforehand.
	fault error
	emit  emitMode
	// raw makes the expression a part of {% safe %}, where nothing is escaped or unwrapped.
	raw bool
}

// path leads to a value of the data. An empty path means all the data.
type path struct {
	segments []segment
	// local is the variable of a tag that the path begins with, or nil for a root variable.
	local *binding
}

type segment struct {
	name    string
	index   int32
	isIndex bool
}

type filterCall struct {
	filter filter
	reads  reads
	name   string
	args   []filterArg
}

type filterArg struct {
	value  Value
	lookup bool // the argument is @path, and its text if the path leads nowhere
	path   path
}

var (
	errEmptyTag   = errors.New("the tag is empty: write a variable's name between the braces")
	errLongNumber = errors.New("a number in a path has too many digits")
)

// parsePath splits at single dots; two dots stand for a dot within a key.
func parsePath(s string) ([]segment, error) {
	var names []string
	start := 0
	for i := range len(s) {
		if s[i] == '.' && (i == 0 || s[i-1] != '.') && (i+1 == len(s) || s[i+1] != '.') {
			names = append(names, s[start:i])
			start = i + 1
		}
	}
	names = append(names, s[start:])
	if len(names) > 1 {
		for len(names) > 0 && names[len(names)-1] == "" {
			names = names[:len(names)-1]
		}
	}
	segments := make([]segment, len(names))
	for i, name := range names {
		name = strings.ReplaceAll(name, "..", ".")
		segments[i].name = name
		if !allDigits(name) {
			continue
		}
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return nil, errLongNumber
		}
		segments[i].isIndex = true
		segments[i].index = int32(n) // Java's vectors cut an index to 32 bits, too
	}
	return segments, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isLiteral(s string) bool {
	return strings.HasPrefix(s, `"`) && strings.HasSuffix(s, `"`) || allDigits(s)
}

func unquoteLiteral(s string) string {
	if strings.HasPrefix(s, `"`) {
		return s[1:max(1, len(s)-1)]
	}
	return s
}

// newExpr parses an expression. The error is for what Selmer finds while it parses; faults of filters are kept in the expression.
func (c *compiler) newExpr(source string, offset int) (expr, error) {
	e := expr{offset: offset, source: trimSpace(source), raw: c.safe}
	pieces := splitQuoted(e.source, "|")
	if len(pieces) == 0 {
		return e, errEmptyTag
	}
	head := trimSpace(pieces[0])
	segments, err := parsePath(head)
	if err != nil {
		return e, err
	}
	if isLiteral(head) {
		e.literal, e.value = true, String(unquoteLiteral(head))
	} else {
		e.path = c.bind(segments, offset)
	}
	for _, piece := range pieces[1:] {
		call, err := c.newFilterCall(trimSpace(piece), offset)
		if err != nil {
			e.fault = err
			c.problem(offset, err)
			break
		}
		e.filters = append(e.filters, call)
	}
	return e, nil
}

// lazyExpr parses an expression in a place where Selmer parses it only when it needs the value, so that no fault of it stops
// the template.
func (c *compiler) lazyExpr(source string, offset int) expr {
	e, err := c.newExpr(source, offset)
	if err != nil {
		e.fault = err
		c.problem(offset, err)
	}
	return e
}

func (c *compiler) newFilterCall(s string, offset int) (filterCall, error) {
	parts := splitQuoted(s, ":")
	if len(parts) == 0 {
		return filterCall{}, errors.New("a filter's name is missing after `|`")
	}
	call := filterCall{name: parts[0], reads: readsOf(parts[0])}
	f, ok := filterNamed(call.name)
	if !ok {
		return call, c.unknownFilter(call.name)
	}
	call.filter = f
	if n := len(parts) - 1; n < f.min || f.max >= 0 && n > f.max {
		return call, fmt.Errorf("the filter `%s` takes %s, not %d", call.name, f.arity(), n)
	}
	for _, part := range parts[1:] {
		text := part
		if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
			text = text[1 : len(text)-1]
		}
		arg := filterArg{value: String(text)}
		if utf16Len(text) > 1 && text[0] == '@' {
			segments, err := parsePath(text[1:])
			if err != nil {
				return call, err
			}
			arg.lookup, arg.path = true, c.bind(segments, offset)
		}
		call.args = append(call.args, arg)
	}
	return call, nil
}

func (c *compiler) unknownFilter(name string) error {
	suggestion := ""
	if len(c.t.problems) < maxProblems {
		suggestion = didYouMean(name, filterNames())
	}
	return fmt.Errorf("there is no filter `%s`%s", clip(name), suggestion)
}

// lastFilter returns the name of the last filter, or "".
func (e *expr) lastFilter() string {
	if len(e.filters) == 0 {
		return ""
	}
	return e.filters[len(e.filters)-1].name
}
