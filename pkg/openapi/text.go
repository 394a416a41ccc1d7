package openapi

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"net/url"
	"path"
	"strings"
)

// writable reports whether a value that is no text can be written in a media type that is not JSON.
func writable(kind string) bool {
	return isXML(kind) || kind == "text/csv" || kind == "application/x-www-form-urlencoded" || strings.Contains(kind, "yaml") || strings.HasPrefix(kind, "text/")
}

func isXML(kind string) bool {
	return kind == "application/xml" || kind == "text/xml" || strings.HasSuffix(kind, "+xml")
}

// written is a value as a media type that is not JSON writes it.
func (im *importer) textBody(kind string, v, schema *value) string {
	switch {
	case v.kind < kindList && !isXML(kind):
		return scalarOf(v)
	case v.kind == kindText: // XML that was written as it is
		return v.text
	case isXML(kind):
		x := xmlWriter{im: im}
		x.element(x.root(schema), v, schema, 0)
		return x.out.String()
	case kind == "text/csv":
		return csvOf(v)
	case kind == "application/x-www-form-urlencoded":
		return formOf(v)
	}
	return jsonText(v)
}

// formOf writes the fields of a form.
func formOf(v *value) string {
	var b strings.Builder
	add := func(key string, item *value) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(key) + "=" + url.QueryEscape(scalarOf(item)))
	}
	for i, key := range v.keys {
		if item := v.items[i]; item.kind == kindList {
			for _, one := range item.items {
				add(key, one)
			}
		} else {
			add(key, item)
		}
	}
	return b.String()
}

// csvOf writes rows: of a list of objects with their names in front, of a list of lists, of anything else one to a line.
func csvOf(v *value) string {
	rows := v.items
	if v.kind == kindObject {
		rows = []*value{v}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	var names []string
	for _, row := range rows {
		var cells []string
		switch row.kind {
		case kindObject:
			if names == nil {
				names = row.keys
				_ = w.Write(names) // into memory
			}
			for _, name := range names {
				cells = append(cells, scalarOf(row.get(name)))
			}
		case kindList:
			for _, cell := range row.items {
				cells = append(cells, scalarOf(cell))
			}
		case kindNull, kindBool, kindNumber, kindText:
			cells = []string{scalarOf(row)}
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return b.String()
}

// xmlWriter writes a value as XML, as the `xml` of its schemas says.
type xmlWriter struct {
	im  *importer
	out strings.Builder
}

// root is the name of the outermost element: what its schema is called.
func (x *xmlWriter) root(schema *value) string {
	if ref := schema.string("$ref"); ref != "" {
		return path.Base(ref)
	}
	return "root"
}

func (x *xmlWriter) element(name string, v, schema *value, depth int) {
	schema = x.im.schema(schema)
	how := schema.get("xml")
	if own := how.string("name"); own != "" {
		name = own
	}
	if depth > 2*maxBodyDepth {
		return
	}
	if v.kind == kindList && depth > 0 && !how.isTrue("wrapped") {
		for i, item := range v.items {
			x.element(name, item, x.im.element(schema, i, 0), depth+1)
		}
		return
	}
	name = xmlName(name)
	space := how.string("namespace")
	if prefix := xmlName(how.string("prefix")); how.string("prefix") != "" {
		name = prefix + ":" + name
		if space != "" {
			space = ` xmlns:` + prefix + `="` + escaped(space) + `"`
		}
	} else if space != "" {
		space = ` xmlns="` + escaped(space) + `"`
	}
	x.out.WriteString("<" + name + space)
	children := x.attributes(v, schema)
	if v.kind == kindNull || v.kind == kindObject && len(children) == 0 || v.kind == kindList && len(v.items) == 0 {
		x.out.WriteString("/>")
		return
	}
	x.out.WriteByte('>')
	switch v.kind {
	case kindObject:
		for _, i := range children {
			x.element(v.keys[i], v.items[i], x.im.property(schema, v.keys[i], 0), depth+1)
		}
	case kindList:
		for i, item := range v.items {
			inner := name
			if depth == 0 {
				inner = "item"
			}
			x.element(inner, item, x.im.element(schema, i, 0), depth+1)
		}
	case kindNull, kindBool, kindNumber, kindText:
		x.out.WriteString(escaped(v.text))
	}
	x.out.WriteString("</" + name + ">")
}

// attributes writes the properties that are attributes, and returns which ones are elements.
func (x *xmlWriter) attributes(v, schema *value) (elements []int) {
	if v.kind != kindObject {
		return nil
	}
	for i, key := range v.keys {
		how := x.im.schema(x.im.property(schema, key, 0)).get("xml")
		if !how.isTrue("attribute") || v.items[i].kind >= kindList {
			elements = append(elements, i)
			continue
		}
		if own := how.string("name"); own != "" {
			key = own
		}
		x.out.WriteString(" " + xmlName(key) + `="` + escaped(v.items[i].text) + `"`)
	}
	return elements
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}

// xmlName makes a name that XML allows.
func xmlName(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.', c >= 0xc0:
			return c
		}
		return '_'
	}, name)
	if name == "" || strings.IndexByte("0123456789-.", name[0]) >= 0 {
		name = "_" + name
	}
	return name
}
