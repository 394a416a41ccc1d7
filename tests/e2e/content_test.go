package e2e_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestContent: what an editor asks before anything is stored, and what the API says of itself.
func TestContent(t *testing.T) {
	document, err := os.ReadFile("../../examples/moclojer/openapi/petstore-expanded.yaml")
	check(t, err)
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		good := answer(api.ValidateContentWithResponse(ctx, client.MockContent{Content: cloud.Answering("good")})).is(t, http.StatusOK).JSON200
		if !good.Valid || len(good.Diagnostics) != 0 {
			t.Errorf("good content: %+v", good)
		}
		bad := answer(api.ValidateContentWithResponse(ctx, client.MockContent{Content: "- endpoint:\n    pth: /pets\n"})).is(t, http.StatusOK).JSON200
		if bad.Valid || len(bad.Diagnostics) == 0 || bad.Diagnostics[0].Line != 2 || bad.Diagnostics[0].Column != 5 {
			t.Errorf("bad content: %+v", bad)
		}
		formatted := answer(api.FormatContentWithResponse(ctx, client.MockContent{Content: "-   endpoint: # here\n        path:   /pets\n"})).is(t, http.StatusOK).JSON200
		if formatted.Content != "- endpoint: # here\n    path: /pets\n" {
			t.Errorf("formatted: %q", formatted.Content)
		}
		answer(api.FormatContentWithResponse(ctx, client.MockContent{Content: "- endpoint: [\n"})).refused(t, http.StatusUnprocessableEntity, "line 1")
		imported := answer(api.ImportDocumentWithResponse(ctx, client.ImportedDocument{Document: new(string(document))})).is(t, http.StatusOK).JSON200
		if !strings.Contains(imported.Content, "path: /pets/:id") {
			t.Errorf("imported: %s", imported.Content)
		}
		// A file of this machine's network is out of reach, and said to be.
		answer(api.ImportDocumentWithResponse(ctx, client.ImportedDocument{URL: new("http://mocloud.invalid/pets.yaml")})).refused(t, http.StatusUnprocessableEntity, "could not be fetched")
		some := answer(api.ImportDocumentWithResponse(ctx, client.ImportedDocument{Document: new(string(document)), Operations: &[]string{"GET /pets"}})).is(t, http.StatusOK).JSON200
		if len(some.Operations) != 1 || some.Operations[0].Path != "/pets" {
			t.Errorf("some of it: %+v", some.Operations)
		}
		schema := answer(api.GetMockSchemaWithResponse(ctx)).is(t, http.StatusOK)
		if !strings.Contains(string(schema.Body), `"external-body"`) {
			t.Errorf("the schema: %s", schema.Body)
		}
		templates := answer(c.As(t).GetTemplateReferenceWithResponse(ctx)).is(t, http.StatusOK).JSON200
		if !slices.ContainsFunc(templates.Variables, func(v client.TemplateVariable) bool { return v.Name == "path-params" }) ||
			!slices.ContainsFunc(templates.Tags, func(tag client.TemplateTag) bool { return tag.Name == "if" && tag.End != nil && *tag.End == "endif" }) ||
			!slices.ContainsFunc(templates.Filters, func(f client.TemplateFilter) bool { return f.Name == "upper" }) {
			t.Errorf("what templates can have in them: %+v", templates)
		}
		described := answer(c.As(t).GetOpenAPIWithResponse(ctx)).is(t, http.StatusOK)
		page := answer(c.As(t).GetDocsWithResponse(ctx)).is(t, http.StatusOK)
		if !strings.Contains(string(described.Body), `"validateContent"`) || !strings.Contains(string(page.Body), "<html") {
			t.Errorf("the API describes itself with %.200s and %.200s", described.Body, page.Body)
		}
		for _, m := range answer(api.ListMocksWithResponse(ctx, nil)).is(t, http.StatusOK).JSON200.Items {
			if m.Slug != "hello" { // which is there from the beginning
				t.Errorf("something was stored: %+v", m)
			}
		}
	})
}
