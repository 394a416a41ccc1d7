package mockspec

import (
	"encoding/json"
	"strings"
)

// SchemaID is the name of the JSON Schema.
const SchemaID = "urn:mocloud:mock"

// JSONSchema returns the JSON Schema (draft 2020-12) of a mock, for editors: completion, hovers, slips. It is made
// from the same tables of keys that Parse reads with, and is stricter in one thing: unknown keys, which Parse may only
// warn about, are errors.
func JSONSchema() []byte {
	defs := map[string]any{}
	schema := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         SchemaID,
		"title":       "mock",
		"description": "A mock: a list of HTTP endpoints and WebSockets.",
		"type":        "array",
		"items":       itemTable.schema(defs, "item"),
		"$defs":       defs,
	}
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil { // maps of texts and numbers always can
		return nil
	}
	return append(out, '\n')
}

type object = map[string]any

// schema adds the definition of t under the given name and returns a reference to it.
func (t *table) schema(defs object, name string) object {
	if _, ok := defs[name]; ok {
		return object{"$ref": "#/$defs/" + name}
	}
	properties := object{}
	def := object{
		"type": "object", "description": t.doc, "properties": properties,
		"patternProperties": object{"^x-": object{}}, "additionalProperties": false,
	}
	defs[name] = def
	var required []string
	for i := range t.keys {
		k := &t.keys[i]
		if k.unread || k.later || k.instead != "" {
			continue
		}
		if k.missing != "" {
			required = append(required, k.name)
		}
		p := k.schema(defs, name)
		p["description"] = k.hover()
		properties[k.name] = p
	}
	if required != nil {
		def["required"] = required
	}
	if t == itemTable {
		def["minProperties"] = 1
	}
	return object{"$ref": "#/$defs/" + name}
}

// hover is the description of a key with its default.
func (k *key) hover() string {
	if k.def == "" {
		return k.doc
	}
	return k.doc + " Default: " + k.def + "."
}

// schema is the schema of the key's value; parent is the name of the map that has the key.
func (k *key) schema(defs object, parent string) object {
	scalar := []string{"string", "number", "boolean"}
	child := func() object {
		name := k.name
		switch {
		case parent == "item" && k.child == folderTable:
			name = "external-bodies"
		case k.child == errorTable:
			name = "error"
		}
		return k.child.schema(defs, name)
	}
	switch k.kind {
	case kindHost:
		return object{"type": "string"}
	case kindMethod:
		return object{"enum": bothCases(k.values)}
	case kindMethods:
		return object{"anyOf": []object{
			{"enum": append(bothCases(k.values), MethodAny, strings.ToLower(MethodAny))},
			{"type": "array", "items": object{"enum": bothCases(k.values)}, "minItems": 1, "uniqueItems": true},
		}}
	case kindIf:
		return object{"anyOf": []object{{"type": "string"}, conditionSchema(defs)}}
	case kindNames:
		return object{"anyOf": []object{{"type": "string"}, {"type": "array", "items": object{"type": "string"}, "minItems": 1}}}
	case kindTime:
		return object{"type": "string", "format": "date-time"}
	case kindContract:
		return object{"type": "object", "properties": object{
			"parameters": object{"type": "array", "items": object{"type": "object"}}, "requestBody": object{"type": "object"},
			"produces": object{"type": "array", "items": object{"type": "string"}},
		}, "additionalProperties": false}
	case kindState, kindSet:
		return object{"type": "object"}
	case kindAuth:
		one := []object{{"enum": k.values}, {"type": "string"}, conditionSchema(defs)}
		return object{"anyOf": append(one, object{"type": "array", "items": object{"anyOf": one}, "minItems": 1})}
	case kindLatency, kindLimit:
		return object{"anyOf": []object{child(), {"enum": []string{"none"}}}}
	case kindPath:
		return object{"type": "string", "pattern": "^/"}
	case kindStatus:
		return object{"anyOf": []object{{"type": "integer", "minimum": 200, "maximum": 599}, {"type": "string"}}}
	case kindHeaders:
		one := append(scalar, "null")
		return object{"type": []string{"object", "null"}, "additionalProperties": object{
			"anyOf": []object{{"type": one}, {"type": "array", "items": object{"type": one}}},
		}}
	case kindQuery:
		return object{"type": []string{"object", "null"}, "additionalProperties": object{
			"enum": []any{"string", "int", "uuid", "date", "boolean", "bool", "float", "double", nil},
		}}
	case kindSample, kindBody, kindMessage:
		return object{}
	case kindInt:
		return object{"type": "integer", "minimum": k.min, "maximum": k.max}
	case kindSeconds:
		return object{"type": "number", "minimum": k.min, "maximum": k.max}
	case kindRate:
		return object{"type": "number", "minimum": 0, "maximum": 1}
	case kindBool:
		return object{"type": "boolean"}
	case kindCORS:
		return object{"anyOf": []object{{"type": "boolean"}, child()}}
	case kindTexts:
		return object{"anyOf": []object{{"type": scalar}, {"type": "array", "items": object{"type": scalar}}}}
	case kindChoice:
		return object{"enum": k.values}
	case kindObject:
		return object{"anyOf": []object{child()}}
	case kindList:
		c := child()
		return object{"anyOf": []object{{"type": "array", "items": c}, c}}
	case kindName, kindText:
		return object{"type": scalar}
	}
	return object{}
}

// bothCases are names in capitals and in small letters.
func bothCases(names []string) []string {
	both := append([]string{}, names...)
	for _, v := range names {
		both = append(both, strings.ToLower(v))
	}
	return both
}

// conditionSchema is the schema of a condition in the form of a map.
func conditionSchema(defs object) object {
	const name = "condition"
	ref := object{"$ref": "#/$defs/" + name}
	if _, ok := defs[name]; ok {
		return ref
	}
	either := object{"anyOf": []object{{"type": "string"}, ref}}
	value := object{"type": []string{"string", "number", "boolean", "null"}}
	anything := object{}
	order := object{"type": []string{"string", "number"}}
	defs[name] = object{
		"type":        "object",
		"description": "Every line must hold: on the left a value named as in templates, a JSONPath (`$…`) or an XPath (`/…`) of the body; on the right what it must be.",
		"properties": object{
			"any": object{"type": "array", "items": either, "minItems": 1, "description": "One of these conditions must hold."},
			"all": object{"type": "array", "items": either, "minItems": 1, "description": "All of these conditions must hold."},
			"not": object{"anyOf": either["anyOf"], "description": "This condition must not hold."},
		},
		"additionalProperties": object{"anyOf": []object{
			value,
			{"type": "array", "items": value, "minItems": 1},
			{
				"type": "object", "minProperties": 1, "additionalProperties": false,
				"properties": object{
					"equals": anything, "contains": anything, "matches": object{"type": []string{"string", "number", "boolean"}},
					"lt": order, "lte": order, "gt": order, "gte": order,
					"absent": object{"type": "boolean"},
					"schema": object{"type": []string{"object", "boolean", "string"}},
				},
			},
		}},
		"minProperties": 1,
	}
	return ref
}
