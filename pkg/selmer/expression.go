package selmer

import (
	"fmt"

	"github.com/mocloud/mocloud/pkg/budget"
)

// Expression is what stands between {{ and }}: a path or a literal, and filters. It is immutable and safe for concurrent use.
type Expression struct{ t *Template }

// CompileExpression compiles what would stand between {{ and }}. Unlike in a template, all faults are reported at once.
func CompileExpression(src string, o Options) (*Expression, error) {
	o = o.withDefaults()
	o.Escaping = None // the result is a value and not a part of a document
	if len(src) > o.MaxSource {
		return nil, &LimitError{What: "bytes of expression", Limit: o.MaxSource}
	}
	c := newCompiler(src, o)
	e, err := c.newExpr(src, 0)
	if err != nil {
		return nil, c.fail(0, "%s", err)
	}
	c.code(opValue, c.addExpr(e), 0)
	t := c.finish()
	if problems := t.Problems(); len(problems) > 0 {
		return nil, fmt.Errorf("expression: %w", problems[0])
	}
	return &Expression{t: t}, nil
}

// Value evaluates the expression. What a filter marked as safe is the value itself.
func (e *Expression) Value(s Scope) (Value, error) {
	r := e.t.renderer(s)
	defer e.t.release(r)
	v, err := r.eval(&e.t.exprs[0])
	if err != nil {
		return Value{}, err
	}
	v, _ = unwrap(v)
	return v, nil
}

// Plain returns the path of an expression without filters. False if there are any, or if it is a literal.
func (e *Expression) Plain() (Path, bool) {
	x := &e.t.exprs[0]
	if x.literal || len(x.filters) > 0 || len(x.path.segments) == 0 {
		return Path{}, false
	}
	return Path{x.path.segments}, true
}

// Variables returns the root variables that the expression reads.
func (e *Expression) Variables() []Variable { return e.t.Variables() }

// Path leads to a value of the data. It is immutable.
type Path struct{ segments []segment }

// ParsePath reads a path such as json-params.user.name; two dots stand for a dot within a key.
func ParsePath(s string) (Path, error) {
	segments, err := parsePath(s)
	return Path{segments}, err
}

// Len returns the number of parts.
func (p Path) Len() int { return len(p.segments) }

// Part returns a part, the first of which is the root.
func (p Path) Part(i int) string { return p.segments[i].name }

// Find follows the path from a scope, within its budget if it has one. Unlike in a template, what is there and null is told from
// what is not there.
func (p Path) Find(s Scope) (Value, bool) {
	if len(p.segments) == 0 || p.segments[0].isIndex {
		return Value{}, false
	}
	var b *budget.Budget
	if bounded, ok := s.(Bounded); ok {
		b = bounded.Budget()
		if c, ok := s.(Costly); ok && b.Scan(costOfLookup+c.Cost(p.segments[0].name)) != nil {
			return Value{}, false
		}
	}
	v, ok := s.Lookup(p.segments[0].name)
	if !ok {
		return Value{}, false
	}
	return p.follow(b, v, 1)
}

// FindIn follows the path within a value.
func (p Path) FindIn(v Value) (Value, bool) { return p.follow(nil, v, 0) }

func (p Path) follow(b *budget.Budget, v Value, from int) (Value, bool) {
	for i := from; i < len(p.segments); i++ {
		if b != nil && b.Scan(getCost(v, p.segments[i].name)) != nil {
			return Value{}, false
		}
		var found bool
		if seg := &p.segments[i]; seg.isIndex && !v.isMap() {
			v, found = v.Index(int(seg.index))
		} else {
			v, found = v.Get(seg.name)
		}
		if !found {
			return Value{}, false
		}
	}
	return v, true
}
