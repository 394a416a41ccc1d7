package importer

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mocloud/mocloud/pkg/importer/curl"
	"github.com/mocloud/mocloud/pkg/importer/har"
	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/importer/mockoon"
	"github.com/mocloud/mocloud/pkg/importer/postman"
	"github.com/mocloud/mocloud/pkg/importer/wiremock"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Options say how a document is imported. The zero value is for a document that somebody sent.
type Options = openapi.Options

// Result is what an import made.
type Result struct {
	Format    Format // of the document
	Content   []byte // the mock, in moclojer's YAML
	Title     string // of the document; "" if it has none
	Endpoints int
}

// CodeNotImportable is the code of the diagnostic about a document that is of no format that can be imported.
const CodeNotImportable = "NOT_IMPORTABLE"

// Import makes a mock of a document of any format that can be imported. The same document always gives the same mock, and
// the mock is always valid. Nothing but src is read, and the work ends when ctx does.
//
// The diagnostics are about the document. If one is an error there is no result; the others say what was left out, and
// EffectOf how much each of them matters.
func Import(ctx context.Context, src []byte, o Options) (*Result, []mockspec.Diagnostic) {
	format := Detect(src)
	switch format {
	case OpenAPI, Unknown: // whose reader says best what is wrong with it
	case Postman:
		return importJSON(ctx, src, o, format, postman.Import)
	case Mockoon:
		return importJSON(ctx, src, o, format, mockoon.Import)
	case HAR:
		return importJSON(ctx, src, o, format, har.Import)
	case WireMock:
		return importJSON(ctx, src, o, format, wiremock.Import)
	case CURL:
		made, notes := curl.Import(ctx, src, o)
		return resultOf(made, format), notes
	default:
		return nil, []mockspec.Diagnostic{refusal(o.Name, format)}
	}
	made, notes := openapi.Import(ctx, src, o)
	if made == nil {
		for i := range notes {
			if format == Unknown && notes[i].Code == mockspec.CodeNotOpenAPI {
				notes[i] = refusal(o.Name, format)
			}
		}
		return nil, notes
	}
	return &Result{Format: format, Content: made.Content, Title: made.Title, Endpoints: made.Endpoints}, notes
}

// importJSON reads a document of JSON and makes a mock of it.
func importJSON(
	ctx context.Context, src []byte, o Options, format Format,
	read func(context.Context, *source.Node, Options) (*draft.Result, []mockspec.Diagnostic),
) (*Result, []mockspec.Diagnostic) {
	root, problem := source.Read(ctx, src, o.Name, source.Limits{Bytes: cmp.Or(o.MaxBytes, maxBytes), Values: cmp.Or(o.MaxValues, maxValues)})
	if problem != nil {
		return nil, []mockspec.Diagnostic{*problem}
	}
	made, notes := read(ctx, root, o)
	return resultOf(made, format), notes
}

func resultOf(made *draft.Result, format Format) *Result {
	if made == nil {
		return nil
	}
	return &Result{Format: format, Content: made.Content, Title: made.Title, Endpoints: made.Endpoints}
}

// The bounds of a document, where Options have none.
const (
	maxBytes  = 4 << 20
	maxValues = 500_000
)

// refusal says what a document is that is not imported.
func refusal(name string, format Format) mockspec.Diagnostic {
	const can = "OpenAPI 3 and Swagger 2 documents, Postman collections, Mockoon environments, WireMock mappings, HAR files and cURL commands can be"
	d := mockspec.Diagnostic{File: name, Line: 1, Column: 1, Severity: mockspec.Error, Code: CodeNotImportable, Fix: "import one of those"}
	switch format {
	case Mock:
		d.Message, d.Fix = "this is a mock already: it needs no import", "run or push it as it is"
	case Unknown:
		d.Message = "this is no document that can be imported: " + can
	default:
		d.Message = fmt.Sprintf("this is %s, which cannot be imported: %s", format.Describe(), can)
	}
	return d
}

// Effect says what became of a part of a document.
type Effect string

// The effects that a note can be about.
const (
	Loss Effect = "loss" // the mock has it, but not quite as it was
	None Effect = "none" // the mock does not have it
)

// EffectOf is what a note of an import says about its part of the document.
func EffectOf(note mockspec.Diagnostic) Effect {
	if note.Code == openapi.CodeSimplified {
		return Loss
	}
	return None
}
