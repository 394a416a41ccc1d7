package openapi

import (
	"net/http"
	"strconv"
	"strings"
)

// answer is what an endpoint answers.
type answer struct {
	status  int
	headers *value
	body    *value   // as the endpoint's `body`, templates made inert; nil for none
	others  []string // the answers that were not chosen, in words
}

// maxHeaders bounds the headers of one answer, and maxHeader the bytes of one.
const maxHeaders, maxHeader = 50, 1000

// answer chooses the response of an operation and makes its body.
func (im *importer) answer(op *value) answer {
	a := answer{status: http.StatusOK, headers: emptyObject()}
	responses := op.get("responses")
	if responses == nil || responses.kind != kindObject {
		return a
	}
	chosen := -1
	for i, name := range responses.keys {
		if r := rank(name); r > 0 && r < 4000 && (chosen < 0 || rank(name) < rank(responses.keys[chosen])) {
			chosen = i
		}
	}
	for i, name := range responses.keys {
		if i != chosen && rank(name) > 0 && len(a.others) < 20 {
			a.others = append(a.others, strings.TrimSpace(oneLine(name, 10)+" "+oneLine(im.resolve(responses.items[i]).string("description"), 60)))
		}
	}
	if chosen < 0 {
		return a
	}
	a.status = rank(responses.keys[chosen]) % 1000
	response := im.resolve(responses.items[chosen])
	if response == nil {
		return a
	}
	im.headers(&a, response)
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified && a.status >= 200 {
		im.body(&a, op, response)
	}
	return a
}

// rank orders the responses: the lowest good one, 2XX, a redirect, default, and from 4000 on the errors, which are never
// the answer. The last three digits are the status that is answered; 0 is no response.
func rank(name string) int {
	code, err := strconv.Atoi(name)
	switch {
	case strings.EqualFold(name, "2XX"):
		return 1200
	case strings.EqualFold(name, "3XX"):
		return 2302
	case name == "default":
		return 3200
	case strings.EqualFold(name, "4XX"):
		return 4400
	case strings.EqualFold(name, "5XX"):
		return 4500
	case err != nil || len(name) != 3 || code < 200 || code > 599:
		return 0
	case code < 300:
		return code
	case code < 400:
		return 2000 + code
	default:
		return 4000 + code
	}
}

// headers takes over the headers that have a value.
func (im *importer) headers(a *answer, response *value) {
	headers := response.get("headers")
	if headers == nil || headers.kind != kindObject {
		return
	}
	for i, name := range headers.keys {
		switch strings.ToLower(name) {
		case "content-type", "content-length", "transfer-encoding", "connection", "date", "keep-alive", "upgrade", "trailer":
			continue // the server's own
		}
		header := im.resolve(headers.items[i])
		if header == nil || !isToken(name) || len(a.headers.items) == maxHeaders {
			continue
		}
		v := im.example(header)
		if v == nil {
			schema := header.get("schema")
			if schema == nil {
				schema = header // Swagger 2
			}
			g := generator{im: im}
			v, _ = g.value(schema, 0)
		}
		if text := oneLine(scalarOf(v), maxHeader); text != "" {
			a.headers.set(name, textOf(inert(text)))
		}
	}
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// body makes the body of the chosen response.
func (im *importer) body(a *answer, op, response *value) {
	kind, schema, example := im.content(op, response)
	if kind == "" {
		return
	}
	switch {
	case isJSON(kind):
		if strings.Contains(kind, "*") {
			kind = "application/json"
		}
		a.body = im.jsonBody(schema, example)
	case example == nil && schema != nil && !strings.HasPrefix(base(kind), "text/"):
		im.warn(schema, CodeSimplified, "an answer of `%s` is made only from an example, and there is none: it is empty", oneLine(kind, 60))
	case example != nil:
		a.body = textOf(inert(scalarOf(example)))
	case schema != nil:
		g := generator{im: im}
		if v, ok := g.value(schema, 0); ok {
			a.body = textOf(inert(scalarOf(v)))
		}
	}
	if a.body != nil && a.body.kind == kindText && (len(a.body.text) > maxText || a.body.text == "") {
		a.body = nil
	}
	if strings.Contains(kind, "*") {
		kind = "text/plain"
	}
	if kind = oneLine(kind, 200); isMedia(kind) {
		headers := emptyObject()
		headers.set("Content-Type", textOf(inert(kind)))
		for i, name := range a.headers.keys {
			headers.set(name, a.headers.items[i])
		}
		a.headers = headers
	}
}

// maxText is how many bytes a body that is one text may have.
const maxText = 256 << 10

func isMedia(s string) bool {
	first, second, ok := strings.Cut(base(s), "/")
	return ok && isToken(first) && isToken(second)
}

// jsonBody is a JSON body from an example or a schema.
func (im *importer) jsonBody(schema, example *value) *value {
	var v *value
	if example != nil {
		if example.kind == kindText && typeName(im.resolve(schema)) != "string" { // JSON that was written as a text
			if parsed, err := readJSON(im.ctx, []byte(example.text), maxBodyValues); err == nil && parsed.kind >= kindList {
				example = parsed
			}
		}
		v = im.copy(example)
	}
	if v == nil && schema != nil {
		g := generator{im: im}
		var ok bool
		if v, ok = g.value(schema, 0); !ok {
			v = emptyObject() // a circle, or a reference that leads nowhere: JSON all the same
		}
	}
	switch {
	case v == nil:
		return nil
	case v.kind < kindList: // a text that is JSON: a scalar of YAML would be plain text
		return textOf(inert(jsonText(v)))
	}
	return inertValue(v)
}

// inertValue makes all texts of v inert.
func inertValue(v *value) *value {
	switch v.kind {
	case kindText:
		return textOf(inert(v.text))
	case kindList:
		out := listOf()
		for _, item := range v.items {
			out.items = append(out.items, inertValue(item))
		}
		return out
	case kindObject:
		out := emptyObject()
		for i, key := range v.keys {
			out.set(inert(key), inertValue(v.items[i]))
		}
		return out
	case kindNull, kindBool, kindNumber:
	}
	return v
}

// content returns the media type of a response, its schema and its example; nil for what there is not.
func (im *importer) content(op, response *value) (kind string, schema, example *value) {
	if im.version != 2 {
		kind, media := mediaOf(response.get("content"))
		media = im.resolve(media)
		return kind, media.get("schema"), im.example(media)
	}
	schema = response.get("schema")
	if kind, example = mediaOf(response.get("examples")); example != nil {
		return kind, schema, example
	}
	produces := op.list("produces")
	if produces == nil {
		produces = im.root.list("produces")
	}
	for _, p := range produces {
		if p.kind == kindText && (kind == "" || isJSON(p.text) && !isJSON(kind)) {
			kind = p.text
		}
	}
	if kind == "" && schema != nil {
		kind = "application/json"
	}
	if schema == nil {
		return "", nil, nil
	}
	return kind, schema, nil
}

// example returns the example beside a schema: of a media type, a header or a parameter.
func (im *importer) example(v *value) *value {
	if e := v.get("example"); e != nil {
		return e
	}
	if list := v.list("examples"); len(list) > 0 { // as early documents have it
		return list[0]
	}
	examples := v.get("examples")
	if examples == nil || examples.kind != kindObject {
		return nil
	}
	for _, e := range examples.items {
		e = im.resolve(e)
		if found := e.get("value"); found != nil {
			return found
		}
		if external := e.get("externalValue"); external != nil {
			im.warn(external, CodeExternalRef, "the example `%s` is outside of the document, and nothing outside is read: put it into the document", oneLine(external.text, 100))
		}
	}
	return nil
}
