package openapi

import (
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// demanding reports whether what is made of a schema keyword by keyword may still not fit it as a whole.
func demanding(schema *value) bool {
	for _, key := range schema.keys {
		switch key {
		case "oneOf", "anyOf", "not", "if", "dependentRequired", "dependentSchemas", "propertyNames", "contains", "uniqueItems",
			"minProperties", "maxProperties", "patternProperties":
			return true
		}
	}
	return false
}

// mended is v if the schema allows it, else another value that it allows, else v.
func (g *generator) mended(schema, v *value, depth int, part bool) *value {
	c := checker{im: g.im, left: maxChecks}
	if c.allows(schema, v, 0) {
		return v
	}
	for _, other := range g.others(schema, v, depth, part) {
		if other != nil && c.allows(schema, other, 0) {
			return other
		}
	}
	return v
}

// maxChoices bounds the alternatives of a schema that are tried.
const maxChoices = 8

// others are values that a schema may allow when it does not allow v.
func (g *generator) others(schema, v *value, depth int, part bool) []*value {
	var found []*value
	for choice := range max(1, min(len(alternativesOf(schema)), maxChoices)) {
		other := v
		if choice > 0 {
			var ok bool
			if other, ok = g.make(schema, depth, choice, part); !ok {
				continue
			}
			found = append(found, other)
		}
		if other.kind == kindObject {
			needed := g.needed(schema, choice, map[string]bool{}, 0)
			for _, one := range other.keys[:min(len(other.keys), maxChoices)] {
				if g.unwanted(schema, one) {
					found = append(found, without(other, func(key string) bool { return key == one }))
				}
			}
			found = append(found, without(other, func(key string) bool { return g.unwanted(schema, key) && !needed[key] }))
			found = append(found, without(other, func(key string) bool { return !needed[key] }))
			found = append(found, first(other, needed, schema.count("maxProperties", maxBodyValues)))
		}
	}
	switch t := g.typeOf(schema); t {
	case "integer", "number":
		for n := 1; n < 4; n++ {
			found = append(found, g.number(g.flat(schema), t == "integer", n), g.number(g.flat(schema), t == "integer", -n))
		}
	case "string":
		found = append(found, textOf(v.text+"2"), textOf("a"), textOf("1"), textOf(""))
	case "boolean":
		found = append(found, boolean(false))
	case "":
		found = append(found, textOf(placeholder), integer(1), boolean(true), listOf(), &value{})
	}
	return found
}

// needed are the properties that must be there, with the chosen alternative.
func (g *generator) needed(schema *value, choice int, names map[string]bool, depth int) map[string]bool {
	if schema = g.im.schema(schema); schema == nil || depth > maxBodyDepth || len(names) > maxBodyValues {
		return names
	}
	for _, name := range schema.list("required") {
		names[name.text] = true
	}
	parts := append([]*value{schema.get("if"), schema.get("then")}, schema.list("allOf")...)
	if alternatives := alternativesOf(schema); len(alternatives) > 0 {
		parts = append(parts, alternatives[choice%len(alternatives)])
	}
	for _, part := range parts {
		if part != nil {
			g.needed(part, 0, names, depth+1)
		}
	}
	return names
}

// unwanted reports whether an alternative of the schema, or what it forbids, asks for a property.
func (g *generator) unwanted(schema *value, key string) bool {
	for _, a := range append(alternativesOf(schema), schema.get("not")) {
		if a = g.im.schema(a); a.has("required", key) {
			return true
		}
		for _, part := range alternativesOf(a) {
			if g.im.schema(part).has("required", key) {
				return true
			}
		}
	}
	return false
}

// without is an object without some of its properties.
func without(v *value, remove func(key string) bool) *value {
	out := emptyObject()
	for i, key := range v.keys {
		if !remove(key) {
			out.set(key, v.items[i])
		}
	}
	return out
}

// first is an object with at most n properties, the needed ones before others.
func first(v *value, needed map[string]bool, n int) *value {
	n -= len(needed)
	return without(v, func(key string) bool {
		if needed[key] {
			return false
		}
		n--
		return n < 0
	})
}

// maxChecks bounds how many values and schemas are compared for one value; past it everything is allowed.
const maxChecks = 20_000

// maxCompared bounds the elements of a list that are compared with each other.
const maxCompared = 100

// checker says whether a schema allows a value, as far as it has the keywords that occur. What it does not know it allows.
type checker struct {
	im   *importer
	left int
}

func (c *checker) allows(schema, v *value, depth int) bool {
	c.left--
	c.im.made++
	if schema = c.im.schema(schema); schema == nil || c.left < 0 || depth > 2*maxBodyDepth {
		return true
	}
	if schema.kind == kindBool {
		return schema.text == "true"
	}
	if v.kind == kindNull && (schema.isTrue("nullable") || schema.isTrue("x-nullable")) {
		return true
	}
	return c.kind(schema, v) && c.composed(schema, v, depth) && c.scalar(schema, v) && c.list(schema, v, depth) && c.object(schema, v, depth)
}

func (c *checker) kind(schema, v *value) bool {
	if want := schema.get("const"); want != nil && !equal(want, v) {
		return false
	}
	if enum := schema.list("enum"); enum != nil {
		found := false
		for _, want := range enum {
			found = found || equal(want, v)
		}
		if !found {
			return false
		}
	}
	t := schema.get("type")
	if t == nil {
		return true
	}
	names := t.items
	if t.kind == kindText {
		names = []*value{t}
	}
	for _, name := range names {
		if isType(v, name.text) {
			return true
		}
	}
	return len(names) == 0
}

func isType(v *value, name string) bool {
	switch name {
	case "object":
		return v.kind == kindObject
	case "array":
		return v.kind == kindList
	case "string":
		return v.kind == kindText
	case "boolean":
		return v.kind == kindBool
	case "null":
		return v.kind == kindNull
	case "number":
		return v.kind == kindNumber
	case "integer":
		f, err := strconv.ParseFloat(v.text, 64)
		return v.kind == kindNumber && err == nil && f == math.Trunc(f)
	}
	return true
}

func (c *checker) composed(schema, v *value, depth int) bool {
	for _, part := range schema.list("allOf") {
		if !c.allows(part, v, depth+1) {
			return false
		}
	}
	count := func(list []*value) int {
		n := 0
		for _, part := range list {
			if c.allows(part, v, depth+1) {
				n++
			}
		}
		return n
	}
	if list := schema.list("anyOf"); len(list) > 0 && count(list) == 0 {
		return false
	}
	if list := schema.list("oneOf"); len(list) > 0 {
		if n := count(list); n == 0 || n > 1 && schema.find("discriminator") < 0 { // which says itself which one it is
			return false
		}
	}
	if not := schema.get("not"); not != nil && c.allows(not, v, depth+1) {
		return false
	}
	if condition := schema.get("if"); condition != nil {
		branch := schema.get("else")
		if c.allows(condition, v, depth+1) {
			branch = schema.get("then")
		}
		return branch == nil || c.allows(branch, v, depth+1)
	}
	return true
}

func (c *checker) scalar(schema, v *value) bool {
	switch v.kind {
	case kindText:
		n := utf8.RuneCountInString(v.text)
		if n < schema.count("minLength", 0) || n > schema.count("maxLength", math.MaxInt) {
			return false
		}
		if pattern := schema.string("pattern"); pattern != "" && len(pattern) <= maxPattern {
			re, err := regexp.Compile(pattern)
			return err != nil || re.MatchString(v.text)
		}
	case kindNumber:
		f, err := strconv.ParseFloat(v.text, 64)
		if err != nil {
			return true
		}
		if low, ok := schema.number("minimum"); ok && (f < low || f == low && schema.isTrue("exclusiveMinimum")) {
			return false
		}
		if high, ok := schema.number("maximum"); ok && (f > high || f == high && schema.isTrue("exclusiveMaximum")) {
			return false
		}
		if low, ok := schema.number("exclusiveMinimum"); ok && f <= low {
			return false
		}
		if high, ok := schema.number("exclusiveMaximum"); ok && f >= high {
			return false
		}
		if m, ok := schema.number("multipleOf"); ok && m > 0 {
			return math.Abs(f/m-math.Round(f/m)) < 1e-9
		}
	case kindNull, kindBool, kindList, kindObject:
	}
	return true
}

func (c *checker) list(schema, v *value, depth int) bool {
	if v.kind != kindList {
		return true
	}
	if len(v.items) < schema.count("minItems", 0) || len(v.items) > schema.count("maxItems", math.MaxInt) {
		return false
	}
	prefix, items, contains, contained := schema.list("prefixItems"), schema.get("items"), schema.get("contains"), 0
	for i, item := range v.items {
		each := items
		if i < len(prefix) {
			each = prefix[i]
		}
		if each != nil && !c.allows(each, item, depth+1) {
			return false
		}
		if contains != nil && c.allows(contains, item, depth+1) {
			contained++
		}
		for _, other := range v.items[:i] {
			if i < maxCompared && schema.isTrue("uniqueItems") && equal(other, item) {
				return false
			}
		}
	}
	return contains == nil || contained >= schema.count("minContains", 1) && contained <= schema.count("maxContains", math.MaxInt)
}

func (c *checker) object(schema, v *value, depth int) bool {
	if v.kind != kindObject {
		return true
	}
	if len(v.items) < schema.count("minProperties", 0) || len(v.items) > schema.count("maxProperties", math.MaxInt) {
		return false
	}
	properties, patterns := schema.get("properties"), schema.get("patternProperties")
	for _, name := range schema.list("required") {
		if v.find(name.text) < 0 && !c.im.schema(properties.get(name.text)).isTrue("writeOnly") {
			return false
		}
	}
	for i, key := range v.keys {
		described := false
		if property := properties.get(key); property != nil {
			described = true
			if !c.allows(property, v.items[i], depth+1) {
				return false
			}
		}
		if patterns != nil {
			for j, pattern := range patterns.keys {
				if matches(pattern, key) {
					described = true
					if !c.allows(patterns.items[j], v.items[i], depth+1) {
						return false
					}
				}
			}
		}
		if additional := schema.get("additionalProperties"); additional != nil && !described && !c.allows(additional, v.items[i], depth+1) {
			return false
		}
		if names := schema.get("propertyNames"); names != nil && !c.allows(names, textOf(key), depth+1) {
			return false
		}
		for _, needed := range schema.get("dependentRequired").list(key) {
			if v.find(needed.text) < 0 {
				return false
			}
		}
		if dependent := schema.get("dependentSchemas").get(key); dependent != nil && !c.allows(dependent, v, depth+1) {
			return false
		}
	}
	return true
}

// equal reports whether two values are the same in JSON.
func equal(a, b *value) bool {
	if a.kind != b.kind || len(a.items) != len(b.items) {
		return false
	}
	switch a.kind {
	case kindNumber:
		x, errX := strconv.ParseFloat(a.text, 64)
		y, errY := strconv.ParseFloat(b.text, 64)
		return a.text == b.text || errX == nil && errY == nil && x == y
	case kindList:
		for i := range a.items {
			if !equal(a.items[i], b.items[i]) {
				return false
			}
		}
		return true
	case kindObject:
		for i, key := range a.keys {
			other := b.get(key)
			if other == nil || !equal(a.items[i], other) {
				return false
			}
		}
		return true
	case kindNull, kindBool, kindText:
	}
	return a.text == b.text
}
