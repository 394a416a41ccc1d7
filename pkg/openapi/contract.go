package openapi

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/contract"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

// checked is what an endpoint checks of requests.
type checked struct {
	sample   *value // of the body, without a contract
	contract *value
	auth     *value
}

// checks says what an operation's endpoint checks: its contract, if that is asked for, else a sample of the body.
func (im *importer) checks(name string, op *value, parameters []*value) checked {
	if im.o.Validate == "" {
		return checked{sample: im.requestBody(op, parameters)}
	}
	c := checked{contract: im.contract(op, parameters), auth: im.guard(op)}
	if c.contract == nil {
		return c
	}
	_, err := contract.Compile([]byte(jsonText(c.contract)))
	if err != nil && c.contract.find("requestBody") >= 0 {
		im.warn(op, CodeSimplified, "the request body of %s is not checked: %s", name, oneLine(err.Error(), 200))
		c.contract = without(c.contract, func(key string) bool { return key == "requestBody" })
		_, err = contract.Compile([]byte(jsonText(c.contract)))
	}
	if err != nil {
		im.warn(op, CodeSimplified, "the requests of %s are not checked: %s", name, oneLine(err.Error(), 200))
		c.contract = nil
	}
	if c.contract != nil && len(c.contract.items) == 0 {
		c.contract = nil
	}
	return c
}

// contract is what an operation says of its requests; nil if that is nothing.
func (im *importer) contract(op *value, parameters []*value) *value {
	c := emptyObject()
	list := listOf()
	fields := emptyObject() // of a form, as Swagger 2 has it
	var form []*value
	for _, p := range parameters {
		name := p.string("name")
		switch in := p.string("in"); {
		case name == "" && in != "body", in == "header" && (strings.EqualFold(name, "Accept") || strings.EqualFold(name, "Content-Type") || strings.EqualFold(name, "Authorization")):
		case in == "body":
			im.bodyContract(c, p.isTrue("required"), im.consumed(op, "application/json"), p.get("schema"))
		case in == "formData":
			fields.set(name, p)
			form = append(form, p)
		case in == "query", in == "path", in == "header", in == "cookie":
			list.items = append(list.items, im.parameterContract(p))
		}
	}
	if len(list.items) > 0 {
		c.set("parameters", list)
	}
	if len(form) > 0 {
		im.formContract(c, op, form, fields)
	}
	if body := im.resolve(op.get("requestBody")); body != nil {
		content := emptyObject()
		if media := body.get("content"); media != nil && media.kind == kindObject {
			for i, kind := range media.keys {
				m := emptyObject()
				if s := im.resolve(media.items[i]).get("schema"); s != nil {
					m.set("schema", im.jsonSchema(s))
				}
				content.set(kind, m)
			}
		}
		if len(content.items) > 0 {
			out := emptyObject()
			if body.isTrue("required") {
				out.set("required", boolean(true))
			}
			out.set("content", content)
			c.set("requestBody", out)
		}
	}
	if made := im.produced(op); len(made) > 0 {
		c.set("produces", listOf(made...))
	}
	return c
}

// consumed are the media types of a body, as Swagger 2 has them.
func (im *importer) consumed(op *value, otherwise string) []string {
	list := op.list("consumes")
	if list == nil {
		list = im.root.list("consumes")
	}
	var out []string
	for _, v := range list {
		if v.kind == kindText {
			out = append(out, v.text)
		}
	}
	if len(out) == 0 {
		return []string{otherwise}
	}
	return out
}

func (im *importer) bodyContract(c *value, required bool, media []string, schema *value) {
	body, content := emptyObject(), emptyObject()
	if required {
		body.set("required", boolean(true))
	}
	for _, kind := range media {
		m := emptyObject()
		if schema != nil {
			m.set("schema", im.jsonSchema(schema))
		}
		content.set(kind, m)
	}
	body.set("content", content)
	c.set("requestBody", body)
}

// formContract is the body of an operation of Swagger 2 whose parameters are fields of a form.
func (im *importer) formContract(c, op *value, form []*value, fields *value) {
	schema, needed := emptyObject(), listOf()
	schema.set("type", textOf("object"))
	schema.set("properties", fields)
	for _, p := range form {
		if p.isTrue("required") {
			needed.items = append(needed.items, textOf(p.string("name")))
		}
	}
	if len(needed.items) > 0 {
		schema.set("required", needed)
	}
	im.bodyContract(c, len(needed.items) > 0, im.consumed(op, "application/x-www-form-urlencoded"), schema)
}

// parameterContract is a parameter as OpenAPI 3.1 has it.
func (im *importer) parameterContract(p *value) *value {
	out := emptyObject()
	name := p.string("name")
	if p.string("in") == "path" {
		name = parameterName(name)
	}
	out.set("name", textOf(name))
	out.set("in", p.get("in"))
	if p.isTrue("required") {
		out.set("required", boolean(true))
	}
	if p.isTrue("allowEmptyValue") {
		out.set("allowEmptyValue", boolean(true))
	}
	for _, key := range []string{"style", "explode"} {
		if v := p.get(key); v != nil && (v.kind == kindText || v.kind == kindBool) {
			out.set(key, v)
		}
	}
	schema := p.get("schema")
	if im.version == 2 {
		schema = p
		switch format := p.string("collectionFormat"); {
		case format == "ssv":
			out.set("style", textOf("spaceDelimited"))
		case format == "pipes":
			out.set("style", textOf("pipeDelimited"))
		case format == "multi":
		case format == "tsv":
			return out
		case typeName(p) == "array" && p.string("in") == "query":
			out.set("explode", boolean(false))
		}
	}
	if kind, media := mediaOf(p.get("content")); media != nil {
		m := emptyObject()
		if s := media.get("schema"); s != nil {
			m.set("schema", im.jsonSchema(s))
		}
		out.set("content", condition(kind, m))
	} else if schema != nil {
		out.set("schema", im.jsonSchema(schema))
	}
	return out
}

// produced are the media types of an operation's good answers. Where one is not known there are none: any is accepted.
func (im *importer) produced(op *value) []*value {
	seen := map[string]bool{}
	var out []*value
	responses := op.get("responses")
	if im.version == 2 || responses == nil {
		return nil
	}
	for i, code := range responses.keys {
		content := im.resolve(responses.items[i]).get("content")
		if r := rank(code); r == 0 || r >= firstError || content == nil {
			continue
		}
		for _, kind := range content.keys {
			if kind = base(kind); !isMedia(kind) {
				return nil
			}
			if !seen[kind] {
				seen[kind] = true
				out = append(out, textOf(kind))
			}
		}
	}
	return out
}

// guard says who may ask, as `auth` has it; nil if everybody may.
func (im *importer) guard(op *value) *value {
	security := op.get("security")
	if security == nil {
		security = im.root.get("security")
	}
	if security == nil || security.kind != kindList || len(security.items) == 0 {
		return nil
	}
	schemes := im.root.get("components").get("securitySchemes")
	if im.version == 2 {
		schemes = im.root.get("securityDefinitions")
	}
	there := condition("absent", boolean(false))
	all := listOf()
	for _, alternative := range security.items {
		if len(alternative.keys) == 0 {
			return nil // nobody need say who he is
		}
		one := emptyObject()
		for i, name := range alternative.keys {
			scheme := im.resolve(schemes.get(name))
			switch kind := scheme.string("type"); {
			case kind == "basic", kind == "http" && strings.EqualFold(scheme.string("scheme"), "basic"):
				one.set(mockspec.GuardBasic, there)
			case kind == "http" && strings.EqualFold(scheme.string("scheme"), "bearer"), kind == "oauth2", kind == "openIdConnect":
				one.set(mockspec.GuardBearer, there)
			case kind == "apiKey" && isToken(scheme.string("name")):
				root := map[string]string{"header": "header-params.", "query": "query-params.", "cookie": "cookies."}[scheme.string("in")]
				if root == "" {
					return nil
				}
				one.set(root+strings.ReplaceAll(scheme.string("name"), ".", ".."), there)
			case kind == "http":
				one.set("header-params.Authorization", there)
			default:
				im.warn(security, CodeNotImported, "the security scheme `%s` is not checked: mocks do not know it", oneLine(name, 60))
				return nil
			}
			if i < len(alternative.items) && len(alternative.items[i].items) > 0 {
				im.warn(security, CodeSimplified, "the scopes of `%s` are not checked", oneLine(name, 60))
			}
		}
		all.items = append(all.items, one)
	}
	if len(all.items) == 1 {
		return all.items[0]
	}
	return all
}

// jsonSchema is a schema of requests as JSON Schema 2020-12 that refers to nothing outside of itself.
func (im *importer) jsonSchema(schema *value) *value {
	w := schemaWriter{im: im, names: map[*value]string{}, defs: emptyObject(), left: maxSchemaValues}
	out := w.write(schema, 0)
	if len(w.defs.items) > 0 && out.kind == kindObject {
		out.set("$defs", w.defs)
	}
	return out
}

// maxSchemaValues bounds the schemas of one parameter or body.
const maxSchemaValues = 20_000

type schemaWriter struct {
	im    *importer
	names map[*value]string // of the definitions so far
	defs  *value
	left  int
}

// write is a schema in the words of 2020-12. What means nothing there is left out.
func (w *schemaWriter) write(schema *value, depth int) *value {
	if w.left--; w.left < 0 || depth > maxDepth || schema == nil {
		return emptyObject()
	}
	if schema.kind == kindBool {
		return schema
	}
	if schema.kind != kindObject {
		return emptyObject()
	}
	if schema.get("$ref") != nil && (w.im.version < 31 || !w.im.siblings(schema)) {
		return w.reference(schema)
	}
	out := emptyObject()
	for i, key := range schema.keys {
		w.keyword(out, schema, key, schema.items[i], depth)
	}
	if ref := schema.get("$ref"); ref != nil {
		parts := append([]*value{w.reference(condition("$ref", ref))}, out.list("allOf")...)
		out.set("allOf", listOf(parts...))
	}
	return w.nullable(schema, out)
}

// reference is a definition of what a reference leads to.
func (w *schemaWriter) reference(schema *value) *value {
	target := w.im.resolve(schema)
	if target == nil {
		return emptyObject()
	}
	name, ok := w.names[target]
	if !ok {
		text := schema.string("$ref")
		base := parameterName(text[strings.LastIndexByte(text, '/')+1:])
		name = base
		for n := 2; w.defs.find(name) >= 0; n++ {
			name = base + strconv.Itoa(n)
		}
		w.names[target] = name
		w.defs.set(name, emptyObject())
		w.defs.set(name, w.write(target, 0))
	}
	return condition("$ref", textOf("#/$defs/"+name))
}

// keyword adds a keyword of a schema.
func (w *schemaWriter) keyword(out, schema *value, key string, v *value, depth int) {
	switch key {
	case "type":
		if v.kind == kindText && v.text != "file" && v.text != "any" || v.kind == kindList {
			out.set(key, v)
		}
	case "enum", "const", "multipleOf", "maximum", "minimum", "maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "minContains", "maxContains",
		"maxProperties", "minProperties", "dependentRequired":
		if out.find(key) < 0 {
			out.set(key, v)
		}
	case "exclusiveMaximum", "exclusiveMinimum":
		if v.kind == kindNumber {
			out.set(key, v)
		} else if bound := schema.get(map[string]string{"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}[key]); v.text == "true" && bound != nil {
			out.set(key, bound)
		}
	case "pattern":
		if _, err := regexp.Compile(v.text); err != nil || len(v.text) > maxPattern {
			w.im.warn(v, CodeSimplified, "the pattern `%s` is not checked: it is no regular expression of RE2", oneLine(v.text, 60))
			return
		}
		out.set(key, v)
	case "format":
		w.format(out, schema, v)
	case "required":
		if v.kind == kindList {
			w.required(out, schema, v)
		}
	case "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else", "unevaluatedItems", "unevaluatedProperties":
		if v.kind == kindList { // a tuple, as older drafts have it
			out.set("prefixItems", w.all(v, depth))
			return
		}
		out.set(key, w.write(v, depth+1))
	case "allOf", "anyOf", "oneOf", "prefixItems":
		if key == "oneOf" && schema.get("discriminator") != nil {
			key = "anyOf" // which one it is says the discriminator
		}
		if v.kind == kindList && len(v.items) > 0 {
			out.set(key, w.all(v, depth))
		}
	case "properties", "patternProperties", "dependentSchemas":
		if v.kind != kindObject {
			return
		}
		all := emptyObject()
		for i, name := range v.keys {
			all.set(name, w.write(v.items[i], depth+1))
		}
		out.set(key, all)
	}
}

func (w *schemaWriter) all(list *value, depth int) *value {
	out := listOf()
	for _, one := range list.items {
		out.items = append(out.items, w.write(one, depth+1))
	}
	return out
}

// format adds a format, and the bounds of a number that has one.
func (w *schemaWriter) format(out, schema, v *value) {
	if v.kind != kindText || v.text == "regex" {
		return
	}
	bounds := map[string][2]string{"int32": {"-2147483648", "2147483647"}, "int64": {"-9223372036854775808", "9223372036854775807"}}[v.text]
	if bounds[0] == "" || typeName(schema) != "integer" {
		out.set("format", v)
		return
	}
	for i, key := range []string{"minimum", "maximum"} {
		if schema.get(key) == nil {
			out.set(key, numberOf(bounds[i]))
		}
	}
}

// required adds the properties that must be there, but for those that only answers have.
func (w *schemaWriter) required(out, schema, list *value) {
	needed := listOf()
	for _, name := range list.items {
		if name.kind == kindText && !w.im.schema(w.im.property(schema, name.text, 0)).isTrue("readOnly") {
			needed.items = append(needed.items, name)
		}
	}
	if len(needed.items) > 0 {
		out.set("required", needed)
	}
}

// nullable lets null be, as 3.0 says it.
func (w *schemaWriter) nullable(schema, out *value) *value {
	if !schema.isTrue("nullable") && !schema.isTrue("x-nullable") {
		return out
	}
	null := condition("type", textOf("null"))
	alternatives := listOf(out, null)
	return condition("anyOf", alternatives)
}
