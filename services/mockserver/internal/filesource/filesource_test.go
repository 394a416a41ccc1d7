package filesource_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/services/mockserver/internal/filesource"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// table keeps what was put last.
type table struct{ sites []*site.Site }

func (t *table) Put(s *site.Site) { t.sites = append(t.sites, s) }

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSeveralFilesAreOneMock(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	var got table
	s := filesource.New(filesource.Config{
		Files: []string{
			write(t, dir, "My Users.yml", "- endpoint: {method: POST, path: /users, response: {body: a}}"),
			write(t, dir, "b.yml", "- mocloud: {cors: false}\n- endpoint: {path: '/b/:id|int/:day|date', host: b.example, query: {q: string, n: int}, response: {body: b}}\n- websocket: {path: /ws, on-connect: {response: hi}}"),
		},
		Out: &out, URL: "http://localhost:8000",
	}, &got)
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context()); err != nil { // nothing changed
		t.Fatal(err)
	}
	if len(got.sites) != 1 {
		t.Fatalf("%d sites", len(got.sites))
	}
	m := got.sites[0]
	if m.MockSlug != "my-users" || m.Revision != 1 || len(m.Hosts) != 0 || len(m.Parsed.Endpoints) != 2 || len(m.Parsed.WebSockets) != 1 || m.Parsed.Settings.CORS == nil {
		t.Errorf("%+v", m)
	}
	_, printed, _ := strings.Cut(out.String(), "\n\n")
	want := `  POST    http://localhost:8000/users
  GET     http://localhost:8000/b/:id|int/:day|date  (Host: b.example)
  WS      ws://localhost:8000/ws

Try it:
  curl -i -H 'Host: b.example' 'http://localhost:8000/b/1/2026-01-31?q=text&n=1'

`
	if diff := cmp.Diff(want, printed); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsNameTheirFile(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	s := filesource.New(filesource.Config{
		Files: []string{write(t, dir, "good.yml", "- endpoint: {path: /a, response: {body: a}}"), write(t, dir, "bad.yml", "- endpoint: {path: a, response: {body: a}}")},
		Out:   &out,
	}, &table{})
	if err := s.Load(t.Context()); err == nil {
		t.Error("it was served")
	}
	if !strings.Contains(out.String(), "bad.yml:1:") || strings.Contains(out.String(), "good.yml") {
		t.Error(out.String())
	}
}

func TestManyEndpointsAreNotAllPrinted(t *testing.T) {
	var content, out strings.Builder
	for range 100 {
		content.WriteString("- endpoint: {path: /same, response: {body: a}}\n")
	}
	s := filesource.New(filesource.Config{Files: []string{write(t, t.TempDir(), "many.yml", content.String())}, Out: &out}, &table{})
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "… and 60 more") {
		t.Error(out.String())
	}
}

// An OpenAPI document without answers of its own is imported, beside files that are mocks already.
func TestDocumentsAreImported(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	var got table
	s := filesource.New(filesource.Config{
		Files: []string{
			write(t, dir, "pets.yaml", `openapi: 3.1.0
paths:
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: A pet, content: {application/json: {schema: {type: object, properties: {name: {const: rex}}}}}}}
  /other: {$ref: other.yaml}
`),
			write(t, dir, "users.yml", "- endpoint: {path: /users, response: {body: a}}"),
		},
		Out: &out,
	}, &got)
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err, out.String())
	}
	endpoints := got.sites[0].Parsed.Endpoints
	if len(endpoints) != 2 || endpoints[0].Path.Raw != "/pets/:id|int" || endpoints[0].Response.Body.JSON != `{"name":"rex"}` {
		t.Errorf("%+v", endpoints)
	}
	if !strings.Contains(out.String(), "pets.yaml:7:18: warning EXTERNAL_REFERENCE") {
		t.Error(out.String())
	}
}
