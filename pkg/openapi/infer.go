package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// shape is what is known about the values at one place of a JSON text.
type shape struct {
	kind     string // of OpenAPI; "" nothing yet, "any" more than one
	nullable bool
	names    []string
	fields   map[string]*shape
	items    *shape
}

// inferSchema is the schema of all values that look like text, which must be valid JSON. Elements of an array share one
// schema. Names with template tags are left out: what they will be is not known.
func inferSchema(text json.RawMessage) object {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	s := &shape{}
	s.add(d)
	return s.schema()
}

// add takes the decoder's next value into account. Errors cannot happen in valid JSON; they would end the walk.
func (s *shape) add(d *json.Decoder) {
	token, err := d.Token()
	if err != nil {
		return
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			s.addObject(d)
		} else {
			s.addArray(d)
		}
		_, _ = d.Token() // the closing one
	case string:
		s.is("string")
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			s.is("number")
		} else {
			s.is("integer")
		}
	case bool:
		s.is("boolean")
	default:
		s.nullable = true
	}
}

func (s *shape) addObject(d *json.Decoder) {
	s.is("object")
	if s.fields == nil {
		s.fields = map[string]*shape{}
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return
		}
		name := fmt.Sprint(token)
		field := s.fields[name]
		if field == nil {
			field = &shape{}
			if !hasTags(name) {
				s.fields[name] = field
				s.names = append(s.names, name)
			}
		}
		field.add(d)
	}
}

func (s *shape) addArray(d *json.Decoder) {
	s.is("array")
	if s.items == nil {
		s.items = &shape{}
	}
	for d.More() {
		s.items.add(d)
	}
}

// is merges a kind into what was seen.
func (s *shape) is(kind string) {
	switch {
	case s.kind == "" || s.kind == kind:
		s.kind = kind
	case s.kind == "integer" && kind == "number" || s.kind == "number" && kind == "integer":
		s.kind = "number"
	default:
		s.kind = "any"
	}
}

func (s *shape) schema() object {
	var o object
	switch s.kind {
	case "", "any":
		o = object{}
	case "object":
		properties := object{}
		for _, name := range s.names {
			properties = append(properties, member{name, s.fields[name].schema()})
		}
		o = objectSchema(properties, nil)
	case "array":
		o = object{{"type", "array"}, {"items", s.items.schema()}}
	default:
		o = object{{"type", s.kind}}
	}
	if s.nullable {
		o = append(o, member{"nullable", true})
	}
	return o
}
