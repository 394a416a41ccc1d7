package openapi

import (
	"net/textproto"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// maxParameters bounds the parameters of one operation.
const maxParameters = 200

// parameters returns the parameters of an operation, those of its path included, references followed.
func (im *importer) parameters(item, op *value) []*value {
	var found []*value
	for _, list := range [][]*value{op.list("parameters"), item.list("parameters")} {
		for _, p := range list {
			if p = im.resolve(p); p != nil && len(found) < maxParameters && find(found, p.string("in"), p.string("name")) == nil {
				found = append(found, p)
			}
		}
	}
	return found
}

// find returns the parameter of that place and name, or nil.
func find(parameters []*value, in, name string) *value {
	for _, p := range parameters {
		if p.string("in") == in && p.string("name") == name {
			return p
		}
	}
	return nil
}

// query declares the query parameters that must be there: a mock requires what it declares.
func (im *importer) query(parameters []*value) *value {
	declared := emptyObject()
	for _, p := range parameters {
		if name := p.string("name"); p.string("in") == "query" && p.isTrue("required") && name != "" && len(name) <= 200 {
			if kind := p.get("style"); kind != nil && kind.text == "deepObject" {
				im.warn(p, CodeNotImported, "the query parameter `%s` is not checked: it is an object", oneLine(name, 60))
				continue
			}
			declared.set(name, textOf(string(im.typeOf(p))))
		}
	}
	return declared
}

// requiredHeaders are the names of headers that callers must send; a mock does not check them.
func requiredHeaders(parameters []*value) []string {
	var names []string
	for _, p := range parameters {
		if name := oneLine(p.string("name"), 60); p.string("in") == "header" && p.isTrue("required") && name != "" && len(names) < 20 {
			names = append(names, textproto.CanonicalMIMEHeaderKey(name))
		}
	}
	return names
}

// typeOf is the type of a path or query parameter.
func (im *importer) typeOf(p *value) mockspec.ParamType {
	if p == nil {
		return mockspec.TypeString
	}
	schema := im.resolve(p.get("schema"))
	if schema == nil {
		schema = p // Swagger 2
	}
	if typeName(schema) == "array" {
		csv := im.version == 2 && p.string("collectionFormat") != "multi"
		if explode := p.get("explode"); csv || explode != nil && explode.text == "false" {
			return mockspec.TypeString // several values in one text
		}
		schema = im.resolve(schema.get("items"))
	}
	switch typeName(schema) + " " + schema.string("format") {
	case "integer ", "integer int32", "integer int64":
		return mockspec.TypeInt
	case "number float":
		return mockspec.TypeFloat
	case "number ", "number double":
		return mockspec.TypeDouble
	case "boolean ":
		return mockspec.TypeBoolean
	case "string uuid":
		return mockspec.TypeUUID
	case "string date":
		return mockspec.TypeDate
	}
	return mockspec.TypeString
}

// typeName is the type that a schema names, the first one but null if there are several, or "".
func typeName(schema *value) string {
	t := schema.get("type")
	switch {
	case t == nil:
	case t.kind == kindText:
		return t.text
	case t.kind == kindList:
		for _, one := range t.items {
			if one.kind == kindText && one.text != "null" {
				return one.text
			}
		}
	}
	return ""
}

// requestBody is a sample of the body that callers must send, with the fields that must be there, or nil.
func (im *importer) requestBody(op *value, parameters []*value) *value {
	var schema *value
	form := emptyObject()
	for _, p := range parameters { // Swagger 2
		switch {
		case p.string("in") == "body" && p.isTrue("required"):
			schema = p.get("schema")
		case p.string("in") == "formData" && p.isTrue("required") && p.string("type") != "file" && p.string("name") != "":
			form.set(p.string("name"), p)
		}
	}
	if body := im.resolve(op.get("requestBody")); body != nil && body.isTrue("required") {
		content := body.get("content")
		for _, media := range []string{"application/json", "application/x-www-form-urlencoded"} {
			if i := content.find(media); i >= 0 && schema == nil {
				schema = im.resolve(content.items[i]).get("schema")
			}
		}
		if content != nil && schema == nil {
			for i, media := range content.keys {
				if strings.HasSuffix(media, "+json") {
					schema = im.resolve(content.items[i]).get("schema")
				}
			}
		}
	}
	if schema == nil && len(form.items) > 0 {
		schema = &value{kind: kindObject}
		schema.set("type", textOf("object"))
		schema.set("properties", form)
		required := listOf()
		for _, name := range form.keys {
			required.items = append(required.items, textOf(name))
		}
		schema.set("required", required)
	}
	if schema == nil {
		return nil
	}
	g := generator{im: im, request: true}
	sample, ok := g.value(schema, 0)
	if !ok || sample.kind != kindObject && sample.kind != kindList || len(sample.items) == 0 {
		return nil // it requires nothing that could be checked
	}
	return sample
}

// mediaOf returns the media type of a content map that a mock should speak: JSON before others, in the document's order.
func mediaOf(content *value) (string, *value) {
	if content == nil || content.kind != kindObject || len(content.items) == 0 {
		return "", nil
	}
	best := slices.IndexFunc(content.keys, func(k string) bool { return base(k) == "application/json" })
	if best < 0 {
		best = slices.IndexFunc(content.keys, isJSON)
	}
	best = max(best, 0)
	return content.keys[best], content.items[best]
}

// base is a media type without its parameters.
func base(media string) string {
	media, _, _ = strings.Cut(media, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// isJSON reports whether a media type is JSON; one with a wildcard may be.
func isJSON(media string) bool {
	b := base(media)
	return b == "application/json" || strings.HasSuffix(b, "+json") || b == "*/*" || b == "application/*"
}
