package openapi

import "fmt"

// maxItems is how many elements are made of a list at most.
const maxItems = 100

// array is a list of as few elements as the schema allows, but one if it allows one.
func (g *generator) array(schema *value, depth int) (*value, bool) {
	out := listOf()
	for _, item := range schema.list("prefixItems") {
		if v, ok := g.value(item, depth+1); ok {
			out.items = append(out.items, v)
		}
	}
	if contains := schema.get("contains"); contains != nil && len(out.items) == 0 {
		for n := range min(max(schema.count("minContains", 1), schema.count("minItems", 1)), maxItems) {
			v, ok := g.value(contains, depth+1)
			if ok && n > 0 && schema.isTrue("uniqueItems") {
				v, ok = g.another(contains, v, n)
			}
			if !ok {
				break
			}
			out.items = append(out.items, v)
		}
	}
	items := schema.get("items")
	if items == nil || items.kind == kindBool || len(out.items) > 0 {
		return out, true
	}
	least := 1
	if g.least {
		least = 0
	}
	for n := range min(max(schema.count("minItems", least), least), schema.count("maxItems", maxItems), maxItems) {
		v, ok := g.value(items, depth+1)
		if !ok {
			break
		}
		if n > 0 && schema.isTrue("uniqueItems") {
			if v, ok = g.another(items, v, n); !ok {
				break
			}
		}
		out.items = append(out.items, v)
	}
	if len(out.items) == 0 && schema.count("minItems", 0) > 0 && g.im.nullable(schema) {
		return &value{}, true // its elements lead back to it, and none is too few: the end of a chain
	}
	return out, true
}

// another is the nth value of a schema whose first one is v, if it is easy to tell.
func (g *generator) another(schema, v *value, n int) (*value, bool) {
	schema = g.im.schema(schema)
	if enum := schema.list("enum"); len(enum) > 0 {
		if n >= len(enum) {
			return nil, false
		}
		return g.im.copy(enum[n], schema), true
	}
	switch v.kind {
	case kindNumber:
		return g.number(schema, typeName(schema) == "integer", n), true
	case kindText:
		if schema.find("pattern") < 0 && schema.find("maxLength") < 0 && schema.find("format") < 0 {
			return textOf(fmt.Sprintf("%s%d", v.text, n+1)), true
		}
	case kindNull, kindBool, kindList, kindObject:
	}
	return nil, false
}
