package mockspec

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var pathParam = regexp.MustCompile(`\{([^{}/]+)\}`)

// ParseOpenAPI reads moclojer's OpenAPI pair: an OpenAPI document (3.x, or Swagger 2; YAML or JSON) and a map from
// operation ids to responses. Each operation becomes an endpoint, `{id}` in its path `:id`. An operation without an
// entry answers with the example of its first good response, or with its status alone. mocks may be nil. Like Parse
// it reports everything at once.
func ParseOpenAPI(spec, mocks []byte, o Options) (*Mock, []Diagnostic) {
	r := newReader(o)
	om := o
	om.Name = o.MocksName
	p := &openAPI{reader: r, mocks: newReader(om), answers: map[string]pair{}}
	p.mocks.mock = r.mock
	if docs, ok := r.documents(spec); ok && p.accept(docs) {
		p.root = follow(docs[0])
		p.readMocks(mocks)
		p.readPaths()
		p.readUnused()
		r.finish()
	}
	return r.mock, append(r.sorted(), p.mocks.sorted()...)
}

// openAPI reads one pair. The embedded reader reads the OpenAPI document, mocks reads the other file.
type openAPI struct {
	*reader
	mocks   *reader
	root    *yaml.Node
	answers map[string]pair // by operation id; the value is nil once it has been used
	ids     []string        // of all operations
}

// member returns the value of a key, or nil.
func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return follow(n.Content[i+1])
		}
	}
	return nil
}

// memberText returns the text of a key, or "".
func memberText(n *yaml.Node, name string) string {
	if v := member(n, name); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// resolve follows a local $ref; a few in a row, so that a circle of them ends.
func (p *openAPI) resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		ref := memberText(n, "$ref")
		if !strings.HasPrefix(ref, "#/") {
			return n
		}
		n = p.root
		for part := range strings.SplitSeq(ref[2:], "/") {
			n = member(n, strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~"))
		}
	}
	return n
}

// accept checks that the document is of a version that is known.
func (p *openAPI) accept(docs []*yaml.Node) bool {
	if len(docs) > 0 {
		root := follow(docs[0])
		version := memberText(root, "openapi") + memberText(root, "swagger")
		switch {
		case strings.HasPrefix(version, "3.") || strings.HasPrefix(version, "2."):
			return true
		case version != "":
			p.fail(at(root), CodeNotOpenAPI, "convert it to OpenAPI 3", "version `%s` of OpenAPI is not known: convert it to version 3", brief(version))
			return false
		}
	}
	p.fail(Position{1, 1}, CodeNotOpenAPI, "begin with `openapi: 3.0.0`", "this is not an OpenAPI document: it has no `openapi` with a version")
	return false
}

// readMocks reads the map of answers.
func (p *openAPI) readMocks(src []byte) {
	if len(bytes.TrimSpace(src)) == 0 {
		return
	}
	docs, _ := p.mocks.documents(src)
	for _, d := range docs {
		d = follow(d)
		if d.Kind != yaml.MappingNode {
			p.mocks.fail(at(d), CodeWrongType, "write `operationId:` and its response below", "the mocks of an OpenAPI document are a map of operation ids and responses, not %s", nodeName(d))
			continue
		}
		for _, e := range p.mocks.pairs(d) {
			p.answers[e.key.Value] = e
		}
	}
}

// readPaths makes an endpoint of each operation.
func (p *openAPI) readPaths() {
	paths := member(p.root, "paths")
	if paths == nil || paths.Kind != yaml.MappingNode {
		p.fail(at(p.root), CodeNotOpenAPI, "add `paths`", "the OpenAPI document has no `paths`")
		return
	}
	for _, e := range p.pairs(paths) {
		if strings.HasPrefix(e.key.Value, "x-") {
			continue
		}
		item := p.resolve(e.value)
		if item == nil || item.Kind != yaml.MappingNode {
			continue
		}
		for _, op := range p.pairs(item) {
			method := strings.ToUpper(op.key.Value)
			if !slices.Contains(methods, method) || op.value.Kind != yaml.MappingNode {
				continue
			}
			if !p.room(op.key) {
				return
			}
			p.operation(e.key, op, method)
		}
	}
}

// operation makes an endpoint of one operation.
func (p *openAPI) operation(where *yaml.Node, op pair, method string) {
	e := Endpoint{
		Pos: at(op.key), Method: method, Summary: memberText(op.value, "summary"),
		Response: Response{Pos: at(op.key), Status: Text{Pos: at(op.key), Raw: "200"}},
	}
	if tags := member(op.value, "tags"); tags != nil && len(tags.Content) > 0 {
		e.Tag = follow(tags.Content[0]).Value
	}
	parsed, err := ParsePath("/" + strings.TrimPrefix(pathParam.ReplaceAllString(where.Value, ":$1"), "/"))
	if err != nil {
		pe := asPathError(err)
		p.fail(at(where), pe.Code, pe.Fix, "%s", pe.Message)
		return
	}
	e.Path = parsed
	e.Path.Pos = at(where)
	id := memberText(op.value, "operationId")
	if id != "" {
		p.ids = append(p.ids, id)
	}
	answer, ok := p.answers[id]
	if !ok || id == "" {
		p.example(&e, op.value)
		switch {
		case len(p.answers) == 0: // all operations answer their examples
		case id == "":
			p.warn(at(op.key), CodeMissingMock, "add an `operationId`", "%s %s has no `operationId`, so no answer can be given for it", method, brief(where.Value))
		default:
			p.warn(at(op.key), CodeMissingMock, "add `"+brief(id)+":` to the mocks", "the operation `%s` has no entry in the mocks", brief(id))
		}
		p.mock.Endpoints = append(p.mock.Endpoints, e)
		return
	}
	before := p.mocks.errors()
	var templates deferred
	p.mocks.pending = &templates
	if !isNull(answer.value) {
		e.Response = p.mocks.response(answer.value)
	}
	p.mocks.pending = nil
	p.mocks.lint(templates, p.scopeOf(&e))
	if p.mocks.errors() == before {
		p.mock.Endpoints = append(p.mock.Endpoints, e)
	}
}

// example answers as the document's own example does.
func (p *openAPI) example(e *Endpoint, op *yaml.Node) {
	responses := member(op, "responses")
	if responses == nil || responses.Kind != yaml.MappingNode {
		return
	}
	var status string
	var chosen *yaml.Node
	for _, r := range p.pairs(responses) {
		if s := r.key.Value; len(s) == 3 && s[0] == '2' && digits(s) == 3 && (status == "" || s < status) {
			status, chosen = s, p.resolve(r.value)
		}
	}
	if chosen == nil {
		return
	}
	e.Response.Status.Raw = status
	kind, example := p.content(chosen)
	if example == nil {
		return
	}
	e.Response.Headers = []Header{{Name: "Content-Type", Value: Text{at(example), kind}}}
	e.Response.Body = p.body(example, kind)
}

// content returns the media type and the example of a response, JSON before others.
func (p *openAPI) content(response *yaml.Node) (kind string, example *yaml.Node) {
	for _, c := range p.entries(member(response, "content")) {
		media := p.resolve(c.value)
		found := member(media, "example")
		if found == nil {
			for _, x := range p.entries(member(media, "examples")) {
				if found = member(p.resolve(x.value), "value"); found != nil {
					break
				}
			}
		}
		if found == nil {
			found = member(p.resolve(member(media, "schema")), "example")
		}
		if found != nil && (example == nil || strings.Contains(c.key.Value, "json")) {
			kind, example = c.key.Value, found
		}
	}
	for _, x := range p.entries(member(response, "examples")) { // Swagger 2
		if example == nil || strings.Contains(x.key.Value, "json") {
			kind, example = x.key.Value, x.value
		}
	}
	return kind, example
}

// entries returns the entries of a map, or nothing.
func (p *openAPI) entries(n *yaml.Node) []pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	return p.pairs(n)
}

// readUnused warns about answers that no operation gives.
func (p *openAPI) readUnused() {
	for id, e := range p.answers {
		if slices.Contains(p.ids, id) {
			continue
		}
		if near := suggest(id, p.ids); near != "" {
			p.mocks.warn(at(e.key), CodeUnknownOperation, "write `"+near+"`", "the OpenAPI document has no operation `%s`: did you mean `%s`?", brief(id), near)
		} else {
			p.mocks.warn(at(e.key), CodeUnknownOperation, "delete it", "the OpenAPI document has no operation `%s`, so this answer is never given", brief(id))
		}
	}
}
