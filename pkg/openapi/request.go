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
	declare := func(name string, t mockspec.ParamType) {
		if name != "" && len(name) <= 200 && !strings.HasSuffix(name, "?") && declared.find(name) < 0 {
			declared.set(name, textOf(string(t)))
		}
	}
	for _, p := range parameters {
		name := p.string("name")
		if p.string("in") != "query" || !p.isTrue("required") {
			continue
		}
		schema := im.schema(p.get("schema"))
		kinds := im.kindsOf(schema)
		switch {
		case p.string("style") == "deepObject":
			im.warn(p, CodeNotImported, "the query parameter `%s` is not checked: it is an object", oneLine(name, 60))
		case schema != nil && kinds&isObject != 0 && kinds != isAny && im.repeats(p, "form"):
			// Its properties are the parameters; its own name never appears.
			s := shaper{im: im}
			for _, property := range s.required(schema, nil, 0) {
				if kinds == isObject && len(alternativesOf(schema)) == 0 {
					declare(property, im.scalarType(im.property(schema, property, 0)))
				}
			}
		default:
			declare(name, im.typeOf(p))
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

// typeOf is the type of a path or query parameter: the one that all of its values have.
func (im *importer) typeOf(p *value) mockspec.ParamType {
	schema := im.schema(p.get("schema"))
	if schema == nil {
		schema = p // Swagger 2, or a parameter with `content`
	}
	if p == nil || p.isTrue("allowEmptyValue") || p.find("content") >= 0 {
		return mockspec.TypeString
	}
	if im.kindsOf(schema)&^isNull == isList {
		if p.string("in") != "query" || !im.repeats(p, "form") {
			return mockspec.TypeString // several values in one text
		}
		schema = im.element(schema, 0, 0)
	}
	return im.scalarType(schema)
}

// scalarType is the type of a value in a path or a query.
func (im *importer) scalarType(schema *value) mockspec.ParamType {
	schema = im.schema(schema)
	if schema == nil {
		return mockspec.TypeString
	}
	format := schema.string("format")
	switch k := im.kindsOf(schema) &^ isNull; {
	case k == isInteger && (format == "" || format == "int32" || format == "int64"):
		return mockspec.TypeInt
	case k != 0 && k&isNumeric == k && format == "float":
		return mockspec.TypeFloat
	case k != 0 && k&isNumeric == k && (format == "" || format == "double"):
		return mockspec.TypeDouble
	case k == isBool && format == "":
		return mockspec.TypeBoolean
	case k == isText && format == "uuid":
		return mockspec.TypeUUID
	case k == isText && format == "date":
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
