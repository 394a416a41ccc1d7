package selmer

import (
	"strings"
)

// tagFor compiles a loop. The source of a loop is split at every | and comma, even within quotes, as Selmer does it.
func (c *compiler) tagFor(args []string, offset int) error {
	names, source, ok := splitFor(args)
	if !ok {
		return c.fail(offset, "the tag `for` is written {%% for name in list %%}")
	}
	source, filters := cutFilters(source)
	l := loop{depth: c.loops, outer: c.forloop}
	before, forloop := c.slots, c.forloop

	literal := isLiteral(source)
	segments, err := parsePath(source)
	if err != nil {
		return c.fail(offset, "%s", err)
	}
	l.source = expr{offset: offset, source: source, raw: true}
	name := source
	if literal {
		l.source.literal, l.source.value = true, String(unquoteLiteral(source))
		name = "for-" + source
	} else {
		l.source.path = c.bind(segments, offset)
	}
	if len(filters) > 0 && (literal || len(segments) == 1 && segments[0].name == source) {
		l.filtered = c.declare(name)
	}
	for _, f := range filters {
		e := c.lazyExpr(name+"|"+f, offset)
		e.raw = true
		l.filters = append(l.filters, e)
	}
	if l.filtered != nil {
		c.forget(before)
		c.slots = before + 1 // the slot stays taken while the loop begins
	}

	for _, n := range names {
		segments, err := parsePath(n)
		if err != nil {
			return c.fail(offset, "%s", err)
		}
		l.targets = append(l.targets, c.newTarget(segments))
	}
	l.forloop = c.declare("forloop")
	c.forloop = l.forloop
	c.loops++
	c.t.loopDepth = max(c.t.loopDepth, c.loops)
	index := len(c.t.loops)
	c.t.loops = append(c.t.loops, l)
	if err := c.loopBody(index, offset, before, forloop); err != nil {
		return err
	}
	c.t.loops[index].end = int32(c.here())
	return nil
}

// loopBody compiles what is repeated and what stands for an empty list.
func (c *compiler) loopBody(index, offset, slots int, forloop *binding) error {
	start := c.json
	c.code(opFor, index, 0)
	body := c.here()
	end, err := c.block("for", offset, "empty", "endfor")
	if err != nil {
		return err
	}
	c.code(opNext, index, body)
	c.here()
	c.loops--
	c.forloop = forloop
	c.forget(slots)
	if end.name != "empty" {
		return nil
	}
	jump := c.code(opJump, 0, 0)
	after := c.json
	c.json = start
	c.t.loops[index].hasEmpty = true
	c.t.loops[index].empty = int32(c.here())
	_, err = c.block("for", offset, "endfor")
	c.land(jump)
	c.json = after
	return err
}

// splitFor splits "k, v in items" into the names and the source. What follows the source is ignored.
func splitFor(args []string) (names []string, source string, ok bool) {
	var parts []string
	for _, arg := range args {
		pieces := strings.Split(arg, ",")
		for len(pieces) > 1 && pieces[len(pieces)-1] == "" {
			pieces = pieces[:len(pieces)-1]
		}
		if len(pieces) == 1 && pieces[0] == "" && arg != "" {
			continue // only commas
		}
		parts = append(parts, pieces...)
	}
	for i, p := range parts {
		if p == "in" {
			if i+1 < len(parts) {
				return names, parts[i+1], true
			}
			break
		}
		names = append(names, p)
	}
	return nil, "", false
}

func cutFilters(source string) (name string, filters []string) {
	pieces := strings.Split(source, "|")
	for len(pieces) > 1 && pieces[len(pieces)-1] == "" {
		pieces = pieces[:len(pieces)-1]
	}
	return pieces[0], pieces[1:]
}
