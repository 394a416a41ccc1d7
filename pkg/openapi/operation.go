package openapi

import (
	"bytes"
	"fmt"
	"strings"
)

// operation writes the endpoint of one operation. It returns false if the mock has no room for it.
func (im *importer) operation(path, method string, item, op *value) bool {
	parameters := im.parameters(item, op)
	route, shape, ok := im.path(path, op, parameters)
	if !ok {
		return true
	}
	shape = method + " " + shape
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
