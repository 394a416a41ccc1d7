package match

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// The functions match and search of RFC 9535 compile their expression for each node, and the library's do so every time. These
// remember what they have compiled, and refuse what is large. They are found under names of their own, since a registry keeps the
// library's.
const cachedSuffix = "_once"

// maxRegexpSize is how many instructions a regular expression within a JSONPath may have.
const maxRegexpSize = 500

// withOwnFunctions renames match and search, outside of quotes.
func withOwnFunctions(path string) string {
	if !strings.Contains(path, "match(") && !strings.Contains(path, "search(") {
		return path
	}
	var out strings.Builder
	var quote byte
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case quote != 0 && c == '\\' && i+1 < len(path):
			out.WriteByte(c)
			i++
			c = path[i]
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' && (strings.HasSuffix(path[:i], "match") || strings.HasSuffix(path[:i], "search")):
			out.WriteString(cachedSuffix)
		}
		out.WriteByte(c)
	}
	return out.String()
}

// newParser makes a parser whose match and search remember what they have compiled, for one path.
func newParser() (*jsonpath.Parser, error) {
	functions := registry.New()
	var known regexps
	for name, around := range map[string]string{"match": `\A(?:%)\z`, "search": "%"} {
		err := functions.Register(name+cachedSuffix, spec.FuncLogical, func(args []spec.FuncExprArg) error {
			if len(args) != 2 {
				return errors.New(name + " takes two arguments")
			}
			for _, arg := range args {
				if !arg.ConvertsTo(spec.FuncValue) {
					return errors.New("an argument of " + name + " is not a value")
				}
			}
			return nil
		}, func(args []spec.PathValue) spec.PathValue {
			text, ok := textOf(args[0])
			expression, also := textOf(args[1])
			if !ok || !also {
				return spec.LogicalFalse
			}
			re := known.get(strings.Replace(around, "%", expression, 1))
			return spec.Logical(re != nil && re.MatchString(text))
		})
		if err != nil {
			return nil, err
		}
	}
	return jsonpath.NewParser(jsonpath.WithRegistry(functions)), nil
}

func textOf(v spec.PathValue) (string, bool) {
	value := spec.ValueFrom(v)
	if value == nil {
		return "", false
	}
	s, ok := value.Value().(string)
	return s, ok
}

// regexps remembers a few compiled expressions. It is safe for concurrent use.
type regexps struct {
	mu    sync.Mutex
	known map[string]*regexp.Regexp
}

const maxKnownRegexps = 8

// get compiles an expression of RFC 9485, where a dot is no line break. It returns nil if it cannot, or if that is too large.
func (r *regexps) get(text string) *regexp.Regexp {
	r.mu.Lock()
	defer r.mu.Unlock()
	if re, ok := r.known[text]; ok {
		return re
	}
	var re *regexp.Regexp
	if parsed, err := syntax.Parse(text, syntax.Perl|syntax.DotNL); err == nil && len(text) <= MaxExpression {
		dotsToLines(parsed)
		if program, err := syntax.Compile(parsed.Simplify()); err == nil && len(program.Inst) <= maxRegexpSize {
			re, _ = regexp.Compile(parsed.String()) // nil stands for what is none
		}
	}
	if r.known == nil || len(r.known) == maxKnownRegexps {
		r.known = make(map[string]*regexp.Regexp, maxKnownRegexps)
	}
	r.known[text] = re
	return re
}

func dotsToLines(re *syntax.Regexp) {
	if re.Op == syntax.OpAnyChar {
		re.Op, re.Rune = syntax.OpCharClass, []rune{0, '\n' - 1, '\n' + 1, '\r' - 1, '\r' + 1, 0x10ffff}
		return
	}
	for _, sub := range re.Sub {
		dotsToLines(sub)
	}
}
