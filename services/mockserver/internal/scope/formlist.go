package scope

import (
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// listed makes a list of each single value of a form whose field is declared as one: a form cannot tell a list of one from
// a value.
func listed(form selmer.Value, schema *mockspec.Schema) selmer.Value {
	if schema.Kind != mockspec.SchemaObject {
		return form
	}
	entries := slices.Clone(form.Entries())
	for i := range schema.Fields {
		if schema.Fields[i].Schema.Kind != mockspec.SchemaArray {
			continue
		}
		for j := range entries {
			if entries[j].Key == schema.Fields[i].Name && entries[j].Value.Kind() != selmer.KindList {
				entries[j].Value = selmer.List([]selmer.Value{entries[j].Value})
			}
		}
	}
	return selmer.Map(entries)
}

// gathered adds to a form the declared lists and maps that it spreads over fields of their own, as in `ids[]=1` and
// `card[number]=2`.
func gathered(form selmer.Value, schema *mockspec.Schema) selmer.Value {
	if schema.Kind != mockspec.SchemaObject {
		return form
	}
	plain := map[string]bool{}
	spread := map[string]*branch{}
	for _, e := range form.Entries() {
		plain[e.Key] = true
		if name, rest, ok := strings.Cut(e.Key, "["); ok {
			if spread[name] == nil {
				spread[name] = &branch{}
			}
			spread[name].add("["+rest, e.Value)
		}
	}
	entries := slices.Clone(form.Entries())
	for i := range schema.Fields {
		f := &schema.Fields[i]
		if b := spread[f.Name]; b != nil && !plain[f.Name] && (f.Schema.Kind == mockspec.SchemaArray || f.Schema.Kind == mockspec.SchemaObject) {
			entries = append(entries, selmer.Entry{Key: f.Name, Value: b.shaped(f.Schema)})
		}
	}
	return selmer.Map(entries)
}

// branch is what a form has below a name: a value, or the branches in brackets behind the name.
type branch struct {
	value selmer.Value
	keys  []string // in order
	below map[string]*branch
}

// maxBrackets bounds how deep the names of a form lead.
const maxBrackets = 32

// add files a value under names in brackets.
func (b *branch) add(brackets string, value selmer.Value) {
	for range maxBrackets {
		inside, ok := strings.CutPrefix(brackets, "[")
		name, rest, closed := strings.Cut(inside, "]")
		if !ok || !closed {
			break
		}
		next := b.below[name]
		if next == nil {
			if b.below == nil {
				b.below = map[string]*branch{}
			}
			next = &branch{}
			b.below[name], b.keys = next, append(b.keys, name)
		}
		b, brackets = next, rest
	}
	b.value = value
}

// shaped is the branch as a value; the schema says whether a single value is a list of one.
func (b *branch) shaped(schema *mockspec.Schema) selmer.Value {
	isList := schema != nil && schema.Kind == mockspec.SchemaArray
	switch {
	case b.keys == nil && isList && b.value.Kind() != selmer.KindList:
		return selmer.List([]selmer.Value{b.value})
	case b.keys == nil:
		return b.value
	case isList && !slices.ContainsFunc(b.keys, func(key string) bool { return strings.Trim(key, "0123456789") != "" }):
		var items []selmer.Value
		for _, key := range b.keys {
			if item := b.below[key].shaped(schema.Items); key == "" && item.Kind() == selmer.KindList {
				items = append(items, item.Items()...)
			} else {
				items = append(items, item)
			}
		}
		return selmer.List(items)
	}
	entries := make([]selmer.Entry, len(b.keys))
	for i, key := range b.keys {
		entries[i] = selmer.Entry{Key: key, Value: b.below[key].shaped(fieldOf(schema, key))}
	}
	return selmer.Map(entries)
}

// fieldOf is what an object declares under a name, or nil.
func fieldOf(schema *mockspec.Schema, name string) *mockspec.Schema {
	if schema != nil {
		for i := range schema.Fields {
			if schema.Fields[i].Name == name {
				return schema.Fields[i].Schema
			}
		}
	}
	return nil
}
