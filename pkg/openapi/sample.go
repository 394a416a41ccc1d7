package openapi

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
)

// The bounds of what is made: of one body, and of all bodies of a mock.
const (
	maxBodyValues = 5000
	maxBodyDepth  = 20
	maxMade       = 1_000_000
	maxKey        = 200 // bytes of a property's name
	maxNumber     = 300 // bytes of a number
	maxString     = 64 << 10
)

// copy is an example with what a mock can hold: bounded, and without keys or numbers that are too long.
func (im *importer) copy(v *value) *value {
	left := maxBodyValues
	out, ok := im.copyWithin(v, 0, &left)
	if !ok || left < 0 {
		im.warn(v, CodeTooLong, "this example has more than %d values or is nested more than %d deep: it is shortened", maxBodyValues, 2*maxBodyDepth)
	}
	return out
}

func (im *importer) copyWithin(v *value, depth int, left *int) (*value, bool) {
	im.made++
	if *left--; *left < 0 || depth > 2*maxBodyDepth || im.made > maxMade {
		return nil, false
	}
	whole := true
	switch v.kind {
	case kindList, kindObject:
		out := &value{kind: v.kind}
		for i, item := range v.items {
			c, ok := im.copyWithin(item, depth+1, left)
			whole = whole && ok
			switch {
			case c == nil:
			case v.kind == kindList:
				out.items = append(out.items, c)
			case len(v.keys[i]) <= maxKey:
				out.set(v.keys[i], c)
			}
			if *left < 0 {
				break
			}
		}
		return out, whole
	case kindNumber:
		if len(v.text) > maxNumber {
			return nil, false
		}
	case kindText:
		if len(v.text) > maxString {
			return nil, false
		}
	case kindNull, kindBool:
	}
	return v, true
}

// generator makes a value that a schema allows.
type generator struct {
	im *importer
	// request makes the shape of a request: only what is required, and of the type alone, since it is checked against.
	request bool
	left    int
	begun   bool
	path    []*value // schemas that are being made, so that a circle ends
}

// value makes a value of a schema. It is false if the schema has no value that ends: a circle, or too much of it.
func (g *generator) value(schema *value, depth int) (*value, bool) {
	if !g.begun {
		g.begun, g.left = true, maxBodyValues
	}
	g.left--
	g.im.made++
	schema = g.im.resolve(schema)
	switch {
	case schema == nil || g.left < 0 || depth > maxBodyDepth || g.im.made > maxMade || slices.Contains(g.path, schema):
		return nil, false
	case schema.kind == kindBool && schema.text == "true":
		return emptyObject(), true
	case schema.kind != kindObject:
		return nil, false
	}
	g.path = append(g.path, schema)
	defer func() { g.path = g.path[:len(g.path)-1] }()
	if given := g.given(schema); given != nil {
		return given, true
	}
	switch t := g.typeOf(schema); t {
	case "object":
		return g.object(schema, depth)
	case "array":
		return g.array(schema, depth)
	case "string":
		return g.string(schema), true
	case "integer", "number":
		return g.number(schema, t == "integer", 0), true
	case "boolean":
		return boolean(true), true
	case "null":
		return &value{}, true
	case "file":
		return nil, false
	}
	return g.anyOf(schema, depth)
}

// given is the value that a schema names itself: an example, a constant, a default, the first of an enumeration.
func (g *generator) given(schema *value) *value {
	found := schema.get("const")
	if !g.request {
		if example := schema.get("example"); found == nil && example != nil {
			found = example
		}
		if examples := schema.list("examples"); found == nil && len(examples) > 0 {
			found = examples[0]
		}
		if found == nil {
			if found = schema.get("default"); found != nil && found.kind == kindNull {
				found = nil
			}
		}
	}
	if enum := schema.list("enum"); found == nil && len(enum) > 0 {
		i := slices.IndexFunc(enum, func(v *value) bool { return v.kind != kindNull })
		found = enum[max(i, 0)]
	}
	if found == nil {
		return nil
	}
	return g.im.copy(fit(found, g.typeOf(schema)))
}

// fit corrects what YAML or a careless author made of an example: 10 for a text, "10" for a number, JSON as a text.
func fit(v *value, typ string) *value {
	switch {
	case typ == "string" && (v.kind == kindNumber || v.kind == kindBool):
		return textOf(cmp.Or(v.source, v.text)) // 01234 is a postcode, not the number 668
	case (typ == "integer" || typ == "number") && v.kind == kindText && isNumber(v.text):
		return numberOf(v.text)
	case typ == "boolean" && v.kind == kindText && (v.text == "true" || v.text == "false"):
		return boolean(v.text == "true")
	case (typ == "object" || typ == "array") && v.kind == kindText:
		if parsed, err := readJSON([]byte(v.text), maxBodyValues); err == nil && parsed.kind >= kindList {
			return parsed
		}
	}
	return v
}

// typeOf is the type that a schema names or that its keywords belong to.
func (g *generator) typeOf(schema *value) string {
	if t := typeName(schema); t != "" {
		return t
	}
	if t := schema.get("type"); t != nil && (t.kind == kindNull || t.kind == kindList && len(t.items) > 0) {
		return "null"
	}
	for _, of := range []struct {
		typ      string
		keywords []string
	}{
		{"object", []string{"properties", "additionalProperties", "allOf"}},
		{"array", []string{"items", "prefixItems"}},
		{"string", []string{"pattern", "minLength", "maxLength", "format"}},
		{"number", []string{"minimum", "maximum", "multipleOf"}},
	} {
		for _, k := range of.keywords {
			if schema.find(k) >= 0 {
				return of.typ
			}
		}
	}
	return ""
}

// anyOf is the value of a schema without a type: the first of its alternatives that has one, else an empty object.
func (g *generator) anyOf(schema *value, depth int) (*value, bool) {
	alternatives := slices.Concat(schema.list("oneOf"), schema.list("anyOf"))
	if len(alternatives) == 0 {
		return emptyObject(), true
	}
	for _, a := range alternatives {
		v, ok := g.value(a, depth)
		if !ok || v.kind == kindNull && len(alternatives) > 1 {
			continue
		}
		if g.request && len(alternatives) > 1 { // one of several shapes: what all have in common is not known
			return nil, false
		}
		g.discriminate(schema, a, v)
		return v, true
	}
	return nil, false
}

// discriminate writes into v which alternative it is.
func (g *generator) discriminate(schema, alternative, v *value) {
	d := schema.get("discriminator")
	property, ref := d.string("propertyName"), alternative.string("$ref")
	if v.kind != kindObject || property == "" || ref == "" || len(property) > maxKey {
		return
	}
	name := path.Base(ref)
	if mapping := d.get("mapping"); mapping != nil && mapping.kind == kindObject {
		for i, to := range mapping.items {
			if to.text == ref || to.text == path.Base(ref) {
				name = mapping.keys[i]
				break
			}
		}
	}
	if old := v.get(property); old == nil || old.text == placeholder {
		v.set(property, textOf(name))
	}
}

// object is an object with the properties of a schema and of those it is composed of.
func (g *generator) object(schema *value, depth int) (*value, bool) {
	out := emptyObject()
	for _, part := range schema.list("allOf") {
		v, ok := g.value(part, depth)
		switch {
		case !ok:
		case v.kind == kindObject:
			for i, key := range v.keys {
				out.set(key, v.items[i])
			}
		case len(schema.list("allOf")) == 1 && schema.find("properties") < 0:
			return v, true // a type with a description around it
		}
	}
	if alternatives := slices.Concat(schema.list("oneOf"), schema.list("anyOf")); len(alternatives) > 0 && !g.request {
		if v, ok := g.anyOf(schema, depth); ok && v.kind == kindObject {
			for i, key := range v.keys {
				out.set(key, v.items[i])
			}
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
	additional := schema.get("additionalProperties")
	if additional == nil || additional.kind == kindBool || g.request {
		return out, true
	}
	for n := len(out.items); n < max(1, min(schema.count("minProperties", 1), 5)); n++ {
		if v, ok := g.value(additional, depth+1); ok {
			out.set("key"+map[bool]string{true: strconv.Itoa(n + 1)}[n > 0], v)
		}
	}
	return out, true
}

// leaveOut reports whether a property is not part of what is made.
func (g *generator) leaveOut(schema, property *value, key string) bool {
	required := schema.has("required", key) || property.isTrue("required") && property.find("in") >= 0
	property = g.im.resolve(property)
	if g.request {
		return !required || property.isTrue("readOnly") || property.isTrue("nullable") || property.has("type", "null")
	}
	return property.isTrue("writeOnly")
}

// array is a list of as few elements as the schema allows, but one if it allows one.
func (g *generator) array(schema *value, depth int) (*value, bool) {
	out := listOf()
	for _, item := range schema.list("prefixItems") {
		if v, ok := g.value(item, depth+1); ok {
			out.items = append(out.items, v)
		}
	}
	items := schema.get("items")
	if items == nil || items.kind == kindBool || len(out.items) > 0 {
		return out, true
	}
	for n := range min(max(schema.count("minItems", 1), 1), schema.count("maxItems", 20), 20) {
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
		if g.request {
			break
		}
	}
	return out, true
}

// another is the nth value of a schema whose first one is v, if it is easy to tell.
func (g *generator) another(schema, v *value, n int) (*value, bool) {
	schema = g.im.resolve(schema)
	if enum := schema.list("enum"); len(enum) > 0 {
		if n >= len(enum) {
			return nil, false
		}
		return g.im.copy(enum[n]), true
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
