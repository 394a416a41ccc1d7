package openapi

import (
	"path"
	"slices"
	"strings"
)

// discriminate writes into v which alternative it is.
func (g *generator) discriminate(schema, alternative, v *value) {
	d := schema.get("discriminator")
	ref := alternative.string("$ref")
	if ref == "" {
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
	identify(v, propertyOf(d), name)
}

// propertyOf is the property that a discriminator names.
func propertyOf(d *value) string {
	if d != nil && d.kind == kindText { // Swagger 2
		return d.text
	}
	return d.string("propertyName")
}

// identify writes into v which type it is, unless its schema says that already.
func identify(v *value, property, name string) {
	if v.kind != kindObject || property == "" || len(property) > maxKey {
		return
	}
	if old := v.get(property); old == nil || old.text == placeholder {
		v.set(property, textOf(name))
	}
}

// derived is a value of a type that is derived from the base type that schema is: a caller who reads the discriminator finds
// one that exists.
func (g *generator) derived(schema *value, depth int) (v *value, ok, isBase bool) {
	property := propertyOf(schema.get("discriminator"))
	if property == "" || len(alternativesOf(schema)) > 0 || slices.Contains(g.bases, schema) {
		return nil, false, false
	}
	g.bases = append(g.bases, schema)
	defer func() { g.bases = g.bases[:len(g.bases)-1] }()
	for _, m := range g.im.members(schema) {
		if v, ok := g.value(m.schema, depth); ok && v.kind == kindObject {
			identify(v, property, m.name)
			return v, true, true
		}
	}
	v, ok = g.value(schema, depth)
	if f := g.im.family(schema); ok && f != nil {
		identify(v, property, f.name)
	}
	return v, ok, true
}

// inherited writes into v which type it is, if its schema is derived from a base type.
func (g *generator) inherited(v, schema *value) {
	for _, of := range schema.list("allOf") {
		base := g.im.schema(of)
		property := propertyOf(base.get("discriminator"))
		if property == "" {
			continue
		}
		for _, m := range g.im.members(base) {
			if g.im.schema(m.schema) == schema {
				identify(v, property, m.name)
			}
		}
		if f := g.im.family(schema); f != nil {
			identify(v, property, f.name)
		}
	}
}

// family is a named schema and the names of those that are derived from it.
type family struct {
	name    string
	derived []derived
}

type derived struct {
	name   string
	schema *value
}

// members are the types derived from a base type: those that its discriminator maps names to, else all that name it in
// their allOf.
func (im *importer) members(base *value) []derived {
	mapping := base.get("discriminator").get("mapping")
	if mapping == nil || mapping.kind != kindObject || len(mapping.items) == 0 {
		if f := im.family(base); f != nil {
			return f.derived
		}
		return nil
	}
	var found []derived
	for i, to := range mapping.items[:min(len(mapping.items), maxChoices)] {
		target := to.text
		if !strings.ContainsAny(target, "#/.") {
			target = "#/components/schemas/" + target
		}
		ref := &value{kind: kindObject, line: to.line, column: to.column}
		ref.set("$ref", &value{kind: kindText, text: target, line: to.line, column: to.column})
		found = append(found, derived{mapping.keys[i], ref})
	}
	return found
}

// family is what is known of a schema that the document names; nil if it does not.
func (im *importer) family(schema *value) *family {
	if im.families == nil {
		im.families = map[*value]*family{}
		named := im.root.get("components").get("schemas")
		if im.version == 2 {
			named = im.root.get("definitions")
		}
		if named == nil || named.kind != kindObject {
			return nil
		}
		for i, name := range named.keys {
			if im.families[named.items[i]] == nil {
				im.families[named.items[i]] = &family{name: name}
			}
		}
		for i, name := range named.keys {
			for _, part := range named.items[i].list("allOf") {
				if part.string("$ref") == "" {
					continue
				}
				if f := im.families[im.resolve(part)]; f != nil && len(f.derived) < maxChoices {
					f.derived = append(f.derived, derived{name, named.items[i]})
				}
			}
		}
	}
	return im.families[schema]
}
