package openapi

import (
	"cmp"
	"slices"
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

// copy is an example with what a mock can hold: bounded, and without keys or numbers that are too long. Values are of the
// kind that the schema allows, if that is clear; the schema may be nil.
func (im *importer) copy(v, schema *value) *value {
	left := maxBodyValues
	out, ok := im.copyWithin(v, schema, 0, &left)
	if !ok || left < 0 {
		im.warn(v, CodeTooLong, "this example has more than %d values or is nested more than %d deep: it is shortened", maxBodyValues, 2*maxBodyDepth)
	}
	return out
}

func (im *importer) copyWithin(v, schema *value, depth int, left *int) (*value, bool) {
	im.made++
	if *left--; *left < 0 || depth > 2*maxBodyDepth || im.made > maxMade {
		return nil, false
	}
	v = im.fit(v, schema)
	whole := true
	switch v.kind {
	case kindList, kindObject:
		out := &value{kind: v.kind}
		for i, item := range v.items {
			var described *value
			switch {
			case schema == nil:
			case v.kind == kindList:
				described = im.element(schema, i, 0)
			default:
				described = im.property(schema, v.keys[i], 0)
			}
			c, ok := im.copyWithin(item, described, depth+1, left)
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
	im    *importer
	least bool // make no more than there must be
	left  int
	begun bool
	part  bool     // the next schema is one of several that a value is composed of: what others describe is left to them
	path  []*value // schemas that are being made, so that a circle ends
	bases []*value // of which a value of a derived type is being made
}

// value makes a value of a schema. It is false if the schema has no value that ends: a circle, or too much of it.
func (g *generator) value(schema *value, depth int) (*value, bool) {
	if !g.begun {
		g.begun, g.left = true, maxBodyValues
	}
	part := g.part
	g.part = false
	g.left--
	g.im.made++
	schema = g.im.schema(schema)
	switch {
	case schema == nil || g.left < 0 || g.im.made > maxMade:
		return nil, false
	case schema.kind == kindBool && schema.text == "true":
		return emptyObject(), true
	case schema.kind != kindObject:
		return nil, false
	case depth > maxBodyDepth || slices.Contains(g.path, schema):
		if g.im.nullable(schema) && g.im.kindsOf(schema) != isAny {
			return &value{}, true // the end of a chain
		}
		return nil, false
	}
	if !part && !g.least {
		if v, ok, isBase := g.derived(schema, depth); isBase {
			return v, ok
		}
	}
	g.path = append(g.path, schema)
	defer func() { g.path = g.path[:len(g.path)-1] }()
	if given := g.given(schema); given != nil {
		return given, true
	}
	v, ok := g.make(schema, depth, 0, part)
	if ok && demanding(schema) {
		v = g.mended(schema, v, depth, part)
	}
	return v, ok
}

// make makes a value of a schema that names none itself, of its alternatives from the given one on.
func (g *generator) make(schema *value, depth, choice int, part bool) (*value, bool) {
	t := g.typeOf(schema)
	if t != "object" && schema.find("allOf") >= 0 {
		schema = g.flat(schema)
		if given := g.given(schema); given != nil {
			return given, true
		}
	}
	switch t {
	case "object":
		return g.object(schema, depth, choice, part)
	case "array", "string", "integer", "number", "boolean":
		if v, ok := g.oneOf(schema, t, depth, choice); ok {
			return v, true
		}
	}
	switch t {
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
	return g.anyOf(schema, depth, choice)
}

// oneOf is the value of a schema whose alternatives say more about its one type: constants, formats, bounds.
func (g *generator) oneOf(schema *value, t string, depth, choice int) (*value, bool) {
	alternatives := alternativesOf(schema)
	for i := range alternatives {
		a := g.im.schema(alternatives[(choice+i)%len(alternatives)])
		if a == nil || a.kind != kindObject || typeName(a) != "" && typeName(a) != t && (t != "number" || typeName(a) != "integer") {
			continue
		}
		both := emptyObject()
		for _, of := range []*value{a, schema} {
			for j, key := range of.keys {
				if of == a || key != "oneOf" && key != "anyOf" {
					if both.find(key) < 0 {
						both.set(key, of.items[j])
					}
				}
			}
		}
		if len(alternativesOf(both)) > 0 && depth > maxBodyDepth {
			continue
		}
		if v := g.given(both); v != nil {
			if isType(v, t) {
				return v, true
			}
			continue
		}
		if v, ok := g.make(both, depth+1, 0, false); ok {
			return v, true
		}
	}
	return nil, false
}

// given is the value that a schema names itself: an example, a constant, a default, the first of an enumeration.
func (g *generator) given(schema *value) *value {
	found := schema.get("const")
	if found == nil {
		found = schema.get("example")
	}
	if examples := schema.list("examples"); found == nil && len(examples) > 0 {
		found = examples[0]
	}
	if found == nil {
		if found = schema.get("default"); found != nil && found.kind == kindNull && !g.im.nullable(schema) {
			found = nil
		}
	}
	if found != nil && g.least && found.kind >= kindList && schema.find("const") < 0 {
		found = nil // it may have more than it must
	}
	if enum := schema.list("enum"); found == nil && len(enum) > 0 {
		i := slices.IndexFunc(enum, func(v *value) bool { return v.kind != kindNull })
		found = enum[max(i, 0)]
	}
	if found == nil {
		return nil
	}
	return g.im.copy(found, schema)
}

// fit corrects what YAML or a careless author made of a value: 10 for a text, "10" for a number, JSON as a text.
func (im *importer) fit(v, schema *value) *value {
	if schema == nil {
		return v
	}
	k := im.kindsOf(schema)
	if k&kindOf(v) != 0 {
		return v
	}
	switch {
	case k&isText != 0 && (v.kind == kindNumber || v.kind == kindBool):
		return textOf(cmp.Or(v.source, v.text)) // 01234 is a postcode, not the number 668
	case k&isNumeric != 0 && v.kind == kindText && isNumber(v.text):
		return numberOf(v.text)
	case k&isBool != 0 && v.kind == kindText && (v.text == "true" || v.text == "false"):
		return boolean(v.text == "true")
	case k&(isObject|isList) != 0 && v.kind == kindText:
		if parsed, err := readJSON(im.ctx, []byte(v.text), maxBodyValues); err == nil && k&kindOf(parsed) != 0 {
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
	for _, part := range schema.list("allOf") {
		if part = g.im.schema(part); part == nil || slices.Contains(g.path, part) {
			continue
		}
		g.path = append(g.path, part)
		t := g.typeOf(part)
		g.path = g.path[:len(g.path)-1]
		if t != "" {
			return t
		}
	}
	for _, of := range []struct {
		typ      string
		keywords []string
	}{
		{"object", []string{"properties", "additionalProperties", "allOf", "required", "patternProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired"}},
		{"array", []string{"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"}},
		{"string", []string{"pattern", "minLength", "maxLength", "format"}},
		{"number", []string{"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"}},
	} {
		for _, k := range of.keywords {
			if schema.find(k) >= 0 {
				return of.typ
			}
		}
	}
	return ""
}

// flat is a schema with the keywords of all that it is composed of, its own first.
func (g *generator) flat(schema *value) *value {
	if schema.find("allOf") < 0 {
		return schema
	}
	out := emptyObject()
	var add func(*value, int)
	add = func(s *value, depth int) {
		if s = g.im.schema(s); s == nil || s.kind != kindObject || depth > maxBodyDepth || len(out.items) > maxKey {
			return
		}
		for i, key := range s.keys {
			if out.find(key) < 0 && key != "allOf" {
				out.set(key, s.items[i])
			}
		}
		for _, part := range s.list("allOf") {
			add(part, depth+1)
		}
	}
	add(schema, 0)
	return out
}

// anyOf is the value of a schema without a type: the first of its alternatives that has one, from the given one on, else
// an empty object.
func (g *generator) anyOf(schema *value, depth, choice int) (*value, bool) {
	alternatives := alternativesOf(schema)
	if len(alternatives) == 0 {
		return emptyObject(), true
	}
	for i := range alternatives {
		a := alternatives[(choice+i)%len(alternatives)]
		v, ok := g.value(a, depth)
		if !ok || v.kind == kindNull && len(alternatives) > 1 {
			continue
		}
		g.discriminate(schema, a, v)
		return v, true
	}
	if g.im.nullable(schema) {
		return &value{}, true
	}
	return nil, false
}
