package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/api/client"
	"github.com/mocloud/mocloud/tests/internal/cloud"
)

// TestImport: an OpenAPI document becomes a mock that answers, and the mock a document again.
func TestImport(t *testing.T) {
	document, err := os.ReadFile("../../examples/moclojer/openapi/petstore-expanded.yaml")
	check(t, err)
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		api, ctx := c.API(t), t.Context()
		made, err := api.ImportMockWithResponse(ctx, nil, client.NewImport{Document: new(string(document)), Slug: "petstore"})
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

// TestEveryOperationAnswers: every operation of an imported document answers what the document says, as another library
// judges. One of the documents is that of mocloud itself.
func TestEveryOperationAnswers(t *testing.T) {
	documents := map[string]string{
		"own-api":  "../../services/api/openapi/openapi.yaml",
		"pets":     "../../examples/openapi/pets.yaml",
		"expanded": "../../examples/moclojer/openapi/petstore-expanded.yaml",
	}
	onTargets(t, func(t *testing.T, c *cloud.Cloud) {
		for slug, file := range documents {
			src, err := os.ReadFile(filepath.FromSlash(file))
			check(t, err)
			made, err := c.API(t).ImportMockWithResponse(t.Context(), nil, client.NewImport{Document: new(string(src)), Slug: slug})
			check(t, err)
			if made.JSON201 == nil {
				t.Fatalf("import: %s %s", made.Status(), made.Body)
			}
			mock := made.JSON201.Mock
			check(t, c.Publish(t.Context(), mock.ID))
			check(t, c.WaitFor(t.Context(), mock.ID, mock.Revision, cloud.Published))
			read, err := c.API(t).GetMockWithResponse(t.Context(), mock.ID, nil)
			check(t, err)
			parsed, _ := mockspec.Parse([]byte(*read.JSON200.Content), mockspec.Options{})
			router := routerOf(t, src, mock.URL)
			for i := range parsed.Endpoints {
				if err := answersAsDocumented(t.Context(), c, router, mock.URL, &parsed.Endpoints[i]); err != nil {
					t.Errorf("%s: %s %s: %v", slug, parsed.Endpoints[i].Method, parsed.Endpoints[i].Path.Raw, err)
				}
			}
			if operations := bytes.Count(src, []byte("operationId:")); len(parsed.Endpoints) != operations {
				t.Errorf("%s: %d endpoints of %d operations", slug, len(parsed.Endpoints), operations)
			}
		}
	})
}

// routerOf finds the operations of a document for requests to a server.
func routerOf(t *testing.T, src []byte, server string) routers.Router {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(src)
	check(t, err)
	doc.Servers = openapi3.Servers{{URL: server}}
	router, err := legacy.NewRouter(doc)
	check(t, err)
	return router
}

// answersAsDocumented calls an endpoint with what it declares.
func answersAsDocumented(ctx context.Context, c *cloud.Cloud, router routers.Router, server string, e *mockspec.Endpoint) error {
	query := url.Values{}
	for _, f := range e.Query {
		query.Set(f.Name, valueOf(f.Type))
	}
	path := ""
	for _, s := range e.Path.Segments {
		path += "/" + url.PathEscape(s.Literal)
		if s.Param != "" {
			path += valueOf(s.Type)
		}
	}
	body, err := json.Marshal(bodyOf(e))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, e.Method, server+path+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	route, params, err := router.FindRoute(r)
	if err != nil {
		return fmt.Errorf("the document does not have %s: %w", r.URL.Path, err)
	}
	response, err := c.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if fmt.Sprint(response.StatusCode) != e.Response.Status.Raw {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s %s", response.Status, text)
	}
	noJSON := !strings.Contains(response.Header.Get("Content-Type"), "json") // pages and streams: that they answer is what there is to see
	return openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		Options:                &openapi3filter.Options{ExcludeResponseBody: noJSON},
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 response.StatusCode, Header: response.Header, Body: response.Body,
	})
}

// bodyOf is a body that an endpoint takes.
func bodyOf(e *mockspec.Endpoint) any {
	if e.Body == nil {
		return nil
	}
	return sampleOf(e.Body.Schema)
}

func sampleOf(s *mockspec.Schema) any {
	switch s.Kind {
	case mockspec.SchemaObject:
		out := map[string]any{}
		for _, f := range s.Fields {
			out[f.Name] = sampleOf(f.Schema)
		}
		return out
	case mockspec.SchemaArray:
		return []any{}
	case mockspec.SchemaString:
		return "text"
	case mockspec.SchemaBoolean:
		return true
	case mockspec.SchemaInteger, mockspec.SchemaNumber:
		return 1
	default:
		return nil
	}
}

// valueOf is a value of a declared type.
func valueOf(t mockspec.ParamType) string {
	switch t {
	case mockspec.TypeInt:
		return "7"
	case mockspec.TypeFloat, mockspec.TypeDouble:
		return "1.5"
	case mockspec.TypeBoolean:
		return "true"
	case mockspec.TypeDate:
		return "2024-01-31"
	case mockspec.TypeUUID:
		return "0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa"
	default:
		return "some"
	}
}
