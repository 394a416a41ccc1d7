package mockspec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// body reads a body; contentType is what the response says about it.
func (r *reader) body(n *yaml.Node, contentType string) Body {
	b := Body{Pos: r.begin(n)}
	switch {
	case isNull(n) && n.Value == "":
		return b
	case isText(n):
		b.Kind, b.Template = BodyText, n.Value
	default:
		w := jsonWriter{r: r, dst: make([]byte, 0, 256)}
		w.value(n)
		b.Kind, b.JSON = BodyJSON, string(w.dst)
		b.Template = b.JSON
		if hasTag(b.JSON) {
			w = jsonWriter{r: r.quiet(), tags: true}
			w.value(n)
			b.Template = string(w.dst)
		}
	}
	r.bodyTemplate(n, &b, contentType)
	return b
}

// isText reports whether a scalar is text rather than a value of JSON.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && typeOf(n) == "!!str"
}

// quiet returns a reader for going over values that have already been complained about.
func (r *reader) quiet() *reader {
	return &reader{o: r.o, src: r.src, full: true, mock: &Mock{}}
}

// sample reads the declared request body: JSON text, or a YAML value. nil means that nothing is declared.
func (r *reader) sample(n *yaml.Node) *Sample {
	if isNull(n) && n.Value == "" {
		return nil
	}
	if !isText(n) {
		return &Sample{at(n), r.schema(n, at(n))}
	}
	value, err := readJSON(n.Value)
	if err != nil {
		e := asJSONError(err)
		r.warn(r.src.locate(n, e.offset), CodeSampleNotJSON, "write JSON, or YAML without quotes", "the sample of the request body is not JSON and is not checked: %s", e.what)
		return nil
	}
	return &Sample{at(n), r.schema(value, r.begin(n))}
}

// schema is the shape of a sample value. Nodes of JSON text have no place of their own: theirs is pos.
func (r *reader) schema(n *yaml.Node, pos Position) *Schema {
	n = follow(n)
	s := &Schema{Pos: pos, Kind: SchemaAny}
	switch n.Kind {
	case yaml.MappingNode:
		s.Kind = SchemaObject
		for _, p := range r.pairs(n) {
			name, optional := r.declared(p.key.Value)
			s.Fields = append(s.Fields, SchemaField{name, r.schema(p.value, pos), optional})
		}
	case yaml.SequenceNode:
		s.Kind = SchemaArray
		for i, c := range n.Content {
			if item := r.schema(c, pos); i == 0 {
				s.Items = item
			} else {
				s.Items = common(s.Items, item)
			}
		}
	case yaml.ScalarNode:
		if r.o.Examples {
			w := jsonWriter{r: r.quiet()}
			w.scalar(n)
			s.Example = string(w.dst)
		}
		switch typeOf(n) {
		case "!!null":
		case "!!bool":
			s.Kind = SchemaBoolean
		case "!!int":
			s.Kind = SchemaInteger
			if number, ok := jsonNumber(n.Value, r.o.Limits.Number); !ok || strings.ContainsAny(number, ".eE") {
				s.Kind = SchemaNumber
			}
		default:
			s.Kind = SchemaString
		}
	default:
	}
	return s
}

// common is the narrowest shape that takes what both take; an object keeps the fields that both have.
func common(a, b *Schema) *Schema {
	switch {
	case a == nil || b == nil: // an empty list says nothing about its items
		return nil
	case a.Kind != b.Kind:
		if (a.Kind == SchemaInteger && b.Kind == SchemaNumber) || (a.Kind == SchemaNumber && b.Kind == SchemaInteger) {
			return &Schema{Pos: a.Pos, Kind: SchemaNumber}
		}
		return &Schema{Pos: a.Pos, Kind: SchemaAny}
	case a.Kind == SchemaArray:
		return &Schema{Pos: a.Pos, Kind: SchemaArray, Items: common(a.Items, b.Items)}
	case a.Kind == SchemaObject:
		out := &Schema{Pos: a.Pos, Kind: SchemaObject}
		others := make(map[string]*SchemaField, len(b.Fields))
		for i := range b.Fields {
			others[b.Fields[i].Name] = &b.Fields[i]
		}
		for _, f := range a.Fields {
			if g := others[f.Name]; g != nil {
				out.Fields = append(out.Fields, SchemaField{f.Name, common(f.Schema, g.Schema), f.Optional || g.Optional})
			}
		}
		return out
	}
	return a
}
