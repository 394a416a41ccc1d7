package selmer

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/budget"
)

// lookup follows a path from a scope.
func lookup(b *budget.Budget, s Scope, segments []segment) Value {
	if len(segments) == 0 {
		if c, ok := s.(contextScope); ok {
			return c.Context()
		}
		return Value{}
	}
	if segments[0].isIndex {
		return Value{}
	}
	return follow(b, lookupRoot(b, s, segments[0].name), segments[1:])
}

// lookupRoot asks for the name and, if it has a namespace (a/b), for the name alone.
func lookupRoot(b *budget.Budget, s Scope, name string) Value {
	if c, ok := s.(Costly); ok {
		_ = b.Scan(c.Cost(name)) // whoever looks up asks the budget
	}
	v, _ := s.Lookup(name)
	if v.IsNil() {
		if ns, local := splitKeyword(name); ns != "" {
			v, _ = s.Lookup(local)
		}
	}
	return v
}

func follow(b *budget.Budget, v Value, segments []segment) Value {
	for i := range segments {
		seg := &segments[i]
		if v.IsNil() {
			return v
		}
		if seg.isIndex {
			if v.kind == KindString {
				_ = b.Scan(int(min(int64(seg.index), int64(v.num))))
			}
			v, _ = v.Index(int(seg.index))
			continue
		}
		m := v
		if b.Scan(getCost(m, seg.name)) != nil {
			return Value{}
		}
		v, _ = m.Get(seg.name)
		if v.IsNil() && m.isMap() {
			if ns, local := splitKeyword(seg.name); ns != "" {
				v, _ = m.Get(local)
			}
		}
	}
	return v
}

// resolve returns the value that a path leads to, or nil.
func (r *renderer) resolve(p *path) Value {
	if len(p.segments) == 0 {
		return r.context()
	}
	if p.local == nil {
		return lookup(r.budget, r.scope, p.segments)
	}
	return follow(r.budget, r.resolveRoot(p.local, p.segments[0].name), p.segments[1:])
}

func (r *renderer) resolveRoot(b *binding, name string) Value {
	for ; b != nil; b = b.outer {
		if s := &r.slots[b.slot]; s.bound {
			return s.value
		}
	}
	return lookupRoot(r.budget, r.scope, name)
}

// context returns all data, with the variables of the tags that are open.
func (r *renderer) context() Value { return lookup(r.budget, r.scope, nil) }

// eval returns the result of path and filters, as it is.
func (r *renderer) eval(e *expr) (Value, error) {
	if e.fault != nil {
		return Value{}, r.errorAt(e.offset, e.fault)
	}
	v := e.value
	if !e.literal {
		v = r.resolve(&e.path)
	}
	if err := r.scan(costOfLookup); err != nil {
		return Value{}, err
	}
	if len(e.filters) == 0 {
		return v, nil
	}
	for i := range e.filters {
		var err error
		if v, err = r.apply(&e.filters[i], v); err != nil {
			if _, ok := err.(*LimitError); !ok { //nolint:errorlint // filters return limits bare
				err = fmt.Errorf("the filter `%s` cannot be applied: %w", e.filters[i].name, err)
			}
			return Value{}, r.errorAt(e.offset, err)
		}
	}
	return v, nil
}

func (r *renderer) apply(call *filterCall, v Value) (Value, error) {
	if err := r.charge(&call.reads, v); err != nil {
		return Value{}, err
	}
	args := r.args[:0]
	for i := range call.args {
		arg := &call.args[i]
		value := arg.value
		if arg.lookup {
			value = r.argument(arg)
		}
		if err := r.scan(costOfLookup); err != nil {
			return Value{}, err
		}
		if err := r.look(value); err != nil {
			return Value{}, err
		}
		args = append(args, value)
	}
	r.args = args
	out, err := call.filter.apply(r, v, args)
	if err != nil {
		return Value{}, err
	}
	if (out.kind == KindString || out.kind == KindList || out.kind == KindSeq) && out.num > uint64(r.t.options.MaxOutput) {
		return Value{}, &LimitError{What: "bytes or elements in a value", Limit: r.t.options.MaxOutput}
	}
	if out.kind == KindString {
		return out, r.look(out)
	}
	return out, nil
}

// argument looks up @path. Where the path leads nowhere the argument is its own text.
func (r *renderer) argument(arg *filterArg) Value {
	segments := arg.path.segments
	if len(segments) == 0 {
		return r.context()
	}
	var v Value
	found := false
	for b := arg.path.local; b != nil && !found; b = b.outer {
		v, found = r.slots[b.slot].value, r.slots[b.slot].bound
	}
	if !found && !segments[0].isIndex {
		if c, ok := r.scope.(Costly); ok {
			_ = r.budget.Scan(c.Cost(segments[0].name)) // apply asks the budget
		}
		v, found = r.scope.Lookup(segments[0].name)
	}
	for i := 1; i < len(segments) && found; i++ {
		if r.budget.Scan(getCost(v, segments[i].name)) != nil {
			return arg.value
		}
		if segments[i].isIndex {
			v, found = v.Index(int(segments[i].index))
		} else {
			v, found = v.Get(segments[i].name)
		}
	}
	if !found {
		return arg.value
	}
	return v
}

// safeKey marks a list as [:safe value], which is how filters say that their result must not be escaped.
const safeKey = "safe"

func markSafe(v Value) Value { return List([]Value{Keyword(safeKey), v}) }

// unwrap returns what stands behind the mark of a result that must not be escaped.
func unwrap(v Value) (Value, bool) {
	if v.kind != KindList || v.num == 0 {
		return v, false
	}
	items := v.Items()
	if first := items[0]; first.kind != KindKeyword || first.text() != safeKey {
		return v, false
	}
	if len(items) < 2 {
		return Value{}, true
	}
	return items[1], true
}

// operand returns the value of an expression as tags compare it: an escaped text, unless it is marked as safe.
func (r *renderer) operand(e *expr) (Value, error) {
	v, err := r.eval(e)
	if err != nil || e.literal {
		return v, err
	}
	if err := r.look(v); err != nil {
		return Value{}, err
	}
	if r.t.options.Escaping != HTML {
		v, _ = unwrap(v)
		if v.IsNil() || v.kind == KindBool {
			return v, nil
		}
		return String(v.String()), nil
	}
	if e.raw || v.IsNil() && len(e.filters) == 0 {
		return v, nil
	}
	if inner, ok := unwrap(v); ok {
		return inner, nil
	}
	return String(string(appendHTML(nil, v.String()))), nil
}

// emit writes the value of an expression.
func (r *renderer) emit(e *expr) error {
	v, err := r.eval(e)
	if err != nil {
		return err
	}
	if err := r.look(v); err != nil {
		return err
	}
	if e.emit == emitHTML {
		r.emitHTML(e, v)
		return nil
	}
	r.write(v, e.emit)
	return nil
}

func (r *renderer) emitHTML(e *expr, v Value) {
	if e.literal || e.raw {
		r.appendShown(v)
		return
	}
	if v.IsNil() && len(e.filters) == 0 {
		return
	}
	if inner, ok := unwrap(v); ok {
		r.appendShown(inner)
		return
	}
	switch v.kind {
	case KindString:
		r.dst = appendHTML(r.dst, v.String())
	case KindChar:
		r.appendChar(v)
	case KindInt, KindFloat, KindBigInt, KindDecimal, KindBool, KindNil:
		r.dst = v.AppendText(r.dst)
	default:
		r.dst = appendHTML(r.dst, v.String())
	}
}

// appendShown appends a text that Selmer does not escape. It shows neither nil nor false.
func (r *renderer) appendShown(v Value) {
	if v.kind == KindBool && !v.Bool() {
		return
	}
	r.dst = v.AppendText(r.dst)
}

// appendChar appends a letter. The halves of a pair that follow each other directly become one.
func (r *renderer) appendChar(v Value) {
	unit := rune(v.num)
	if !utf16.IsSurrogate(unit) {
		r.dst = appendHTML(r.dst, v.String())
		return
	}
	if whole := utf16.DecodeRune(r.half, unit); whole != utf8.RuneError && r.halfEnd == len(r.dst) {
		r.dst = utf8.AppendRune(r.dst[:len(r.dst)-1], whole)
		return
	}
	r.dst = append(r.dst, '?')
	r.half, r.halfEnd = unit, len(r.dst)
}

// write appends a value in one of the modes that are not Selmer's.
func (r *renderer) write(v Value, mode emitMode) {
	inner, marked := unwrap(v)
	switch mode {
	case emitBare:
		r.dst = inner.AppendJSON(r.dst)
	case emitKey:
		r.dst = appendJSONString(r.dst, inner.String())
	case emitString:
		r.appendInString(inner, marked)
	default:
		if marked {
			r.appendShown(inner)
		} else {
			r.dst = inner.AppendText(r.dst)
		}
	}
}

// appendInString appends a value within a JSON string: containers as JSON, everything else as text.
func (r *renderer) appendInString(v Value, marked bool) {
	switch v.kind {
	case KindList, KindSeq, KindMap, KindObject:
		r.dst = appendJSONEscaped(r.dst, string(v.AppendJSON(nil)))
	case KindString:
		r.dst = appendJSONEscaped(r.dst, v.String())
	default:
		if marked && v.kind == KindBool && !v.Bool() {
			return
		}
		r.dst = appendJSONEscaped(r.dst, v.String())
	}
}
