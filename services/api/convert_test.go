package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// goodOpenAPI is a document with one operation.
const goodOpenAPI = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets/{id}:\n    get:\n      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n      responses: {'200': {description: ok, content: {application/json: {example: {name: Rex}}}}}\n"

type imported struct {
	Content     string
	Title       string
	Endpoints   int
	Diagnostics []struct {
		Line          int
		Code, Message string
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	b := start(t)
	a := as[imported](t, b.want(http.StatusOK, "POST", "/api/v1/import", encode(map[string]any{"document": goodOpenAPI + "    post: {responses: {'200': {$ref: 'other.yaml'}}}\n", "prefix": "/v2"})))
	if a.Title != "Pets" || a.Endpoints != 2 || !strings.Contains(a.Content, "path: /v2/pets/:id|int\n") ||
		len(a.Diagnostics) != 1 || a.Diagnostics[0].Code != "EXTERNAL_REFERENCE" || a.Diagnostics[0].Line != 8 {
		t.Errorf("%+v", a)
	}
	for document, says := range map[string]string{
		"- endpoint: {path: /a, response: {}}": "this is a mock already",
		`{"imposters": []}`:                    "this is a set of mountebank imposters, which cannot be imported",
		"openapi: 3.0.0\npaths: {}\n":          "`paths` has no operations",
		"openapi: [":                           "did not find",
		`{"openapi": "3.0.0", "paths": {"a": `: "the JSON document ends too early",
		strings.Repeat("[", 50_000):            "nested",
	} {
		refused := b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/import", encode(map[string]any{"document": document}))
		if p := string(refused.body); !strings.Contains(p, "No mock can be made from the document") || !strings.Contains(p, says) || !strings.Contains(p, `"diagnostics":[{`) {
			t.Errorf("%.40q: %s\nwant %s", document, p, says)
		}
	}
	for _, body := range []map[string]any{{"document": ""}, {"document": 1}, {"document": goodOpenAPI, "prefix": "no/slash"}, {"document": goodOpenAPI, "prefix": "/{{x}}"}} {
		b.want(http.StatusBadRequest, "POST", "/api/v1/import", encode(body))
	}
	// The content is never larger than a mock may be here.
	large := "openapi: 3.0.0\npaths:\n" + " "
	for i := range 150 {
		large += "  /p" + strings.Repeat("x", i) + ": {get: {responses: {'200': {content: {application/json: {example: '" + strings.Repeat("y", 600) + "'}}}}}}\n "
	}
	if a := as[imported](t, b.want(http.StatusOK, "POST", "/api/v1/import", encode(map[string]any{"document": large}))); a.Endpoints == 0 || a.Endpoints > 100 || len(a.Content) > 1<<16 || len(a.Diagnostics) == 0 {
		t.Errorf("%d endpoints, %d bytes, %v", a.Endpoints, len(a.Content), a.Diagnostics)
	}
}

func TestImportMockAndExport(t *testing.T) {
	t.Parallel()
	b := start(t)
	a := b.want(http.StatusCreated, "POST", "/api/v1/mocks/import", encode(map[string]any{"document": goodOpenAPI, "slug": "pets", "message": "imported"}))
	made := as[struct {
		Mock struct {
			ID, Slug, Content, State string
			Revision                 int
		}
		Diagnostics []any
	}](t, a)
	m := made.Mock
	if m.Slug != "pets" || m.Revision != 1 || m.State != "offline" || !strings.Contains(m.Content, "name: Rex") || made.Diagnostics == nil ||
		a.header.Get("Location") != "/api/v1/mocks/"+m.ID || a.header.Get("ETag") == "" {
		t.Errorf("%s %v", a.body, a.header)
	}
	b.want(http.StatusConflict, "POST", "/api/v1/mocks/import", encode(map[string]any{"document": goodOpenAPI, "slug": "pets"}))
	b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/mocks/import", encode(map[string]any{"document": "{}", "slug": "other"}))

	path := "/api/v1/mocks/" + m.ID + "/export"
	for _, query := range []string{"", "?format=moclojer"} {
		e := b.want(http.StatusOK, "GET", path+query, "")
		if string(e.body) != m.Content || e.header.Get("Content-Type") != "application/yaml" || e.header.Get("Content-Disposition") != "attachment; filename=pets.yml" {
			t.Errorf("%s %v", e.body, e.header)
		}
	}
	e := b.want(http.StatusOK, "GET", path+"?format=openapi", "")
	if e.header.Get("Content-Type") != "application/json" || e.header.Get("Content-Disposition") != "attachment; filename=pets.openapi.json" {
		t.Errorf("%v", e.header)
	}
	doc, err := openapi3.NewLoader().LoadFromData(e.body)
	if err != nil || doc.Validate(t.Context()) != nil || doc.Paths.Find("/pets/{id}") == nil || len(doc.Servers) != 1 {
		t.Errorf("%v\n%s", err, e.body)
	}
	// What was exported is imported again, and means the same.
	again := as[imported](t, b.want(http.StatusOK, "POST", "/api/v1/import", encode(map[string]any{"document": string(e.body)})))
	if len(again.Diagnostics) > 0 || !strings.Contains(again.Content, "path: /pets/:id|int\n") || !strings.Contains(again.Content, "name: Rex\n") {
		t.Errorf("%+v", again)
	}
	b.want(http.StatusBadRequest, "GET", path+"?format=postman", "")
	b.want(http.StatusNotFound, "GET", "/api/v1/mocks/none/export", "")

	broken := b.create("broken", "- endpoint: {path: /}\n")
	b.want(http.StatusOK, "GET", "/api/v1/mocks/"+broken.ID+"/export", "")
	if refused := b.want(http.StatusUnprocessableEntity, "GET", "/api/v1/mocks/"+broken.ID+"/export?format=openapi", ""); !strings.Contains(string(refused.body), "MISSING_RESPONSE") {
		t.Errorf("%s", refused.body)
	}
}
