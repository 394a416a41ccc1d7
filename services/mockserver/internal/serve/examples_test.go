package serve_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	parameter = regexp.MustCompile(`[:*][\w-]+(\|\w+)?|\{[^}]*\}|\*`)
)

// breakable is a recorder of answers that may be faults.
type breakable struct{ *httptest.ResponseRecorder }

// Break implements serve.Breaker.
func (breakable) Break(string) {}

// TestExamplesAnswer serves every example of the reference and of examples/, as the lines that are published, and asks each of its
// endpoints: none of them fails.
func TestExamplesAnswer(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/mock-format.md")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, b := range yamlBlock.FindAllSubmatch(doc, -1) {
		sources[string(b[1])] = string(b[1])
	}
	files, err := filepath.Glob("../../../../examples/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[file] = string(text)
	}
	asked := 0
	for name, source := range sources {
		if strings.Contains(source, "external-body") || strings.Contains(source, "latency:") && !strings.Contains(source, "chaos") {
			continue // what takes files, the network, or long
		}
		parsed, problems := mockspec.Parse([]byte(source), mockspec.Options{})
		if mockspec.HasErrors(problems) {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		core := plain(serve.Config{}, serve.Deps{})
		core.Put(&site.Site{WorkspaceID: "w", MockID: "m", MockSlug: "m", Revision: 1, Hosts: []string{"m"}, Content: mockspec.EncodeLines(parsed)})
		endpoints := parsed.Endpoints
		for i := range parsed.Resources {
			endpoints = append(endpoints, parsed.Resources[i].Endpoints()...)
		}
		for i := range endpoints {
			e := &endpoints[i]
			method := e.Method
			if method == mockspec.MethodAny {
				method = http.MethodGet
			}
			r := httptest.NewRequest(method, parameter.ReplaceAllString(e.Path.Raw, "200"), strings.NewReader(`{"name":"x","user":"ann","password":"secret"}`))
			r.Host = "m"
			w := breakable{httptest.NewRecorder()}
			core.ServeHTTP(w, r)
			if asked++; w.Code == http.StatusInternalServerError {
				t.Errorf("%s %s of\n%s\nanswers %s", method, e.Path.Raw, source, w.Body)
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d endpoints were asked", asked)
	}
}
