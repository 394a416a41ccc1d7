package match

import (
	"errors"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// left is the left side of a line: where values come from.
type left struct {
	source string
	need   needs

	// One of these leads to the values.
	root, key string // a name of two parts, whose values may have come as text
	path      selmer.Path
	isPath    bool
	expr      *selmer.Expression // with filters
	textual   bool               // what expr makes of it came as text
	parts     []part             // a path with templates in it
	json      *JSONPath
	xml       *XPath
	whole     bool // request.body
}

// part is a part of a path: a name, or a template that makes one.
type part struct {
	name     string
	template *selmer.Template
}

func (l *left) text() string { return shorten(l.source) }

// textRoots are the names whose values come as text.
func isTextRoot(root string) bool {
	switch root {
	case "path-params", "query-params", "header-params", "headers", "cookies", "request", "basic", "bearer", "prefer", "message":
		return true
	}
	return false
}

// compileLeft reads a left side. Problems are reported to c.
func (c *compiler) left(source string) *left {
	l := &left{source: source}
	fail := func(code string, err error) *left {
		c.problem(code, true, "", "%s", sentenceOf(err))
		return nil
	}
	switch {
	case strings.HasPrefix(source, "$"):
		path, err := CompileJSONPath(source)
		if err != nil {
			return fail(CodeExpression, err)
		}
		l.json, l.need = path, needsBody
		return l
	case strings.HasPrefix(source, "/"):
		path, err := CompileXPath(source)
		if err != nil {
			return fail(CodeExpression, err)
		}
		l.xml, l.need = path, needsBody
		return l
	case strings.Contains(source, "{{"):
		return c.templated(l)
	}
	expr, err := selmer.CompileExpression(source, c.options.Selmer)
	if err != nil {
		return fail(CodeCondition, err)
	}
	variables := expr.Variables()
	if len(variables) == 0 {
		return fail(CodeCondition, errors.New("`"+shorten(source)+"` names no part of the request"))
	}
	c.name(variables, true)
	l.need = needsNames(variables)
	root := variables[0].Root()
	path, plain := expr.Plain()
	switch {
	case !plain:
		l.expr, l.textual = expr, isTextRoot(root)
	case source == "request.body":
		l.whole = true
	case path.Len() == 2:
		l.root, l.key = path.Part(0), path.Part(1)
		l.path, l.isPath = path, true
	default:
		l.path, l.isPath = path, true
		l.textual = isTextRoot(root)
	}
	return l
}

// templated reads a path in which templates are parts.
func (c *compiler) templated(l *left) *left {
	for i, text := range splitParts(l.source) {
		if !strings.Contains(text, "{{") {
			if strings.ContainsAny(text, "|") {
				c.problem(CodeCondition, true, "", "filters and templates cannot be combined on the left side")
				return nil
			}
			l.parts = append(l.parts, part{name: strings.ReplaceAll(text, "..", ".")})
			continue
		}
		t, err := selmer.Compile(text, c.options.template())
		if err == nil && len(t.Problems()) > 0 {
			err = t.Problems()[0]
		}
		if err != nil {
			c.problem(CodeTemplate, true, "", "%s", sentenceOf(err))
			return nil
		}
		if i == 0 {
			c.problem(CodeCondition, true, "begin with a name such as `state.`", "the first part of the left side must be a name, not a template")
			return nil
		}
		c.name(t.Variables(), true)
		l.need |= needsNames(t.Variables())
		l.parts = append(l.parts, part{template: t})
	}
	names := ""
	for _, p := range l.parts {
		if p.template != nil {
			break
		}
		if names != "" {
			names += "."
		}
		names += strings.ReplaceAll(p.name, ".", "..")
	}
	if head, err := selmer.CompileExpression(names, c.options.Selmer); err == nil {
		c.name(head.Variables(), true)
		l.need |= needsNames(head.Variables())
	}
	return l
}

// splitParts splits at single dots outside of templates.
func splitParts(s string) []string {
	var parts []string
	start, inside := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{"):
			inside = true
		case strings.HasPrefix(s[i:], "}}"):
			inside = false
		case s[i] == '.' && !inside:
			if i+1 < len(s) && s[i+1] == '.' {
				i++
				continue
			}
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// SplitParts splits a dotted path, as `set` has it, at single dots outside of templates.
func SplitParts(path string) []string { return splitParts(path) }

// values appends the values of the left side to e.items, which it returns. It is empty when there is none.
func (l *left) values(e *evaluation) []item {
	out := e.items[:0]
	switch {
	case l.key != "":
		texts, isText := e.AppendTexts(e.texts[:0], l.root, l.key)
		e.texts = texts[:0]
		if isText {
			for _, t := range texts {
				out = append(out, item{selmer.String(t), true})
			}
			break
		}
		if v, ok := l.path.Find(e.Subject); ok {
			out = append(out, item{v, false})
		}
	case l.whole:
		if raw := e.Body().Raw(); len(raw) > 0 && e.scan(len(raw)) {
			out = append(out, item{selmer.String(string(raw)), true})
		}
	case l.isPath:
		if v, ok := l.path.Find(e.Subject); ok {
			out = append(out, item{v, l.textual && !isList(v) && !isMap(v)})
		}
	case l.expr != nil:
		out = l.evaluate(e, out)
	case l.parts != nil:
		if v, ok := l.walk(e); ok {
			out = append(out, item{v, false})
		}
	case l.json != nil:
		if v, err := e.Body().json(); err == nil && e.scan(len(e.Body().Raw())) {
			for _, node := range l.json.within(v, e.scan) {
				out = append(out, item{node, false})
			}
		}
	case l.xml != nil:
		if root, err := e.Body().xml(); err == nil && e.scan(timesXPath*len(e.Body().Raw())) {
			out = append(out, l.xml.find(root)...)
		}
	}
	e.items = out[:0]
	return out
}

// evaluate applies filters. Where they cannot be applied there is no value.
func (l *left) evaluate(e *evaluation, out []item) []item {
	v, err := l.expr.Value(e.Subject)
	if err != nil || v.IsNil() {
		return out
	}
	if l.textual && isList(v) {
		for _, one := range v.Items() {
			out = append(out, item{one, isText(one)})
		}
		return out
	}
	return append(out, item{v, l.textual && isText(v)})
}

// walk follows a path with templates. What a template makes is one part, whatever is in it.
func (l *left) walk(e *evaluation) (selmer.Value, bool) {
	v, ok := e.Lookup(l.parts[0].name)
	for i := 1; i < len(l.parts) && ok; i++ {
		name := l.parts[i].name
		if t := l.parts[i].template; t != nil {
			text, err := t.Append(nil, e.Subject)
			if err != nil {
				return selmer.Nil(), false
			}
			name = string(text)
		}
		v, ok = Step(v, name)
	}
	return v, ok
}

// Step returns a field of a map, or an element of a list by its number.
func Step(v selmer.Value, name string) (selmer.Value, bool) {
	if !isList(v) {
		return v.Get(name)
	}
	n := 0
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' || i > 8 {
			return selmer.Nil(), false
		}
		n = 10*n + int(name[i]-'0')
	}
	if items := v.Items(); name != "" && n < len(items) {
		return items[n], true
	}
	return selmer.Nil(), false
}

func needsNames(variables []selmer.Variable) (n needs) {
	for _, v := range variables {
		switch v.Root() {
		case "state":
			n |= needsState
		case "now":
			n |= needsTime
		case "json-params", "graphql":
			n |= needsBody
		case "request":
			if v.Key() == "body" {
				n |= needsBody
			}
		}
	}
	return n
}
