package contract

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// kinds is a set of kinds of JSON values.
type kinds uint8

const (
	isNull kinds = 1 << iota
	isBool
	isInteger
	isFraction
	isText
	isList
	isObject

	isNumber = isInteger | isFraction
	isScalar = isBool | isNumber | isText
	isAny    = isNull | isScalar | isList | isObject
)

// kinds are those that the schema allows.
func (s *schema) kinds() kinds {
	if s == nil {
		return isAny
	}
	return s.kindsOf(s.tree, 0)
}

// maxDepth bounds how deep schemas and forms are followed.
const maxDepth = 20

func (s *schema) kindsOf(tree any, depth int) kinds {
	m, ok := s.resolve(tree).(map[string]any)
	if !ok || depth > maxDepth {
		return isAny
	}
	k := isAny
	switch t := m["type"].(type) {
	case string:
		k = kindNamed(t)
	case []any:
		k = 0
		for _, one := range t {
			name, _ := one.(string)
			k |= kindNamed(name)
		}
	case nil:
		if m["properties"] != nil {
			k = isObject
		} else if m["items"] != nil {
			k = isList
		}
	}
	if enum, ok := m["enum"].([]any); ok {
		var of kinds
		for _, one := range enum {
			of |= kindOf(one)
		}
		k &= of
	}
	if one, ok := m["const"]; ok {
		k &= kindOf(one)
	}
	all, _ := m["allOf"].([]any)
	for _, part := range all {
		k &= s.kindsOf(part, depth+1)
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if parts, ok := m[key].([]any); ok {
			var of kinds
			for _, part := range parts {
				of |= s.kindsOf(part, depth+1)
			}
			k &= of
		}
	}
	return k
}

func kindNamed(name string) kinds {
	switch name {
	case "null":
		return isNull
	case "boolean":
		return isBool
	case "integer":
		return isInteger
	case "number":
		return isNumber
	case "string":
		return isText
	case "array":
		return isList
	case "object":
		return isObject
	}
	return isAny
}

func kindOf(v any) kinds {
	switch v.(type) {
	case nil:
		return isNull
	case bool:
		return isBool
	case float64, json.Number:
		return isNumber
	case string:
		return isText
	case []any:
		return isList
	}
	return isObject
}

// resolve follows references within the schema.
func (s *schema) resolve(tree any) any {
	for range maxDepth {
		m, ok := tree.(map[string]any)
		if !ok {
			return tree
		}
		ref, ok := m["$ref"].(string)
		if !ok {
			return tree
		}
		if ref == "#" {
			tree = s.tree
			continue
		}
		name, ok := strings.CutPrefix(ref, "#/$defs/")
		root, _ := s.tree.(map[string]any)
		defs, _ := root["$defs"].(map[string]any)
		if !ok || defs[name] == nil {
			return nil
		}
		tree = defs[name]
	}
	return nil
}

// property is the schema of a property; nil if none describes it.
func (s *schema) property(tree any, name string, depth int) any {
	m, ok := s.resolve(tree).(map[string]any)
	if !ok || depth > maxDepth {
		return nil
	}
	if properties, ok := m["properties"].(map[string]any); ok && properties[name] != nil {
		return properties[name]
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := m[key].([]any)
		for _, part := range parts {
			if found := s.property(part, name, depth+1); found != nil {
				return found
			}
		}
	}
	return m["additionalProperties"]
}

// has reports whether the schema describes a property of that name.
func (s *schema) has(name string) bool {
	found := s.property(s.tree, name, 0)
	return found != nil && found != false
}

// items is the schema of the elements of a list.
func (s *schema) items(tree any, depth int) any {
	m, ok := s.resolve(tree).(map[string]any)
	if !ok || depth > maxDepth {
		return nil
	}
	if m["items"] != nil {
		return m["items"]
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := m[key].([]any)
		for _, part := range parts {
			if found := s.items(part, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

func (s *schema) scalar(text string) any { return s.scalarOf(text, s.tree) }

// scalarOf is a text as the value of a kind that the schema allows.
func (s *schema) scalarOf(text string, tree any) any {
	k := s.kindsOf(tree, 0)
	switch {
	case k&isBool != 0 && (text == "true" || text == "false"):
		if k != isAny {
			return text == "true"
		}
	case k&isNumber != 0 && k != isAny && json.Valid([]byte(text)) && kindOfText(text)&k != 0:
		return json.Number(text)
	case k&isNull != 0 && k&isText == 0 && (text == "" || text == "null"):
		return nil
	}
	return text
}

// kindOfText is the kind of number that a text spells; 0 if it is none.
func kindOfText(text string) kinds {
	if text == "" || strings.IndexByte("-0123456789", text[0]) < 0 {
		return 0
	}
	if strings.ContainsAny(text, ".eE") {
		return isNumber // 1.0 is whole, too: the schema says
	}
	return isInteger
}

func (s *schema) list(texts []string) any { return s.listOf(texts, s.tree) }

func (s *schema) listOf(texts []string, tree any) any {
	items := s.items(tree, 0)
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = s.scalarOf(text, items)
	}
	return out
}

// node is a value of a form in the making: texts, or fields by name.
type node struct {
	texts  []string
	names  []string
	fields map[string]*node
}

// form makes an object of pairs whose names are `a`, `a[b]`, `a[]`, `a[0][b]`.
func (s *schema) form(pairs []pair) any {
	root := &node{}
	for _, p := range pairs {
		root.add(p.name, p.value)
	}
	return s.value(root, s.tree, 0)
}

func (n *node) add(name, value string) {
	head, rest, nested := strings.Cut(name, "[")
	at := n.field(head)
	for depth := 0; nested && depth < maxDepth; depth++ {
		var key string
		var closed bool
		if key, rest, closed = strings.Cut(rest, "]"); !closed {
			break
		}
		if key == "" && rest == "" {
			break
		}
		if key == "" {
			key = strconv.Itoa(len(at.names))
		}
		at = at.field(key)
		rest, nested = strings.CutPrefix(rest, "[")
	}
	at.texts = append(at.texts, value)
}

func (n *node) field(name string) *node {
	if n.fields == nil {
		n.fields = map[string]*node{}
	}
	if n.fields[name] == nil {
		n.fields[name] = &node{}
		n.names = append(n.names, name)
	}
	return n.fields[name]
}

// value is a node as the schema has it.
func (s *schema) value(n *node, tree any, depth int) any {
	k := s.kindsOf(tree, 0)
	switch {
	case depth > maxDepth:
		return nil
	case n.fields != nil && k&isList != 0 && numbered(n.names):
		items := s.items(tree, 0)
		out := make([]any, 0, len(n.names))
		for _, name := range n.names {
			out = append(out, s.value(n.fields[name], items, depth+1))
		}
		return out
	case n.fields != nil || len(n.texts) == 0:
		out := make(map[string]any, len(n.names))
		for _, name := range n.names {
			out[name] = s.value(n.fields[name], s.property(tree, name, 0), depth+1)
		}
		return out
	case len(n.texts) > 1, k&isList != 0 && k&isScalar == 0:
		if len(n.texts) == 1 && n.texts[0] == "" {
			return []any{} // how forms send an empty list
		}
		return s.listOf(n.texts, tree)
	case k&isObject != 0 && k&isScalar == 0:
		var v any
		d := json.NewDecoder(strings.NewReader(n.texts[0])) // an object in a form is written as JSON
		d.UseNumber()
		if d.Decode(&v) == nil {
			return v
		}
	}
	return s.scalarOf(n.texts[0], tree)
}

func numbered(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		_, err := strconv.Atoi(name)
		return err != nil
	})
}
