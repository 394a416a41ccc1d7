package openapi

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// operation writes the endpoint of one operation. It returns false if the mock has no room for it.
func (im *importer) operation(path, method string, item, op *value) bool {
	parameters := im.parameters(item, op)
	route, ok := im.path(path, op, parameters)
	if !ok {
		return true
	}
	shape := method + " " + shapeOf(route)
	if im.routes[shape] {
		im.warn(op, CodeNotImported, "%s %s is left out: another operation answers the same requests", method, oneLine(path, 100))
		return true
	}
	im.routes[shape] = true
	if op.get("callbacks") != nil {
		im.warn(op.get("callbacks"), CodeNotImported, "`callbacks` are left out: add `webhook` to the endpoint that should send them")
	}
	answer := im.answer(op)
	for _, full := range []bool{true, false} {
		var b bytes.Buffer
		im.endpoint(&b, method, route, op, parameters, answer, full)
		if im.out.Len()+b.Len() <= im.o.Mock.Bytes-im.o.Mock.Bytes/16 { // room for what formatting adds
			im.out.Write(b.Bytes())
			im.count++
			return true
		}
		if full {
			im.warn(op, CodeTooLong, "the answer of %s %s is left out: the mock would be larger than %d KiB", method, oneLine(path, 100), im.o.Mock.Bytes>>10)
		}
	}
	return false
}

// endpoint writes one endpoint; not full means without its answer's body.
func (im *importer) endpoint(b *bytes.Buffer, method, route string, op *value, parameters []*value, a answer, full bool) {
	comment(b, "", oneLine(op.string("operationId"), 100))
	if text := oneLine(op.string("description"), 300); text != oneLine(op.string("summary"), 300) {
		comment(b, "", text)
	}
	if headers := requiredHeaders(parameters); len(headers) > 0 {
		comment(b, "", "Callers send "+strings.Join(headers, ", ")+".")
	}
	if len(a.others) > 0 {
		comment(b, "", "Answers too: "+oneLine(strings.Join(a.others, "; "), 300))
	}
	b.WriteString("- endpoint:\n")
	key := func(name, value string) { fmt.Fprintf(b, "    %s: %s\n", name, value) }
	key("method", method)
	key("path", scalarText(route))
	if query := im.query(parameters); len(query.items) > 0 {
		b.WriteString("    query:")
		block(b, query, "      ")
	}
	if sample := im.requestBody(op, parameters); sample != nil && full {
		b.WriteString("    body:")
		block(b, sample, "      ")
	}
	if tags := op.list("tags"); len(tags) > 0 && tags[0].kind == kindText && oneLine(tags[0].text, 100) != "" {
		key("tag", scalarText(oneLine(tags[0].text, 100)))
	}
	if summary := oneLine(op.string("summary"), 200); summary != "" {
		key("summary", scalarText(summary))
	}
	b.WriteString("    response:\n")
	fmt.Fprintf(b, "      status: %d\n", a.status)
	if len(a.headers.items) > 0 {
		b.WriteString("      headers:")
		block(b, a.headers, "        ")
	}
	if a.body != nil && full {
		b.WriteString("      body:")
		block(b, a.body, "        ")
	}
	b.WriteByte('\n')
}

// shapeOf is a route without the names of its parameters.
func shapeOf(route string) string {
	parts := strings.Split(route, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			_, typ, _ := strings.Cut(p, "|")
			parts[i] = ":|" + typ
		}
	}
	return strings.Join(parts, "/")
}

// path writes a path of the document as a route pattern.
func (im *importer) path(raw string, op *value, parameters []*value) (string, bool) {
	text := raw
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		im.warn(op, CodeSimplified, "what follows `%s` in the path `%s` is left out: it is not part of a path", text[i:i+1], oneLine(raw, 100))
		text = text[:i]
	}
	used := map[string]bool{}
	var route strings.Builder
	for part := range strings.SplitSeq(strings.Trim(strings.Trim(im.o.Prefix, "/")+"/"+strings.TrimLeft(text, "/"), "/"), "/") {
		if part == "" {
			continue
		}
		route.WriteByte('/')
		if open := strings.IndexByte(part, '{'); open < 0 || strings.IndexByte(part[open:], '}') < 0 {
			route.WriteString(literal(part))
			continue
		}
		names, whole := namesIn(part)
		name := strings.Join(names, "_")
		typ := mockspec.TypeString
		if whole {
			typ = im.typeOf(find(parameters, "path", name))
		} else {
			im.warn(op, CodeSimplified, "`%s` in the path `%s` becomes one parameter: a parameter of a mock is all that stands between two slashes", oneLine(part, 60), oneLine(raw, 100))
		}
		name = unused(parameterName(name), used)
		route.WriteString(":" + name)
		if typ != mockspec.TypeString {
			route.WriteString("|" + string(typ))
		}
	}
	if route.Len() == 0 || strings.HasSuffix(text, "/") {
		route.WriteByte('/')
	}
	if _, err := mockspec.ParsePath(route.String()); err != nil {
		im.warn(op, CodeNotImported, "the path `%s` is left out: %v", oneLine(raw, 100), err)
		return "", false
	}
	return route.String(), true
}

// namesIn returns the names of the parameters in a part of a path, and whether the part is one parameter and no more.
func namesIn(part string) (names []string, whole bool) {
	rest := part
	for {
		_, after, open := strings.Cut(rest, "{")
		name, left, closed := strings.Cut(after, "}")
		if !open || !closed {
			return names, len(names) == 1 && len(part) == len(names[0])+2
		}
		names, rest = append(names, name), left
	}
}

// literal writes a fixed part of a path so that it is read as one.
func literal(part string) string {
	var b strings.Builder
	for i := range len(part) {
		c := part[i]
		hex := c == '%' && i+2 < len(part) && isHex(part[i+1]) && isHex(part[i+2])
		if c <= ' ' || c == 0x7f || c == '\\' || c == '%' && !hex || i == 0 && (c == ':' || c == '*' || c == '{') || c >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// parameterName makes a name that templates can use.
func parameterName(name string) string {
	name = strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			return c
		}
		return '_'
	}, name), "_")
	if name == "" {
		name = "param"
	}
	return name[:min(len(name), 60)]
}

// unused makes name different from those used before.
func unused(name string, used map[string]bool) string {
	for n, try := 2, name; ; n++ {
		if !used[try] {
			used[try] = true
			return try
		}
		try = fmt.Sprintf("%s%d", name, n)
	}
}
