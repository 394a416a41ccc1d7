package filesource_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/services/mockserver/internal/filesource"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// table keeps what was put last.
type table struct{ sites []*site.Site }

func (t *table) Put(s *site.Site) { t.sites = append(t.sites, s) }

// tableFunc is called with what is put.
type tableFunc func(*site.Site)

func (f tableFunc) Put(s *site.Site) { f(s) }

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

// Another content of the same size and time is noticed in every file that is served, however it was put there.
func TestSameSizeAndTimeIsNoticed(t *testing.T) {
	const document = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {/v: {get: {operationId: v, responses: {200: {description: ok, content: {text/plain: {example: one}}}}}}}\n"
	long := time.Unix(1_000_000_000, 0)
	for name, c := range map[string]struct{ content, mocks string }{
		"a mock":                    {content: "- endpoint: {path: /v, response: {body: one}}"},
		"a document":                {content: document},
		"the answers of a document": {content: document, mocks: "v: {body: one}"},
	} {
		for how, replace := range map[string]func(path, content string){
			"in place": func(path, content string) { write(t, filepath.Dir(path), filepath.Base(path), content) },
			"renamed": func(path, content string) {
				if err := os.Rename(write(t, filepath.Dir(path), "new", content), path); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				dir := t.TempDir()
				cfg := filesource.Config{Files: []string{write(t, dir, "a.yml", "- endpoint: {path: /a, response: {body: a}}"), write(t, dir, "v.yml", c.content)}, Watch: true, Every: time.Millisecond, Out: io.Discard}
				path, content := filepath.Join(dir, "v.yml"), c.content
				if c.mocks != "" {
					path, content = write(t, dir, "m.yml", c.mocks), c.mocks
					cfg.Files, cfg.Mocks = cfg.Files[1:], path
				}
				keep := func() {
					if err := os.Chtimes(path, long, long); err != nil {
						t.Fatal(err)
					}
				}
				keep()
				sites := make(chan *site.Site, 100)
				s := filesource.New(cfg, tableFunc(func(of *site.Site) { sites <- of }))
				if err := s.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				before := (<-sites).Digest
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { defer close(ended); s.Watch(ctx) }()
				var after *site.Site
				for after == nil && t.Context().Err() == nil { // a file system may count its own time in milliseconds
					replace(path, strings.Replace(content, "one", "two", 1))
					keep()
					select {
					case after = <-sites:
					case <-time.After(100 * time.Millisecond):
					}
				}
				if after.Digest == before {
					t.Error("the old content is served again")
				}
				cancel()
				<-ended
			})
		}
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
