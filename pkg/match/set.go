package match

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// MaxAssignments is how many paths one `set` may have.
const MaxAssignments = 50

// Assignments are what `set` makes of the state. They are immutable and safe for concurrent use.
type Assignments struct {
	list  []assignment
	names []Name
}

type assignment struct {
	source string
	name   string // of the state
	parts  []part // within it
	value  operand
}

// CompileSet compiles `set`, as JSON: a map of dotted paths and values.
func CompileSet(v selmer.Value, o Options) (*Assignments, []Problem) {
	k := &compiler{options: o, lines: MaxLines}
	a := &Assignments{}
	if v.Kind() != selmer.KindMap {
		k.problem(CodeCondition, false, "write `name: value`", "`set` is a map of paths and values, not %s", kindName(v))
		return a, k.problems
	}
	if n := len(v.Entries()); n > MaxAssignments {
		k.problem(CodeCondition, false, "use fewer", "`set` may have up to %d paths, not %d", MaxAssignments, n)
		return a, k.problems
	}
	for _, e := range v.Entries() {
		k.in(e.Key, func() { a.add(k, e) })
	}
	a.names = k.names
	return a, k.problems
}

func (a *Assignments) add(k *compiler, e selmer.Entry) {
	texts := splitParts(e.Key)
	one := assignment{source: e.Key, name: strings.ReplaceAll(texts[0], "..", ".")}
	if strings.Contains(texts[0], "{{") || one.name == "" {
		k.problem(CodeCondition, true, "begin with the name of a state", "the path `%s` must begin with the name of a state", shorten(e.Key))
		return
	}
	for i, text := range texts[1:] {
		switch {
		case strings.Contains(text, "{{"):
			t, err := selmer.Compile(text, k.options.template())
			if err == nil && len(t.Problems()) > 0 {
				err = t.Problems()[0]
			}
			if err != nil {
				k.problem(CodeTemplate, true, "", "%s", sentenceOf(err))
				return
			}
			k.name(t.Variables(), true)
			one.parts = append(one.parts, part{template: t})
		case text == "":
			k.problem(CodeCondition, true, "", "a part of the path `%s` is empty", shorten(e.Key))
			return
		case text == "-" && i < len(texts)-2:
			k.problem(CodeCondition, true, "put it at the end", "`-`, which appends to a list, must be the last part of the path")
			return
		default:
			one.parts = append(one.parts, part{name: strings.ReplaceAll(text, "..", ".")})
		}
	}
	one.value = k.operand(&line{}, e.Value)
	a.list = append(a.list, one)
}

// Names returns what the paths and values read.
func (a *Assignments) Names() []Name {
	if a == nil {
		return nil
	}
	return a.names
}

// Roots returns the names of the state that are written.
func (a *Assignments) Roots() []string {
	if a == nil {
		return nil
	}
	var out []string
	for i := range a.list {
		out = append(out, a.list[i].name)
	}
	return out
}

// Update is a name of the state and its new value.
type Update struct {
	Name  string
	Value selmer.Value
}

// Work works out what becomes of the state. Before returns what a name is; paths and values see the state before, whatever is written.
func (a *Assignments) Work(s selmer.Scope, before func(name string) selmer.Value) ([]Update, error) {
	if a == nil {
		return nil, nil
	}
	var out []Update
	for i := range a.list {
		one := &a.list[i]
		failed := func(err error) error { return fmt.Errorf("`%s`: %s", shorten(one.source), sentenceOf(err)) }
		value, err := one.value.make(s)
		if err != nil {
			return nil, failed(err)
		}
		steps := make([]string, len(one.parts))
		for j, p := range one.parts {
			if steps[j] = p.name; p.template != nil {
				text, err := p.template.Append(nil, s)
				if err != nil {
					return nil, failed(err)
				}
				steps[j] = string(text)
			}
		}
		at := -1
		for j := range out {
			if out[j].Name == one.name {
				at = j
			}
		}
		if at < 0 {
			at, out = len(out), append(out, Update{one.name, before(one.name)})
		}
		if out[at].Value, err = Put(out[at].Value, steps, plainValue(value)); err != nil {
			return nil, failed(err)
		}
	}
	return out, nil
}

// plainValue makes of objects, moments and the like what JSON has, once and for all.
func plainValue(v selmer.Value) selmer.Value {
	switch v.Kind() {
	case selmer.KindNil, selmer.KindBool, selmer.KindInt, selmer.KindDecimal, selmer.KindString:
		return v
	default:
		out, err := selmer.ParseJSON(v.AppendJSON(nil))
		if err != nil {
			return selmer.Nil()
		}
		return out
	}
}

// Put returns a value with something else at a path within it: a map is made where nothing is, a number is an index, `-` appends to a
// list, and null removes.
func Put(v selmer.Value, path []string, to selmer.Value) (selmer.Value, error) {
	if len(path) == 0 {
		return to, nil
	}
	step, rest := path[0], path[1:]
	switch {
	case v.IsNil() && to.IsNil():
		return v, nil
	case v.IsNil() && step == "-":
		v = selmer.List(nil)
	case v.IsNil():
		v = selmer.Map(nil)
	}
	switch {
	case isList(v):
		return putElement(v.Items(), step, rest, to)
	case isMap(v):
		return putField(v.Entries(), step, rest, to)
	}
	return v, fmt.Errorf("`%s` leads through %s, not a map or a list", shorten(step), kindName(v))
}

func putElement(items []selmer.Value, step string, rest []string, to selmer.Value) (selmer.Value, error) {
	if step == "-" {
		made, err := Put(selmer.Nil(), rest, to)
		if err != nil || made.IsNil() {
			return selmer.List(items), err
		}
		return selmer.List(append(slices.Clip(items), made)), nil
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= len(items) {
		return selmer.List(items), fmt.Errorf("the list has no element `%s`: it has %d", shorten(step), len(items))
	}
	made, err := Put(items[i], rest, to)
	if err != nil {
		return selmer.List(items), err
	}
	out := append([]selmer.Value(nil), items...)
	if len(rest) == 0 && to.IsNil() {
		return selmer.List(append(out[:i], out[i+1:]...)), nil
	}
	out[i] = made
	return selmer.List(out), nil
}

func putField(entries []selmer.Entry, step string, rest []string, to selmer.Value) (selmer.Value, error) {
	if step == "-" {
		return selmer.Map(entries), errors.New("`-` appends to a list, and this is a map")
	}
	at := -1
	for i := range entries {
		if entries[i].Key == step {
			at = i
		}
	}
	was := selmer.Nil()
	if at >= 0 {
		was = entries[at].Value
	}
	made, err := Put(was, rest, to)
	if err != nil {
		return selmer.Map(entries), err
	}
	out := append([]selmer.Entry(nil), entries...)
	switch {
	case len(rest) == 0 && to.IsNil() && at >= 0:
		out = append(out[:at], out[at+1:]...)
	case len(rest) == 0 && to.IsNil(), len(rest) > 0 && to.IsNil() && at < 0:
	case at >= 0:
		out[at].Value = made
	default:
		out = append(out, selmer.Entry{Key: step, Value: made})
	}
	return selmer.Map(out), nil
}
