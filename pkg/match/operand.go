package match

import (
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// Operand is a value as an author wrote it: texts in it are templates, and one that is a single {{…}} keeps its type. It is
// immutable and safe for concurrent use.
type Operand struct{ operand }

// CompileOperand compiles a value. The error says what is wrong with a template in it.
func CompileOperand(v selmer.Value, o Options) (*Operand, error) {
	out, err := compileOperand(v, &o, nil)
	if err != nil {
		return nil, err
	}
	return &Operand{out}, nil
}

// Value makes the value for a request.
func (o *Operand) Value(s selmer.Scope) (selmer.Value, error) { return o.make(s) }

// Constant returns the value if it is the same for every request.
func (o *Operand) Constant() (selmer.Value, bool) { return o.constant, o.fixed() }

// operand is a constant, or one of the others.
type operand struct {
	constant selmer.Value
	expr     *selmer.Expression
	template *selmer.Template
	items    []operand
	entries  []entry
	kind     selmer.Kind // of a container with templates in it: KindList or KindMap
}

type entry struct {
	key   string
	value operand
}

func (o *operand) fixed() bool { return o.expr == nil && o.template == nil && o.kind == selmer.KindNil }

// value makes the value for a request; it is null where that fails.
func (o *operand) value(s selmer.Scope) selmer.Value {
	if o.fixed() {
		return o.constant
	}
	v, err := o.make(s)
	if err != nil {
		return selmer.Nil()
	}
	return v
}

func (o *operand) make(s selmer.Scope) (selmer.Value, error) {
	switch {
	case o.expr != nil:
		return o.expr.Value(s)
	case o.template != nil:
		text, err := o.template.Append(nil, s)
		return selmer.String(string(text)), err
	case o.kind == selmer.KindList:
		items := make([]selmer.Value, len(o.items))
		for i := range o.items {
			var err error
			if items[i], err = o.items[i].make(s); err != nil {
				return selmer.Nil(), err
			}
		}
		return selmer.List(items), nil
	case o.kind == selmer.KindMap:
		entries := make([]selmer.Entry, len(o.entries))
		for i := range o.entries {
			v, err := o.entries[i].value.make(s)
			if err != nil {
				return selmer.Nil(), err
			}
			entries[i] = selmer.Entry{Key: o.entries[i].key, Value: v}
		}
		return selmer.Map(entries), nil
	}
	return o.constant, nil
}

// compileOperand compiles a value; seen gets the variables of its templates.
func compileOperand(v selmer.Value, o *Options, seen func([]selmer.Variable)) (operand, error) {
	out := operand{constant: v}
	switch v.Kind() {
	case selmer.KindString:
		return compileText(v.String(), o, seen)
	case selmer.KindList:
		fixed := true
		for _, item := range v.Items() {
			one, err := compileOperand(item, o, seen)
			if err != nil {
				return out, err
			}
			fixed = fixed && one.fixed()
			out.items = append(out.items, one)
		}
		if fixed {
			return operand{constant: v}, nil
		}
		out.kind = selmer.KindList
	case selmer.KindMap:
		fixed := true
		for _, e := range v.Entries() {
			one, err := compileOperand(e.Value, o, seen)
			if err != nil {
				return out, err
			}
			fixed = fixed && one.fixed()
			out.entries = append(out.entries, entry{e.Key, one})
		}
		if fixed {
			return operand{constant: v}, nil
		}
		out.kind = selmer.KindMap
	default:
	}
	return out, nil
}

func compileText(text string, o *Options, seen func([]selmer.Variable)) (operand, error) {
	if !strings.Contains(text, "{{") && !strings.Contains(text, "{%") && !strings.Contains(text, "{#") {
		return operand{constant: selmer.String(text)}, nil
	}
	if inner, ok := single(text); ok {
		expr, err := selmer.CompileExpression(inner, o.Selmer)
		if err != nil {
			return operand{}, err
		}
		if seen != nil {
			seen(expr.Variables())
		}
		return operand{expr: expr}, nil
	}
	t, err := selmer.Compile(text, o.template())
	if err != nil {
		return operand{}, err
	}
	if problems := t.Problems(); len(problems) > 0 {
		return operand{}, problems[0]
	}
	if seen != nil {
		seen(t.Variables())
	}
	if fixed, ok := t.Constant(); ok {
		return operand{constant: selmer.String(fixed)}, nil
	}
	return operand{template: t}, nil
}

// single returns what stands in a text that is one {{…}} and nothing else.
func single(text string) (string, bool) {
	text = strings.TrimSpace(text)
	inner, ok := strings.CutPrefix(text, "{{")
	if !ok || !strings.HasSuffix(inner, "}}") {
		return "", false
	}
	inner = inner[:len(inner)-2]
	return inner, inner != "" && !strings.Contains(inner, "}}") && !strings.Contains(inner, "{{")
}
