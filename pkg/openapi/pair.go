package openapi

import (
	"context"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// Pair reads moclojer's OpenAPI pair: an OpenAPI document, and a map from operation ids to responses, which may be empty. Each
// operation becomes an endpoint that checks nothing, `{id}` in its path is `:id`. An operation without an entry answers as
// an import makes it. The mock is never nil; it may be served only when mockspec.HasErrors says no.
func Pair(ctx context.Context, document, mocks []byte, o mockspec.Options) (*mockspec.Mock, []mockspec.Diagnostic) {
	limits := o.Limits.OrDefault()
	named := o
	named.Name = o.MocksName
	answers := mockspec.ReadAnswers(mocks, named)
	im := newImporter(ctx, Options{Name: o.Name, MaxBytes: limits.Bytes, MaxValues: limits.Nodes, Mock: limits})
	im.answers = answers
	mock := im.run(document)
	if mock == nil {
		return &mockspec.Mock{}, append(im.sorted(), answers.Finish(nil)...)
	}
	for i := range mock.Endpoints {
		e, w := &mock.Endpoints[i], im.written[i]
		e.Pos = mockspec.Position{Line: w.op.line, Column: w.op.column}
		if w.id != "" && answers.Has(w.id) {
			answers.Set(w.id, e)
		}
	}
	return mock, append(im.sorted(), answers.Finish(append([]string{}, im.ids...))...)
}

// missing notes that an operation of a pair has no answer, unless none has.
func (im *importer) missing(op *value, name string) {
	id := op.string("operationId")
	if id != "" {
		im.ids = append(im.ids, id)
	}
	switch {
	case im.answers.Empty(), id != "" && im.answers.Has(id): // without answers all operations answer as the document says
	case id == "":
		im.warn(op, mockspec.CodeMissingMock, "%s has no `operationId`, so no answer can be given for it", name)
	default:
		im.warn(op, mockspec.CodeMissingMock, "the operation `%s` has no entry in the mocks", oneLine(id, 100))
	}
}
