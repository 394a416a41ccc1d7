package selmer

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// compiler turns a template into a program.
type compiler struct {
	src      string
	options  Options
	lex      lexer
	t        *Template
	text     strings.Builder
	bindings map[string]*binding // the innermost variable of each name
	slots    int                 // in use
	loops    int                 // around the current place
	forloop  *binding            // of the innermost loop
	depth    int
	safe     bool // within {% safe %}
	json     jsonState
	notJSON  bool
	barrier  int // text is not merged into instructions before this one, which a jump may lead to
}

// maxProblems bounds what Problems returns; who has more must mend those first.
const maxProblems = 100

// clause is what ended a block: the name and the arguments of the tag, such as else or endif.
type clause struct {
	name   string
	args   []string
	offset int
}

func newCompiler(src string, o Options) *compiler {
	return &compiler{
		src: src, options: o, lex: lexer{src: src, emptyMaps: o.Escaping == JSON},
		t:        &Template{source: src, options: o},
		bindings: map[string]*binding{},
	}
}

func (c *compiler) fail(offset int, format string, args ...any) error {
	return errorAt(c.src, offset, fmt.Sprintf(format, args...))
}

// problem records a fault that stops a rendering and not the compilation.
func (c *compiler) problem(offset int, err error) {
	if len(c.t.problems) >= maxProblems {
		return
	}
	c.t.problems = append(c.t.problems, fault{offset: offset, message: err.Error()})
}

// block compiles up to one of the tags that end it. At the top of the template there is none.
func (c *compiler) block(opener string, openerOffset int, ends ...string) (clause, error) {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > c.options.MaxDepth {
		return clause{}, &LimitError{What: "levels of nested tags", Limit: c.options.MaxDepth}
	}
	for {
		tok := c.lex.next()
		switch tok.kind {
		case tokenEnd:
			if len(ends) > 0 {
				return clause{}, c.fail(openerOffset, "the tag `%s` is never closed: write {%% %s %%}", opener, ends[len(ends)-1])
			}
			return clause{}, nil
		case tokenOpen:
			return clause{}, c.fail(tok.offset, "the comment is never closed: end it with #}")
		case tokenText:
			c.literal(tok.text)
		case tokenValue:
			if err := c.value(tok); err != nil {
				return clause{}, err
			}
		case tokenTag:
			args, err := words(tok.text)
			if err != nil {
				return clause{}, c.fail(tok.offset, "%s", err)
			}
			if len(args) == 0 {
				return clause{}, c.fail(tok.offset, "the tag is empty: write a tag's name after {%%")
			}
			name := args[0]
			if slices.Contains(ends, name) {
				return clause{name: name, args: args[1:], offset: tok.offset}, nil
			}
			if err := c.tag(name, args[1:], tok.offset); err != nil {
				return clause{}, err
			}
		}
	}
}

func (c *compiler) value(tok token) error {
	if strings.Count(tok.text, `"`)%2 != 0 {
		return c.fail(tok.offset, "%s", errQuotes)
	}
	body := tok.text
	if c.isJSON() && strings.HasPrefix(body, "{") && c.json.place < placeString {
		// {{{k}}: 1} is an object whose first key is a variable.
		c.literal("{")
		body = body[1:]
	}
	e, err := c.newExpr(body, tok.offset)
	if err != nil {
		return c.fail(tok.offset, "%s", err)
	}
	c.emitExpr(e)
	return nil
}

func (c *compiler) emitExpr(e expr) {
	e.emit = c.emitMode()
	if e.emit != emitHTML && (e.raw || e.lastFilter() == "safe" || e.emit == emitBare && e.lastFilter() == "json") {
		e.emit = emitText
	}
	if e.emit == emitBare {
		typeLiterals(&e)
	}
	c.code(opValue, c.addExpr(e), 0)
}

// typeLiterals gives JSON that stands without quotes in the template its type: {{a|default:1}} in the place of a value
// is a number, {{a|default:[]}} a list.
func typeLiterals(e *expr) {
	if e.literal && !strings.HasPrefix(e.source, `"`) {
		e.value = typed(e.value)
	}
	switch e.lastFilter() {
	case "default", "default-if-empty":
	default:
		return
	}
	call := &e.filters[len(e.filters)-1]
	if arg := &call.args[0]; !arg.lookup && strings.HasSuffix(e.source, ":"+arg.value.String()) {
		arg.value = typed(arg.value)
	}
}

func typed(text Value) Value {
	v, err := ParseJSON([]byte(text.String()))
	if err != nil || v.Kind() == KindString {
		return text
	}
	return v
}

func (c *compiler) isJSON() bool { return c.options.Escaping == JSON }

// emitMode says how the next value is written, and moves the state of the JSON text on over it.
func (c *compiler) emitMode() emitMode {
	switch c.options.Escaping {
	case HTML:
		return emitHTML
	case None:
		return emitText
	default:
		if c.loops > 0 && c.json.depth == 0 && c.json.place == placeValue {
			c.notJSON = true // a loop would write several values one after the other
		}
		mode, ok := c.json.value()
		if !ok {
			c.notJSON = true
		}
		return mode
	}
}

// literal emits text; pieces that follow each other become one instruction.
func (c *compiler) literal(s string) {
	if s == "" {
		return
	}
	if c.isJSON() && !c.json.literal(s) {
		c.notJSON = true
	}
	start := c.text.Len()
	c.text.WriteString(s)
	if n := len(c.t.code); n > c.barrier {
		if last := &c.t.code[n-1]; last.op == opText && int(last.b) == start {
			last.b = int32(c.text.Len())
			return
		}
	}
	c.code(opText, start, c.text.Len())
}

func (c *compiler) code(o op, a, b int) int {
	c.t.code = append(c.t.code, instr{op: o, a: int32(a), b: int32(b)})
	return len(c.t.code) - 1
}

// here is the number of the next instruction, which a jump will lead to.
func (c *compiler) here() int {
	c.barrier = len(c.t.code)
	return c.barrier
}

// land makes the instruction at i jump to the next one.
func (c *compiler) land(i int) { c.t.code[i].b = int32(c.here()) }

func (c *compiler) addExpr(e expr) int {
	c.t.exprs = append(c.t.exprs, e)
	return len(c.t.exprs) - 1
}

// bind resolves the first name of a path: the innermost tag that made a variable of that name, or the data.
func (c *compiler) bind(segments []segment, offset int) path {
	p := path{segments: segments}
	if len(segments) == 0 || segments[0].isIndex {
		return p
	}
	p.local = c.bindings[segments[0].name]
	if p.local == nil {
		c.t.uses = append(c.t.uses, use{offset: offset, segments: segments})
	}
	return p
}

// declare makes a variable for the rest of the block. The caller restores the bindings with forget.
func (c *compiler) declare(name string) *binding {
	b := &binding{name: name, slot: c.slots, outer: c.bindings[name]}
	c.slots++
	c.t.slots = max(c.t.slots, c.slots)
	c.bindings[name] = b
	return b
}

// forget ends the variables that were declared since the given number of slots was in use.
func (c *compiler) forget(slots int) {
	for name, b := range c.bindings {
		for b != nil && b.slot >= slots {
			b = b.outer
		}
		if b == nil {
			delete(c.bindings, name)
		} else {
			c.bindings[name] = b
		}
	}
	c.slots = slots
}

func (c *compiler) finish() *Template {
	c.t.text = c.text.String()
	c.t.json = c.isJSON() && !c.notJSON
	sort.SliceStable(c.t.uses, func(i, j int) bool { return c.t.uses[i].offset < c.t.uses[j].offset })
	return c.t
}
