package selmer

import (
	"errors"
	"fmt"
	"strings"
)

// tagNames are the tags that a template may contain, without those that end them.
func tagNames() []string {
	return []string{
		"if", "ifequal", "ifunequal", "for", "with", "safe", "comment", "verbatim", "block",
		"firstof", "sum", "cycle", "now", "script", "style", "debug",
	}
}

// tag compiles a tag and everything up to its end.
func (c *compiler) tag(name string, args []string, offset int) error {
	switch name {
	case "if":
		return c.tagIf(args, offset)
	case "ifequal", "ifunequal":
		return c.tagIfEqual(name, args, offset)
	case "for":
		return c.tagFor(args, offset)
	case "with":
		return c.tagWith(args, offset)
	case "safe":
		before := c.safe
		c.safe = true
		_, err := c.block(name, offset, "endsafe")
		c.safe = before
		return err
	case "block":
		_, err := c.block(name, offset, "endblock")
		return err
	case "comment":
		return c.tagComment(offset)
	case "verbatim":
		text, _ := c.lex.verbatim()
		c.literal(text)
		return nil
	case "firstof":
		g := group{offset: offset, raw: c.safe}
		for _, arg := range args {
			g.exprs = append(g.exprs, c.lazyExpr(arg, offset))
		}
		c.addGroup(opFirstOf, g)
		return nil
	case "sum":
		return c.tagSum(args, offset)
	case "cycle":
		c.t.cycles = append(c.t.cycles, cycle{offset: offset, words: args})
		c.rawMode()
		c.code(opCycle, len(c.t.cycles)-1, 0)
		if len(args) == 0 {
			c.problem(offset, errNoWords)
		}
		return nil
	case "now":
		return c.tagNow(args, offset)
	case "script", "style":
		return c.tagURI(name, args, offset)
	case "debug":
		if c.options.Debug {
			c.rawMode()
			c.code(opDebug, 0, 0)
		}
		return nil
	default:
		return c.unknownTag(name, offset)
	}
}

var errNoWords = errors.New("the tag `cycle` needs at least one word")

func (c *compiler) unknownTag(name string, offset int) error {
	switch name {
	case "include", "extends":
		return c.fail(offset, "the tag `%s` is not supported: a mock's templates cannot use other files", name)
	case "elif", "else", "endif", "endifequal", "endifunequal", "empty", "endfor", "endwith", "endsafe", "endcomment", "endverbatim", "endblock":
		return c.fail(offset, "the tag `%s` is out of place: no open tag before it takes one", name)
	default:
		return c.fail(offset, "there is no tag `%s`%s", clip(name), didYouMean(name, tagNames()))
	}
}

// rawMode is for tags that write their own text. In JSON they count as a value.
func (c *compiler) rawMode() {
	if c.isJSON() {
		c.emitMode()
	}
}

func (c *compiler) addGroup(o op, g group) {
	g.emit = c.emitMode()
	if g.raw && g.emit != emitHTML {
		g.emit = emitText
	}
	c.t.groups = append(c.t.groups, g)
	c.code(o, len(c.t.groups)-1, 0)
}

func (c *compiler) tagIf(args []string, offset int) error {
	var ends []int // jumps behind the whole
	start := c.json
	joined, first := start, true
	cond := c.newCondition(args, offset)
	for {
		test := c.code(opTest, c.addCondition(cond), 0)
		end, err := c.block("if", offset, "elif", "else", "endif")
		if err != nil {
			return err
		}
		if first {
			joined, first = c.json, false
		}
		c.json = start
		if end.name == "endif" {
			c.land(test)
			break
		}
		ends = append(ends, c.code(opJump, 0, 0))
		c.land(test)
		if end.name == "elif" {
			cond = c.newCondition(end.args, end.offset)
			continue
		}
		if _, err := c.block("if", offset, "endif"); err != nil {
			return err
		}
		break
	}
	for _, i := range ends {
		c.land(i)
	}
	// Where the branches leave the JSON text in different places, the first one counts.
	c.json = joined
	return nil
}

func (c *compiler) tagIfEqual(name string, args []string, offset int) error {
	cond := condition{kind: condAllEqual, negate: name == "ifunequal", offset: offset}
	for _, arg := range args {
		cond.args = append(cond.args, c.operand(arg, offset))
	}
	if len(args) == 0 {
		cond = c.badCondition(offset, fmt.Errorf("the tag `%s` needs something to compare", name))
	}
	start := c.json
	test := c.code(opTest, c.addCondition(cond), 0)
	end, err := c.block(name, offset, "else", "end"+name)
	if err != nil {
		return err
	}
	joined := c.json
	if end.name != "else" {
		c.land(test)
		return nil
	}
	c.json = start
	jump := c.code(opJump, 0, 0)
	c.land(test)
	_, err = c.block(name, offset, "end"+name)
	c.land(jump)
	c.json = joined
	return err
}

func (c *compiler) tagComment(offset int) error {
	// What is commented out must be well-formed, but leaves no trace.
	inner := newCompiler(c.src, c.options)
	inner.options.Escaping = HTML
	inner.lex.pos, inner.depth = c.lex.pos, c.depth
	_, err := inner.block("comment", offset, "endcomment")
	c.lex.pos = inner.lex.pos
	return err
}

func (c *compiler) tagWith(args []string, offset int) error {
	var parts []string
	for _, arg := range args {
		parts = append(parts, splitAssignment(arg)...)
	}
	if len(parts)%2 != 0 {
		return c.fail(offset, "the tag `with` takes pairs: {%% with name=value other=value %%}")
	}
	before := c.slots
	for i := 0; i < len(parts); i += 2 {
		e := c.lazyExpr(parts[i+1], offset)
		t := c.newTarget(withSegments(parts[i]))
		c.t.targets = append(c.t.targets, t)
		c.code(opWith, len(c.t.targets)-1, c.addExpr(e))
	}
	_, err := c.block("with", offset, "endwith")
	c.forget(before)
	return err
}

// splitAssignment cuts at = and spaces; a quoted piece is kept whole if it begins with its quote.
func splitAssignment(s string) []string {
	var parts []string
	for i := 0; i < len(s); {
		if s[i] == '"' {
			if end := strings.IndexByte(s[i+1:], '"'); end >= 0 {
				parts = append(parts, s[i:i+end+2])
				i += end + 2
				continue
			}
		}
		n := strings.IndexAny(s[i:], "= ")
		if n == 0 {
			i++
			continue
		}
		if n < 0 {
			n = len(s) - i
		}
		parts = append(parts, s[i:i+n])
		i += n
	}
	return parts
}

// withSegments splits the name of a with at each dot. Its parts are always names.
func withSegments(name string) []segment {
	parts := strings.Split(name, ".")
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	segments := make([]segment, len(parts))
	for i, p := range parts {
		segments[i].name = p
	}
	return segments
}

func (c *compiler) newTarget(segments []segment) target {
	if len(segments) == 0 {
		return target{local: c.declare("")}
	}
	return target{local: c.declare(segments[0].name), rest: segments[1:]}
}

func (c *compiler) tagSum(args []string, offset int) error {
	g := group{offset: offset, raw: true}
	for _, arg := range args {
		if number, ok := strings.CutPrefix(arg, `\`); ok {
			v, err := parseNumber(String(number))
			e := expr{offset: offset, source: arg, literal: true, value: v}
			if err != nil {
				e.fault = fmt.Errorf("`%s` is not a number", number)
				c.problem(offset, e.fault)
			}
			g.exprs = append(g.exprs, e)
			continue
		}
		segments, err := parsePath(arg)
		e := expr{offset: offset, source: arg, raw: true}
		if err != nil {
			e.fault = err
			c.problem(offset, err)
		} else {
			e.path = c.bind(segments, offset)
		}
		g.exprs = append(g.exprs, e)
	}
	g.raw = false
	c.addGroup(opSum, g)
	return nil
}

func (c *compiler) tagNow(args []string, offset int) error {
	clk := clock{offset: offset, pattern: strings.Join(args, " "), emit: c.emitMode()}
	if _, err := compilePattern(clk.pattern); err != nil {
		c.problem(offset, err)
	}
	c.t.clocks = append(c.t.clocks, clk)
	c.code(opNow, len(c.t.clocks)-1, 0)
	return nil
}

func (c *compiler) tagURI(name string, args []string, offset int) error {
	c.rawMode()
	if len(args) == 0 {
		return c.fail(offset, "the tag `%s` needs an address: {%% %s \"/file\" %%}", name, name)
	}
	u := uri{script: name == "script"}
	if first := args[0]; strings.HasPrefix(first, `"`) && strings.HasSuffix(first, `"`) {
		u.literal = strings.ReplaceAll(first, `"`, "")
	} else {
		u.expr, u.isExpr = c.lazyExpr(first, offset), true
	}
	if u.script {
		var parts []string
		for _, arg := range args[1:] {
			for p := range strings.SplitSeq(arg, "=") {
				if p != "" {
					parts = append(parts, p)
				}
			}
		}
		if len(parts)%2 != 0 {
			return c.fail(offset, "the tag `script` takes an address and pairs: {%% script \"/a.js\" async=true %%}")
		}
		u.settings = map[string]expr{}
		for i := 0; i < len(parts); i += 2 {
			u.settings[parts[i]] = c.lazyExpr(parts[i+1], offset)
		}
	}
	c.t.uris = append(c.t.uris, u)
	c.code(opURI, len(c.t.uris)-1, 0)
	return nil
}
