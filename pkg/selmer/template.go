package selmer

import (
	"fmt"
	"iter"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// Template is a compiled template. It is immutable and safe for concurrent use.
type Template struct {
	source     string
	options    Options
	text       string
	code       []instr
	exprs      []expr
	conditions []condition
	loops      []loop
	targets    []target
	groups     []group
	cycles     []cycle
	clocks     []clock
	uris       []uri
	slots      int
	loopDepth  int
	json       bool
	uses       []use
	problems   []fault
	renderers  sync.Pool
}

// use is a root variable that the template reads.
type use struct {
	offset   int
	segments []segment
}

type fault struct {
	offset  int
	message string
}

// Compile compiles a template. The error is an [*Error] that says what is wrong and where, or a [*LimitError].
//
// Some faults, such as an unknown filter, stop Selmer only when it comes to them. Compile lets them pass, rendering stops
// there, and [Template.Problems] tells them in advance.
func Compile(src string, o Options) (*Template, error) {
	o = o.withDefaults()
	if len(src) > o.MaxSource {
		return nil, &LimitError{What: "bytes of template", Limit: o.MaxSource}
	}
	c := newCompiler(src, o)
	_, err := c.block("", 0)
	if err == nil && c.isJSON() && c.notJSON {
		// The text around the tags is not JSON, so that there is nothing to be aware of.
		c = newCompiler(src, o)
		c.options.Escaping = None
		_, err = c.block("", 0)
	}
	if err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// Constant returns the text of a template that has no tags. It reports false if there is anything to render.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.code) == 0:
		return "", true
	case len(t.code) == 1 && t.code[0].op == opText:
		return t.text, true
	default:
		return "", false
	}
}

// Loops reports whether the template has a loop: then the work of a rendering is not bound by the size of the template.
func (t *Template) Loops() bool { return len(t.loops) > 0 }

// IsJSON reports whether the template was compiled with [JSON] and the text around its tags can be JSON. If it was and
// cannot be, values are written as with [None].
func (t *Template) IsJSON() bool { return t.json }

// Variable is one use of a root variable: what a template reads from its [Scope], without the variables of its own tags.
type Variable struct {
	// Path is the path as written, such as json-params.user.name.
	Path   string
	Offset int // of the tag, in bytes
	Line   int // from 1
	Column int // in characters, from 1

	segments []segment
}

// Root returns the name that is asked of the Scope.
func (v Variable) Root() string { return v.segments[0].name }

// Key returns the part of the path that follows the root, or "" if there is none.
func (v Variable) Key() string {
	if len(v.segments) < 2 {
		return ""
	}
	return v.segments[1].name
}

// Resolve returns the value that the template would see. It is nil if there is none. The Scope must not be nil.
func (v Variable) Resolve(s Scope) Value { return lookup(budgetOf(s), s, v.segments) }

// Variables returns the root variables that the template reads, in the order of their tags.
func (t *Template) Variables() []Variable {
	out := make([]Variable, len(t.uses))
	lines := newLineIndex(t.source)
	for i, u := range t.uses {
		out[i] = Variable{Path: pathText(u.segments), Offset: u.offset, segments: u.segments}
		out[i].Line, out[i].Column = lines.position(u.offset)
	}
	return out
}

// EachVariable yields what Variables returns, but without lines and columns.
func (t *Template) EachVariable() iter.Seq[Variable] {
	return func(yield func(Variable) bool) {
		for i := range t.uses {
			if u := &t.uses[i]; !yield(Variable{Path: pathText(u.segments), Offset: u.offset, segments: u.segments}) {
				return
			}
		}
	}
}

// Problems returns the faults of parts that fail when they are rendered: unknown filters, wrong arguments, operators that
// do not exist. A template with problems may still render if it never comes to them.
func (t *Template) Problems() []*Error {
	out := make([]*Error, len(t.problems))
	lines := newLineIndex(t.source)
	for i, p := range t.problems {
		out[i] = &Error{Offset: p.offset, Message: p.message}
		out[i].Line, out[i].Column = lines.position(p.offset)
	}
	return out
}

func pathText(segments []segment) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strings.ReplaceAll(s.name, ".", ".."))
	}
	return b.String()
}

// lineIndex finds the line and column of many offsets. Ascending offsets take time in proportion to the source, however
// long its lines are.
type lineIndex struct {
	src    string
	starts []int
	// the last answer
	offset, line, column int
}

func newLineIndex(src string) *lineIndex {
	starts := []int{0}
	for i := range len(src) {
		if src[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return &lineIndex{src: src, starts: starts}
}

func (l *lineIndex) position(offset int) (line, column int) {
	line = sort.SearchInts(l.starts, offset+1)
	from, base := l.starts[line-1], 1
	if line == l.line && offset >= l.offset {
		from, base = l.offset, l.column
	}
	column = base + utf8.RuneCountInString(l.src[from:offset])
	l.offset, l.line, l.column = offset, line, column
	return line, column
}

// Condition is a compiled expression of an {% if %}, such as the condition of a webhook. It is immutable and safe for
// concurrent use.
type Condition struct{ t *Template }

// CompileCondition compiles what would stand between {% if and %}. Unlike in a template, all faults are reported at once.
func CompileCondition(expr string, o Options) (*Condition, error) {
	o = o.withDefaults()
	if o.Escaping == JSON {
		o.Escaping = None // operands are texts and not parts of a document
	}
	if len(expr) > o.MaxSource {
		return nil, &LimitError{What: "bytes of condition", Limit: o.MaxSource}
	}
	c := newCompiler(expr, o)
	args, err := words(expr)
	if err != nil {
		return nil, c.fail(0, "%s", err)
	}
	c.code(opTest, c.addCondition(c.newCondition(args, 0)), 0)
	t := c.finish()
	if problems := t.Problems(); len(problems) > 0 {
		return nil, fmt.Errorf("condition: %w", problems[0])
	}
	return &Condition{t: t}, nil
}

// True evaluates the condition.
func (c *Condition) True(s Scope) (bool, error) {
	r := c.t.renderer(s)
	defer c.t.release(r)
	return r.test(&c.t.conditions[0])
}

// Variables returns the root variables that the condition reads.
func (c *Condition) Variables() []Variable { return c.t.Variables() }
