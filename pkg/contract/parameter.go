package contract

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// parameter is a compiled parameter.
type parameter struct {
	name, in, style string
	explode         bool
	required, empty bool
	isJSON          bool // its value is written as JSON
	schema          *schema
}

func (d *parameterDocument) compile() (*parameter, error) {
	p := &parameter{name: d.Name, in: d.In, style: d.Style, required: d.Required, empty: d.Empty}
	usual := map[string]string{"query": "form", "cookie": "form", "path": "simple", "header": "simple"}[d.In]
	switch {
	case d.Name == "":
		return nil, errors.New("it has no name")
	case usual == "":
		return nil, errors.New("`in` must be query, path, header or cookie")
	case p.style == "":
		p.style = usual
	}
	if p.explode = p.style == "form" || p.style == "deepObject"; d.Explode != nil {
		p.explode = *d.Explode
	}
	text := d.Schema
	for media, m := range d.Content {
		text, p.isJSON = m.Schema, media == "application/json" || strings.HasSuffix(media, "+json")
		if !p.isJSON {
			text = nil
		}
	}
	var err error
	p.schema, err = compileSchema(text)
	return p, err
}

// inputs are where parameters come from.
type inputs struct {
	*Request

	pairs []pair
}

type pair struct{ name, value string }

// maxPairs bounds the pairs of a query or a form that are looked at.
const maxPairs = 1000

// pairsOf reads a query or a form; what cannot be decoded is taken as it is.
func pairsOf(text string) []pair {
	var out []pair
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		if len(out) == maxPairs {
			break
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, pair{decoded(name), decoded(value)})
	}
	return out
}

func decoded(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// check holds what came against the parameter.
func (p *parameter) check(in *inputs) *Problem {
	texts := p.texts(in)
	problem := func(expected, got string) *Problem {
		return &Problem{In: p.in, Field: p.name, Expected: expected, Got: got, Status: http.StatusBadRequest}
	}
	kinds := p.schema.kinds()
	isObject := kinds&isObject != 0 && kinds&(isObject|isList|isScalar) == isObject
	var fields []pair
	if p.in == "query" && isObject && (p.style == "deepObject" || p.style == "form" && p.explode) {
		fields = p.fields(in)
	}
	if len(texts) == 0 && len(fields) == 0 {
		if p.required {
			return problem("a value", "nothing")
		}
		return nil
	}
	if p.schema == nil || p.empty && len(texts) == 1 && texts[0] == "" {
		return nil
	}
	var v any
	switch {
	case p.isJSON:
		d := json.NewDecoder(strings.NewReader(texts[0]))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return problem("JSON", quoted(texts[0]))
		}
	case fields != nil:
		v = p.schema.form(fields)
	case kinds&isList != 0 && kinds&isScalar == 0:
		v = p.schema.list(p.split(texts))
	case isObject:
		v = p.schema.form(p.members(texts[0]))
	default:
		v = p.schema.scalar(texts[0])
	}
	if why := p.schema.compiled.Check(v); why != "" {
		return problem("a value that fits ("+why+")", quoted(strings.Join(texts, ",")))
	}
	return nil
}

// texts are the values that came under the parameter's own name.
func (p *parameter) texts(in *inputs) (texts []string) {
	switch p.in {
	case "query":
		for _, pair := range in.pairs {
			if pair.name == p.name || pair.name == p.name+"[]" {
				texts = append(texts, pair.value)
			}
		}
	case "path":
		if text, ok := in.Path(p.name); ok {
			texts = append(texts, text)
		}
	case "header":
		texts = in.Header.Values(p.name)
	case "cookie":
		for _, c := range (&http.Request{Header: in.Header}).Cookies() {
			if c.Name == p.name {
				texts = append(texts, c.Value)
			}
		}
	}
	return texts
}

// fields are the properties of an object that is spread over the query.
func (p *parameter) fields(in *inputs) []pair {
	var out []pair
	for _, pair := range in.pairs {
		switch {
		case p.style == "deepObject":
			if rest, ok := strings.CutPrefix(pair.name, p.name+"["); ok {
				name, more, _ := strings.Cut(rest, "]")
				pair.name = name + more
				out = append(out, pair)
			}
		case p.schema.has(pair.name):
			out = append(out, pair)
		}
	}
	return out
}

// split takes the values of a list apart.
func (p *parameter) split(texts []string) []string {
	separator := ","
	switch {
	case len(texts) != 1:
		if p.in == "header" {
			texts = []string{strings.Join(texts, ",")}
			break
		}
		return texts
	case p.style == "spaceDelimited":
		separator = " "
	case p.style == "pipeDelimited":
		separator = "|"
	case p.style == "label" && p.explode:
		separator = "."
	case p.style == "matrix" && p.explode:
		separator = ";" + p.name + "="
	case p.style == "form" && p.explode:
		return texts
	}
	out := strings.Split(texts[0], separator)
	if p.in == "header" {
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
	}
	return out
}

// members takes an object in one text apart: `a,1,b,2`, or `a=1,b=2` when it is exploded.
func (p *parameter) members(text string) []pair {
	separator := ","
	switch {
	case p.style == "matrix" && p.explode:
		separator = ";"
	case p.style == "label" && p.explode:
		separator = "."
	case p.style == "spaceDelimited":
		separator = " "
	case p.style == "pipeDelimited":
		separator = "|"
	}
	parts := strings.Split(text, separator)
	var out []pair
	if p.explode {
		for _, part := range parts {
			name, value, _ := strings.Cut(part, "=")
			out = append(out, pair{name, value})
		}
		return out
	}
	for i := 0; i+1 < len(parts); i += 2 {
		out = append(out, pair{parts[i], parts[i+1]})
	}
	return out
}
