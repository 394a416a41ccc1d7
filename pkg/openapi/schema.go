package openapi

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// typeSchema is the schema of a declared parameter.
func typeSchema(t mockspec.ParamType) object {
	switch t {
	case mockspec.TypeInt:
		return object{{"type", "integer"}}
	case mockspec.TypeUUID:
		return object{{"type", "string"}, {"format", "uuid"}}
	case mockspec.TypeDate:
		return object{{"type", "string"}, {"format", "date"}}
	case mockspec.TypeBoolean:
		return object{{"type", "boolean"}}
	case mockspec.TypeFloat, mockspec.TypeDouble:
		return object{{"type", "number"}, {"format", string(t)}}
	default:
		return object{{"type", "string"}}
	}
}

// bodySchema is the schema of a declared request body.
func bodySchema(s *mockspec.Schema) object {
	if s == nil {
		return object{}
	}
	switch s.Kind {
	case mockspec.SchemaAny, "":
		return object{}
	case mockspec.SchemaObject:
		properties, required := object{}, []string{}
		for _, f := range s.Fields {
			properties = append(properties, member{f.Name, bodySchema(f.Schema)})
			if !f.Optional {
				required = append(required, f.Name)
			}
		}
		return objectSchema(properties, required)
	case mockspec.SchemaArray:
		return object{{"type", "array"}, {"items", bodySchema(s.Items)}}
	default:
		return object{{"type", string(s.Kind)}}
	}
}

// objectSchema leaves out what OpenAPI does not allow to be empty.
func objectSchema(properties object, required []string) object {
	o := object{{"type", "object"}}
	if len(properties) > 0 {
		o = append(o, member{"properties", properties})
	}
	if len(required) > 0 {
		o = append(o, member{"required", required})
	}
	return o
}

// hasTags reports whether text is a template that says more than its text.
func hasTags(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#")
}

// rawJSON returns text as a JSON value that is written as it is, and whether it is one.
func rawJSON(text string) (json.RawMessage, bool) {
	b := bytes.TrimSpace([]byte(text))
	return b, len(b) > 0 && json.Valid(b)
}
