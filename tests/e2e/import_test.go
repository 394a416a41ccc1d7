package e2e_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestImport: an OpenAPI document becomes a mock that answers, and the mock a document again.
func TestImport(t *testing.T) {
	document, err := os.ReadFile("../../examples/moclojer/openapi/petstore-expanded.yaml")
	check(t, err)
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		made, err := api.ImportMockWithResponse(ctx, nil, client.NewImport{Document: string(document), Slug: "petstore"})
		check(t, err)
		if made.JSON201 == nil {
			t.Fatalf("import: %s %s", made.Status(), made.Body)
		}
		mock := made.JSON201.Mock
		check(t, c.Publish(ctx, mock.ID))
		check(t, c.WaitFor(ctx, mock.ID, mock.Revision, cloud.Published))
		answers(t, c, mock.URL+"/pets/7", `{"name":"string","tag":"string","id":1}`)
		answers(t, c, mock.URL+"/pets", `[{"name":"string","tag":"string","id":1}]`)

		format := client.Openapi
		exported, err := api.ExportMock(ctx, mock.ID, &client.ExportMockParams{Format: &format})
		check(t, err)
		defer exported.Body.Close()
		text, err := io.ReadAll(exported.Body)
		check(t, err)
		if exported.StatusCode != http.StatusOK || !strings.Contains(string(text), `"/pets/{id}"`) {
			t.Errorf("export: %s %s", exported.Status, text)
		}
	})
}
