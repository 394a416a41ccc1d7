package mockspec

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"
)

// Answers are responses by the ids of operations: the second file of moclojer's OpenAPI pair.
type Answers struct {
	reader *reader
	byID   map[string]pair
}

// ReadAnswers reads a map from operation ids to responses; it may be empty. Like Parse it keeps what is wrong for Finish.
func ReadAnswers(src []byte, o Options) *Answers {
	a := &Answers{reader: newReader(o), byID: map[string]pair{}}
	if len(bytes.TrimSpace(src)) == 0 {
		return a
	}
	docs, _ := a.reader.documents(src)
	for _, d := range docs {
		d = follow(d)
		if d.Kind != yaml.MappingNode {
			a.reader.fail(at(d), CodeWrongType, "write `operationId:` and its response below", "the mocks of an OpenAPI document are a map of operation ids and responses, not %s", nodeName(d))
			continue
		}
		for _, e := range a.reader.pairs(d) {
			a.byID[e.key.Value] = e
		}
	}
	return a
}

// Empty reports whether there are no answers at all.
func (a *Answers) Empty() bool { return len(a.byID) == 0 }

// Has reports whether there is an answer for an operation.
func (a *Answers) Has(id string) bool {
	_, ok := a.byID[id]
	return ok
}

// Set gives an endpoint the answer of its operation.
func (a *Answers) Set(id string, e *Endpoint) {
	answer := a.byID[id]
	var templates deferred
	a.reader.pending = &templates
	e.Response = Response{Pos: at(answer.key), Status: Text{Pos: at(answer.key), Raw: "200"}}
	if !isNull(answer.value) {
		e.Response = a.reader.response(answer.value)
	}
	a.reader.pending = nil
	a.reader.lint(templates, a.reader.scopeOf(e))
}

// Finish returns everything that is wrong with the answers; ids are those of all operations, nil if they are not known.
func (a *Answers) Finish(ids []string) []Diagnostic {
	r := a.reader
	for id, e := range a.byID {
		if ids == nil || slices.Contains(ids, id) {
			continue
		}
		if near := suggest(id, ids); near != "" {
			r.warn(at(e.key), CodeUnknownOperation, "write `"+near+"`", "the OpenAPI document has no operation `%s`: did you mean `%s`?", brief(id), near)
		} else {
			r.warn(at(e.key), CodeUnknownOperation, "delete it", "the OpenAPI document has no operation `%s`, so this answer is never given", brief(id))
		}
	}
	return r.sorted()
}
