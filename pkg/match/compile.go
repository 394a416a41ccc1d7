package match

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Bounds of one condition, beside those of the expressions in it.
const (
	MaxLines        = 100    // lines in all
	MaxDepth        = 8      // of any, all and not within each other
	MaxInstructions = 10_000 // of the regular expressions of one condition; also of those of one endpoint
	maxPattern      = 2048   // bytes of a regular expression
)

// The codes of problems.
const (
	CodeCondition  = "BAD_CONDITION"
	CodeExpression = "BAD_EXPRESSION"
	CodePattern    = "BAD_PATTERN"
	CodeSchema     = "BAD_SCHEMA"
	CodeTemplate   = "BAD_TEMPLATE"
)

// Problem is something wrong with a condition.
type Problem struct {
	Where   []any // keys of maps and, as numbers, places in lists
	Key     bool  // it is the key at Where that is wrong, not its value
	Code    string
	Message string
	Fix     string
	Warning bool
}

// Options say how conditions are compiled.
type Options struct {
	// Selmer are the options of the templates in conditions.
	Selmer selmer.Options
	// Schema returns the JSON Schema of that name; nil: schemas stand in the condition.
	Schema func(name string) ([]byte, error)
}

func (o *Options) template() selmer.Options {
	s := o.Selmer
	s.Escaping = selmer.None
	return s
}

var errTooLarge = errors.New("the regular expression is too large: use fewer or smaller repetitions")

// Compile compiles a condition, as JSON has it: a map, or a text in the template language. It reports everything that is wrong;
// the condition may be used if nothing but warnings is. Size is the size of its regular expressions, in instructions.
func Compile(v selmer.Value, o Options) (c *Condition, size int, problems []Problem) {
	k := &compiler{options: o, lines: MaxLines}
	out := k.condition(v, 1)
	if k.size > MaxInstructions {
		k.where = nil
		k.problem(CodePattern, false, "use fewer or smaller repetitions", "the regular expressions are too large together: they have %d instructions; the limit is %d", k.size, MaxInstructions)
	}
	out.names = k.names
	return out, k.size, k.problems
}

// compiler compiles one condition.
type compiler struct {
	options  Options
	where    []any
	problems []Problem
	names    []Name
	lines    int // that are still allowed
	size     int // of regular expressions
}

const maxProblems = 50

func (c *compiler) problem(code string, key bool, fix, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{Where: slices.Clone(c.where), Key: key, Code: code, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
}

func (c *compiler) warn(code, fix, format string, args ...any) {
	c.problem(code, false, fix, format, args...)
	c.problems[len(c.problems)-1].Warning = true
}

func (c *compiler) name(variables []selmer.Variable, isLeft bool) {
	for _, v := range variables {
		c.names = append(c.names, Name{Variable: v, Where: slices.Clone(c.where), Left: isLeft})
	}
}

// in does something at a place below.
func (c *compiler) in(step any, do func()) {
	c.where = append(c.where, step)
	do()
	c.where = c.where[:len(c.where)-1]
}

// condition compiles a map or a text.
func (c *compiler) condition(v selmer.Value, depth int) *Condition {
	out := &Condition{}
	if depth > MaxDepth {
		c.problem(CodeCondition, false, "nest less", "conditions are nested too deeply: the limit is %d levels", MaxDepth)
		return out
	}
	switch v.Kind() {
	case selmer.KindString:
		if w := c.written(v.String()); w != nil {
			out.all = append(out.all, w)
		}
	case selmer.KindMap:
		if len(v.Entries()) == 0 {
			c.problem(CodeCondition, false, "write what must hold, or delete it", "the condition is empty")
		}
		for _, e := range v.Entries() {
			c.in(e.Key, func() { out.all = append(out.all, c.entry(e, depth)...) })
		}
	default:
		c.problem(CodeCondition, false, "write `name: value`", "a condition is a map of names and what they must be, or a text, not %s", kindName(v))
	}
	return out
}

// entry compiles one line.
func (c *compiler) entry(e selmer.Entry, depth int) []check {
	switch e.Key {
	case "any", "all":
		var list []*Condition
		items := e.Value.Items()
		switch {
		case e.Value.Kind() != selmer.KindList:
			c.problem(CodeCondition, false, "write a list of conditions", "`%s` takes a list of conditions, not %s", e.Key, kindName(e.Value))
			return nil
		case len(items) == 0:
			c.problem(CodeCondition, false, "write conditions, or delete it", "`%s` is empty: write conditions, or delete it", e.Key)
			return nil
		}
		for i, item := range items {
			c.in(i, func() { list = append(list, c.condition(item, depth+1)) })
		}
		if e.Key == "any" {
			return []check{anyOf{list}}
		}
		var out []check
		for _, one := range list {
			out = append(out, one.all...)
		}
		return out
	case "not":
		return []check{not{c.condition(e.Value, depth+1)}}
	}
	if c.lines--; c.lines < 0 {
		if c.lines == -1 {
			c.problem(CodeCondition, true, "split it", "the condition is too long: the limit is %d lines", MaxLines)
		}
		return nil
	}
	l := c.left(e.Key)
	out := &line{left: l}
	c.right(out, e.Value)
	if l == nil {
		return nil
	}
	out.need |= l.need
	if len(out.tests) == 0 && out.presence == 0 {
		return nil // which was reported
	}
	return []check{out}
}

// written compiles a condition of the template language.
func (c *compiler) written(text string) check {
	if c.lines--; c.lines < 0 {
		c.problem(CodeCondition, false, "split it", "the condition is too long: the limit is %d lines", MaxLines)
		return nil
	}
	condition, err := selmer.CompileCondition(text, c.options.template())
	if err != nil {
		c.problem(CodeTemplate, false, "", "%s", sentenceOf(err))
		return nil
	}
	c.name(condition.Variables(), false)
	return written{condition, text, needsNames(condition.Variables())}
}

// right compiles what a value must be.
func (c *compiler) right(l *line, v selmer.Value) {
	switch v.Kind() {
	case selmer.KindMap:
		if len(v.Entries()) == 0 {
			c.problem(CodeCondition, false, "write an operator, or `equals: {}`", "there is no operator in this map")
		}
		for _, e := range v.Entries() {
			c.in(e.Key, func() { c.operator(l, e) })
		}
		if l.presence > 0 && len(l.tests) > 0 {
			c.problem(CodeCondition, false, "delete the others", "this can never hold: an absent value meets no other condition")
		}
		c.neverBetween(v)
	case selmer.KindList:
		t := test{op: opEquals, bare: true}
		if len(v.Items()) == 0 {
			c.problem(CodeCondition, false, "write values, or `equals: []`", "this can never hold: the list of values is empty")
			return
		}
		for i, item := range v.Items() {
			c.in(i, func() {
				if item.Kind() == selmer.KindMap || item.Kind() == selmer.KindList {
					c.problem(CodeCondition, false, "write `any` with several conditions, or `equals`", "a list on the right names the values of which one must be equal: text, numbers, booleans and null, not %s", kindName(item))
					return
				}
				t.oneOf = append(t.oneOf, c.operand(l, item))
			})
		}
		l.tests = append(l.tests, t)
	default:
		l.tests = append(l.tests, test{op: opEquals, bare: true, oneOf: []operand{c.operand(l, v)}})
	}
}

// neverBetween warns of bounds between which nothing lies.
func (c *compiler) neverBetween(v selmer.Value) {
	for _, low := range []string{"gt", "gte"} {
		for _, high := range []string{"lt", "lte"} {
			from, ok := v.Get(low)
			to, also := v.Get(high)
			if !ok || !also || isTemplate(from) || isTemplate(to) {
				continue
			}
			order, ordered := item{value: plainNumber(from)}.compare(to)
			if ordered && (order > 0 || order == 0 && low+high != "gtelte") {
				c.problem(CodeCondition, false, "swap them", "this can never hold: nothing is `%s: %s` and `%s: %s`", low, show(from), high, show(to))
			}
		}
	}
}

// plainNumber gives a text on the right that spells a number that number.
func plainNumber(v selmer.Value) selmer.Value {
	if isText(v) && isNumber(v.String()) {
		return selmer.Decimal(v.String())
	}
	return v
}

func isTemplate(v selmer.Value) bool { return isText(v) && strings.Contains(v.String(), "{{") }

func (c *compiler) operand(l *line, v selmer.Value) operand {
	o, err := compileOperand(v, &c.options, func(vars []selmer.Variable) {
		c.name(vars, false)
		l.need |= needsNames(vars)
	})
	if err != nil {
		c.problem(CodeTemplate, false, "", "%s", sentenceOf(err))
	}
	return o
}

// operator compiles one operator.
func (c *compiler) operator(l *line, e selmer.Entry) {
	v := e.Value
	switch e.Key {
	case "equals":
		l.tests = append(l.tests, test{op: opEquals, oneOf: []operand{c.operand(l, v)}})
	case "contains":
		if v.IsNil() {
			c.problem(CodeCondition, false, "", "this can never hold: nothing contains null")
			return
		}
		l.tests = append(l.tests, test{op: opContains, oneOf: []operand{c.operand(l, v)}})
	case "matches":
		c.matches(l, v)
	case "lt", "lte", "gt", "gte":
		c.ordered(l, e)
	case "absent":
		if v.Kind() != selmer.KindBool {
			c.problem(CodeCondition, false, "write true or false", "`absent` is true or false, not %s", kindName(v))
			return
		}
		l.presence = -1
		if v.Bool() {
			l.presence = 1
		}
	case "schema":
		c.schema(l, v)
	default:
		c.unknownOperator(e.Key)
	}
}

func (c *compiler) ordered(l *line, e selmer.Entry) {
	op := map[string]operator{"lt": opLT, "lte": opLTE, "gt": opGT, "gte": opGTE}[e.Key]
	if _, ok := (item{value: plainNumber(e.Value)}).compare(e.Value); !ok && !isTemplate(e.Value) {
		c.problem(CodeCondition, false, "write a number, or a date such as 2026-01-31", "this can never hold: `%s` compares numbers and ISO dates, not %s", e.Key, show(e.Value))
		return
	}
	l.tests = append(l.tests, test{op: op, oneOf: []operand{c.operand(l, e.Value)}})
}

func (c *compiler) matches(l *line, v selmer.Value) {
	if isList(v) || isMap(v) || v.IsNil() {
		c.problem(CodeCondition, false, "write a regular expression", "`matches` takes a regular expression, not %s", kindName(v))
		return
	}
	o := c.operand(l, v)
	if !o.fixed() {
		l.tests = append(l.tests, test{op: opMatches, oneOf: []operand{o}})
		return
	}
	source := o.constant.String()
	if len(source) > maxPattern {
		c.problem(CodePattern, false, "shorten it", "the regular expression is too long: the limit is %d characters", maxPattern)
		return
	}
	size, err := expressionSize(source)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		c.problem(CodePattern, false, "correct it, or use `contains`", "this is not a regular expression: %s", reason)
		return
	}
	if c.size += size; size > MaxInstructions {
		c.size -= size
		c.problem(CodePattern, false, "use fewer or smaller repetitions", "the regular expression is too large: it has %d instructions; the limit is %d", size, MaxInstructions)
		return
	}
	if strings.HasPrefix(source, "^") != strings.HasSuffix(source, "$") && !strings.HasSuffix(source, `\$`) {
		c.warn(CodePattern, "delete it", "`matches` always matches the whole value: `^` or `$` alone changes nothing")
	}
	re, size, err := compileWhole(source)
	if err != nil {
		c.problem(CodePattern, false, "", "this is not a regular expression: %s", err.Error())
		return
	}
	l.tests = append(l.tests, test{op: opMatches, regexp: re, size: size, source: source, oneOf: []operand{o}})
}

func (c *compiler) schema(l *line, v selmer.Value) {
	text := v.AppendJSON(nil)
	if isText(v) {
		if c.options.Schema == nil {
			c.problem(CodeSchema, false, "write the schema here", "a schema in a file is not supported here: write the schema itself")
			return
		}
		var err error
		if text, err = c.options.Schema(v.String()); err != nil {
			c.problem(CodeSchema, false, "", "%s", err.Error())
			return
		}
	} else if !isMap(v) && v.Kind() != selmer.KindBool {
		c.problem(CodeSchema, false, "write a JSON Schema", "`schema` takes a JSON Schema, not %s", kindName(v))
		return
	}
	s, err := CompileSchema(text)
	if err != nil {
		c.problem(CodeSchema, false, "", "%s", err.Error())
		return
	}
	l.need |= needsBody
	l.tests = append(l.tests, test{op: opSchema, schema: s})
}

// expressionSize is how many instructions a regular expression has.
func expressionSize(source string) (int, error) {
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

func kindName(v selmer.Value) string {
	switch v.Kind() {
	case selmer.KindNil:
		return "null"
	case selmer.KindBool:
		return "a boolean"
	case selmer.KindList, selmer.KindSeq:
		return "a list"
	case selmer.KindMap, selmer.KindObject:
		return "a map"
	case selmer.KindString, selmer.KindChar, selmer.KindKeyword, selmer.KindTime:
		return "text"
	default:
		return "a number"
	}
}

// sentenceOf is an error without its place in the template, which is reported separately.
func sentenceOf(err error) string {
	if e, ok := errors.AsType[*selmer.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// Operators are the names of all operators.
func Operators() []string {
	return []string{"equals", "contains", "matches", "lt", "lte", "gt", "gte", "absent", "schema"}
}

// unknownOperator says what somebody meant who knows other tools.
func (c *compiler) unknownOperator(name string) {
	meant := map[string]string{
		"eq": "`equals`", "equal": "`equals`", "equalto": "`equals`", "is": "`equals`", "==": "`equals`", "value": "`equals`", "equaltojson": "`equals`",
		"regex": "`matches`", "regexp": "`matches`", "pattern": "`matches`", "match": "`matches`", "like": "`matches`",
		"exists": "`absent: false`", "present": "`absent: false`", "missing": "`absent: true`", "isnull": "`equals: null`",
		"in": "a list of values", "oneof": "a list of values", "anyof": "a list of values",
		"ne": "`not` around the line", "neq": "`not` around the line", "not": "`not` around the line", "doesnotmatch": "`not` around the line", "notequals": "`not` around the line",
		"lessthan": "`lt`", "greaterthan": "`gt`", "min": "`gte`", "max": "`lte`", "before": "`lt`", "after": "`gt`", ">": "`gt`", "<": "`lt`", ">=": "`gte`", "<=": "`lte`",
		"includes": "`contains`", "include": "`contains`", "has": "`contains`", "jsonschema": "`schema`", "matchesjsonschema": "`schema`",
	}[strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(name, "-", ""), "_", ""))]
	if meant == "" {
		if near := nearest(name, Operators()); near != "" {
			meant = "`" + near + "`"
		}
	}
	if meant != "" {
		c.problem(CodeCondition, true, "write "+meant, "there is no operator `%s`: did you mean %s?", shorten(name), meant)
		return
	}
	c.problem(CodeCondition, true, "write `equals:` before the map, if it is a value", "there is no operator `%s`: there are %s", shorten(name), strings.Join(Operators(), ", "))
}

// nearest returns the candidate that is at most two letters from name, or "".
func nearest(name string, candidates []string) string {
	best, distance := "", 3
	for _, c := range candidates {
		if d := letters(name, c); d < distance && d < len(c) {
			best, distance = c, d
		}
	}
	return best
}

// letters is the Levenshtein distance, for short names.
func letters(a, b string) int {
	if len(a) > 20 || len(b) > 20 {
		return 20
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
