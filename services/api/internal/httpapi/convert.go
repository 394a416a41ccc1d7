package httpapi

import (
	"bytes"
	"context"
	"mime"
	"strings"

	"github.com/mocloud/mocloud/services/api/internal/mock"
)

// ImportDocument implements StrictServerInterface.
func (h *handlers) ImportDocument(ctx context.Context, r ImportDocumentRequestObject) (ImportDocumentResponseObject, error) {
	made, err := h.Mocks.Import(ctx, caller(ctx), mock.Import{
		Document: value(r.Body.Document, ""), URL: value(r.Body.URL, ""), Prefix: value(r.Body.Prefix, ""), Operations: value(r.Body.Operations, nil),
	})
	if err != nil {
		return nil, err
	}
	out := ImportDocument200JSONResponse{
		Content: made.Content, Title: made.Title, Endpoints: len(made.Outline), Document: made.Document,
		Operations: make([]OutlineItem, len(made.Outline)), Diagnostics: diagnostics(made.Notes),
	}
	for i, o := range made.Outline {
		out.Operations[i] = OutlineItem{
			Kind: OutlineItemKind(o.Kind), Method: present(o.Method), Path: o.Path, Line: o.Line, Summary: present(o.Summary),
		}
	}
	return out, nil
}

// ImportMock implements StrictServerInterface.
func (h *handlers) ImportMock(ctx context.Context, r ImportMockRequestObject) (ImportMockResponseObject, error) {
	m, notes, err := h.Mocks.CreateImported(ctx, caller(ctx), mock.Import{
		Document: value(r.Body.Document, ""), URL: value(r.Body.URL, ""), Prefix: value(r.Body.Prefix, ""), Operations: value(r.Body.Operations, nil),
	}, mock.New{
		WorkspaceSlug: value(r.Body.WorkspaceSlug, ""), Slug: r.Body.Slug,
		Name: value(r.Body.Name, ""), Description: value(r.Body.Description, ""), Message: value(r.Body.Message, ""),
	})
	if err != nil {
		return nil, err
	}
	created := h.created(m)
	return ImportMock201JSONResponse{
		Body:    ImportedMock{Mock: created.Body, Diagnostics: diagnostics(notes)},
		Headers: ImportMock201ResponseHeaders{ETag: created.Headers.ETag, Location: created.Headers.Location},
	}, nil
}

// ExportMock implements StrictServerInterface.
func (h *handlers) ExportMock(ctx context.Context, r ExportMockRequestObject) (ExportMockResponseObject, error) {
	m, err := h.Mocks.Find(ctx, caller(ctx), r.MockID)
	if err != nil {
		return nil, err
	}
	content, kind, name := []byte(m.Content), "application/yaml", m.Slug+".yml"
	if value(r.Params.Format, Moclojer) == Openapi {
		if content, err = h.Mocks.Describe(m); err != nil {
			return nil, err
		}
		kind, name = "application/json", strings.TrimSuffix(name, ".yml")+".openapi.json"
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	return ExportMock200AsteriskResponse{
		Body: bytes.NewReader(content), ContentType: kind, ContentLength: int64(len(content)),
		Headers: ExportMock200ResponseHeaders{ContentDisposition: &disposition},
	}, nil
}
