package mock

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/fair"
	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// Imported is a mock's content that was made of another tool's document.
type Imported struct {
	Content  string
	Title    string                // of the document; "" if it has none
	Outline  []OutlineItem         // of Content
	Document string                // what was fetched; "" if it was sent
	Notes    []mockspec.Diagnostic // what was left out, with places in the document
}

// Import says what to import: a document, or where it is.
type Import struct {
	Document   string
	URL        string
	Prefix     string   // put before its paths
	Operations []string // the endpoints to take, as in "GET /pets"; none: all of them
}

// Fetch reads what is at a URL for the account, within bounds and from public addresses only.
type Fetch func(ctx context.Context, accountID, url string) ([]byte, error)

// maxConversion is how long one conversion may take. What the limits allow takes a second or two; what is far from that was
// made to keep the api busy.
const maxConversion = 10 * time.Second

// waitingConversions is how many documents of one account may wait to be converted.
const waitingConversions = 32

// newConversions lets documents be converted on at most half of the processors, since a conversion keeps one busy and may take some
// hundred MiB, and one at a time for each account, so that nobody's documents keep others waiting.
func newConversions() *fair.Slots {
	return fair.NewSlots(max(1, runtime.GOMAXPROCS(0)/2), 1, waitingConversions)
}

// MaxDocument bounds an imported document, in bytes.
const MaxDocument = 4 << 20

// Import makes a mock's content of another tool's document. An *InvalidError if no mock can be made of it. It waits for its turn,
// and the work ends when ctx does.
func (s *Service) Import(ctx context.Context, who workspace.Caller, i Import) (Imported, error) {
	document, err := s.document(ctx, who, i)
	if err != nil {
		return Imported{}, err
	}
	done, err := s.conversions.Take(ctx, who.AccountID)
	if err != nil {
		return Imported{}, apperr.New(apperr.Unavailable, "Too many documents are being imported right now; try again in a few seconds.").WithCause(err)
	}
	defer done()
	work, cancel := context.WithTimeout(ctx, maxConversion)
	defer cancel()
	made, notes := importer.Import(work, []byte(document), importer.Options{Prefix: i.Prefix, Mock: s.cfg.Limits})
	switch {
	case ctx.Err() != nil:
		return Imported{}, ctx.Err()
	case made == nil && errors.Is(work.Err(), context.DeadlineExceeded):
		return Imported{}, apperr.New(apperr.Invalid, "The document takes longer than %s to import: split it, or import it on your own machine with `mocloud import`.", maxConversion).WithField("document")
	case made == nil:
		return Imported{}, &InvalidError{
			Err:         apperr.New(apperr.Invalid, "No mock can be made from the document: %s", Summary(notes)).WithField("document"),
			Diagnostics: notes,
		}
	}
	out := Imported{Content: string(made.Content), Title: made.Title, Notes: notes}
	if i.URL != "" {
		out.Document = document
	}
	out.Outline = s.Outline(out.Content)
	if len(i.Operations) == 0 {
		return out, nil
	}
	for _, name := range i.Operations {
		if !slices.ContainsFunc(out.Outline, func(o OutlineItem) bool { return o.Name() == name }) {
			return Imported{}, apperr.New(apperr.Invalid, "The document makes no endpoint %q; ask without operations to see which it makes.", name).WithField("operations")
		}
	}
	out.Content = choose(out.Content, out.Outline, i.Operations)
	out.Outline = s.Outline(out.Content)
	return out, nil
}

// document is what to import: as it was sent, or fetched.
func (s *Service) document(ctx context.Context, who workspace.Caller, i Import) (string, error) {
	switch {
	case (i.Document == "") == (i.URL == ""):
		return "", apperr.New(apperr.Invalid, "Send either a document or its url.").WithField("document")
	case i.URL == "":
		return i.Document, nil
	}
	fetched, err := s.cfg.Fetch(ctx, who.AccountID, i.URL)
	switch {
	case err != nil:
		return "", err
	case len(fetched) > MaxDocument:
		return "", apperr.New(apperr.TooLarge, "The document at %s is larger than %d MiB.", i.URL, MaxDocument>>20).WithField("url")
	case !utf8.Valid(fetched):
		return "", apperr.New(apperr.Invalid, "What is at %s is not text.", i.URL).WithField("url")
	}
	return string(fetched), nil
}

// CreateImported makes a mock of another tool's document and stores it, offline; what n says of content does not count.
func (s *Service) CreateImported(ctx context.Context, who workspace.Caller, i Import, n New) (Mock, []mockspec.Diagnostic, error) {
	made, err := s.Import(ctx, who, i)
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
