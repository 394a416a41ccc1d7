package openapi

import (
	"slices"
	"strconv"
)

// alternativesOf are the schemas of which a value has to fit one.
func alternativesOf(schema *value) []*value {
	return slices.Concat(schema.list("oneOf"), schema.list("anyOf"))
}

// object is an object with the properties of a schema and of those it is composed of; of its alternatives the given one.
func (g *generator) object(schema *value, depth, choice int, part bool) (*value, bool) {
	out := emptyObject()
	for _, of := range schema.list("allOf") {
		g.part = true
		v, ok := g.value(of, depth)
		switch {
		case !ok && g.im.nullable(schema) && g.im.kindsOf(schema) != isAny:
			return &value{}, true // the end of a chain
		case !ok:
		case v.kind == kindObject:
			merge(out, v)
		case len(schema.list("allOf")) == 1 && schema.find("properties") < 0:
			return v, true // a type with a description around it
		}
	}
	if len(alternativesOf(schema)) > 0 {
		if v, ok := g.anyOf(schema, depth, choice); ok && v.kind == kindObject {
			merge(out, v)
		}
	}
	properties := schema.get("properties")
	if properties != nil && properties.kind == kindObject {
		for i, key := range properties.keys {
			if len(key) > maxKey || g.leaveOut(schema, properties.items[i], key) {
				continue
			}
			if v, ok := g.value(properties.items[i], depth+1); ok {
				out.set(key, v)
			}
		}
	}
	if condition := schema.get("if"); condition != nil { // what fits `if` and `then` fits
		for _, part := range []*value{condition, schema.get("then")} {
			if v, ok := g.value(part, depth); ok && v.kind == kindObject {
				merge(out, v)
			}
		}
	}
	if !part {
		g.require(out, schema, depth)
		g.inherited(out, schema)
	}
	g.more(out, schema, depth)
	return out, true
}

// merge adds the properties of an object to another.
func merge(to, from *value) {
	for i, key := range from.keys {
		to.set(key, from.items[i])
	}
}

// require adds properties that must be there although nothing describes them.
func (g *generator) require(out, schema *value, depth int) {
	names := g.required(schema, nil, 0)
	if dependent := schema.get("dependentRequired"); dependent != nil {
		for _, key := range out.keys {
			names = slices.Concat(names, dependent.list(key))
		}
	}
	for _, name := range names {
		if name.kind != kindText || len(name.text) > maxKey || out.find(name.text) >= 0 {
			continue
		}
		property := g.im.property(schema, name.text, 0)
		if g.im.schema(property).isTrue("writeOnly") {
			continue
		}
		v, ok := g.value(property, depth+1)
		if !ok && property != nil {
			continue // a circle, or nothing is allowed
		}
		if !ok {
			v = textOf(placeholder)
		}
		out.set(name.text, v)
	}
}

// required are the names of what must be there, of all schemas that the object is composed of.
func (g *generator) required(schema *value, names []*value, depth int) []*value {
	schema = g.im.schema(schema)
	if schema == nil || depth > maxBodyDepth || len(names) > maxBodyValues {
		return names
	}
	names = append(names, schema.list("required")...)
	for _, part := range schema.list("allOf") {
		names = g.required(part, names, depth+1)
	}
	return names
}

// undescribed is the schema of a property that is not among `properties`; nil if it may be anything.
func undescribed(schema *value, name string) *value {
	if patterns := schema.get("patternProperties"); patterns != nil && patterns.kind == kindObject {
		for i, pattern := range patterns.keys {
			if matches(pattern, name) {
				return patterns.items[i]
			}
		}
	}
	if additional := schema.get("additionalProperties"); additional != nil && (additional.kind == kindObject || additional.text == "false") {
		return additional
	}
	return nil
}

// more adds properties whose names are free: one where there is a schema for them, and as many as there must be.
func (g *generator) more(out, schema *value, depth int) {
	least := min(schema.count("minProperties", 0), 20)
	if patterns := schema.get("patternProperties"); patterns != nil && patterns.kind == kindObject && len(out.items) == 0 && (!g.least || least > 0) {
		for i, pattern := range patterns.keys[:min(len(patterns.keys), 5)] {
			if name, ok := matching(pattern, 1, maxKey); ok {
				if v, ok := g.value(patterns.items[i], depth+1); ok {
					out.set(name, v)
				}
			}
		}
	}
	additional := schema.get("additionalProperties")
	switch {
	case additional != nil && additional.kind == kindObject:
		if !g.least {
			least = max(least, 1)
		}
	case additional != nil && additional.text == "false":
		return
	default:
		additional = nil
	}
	for n := 0; len(out.items) < least && n < 40; n++ {
		name, ok := g.name(schema.get("propertyNames"), n)
		if !ok || out.find(name) >= 0 {
			continue
		}
		v, ok := textOf(placeholder), true
		if additional != nil {
			v, ok = g.value(additional, depth+1)
		}
		if ok {
			out.set(name, v)
		}
	}
}

// name is the nth name of a property that nothing names.
func (g *generator) name(names *value, n int) (string, bool) {
	names = g.im.schema(names)
	if enum := names.list("enum"); len(enum) > 0 {
		return enum[n%len(enum)].text, enum[n%len(enum)].kind == kindText && len(enum[n%len(enum)].text) <= maxKey
	}
	if pattern := names.string("pattern"); pattern != "" {
		return matching(pattern, names.count("minLength", 1)+n, names.count("maxLength", maxKey))
	}
	return "key" + map[bool]string{true: strconv.Itoa(n + 1)}[n > 0], true
}

// leaveOut reports whether a property is not part of what is made.
func (g *generator) leaveOut(schema, property *value, key string) bool {
	return g.im.schema(property).isTrue("writeOnly") || g.least && !schema.has("required", key)
}
