package openapi

import (
	"net/http"
	"strconv"
	"strings"
)

// answer is what an endpoint answers. Its bodies are what the endpoint's `body` has, templates made inert; nil for none.
type answer struct {
	status  int
	headers *value
	body    *value
	small   *value // the same with no more than there must be; nil if that is not known
	bare    *value // the smallest body that can be read as what it is
	echoes  bool   // the status is the one that the caller prefers
	others  []alternative
}

// maxHeaders bounds the headers of one answer, and maxHeader the bytes of one.
const maxHeaders, maxHeader = 50, 1000

// answer chooses the response of an operation and makes its body, and those of the others.
func (im *importer) answer(name string, op *value, parameters []*value) answer {
	responses := op.get("responses")
	if responses == nil || responses.kind != kindObject {
		return answer{status: http.StatusOK, headers: emptyObject()}
	}
	chosen := im.choose(responses)
	if chosen < 0 {
		return answer{status: http.StatusOK, headers: emptyObject()}
	}
	status := rank(responses.keys[chosen]) % 1000
	if rank(responses.keys[chosen]) >= firstError {
		im.warn(responses, CodeSimplified, "%s documents only errors, so it answers %d: add a successful response", name, status)
	}
	a := answer{status: status, headers: emptyObject()}
	if response := im.resolve(responses.items[chosen]); response != nil {
		a = im.answerOf(op, response, status, im.examplesOf(op, response)[0])
	}
	if im.answers == nil {
		a.others = im.alternatives(op, responses, parameters, chosen)
	}
	return a
}

// choose is the response that is the answer, or -1: the best good one. Where only errors are documented it is the first of
// them that has content, else the first.
func (im *importer) choose(responses *value) int {
	chosen, first := -1, -1
	for i, code := range responses.keys {
		switch r := rank(code); {
		case r > 0 && r < firstError && (chosen < 0 || r < rank(responses.keys[chosen])):
			chosen = i
		case r >= firstError && first < 0:
			first = i
		}
	}
	if chosen >= 0 {
		return chosen
	}
	for i, code := range responses.keys {
		if rank(code) == 0 {
			continue
		}
		response := im.resolve(responses.items[i])
		if response.find("content") >= 0 || response.find("examples") >= 0 || response.find("schema") >= 0 {
			return i
		}
	}
	return first
}

// firstError is the rank of the first error.
const firstError = 4000

// rank orders the responses: the lowest good one, 2XX, a redirect, default, and from firstError on the errors. The last
// three digits are the status that is answered; 0 is no response.
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
		case "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "date", "keep-alive", "upgrade", "trailer":
			continue // the server's own: what they say of the real answer is not true of this one
		}
		header := im.resolve(headers.items[i])
		if header == nil || !isToken(name) || len(a.headers.items) == maxHeaders {
			continue
		}
		if v := im.header(name, header); v != nil {
			a.headers.set(name, v)
		}
	}
}

// header is the value of a header, or the values; nil if it has none.
func (im *importer) header(name string, header *value) *value {
	text := func(s string) *value {
		if s = oneLine(s, maxHeader); s == "" {
			return nil
		}
		return textOf(inert(s))
	}
	if kind, media := mediaOf(header.get("content")); media != nil {
		v := im.valueOf(media.get("schema"), im.example(media))
		if v != nil && isJSON(kind) {
			return text(jsonText(v))
		}
		return text(scalarOf(v))
	}
	schema := header.get("schema")
	if schema == nil {
		schema = header // Swagger 2
	}
	v := im.valueOf(schema, im.example(header))
	switch {
	case v == nil:
		return nil
	case strings.EqualFold(name, "Set-Cookie") && v.kind == kindList:
		lines := listOf()
		for _, item := range v.items {
			if line := text(scalarOf(item)); line != nil {
				lines.items = append(lines.items, line)
			}
		}
		if len(lines.items) == 0 {
			return nil
		}
		return lines
	case v.kind == kindList:
		return text(joined(v.items, map[string]string{"ssv": " ", "tsv": "\t", "pipes": "|"}[header.string("collectionFormat")]))
	case v.kind == kindObject:
		var parts []*value
		for i, key := range v.keys {
			if header.isTrue("explode") {
				parts = append(parts, textOf(key+"="+scalarOf(v.items[i])))
			} else {
				parts = append(parts, textOf(key), v.items[i])
			}
		}
		return text(joined(parts, ""))
	}
	return text(scalarOf(v))
}

// joined is a list in one text, as OpenAPI's style `simple` has it unless another separator is given.
func joined(items []*value, separator string) string {
	if separator == "" {
		separator = ","
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = scalarOf(item)
	}
	return strings.Join(texts, separator)
}

// valueOf is an example, as its schema has it, or a value made from the schema; nil if there is neither.
func (im *importer) valueOf(schema, example *value) *value {
	if example != nil {
		return im.copy(example, schema)
	}
	if schema == nil {
		return nil
	}
	g := generator{im: im}
	v, _ := g.value(schema, 0)
	return v
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

// body makes the body of an answer.
func (im *importer) body(a *answer, kind string, schema, example *value) {
	if kind == "" {
		return
	}
	switch {
	case isJSON(kind):
		if strings.Contains(kind, "*") {
			kind = "application/json"
		}
		im.jsonBody(a, schema, example)
	case example == nil && schema == nil:
	default:
		im.otherBody(a, base(kind), schema, example)
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

// otherBody makes a body that is not JSON.
func (im *importer) otherBody(a *answer, kind string, schema, example *value) {
	v := example
	switch {
	case example != nil && example.kind >= kindList && !writable(kind):
		im.warn(example, CodeSimplified, "this example is not text, and `%s` cannot represent it: the answer is empty", oneLine(kind, 60))
		return
	case example == nil && !writable(kind):
		im.warn(schema, CodeSimplified, "an answer of type `%s` is only made from an example, and there is none: it is empty", oneLine(kind, 60))
		return
	case example != nil && example.kind >= kindList:
		v = im.copy(example, schema)
	case example == nil:
		g := generator{im: im}
		var ok bool
		if v, ok = g.value(schema, 0); !ok {
			return
		}
	}
	switch text := im.textBody(kind, v, schema); {
	case len(text) > maxText:
		im.warn(example, CodeTooLong, "the example has more than %d KiB: the answer is empty", maxText>>10)
	case text != "":
		a.body = textOf(inert(text))
	}
}

// jsonBody makes the bodies of an answer that is JSON, which never are empty.
func (im *importer) jsonBody(a *answer, schema, example *value) {
	if example != nil && example.kind == kindText && schema == nil { // JSON that was written as a text
		if parsed, err := readJSON(im.ctx, []byte(example.text), maxBodyValues); err == nil && parsed.kind >= kindList {
			example = parsed
		}
	}
	key := madeOf{im.schema(schema), example}
	if made, ok := im.bodies[key]; ok {
		a.body, a.small, a.bare = made.body, made.small, made.bare
		return
	}
	defer func() { im.bodies[key] = *a }()
	v := im.valueOf(schema, example)
	if v == nil {
		v = emptyObject() // a circle, a reference that leads nowhere, or nothing said: JSON all the same
	}
	a.body = jsonBody(v)
	if v.kind < kindList {
		if a.bare = a.body; len(a.bare.text) > maxNumber || v.kind == kindText {
			a.bare = textOf(`""`)
		}
		if len(a.body.text) > maxText {
			im.warn(example, CodeTooLong, "the example has more than %d KiB: the answer is an empty text", maxText>>10)
			a.body = a.bare
		}
		return
	}
	a.bare = &value{kind: v.kind}
	if schema != nil {
		g := generator{im: im, least: true}
		if small, ok := g.value(schema, 0); ok && small.kind == v.kind {
			a.small = jsonBody(small)
		}
	}
}

// madeOf is what a body is made of.
type madeOf struct{ schema, example *value }

// jsonBody is a value as the body of an endpoint.
func jsonBody(v *value) *value {
	if v.kind < kindList { // a text that is JSON: a scalar of YAML would be plain text
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
			im.warn(external, CodeExternalRef, "the example `%s` is outside the document, and nothing outside it is read: put it into the document", oneLine(external.text, 100))
		}
	}
	return nil
}
