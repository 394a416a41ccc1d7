package httpapi

import (
	"context"
	"net/http"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/api/internal/page"
)

// ValidateContent implements StrictServerInterface.
func (h *handlers) ValidateContent(_ context.Context, r ValidateContentRequestObject) (ValidateContentResponseObject, error) {
	found, err := h.Mocks.Validate(r.Body.Content)
	if err != nil {
		return nil, err
	}
	return ValidateContent200JSONResponse{Valid: !mockspec.HasErrors(found), Diagnostics: diagnostics(found)}, nil
}

// FormatContent implements StrictServerInterface.
func (h *handlers) FormatContent(_ context.Context, r FormatContentRequestObject) (FormatContentResponseObject, error) {
	formatted, err := h.Mocks.Format(r.Body.Content)
	return FormatContent200JSONResponse{Content: formatted, Changed: formatted != r.Body.Content}, err
}

// document answers with a document that is ready.
type document struct {
	contentType string
	body        []byte
}

func (d document) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", d.contentType)
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(d.body)
	return err
}

// VisitGetOpenAPIResponse implements GetOpenAPIResponseObject.
func (d document) VisitGetOpenAPIResponse(w http.ResponseWriter) error { return d.write(w) }

// VisitGetDocsResponse implements GetDocsResponseObject.
func (d document) VisitGetDocsResponse(w http.ResponseWriter) error { return d.write(w) }

// VisitGetMockSchemaResponse implements GetMockSchemaResponseObject.
func (d document) VisitGetMockSchemaResponse(w http.ResponseWriter) error { return d.write(w) }

// GetOpenAPI implements StrictServerInterface.
func (h *handlers) GetOpenAPI(context.Context, GetOpenAPIRequestObject) (GetOpenAPIResponseObject, error) {
	return document{"application/json", h.document}, nil
}

// GetDocs implements StrictServerInterface.
func (h *handlers) GetDocs(context.Context, GetDocsRequestObject) (GetDocsResponseObject, error) {
	docs, err := page.Docs()
	return document{"text/html; charset=utf-8", docs}, err
}

// GetMockSchema implements StrictServerInterface.
func (h *handlers) GetMockSchema(context.Context, GetMockSchemaRequestObject) (GetMockSchemaResponseObject, error) {
	return document{"application/schema+json", mockspec.JSONSchema()}, nil
}

// GetInstance implements StrictServerInterface.
func (h *handlers) GetInstance(context.Context, GetInstanceRequestObject) (GetInstanceResponseObject, error) {
	return GetInstance200JSONResponse(h.Instance), nil
}

// GetTemplateReference implements StrictServerInterface.
func (h *handlers) GetTemplateReference(context.Context, GetTemplateReferenceRequestObject) (GetTemplateReferenceResponseObject, error) {
	var out TemplateReference
	for _, v := range mockspec.Roots() {
		variable := TemplateVariable{Name: v.Name, Keys: append([]string{}, v.Keys...), ValidIn: "everywhere", Compat: v.Compat, Summary: v.Summary}
		if v.Declare != "" {
			in := TemplateVariableDeclaredIn(v.Declare)
			variable.DeclaredIn = &in
		}
		switch {
		case v.Message:
			variable.ValidIn = "message"
		case v.Refusal:
			variable.ValidIn = "refusal"
		}
		out.Variables = append(out.Variables, variable)
	}
	for _, t := range selmer.Tags() {
		out.Tags = append(out.Tags, TemplateTag{Name: t.Name, End: present(t.End), Summary: t.Summary})
	}
	for _, f := range selmer.Filters() {
		filter := TemplateFilter{Name: f.Name, MinArguments: f.MinArguments, Summary: f.Summary}
		if f.MaxArguments >= 0 {
			filter.MaxArguments = &f.MaxArguments
		}
		out.Filters = append(out.Filters, filter)
	}
	return GetTemplateReference200JSONResponse(out), nil
}
