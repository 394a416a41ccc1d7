package openapi

import "strings"

// kinds is a set of kinds of JSON values.
type kinds uint8

const (
	isNull kinds = 1 << iota
	isBool
	isInteger
	isFraction // a number that is not whole
	isText
	isList
	isObject

	isNumeric = isInteger | isFraction
	isAny     = isNull | isBool | isNumeric | isText | isList | isObject
)

// kindsOf are the kinds of the values that a schema allows: what its type, its values, and the schemas it is composed of
// have in common. A schema that says nothing about them allows any.
func (im *importer) kindsOf(schema *value) kinds {
	schema = im.schema(schema)
	if schema == nil || schema.kind != kindObject {
		return isAny
	}
	if k, ok := im.known[schema]; ok {
		return k
	}
	im.known[schema] = isAny // for a circle
	k := im.ownKinds(schema)
	im.known[schema] = k
	return k
}

func (im *importer) ownKinds(schema *value) kinds {
	k := isAny
	narrow := func(to kinds) {
		if k&to != 0 {
			k &= to
		}
	}
	if t := schema.get("type"); t != nil {
		narrow(typeKinds(t))
	} else {
		narrow(impliedKinds(schema))
	}
	if want := schema.get("const"); want != nil {
		narrow(kindOf(want))
	} else if enum := schema.list("enum"); len(enum) > 0 {
		var all kinds
		for _, want := range enum {
			all |= kindOf(want)
		}
		narrow(all)
	}
	for _, part := range schema.list("allOf") {
		narrow(im.kindsOf(part))
	}
	for _, alternatives := range []string{"oneOf", "anyOf"} {
		var all kinds
		for _, part := range schema.list(alternatives) {
			all |= im.kindsOf(part)
		}
		narrow(all)
	}
	if schema.isTrue("nullable") || schema.isTrue("x-nullable") {
		k |= isNull
	}
	return k
}

// typeKinds are the kinds that `type` names; any if it names none that is known.
func typeKinds(t *value) kinds {
	names := t.items
	if t.kind == kindText {
		names = []*value{t}
	}
	var k kinds
	for _, name := range names {
		switch name.text {
		case "null", "":
			k |= isNull
		case "boolean":
			k |= isBool
		case "integer":
			k |= isInteger
		case "number":
			k |= isNumeric
		case "string":
			k |= isText
		case "array":
			k |= isList
		case "object":
			k |= isObject
		default:
			return isAny
		}
	}
	if k == 0 {
		return isAny
	}
	return k
}

// impliedKinds are the kinds that a schema without a type means, though strictly it allows others too.
func impliedKinds(schema *value) kinds {
	for _, key := range []string{"properties", "additionalProperties", "required", "patternProperties", "dependentRequired"} {
		if schema.find(key) >= 0 {
			return isObject
		}
	}
	if schema.find("items") >= 0 || schema.find("prefixItems") >= 0 {
		return isList
	}
	return isAny
}

// kindOf is the kind of a value.
func kindOf(v *value) kinds {
	switch v.kind {
	case kindNull:
		return isNull
	case kindBool:
		return isBool
	case kindText:
		return isText
	case kindList:
		return isList
	case kindObject:
		return isObject
	case kindNumber:
		if strings.ContainsAny(v.text, ".eE") && !isType(v, "integer") {
			return isFraction
		}
	}
	return isInteger
}

// nullable reports whether a schema allows null.
func (im *importer) nullable(schema *value) bool { return im.kindsOf(schema)&isNull != 0 }

// property is the schema of a property in a schema or in those it is composed of; nil if none describes it.
func (im *importer) property(schema *value, name string, depth int) *value {
	schema = im.schema(schema)
	if schema == nil || schema.kind != kindObject || depth > maxBodyDepth {
		return nil
	}
	if property := schema.get("properties").get(name); property != nil {
		return property
	}
	for _, list := range [][]*value{schema.list("allOf"), schema.list("oneOf"), schema.list("anyOf")} {
		for _, part := range list {
			if property := im.property(part, name, depth+1); property != nil {
				return property
			}
		}
	}
	return undescribed(schema, name)
}

// element is the schema of the nth element of a list; nil if it may be anything.
func (im *importer) element(schema *value, n, depth int) *value {
	schema = im.schema(schema)
	if schema == nil || schema.kind != kindObject || depth > maxBodyDepth {
		return nil
	}
	if prefix := schema.list("prefixItems"); n < len(prefix) {
		return prefix[n]
	}
	if items := schema.get("items"); items != nil {
		return items
	}
	for _, part := range schema.list("allOf") {
		if items := im.element(part, n, depth+1); items != nil {
			return items
		}
	}
	return nil
}
