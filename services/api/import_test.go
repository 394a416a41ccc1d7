package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/tryit"
)

// threePets is a document with three operations, the second with notes above it.
const threePets = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n" +
	"  /pets:\n    get: {summary: All of them, responses: {'200': {description: ok, content: {text/plain: {example: all}}}}}\n" +
	"    post: {operationId: addPet, description: One more., responses: {'201': {description: made}}}\n" +
	"  /toys:\n    get: {responses: {'200': {description: ok, content: {text/plain: {example: \"a\\n\\n- b\\n# c\"}}}}}\n"

type importedPart struct {
	Content, Document string
	Endpoints         int
	Operations        []struct {
		Method, Path string
		Line         int
	}
}

func (i importedPart) names() string {
	var names []string
	for _, o := range i.Operations {
		names = append(names, o.Method+" "+o.Path)
		if line := strings.Split(i.Content, "\n")[o.Line-1]; !strings.HasPrefix(line, "- endpoint:") {
			names = append(names, fmt.Sprintf("at %q", line))
		}
	}
	return strings.Join(names, ", ")
}

// Of an imported document one may take some operations, and leave the others with what is said of them.
func TestImportSome(t *testing.T) {
	t.Parallel()
	b := start(t)
	ask := func(status int, operations ...string) importedPart {
		body := map[string]any{"document": threePets}
		if len(operations) > 0 {
			body["operations"] = operations
		}
		return as[importedPart](t, b.want(status, "POST", "/api/v1/import", encode(body)))
	}
	whole := ask(http.StatusOK)
	if whole.names() != "GET /pets, POST /pets, GET /toys" || whole.Endpoints != 3 || whole.Document != "" {
		t.Fatalf("%+v", whole)
	}
	if got := ask(http.StatusOK, "GET /toys", "POST /pets", "GET /pets"); got.Content != whole.Content {
		t.Errorf("all of them:\n%s\ninstead of\n%s", got.Content, whole.Content)
	}
	for _, o := range whole.Operations {
		name := o.Method + " " + o.Path
		got := ask(http.StatusOK, name)
		if got.names() != name || strings.Contains(got.Content, "addPet") != (name == "POST /pets") || strings.Contains(got.Content, "# c") != (name == "GET /toys") {
			t.Errorf("%s: %s\n%s", name, got.names(), got.Content)
		}
		b.want(http.StatusCreated, "POST", "/api/v1/mocks", encode(map[string]any{"slug": strings.ToLower(o.Method) + o.Path[1:], "content": got.Content}))
	}
	for _, none := range []string{"GET /cats", "get /pets", "/pets", "GET  /pets"} {
		ask(http.StatusUnprocessableEntity, none)
	}
}

// A document is fetched by a mock server: whatever goes wrong there is said, and what comes back is bounded and text.
func TestImportFromURL(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.background(func(ctx context.Context) error { // a mock server with a web of its own
		return tryit.Place(b.redis, prefix).Serve(ctx, slog.New(slog.DiscardHandler), func(_ context.Context, q tryit.Question) tryit.Answer {
			switch q.Fetch {
			case "https://example.com/pets.yaml":
				return tryit.Answer{Body: []byte(threePets)}
			case "https://example.com/large":
				return tryit.Answer{Body: make([]byte, 4<<20+1)}
			case "https://example.com/binary":
				return tryit.Answer{Body: []byte("\xff\xfe")}
			}
			return tryit.Answer{Problem: "the origin could not be reached"}
		})
	})
	for _, body := range []map[string]any{{}, {"document": threePets, "url": "https://example.com/pets.yaml"}} {
		b.want(http.StatusUnprocessableEntity, "POST", "/api/v1/import", encode(body))
	}
	at := func(url string) string { return encode(map[string]any{"url": url}) }
	if got := as[importedPart](t, b.want(http.StatusOK, "POST", "/api/v1/import", at("https://example.com/pets.yaml"))); got.Endpoints != 3 || got.Document != threePets {
		t.Errorf("%+v", got)
	}
	b.want(http.StatusCreated, "POST", "/api/v1/mocks/import", encode(map[string]any{"slug": "pets", "url": "https://example.com/pets.yaml", "operations": []string{"GET /pets"}}))
	for _, refused := range []struct {
		url    string
		status int
		says   string
	}{
		{"https://example.com/none", http.StatusUnprocessableEntity, "could not be reached"},
		{"https://example.com/large", http.StatusRequestEntityTooLarge, "larger than 4 MiB"},
		{"https://example.com/binary", http.StatusUnprocessableEntity, "not text"},
		{"ftp://example.com", http.StatusBadRequest, "url"},
		{"pets.yaml", http.StatusBadRequest, "url"},
	} {
		if a := b.want(refused.status, "POST", "/api/v1/import", at(refused.url)); !strings.Contains(string(a.body), refused.says) {
			t.Errorf("%s: %s", refused.url, a.body)
		}
	}
}
