package mock

import (
	"context"
	"strconv"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Imported is a mock's content that was made of an OpenAPI document.
type Imported struct {
	Content   string
	Title     string // of the document; "" if it has none
	Endpoints int
	Notes     []mockspec.Diagnostic // what was left out, with places in the document
}

// maxConversions is how many documents are converted at once: one may take a second and some hundred MiB.
const maxConversions = 2

// Import makes a mock's content of an OpenAPI document; prefix is put before its paths. An *InvalidError if no mock can be
// made of it. It waits for its turn, until ctx ends.
func (s *Service) Import(ctx context.Context, document, prefix string) (Imported, error) {
	select {
	case s.conversions <- struct{}{}:
		defer func() { <-s.conversions }()
	case <-ctx.Done():
		return Imported{}, apperr.New(apperr.Unavailable, "Too many documents are being imported: try again in a few seconds.").WithCause(ctx.Err())
	}
	made, notes := openapi.Import([]byte(document), openapi.Options{Prefix: prefix, Mock: s.cfg.Limits})
	if made == nil {
		return Imported{}, &InvalidError{
			Err:         apperr.New(apperr.Invalid, "No mock can be made of the document: %s", Summary(notes)).WithField("document"),
			Diagnostics: notes,
		}
	}
	return Imported{Content: string(made.Content), Title: made.Title, Endpoints: made.Endpoints, Notes: notes}, nil
}

// CreateImported makes a mock of an OpenAPI document and stores it, offline; what n says of content does not count.
func (s *Service) CreateImported(ctx context.Context, who workspace.Caller, document, prefix string, n New) (Mock, []mockspec.Diagnostic, error) {
	made, err := s.Import(ctx, document, prefix)
	if err != nil {
		return Mock{}, nil, err
	}
	n.Content = made.Content
	m, err := s.Create(ctx, who, n)
	return m, made.Notes, err
}

// Describe is a mock as an OpenAPI document in JSON. An *InvalidError if its content has errors.
func (s *Service) Describe(m Mock) ([]byte, error) {
	parsed, diagnostics := mockspec.Parse([]byte(m.Content), mockspec.Options{Limits: s.cfg.Limits})
	if mockspec.HasErrors(diagnostics) {
		return nil, &InvalidError{
			Err:         apperr.New(apperr.Invalid, "The mock cannot be described: %s", Summary(diagnostics)),
			Diagnostics: diagnostics,
		}
	}
	return openapi.Export(parsed, openapi.Info{Title: m.Slug, Version: strconv.Itoa(m.Revision), Server: s.cfg.Addresses.Of(m)}, ""), nil
}
