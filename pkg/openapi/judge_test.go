package openapi_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// documents lets TestYourDocuments judge what is made of documents that are not part of this repository.
var documents = flag.String("documents", "", "a folder of OpenAPI documents to import and judge")

// TestYourDocuments judges the documents of a folder, however large: go test ./openapi -run TestYourDocuments -documents DIR -v
func TestYourDocuments(t *testing.T) {
	if *documents == "" {
		t.Skip("no -documents")
	}
	files, err := filepath.Glob(filepath.Join(*documents, "*.*"))
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			options := openapi.Options{MaxBytes: 64 << 20, MaxValues: 5_000_000, Mock: mockspec.Limits{Bytes: 64 << 20, Endpoints: 10_000, Nodes: 5_000_000}}
			made, told := openapi.Import(t.Context(), src, options)
			if made == nil {
				t.Fatalf("not imported: %v", told)
			}
			v, err := judge(src, made, options.Mock)
			if err != nil {
				t.Skipf("the judge cannot read the document: %v", err)
			}
			t.Logf("%d endpoints of %d operations, %d bodies judged, %d faults, %d notes", made.Endpoints, v.operations, v.judged, len(v.faults), len(told))
			for _, fault := range v.faults {
				t.Error(fault)
			}
		})
	}
}

// verdict is what another library says about an import.
type verdict struct {
	operations int // of the document
	judged     int // bodies of endpoints
	faults     []string
}

// judge lets kin-openapi say whether there is an endpoint for every operation, and whether each answers with an example
// of the document or with what the document's schema allows.
// It fails if that library cannot read the document.
func judge(src []byte, made *openapi.Result, limits mockspec.Limits) (verdict, error) {
	var v verdict
	fault := func(format string, args ...any) { v.faults = append(v.faults, fmt.Sprintf(format, args...)) }
	doc, err := load(src)
	if err != nil {
		return v, err
	}
	options := []openapi3.SchemaValidationOption{openapi3.MultiErrors(), openapi3.VisitAsResponse()}
	if doc.IsOpenAPI31OrLater() {
		options = append(options, openapi3.EnableJSONSchema2020())
	} else {
		options = append(options, openapi3.DisableSchemaErrorDetails()) // they have the whole schema
	}
	mock, _ := mockspec.Parse(made.Content, mockspec.Options{Limits: limits})
	endpoints := map[string]*mockspec.Endpoint{}
	for i := range mock.Endpoints {
		e := &mock.Endpoints[i]
		endpoints[e.Method+" "+pattern.ReplaceAllString(braces.ReplaceAllString(e.Path.Raw, "{}"), "/{}")] = e
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			v.operations++
			e := endpoints[method+" "+braces.ReplaceAllString(path, "{}")]
			if e == nil {
				fault("%s %s: there is no endpoint", method, path)
				continue
			}
			response := op.Responses.Value(e.Response.Status.Raw)
			if code, err := strconv.Atoi(e.Response.Status.Raw); response == nil && err == nil {
				if response = op.Responses.Status(code); response == nil {
					response = op.Responses.Default()
				}
			}
			if response == nil || response.Value == nil {
				if hasGood(op.Responses) {
					fault("%s %s: answers %s, which the document does not have", method, path, e.Response.Status.Raw)
				}
				continue
			}
			media := response.Value.Content.Get(contentType(e))
			if media == nil || !strings.Contains(contentType(e), "json") {
				continue // not JSON
			}
			if e.Response.Body.Kind == mockspec.BodyNone {
				if media.Schema != nil {
					fault("%s %s: no body", method, path)
				}
				continue
			}
			text := e.Response.Body.JSON
			if e.Response.Body.Kind == mockspec.BodyText {
				text = e.Response.Body.Template
			}
			text = strings.NewReplacer(`{{"{"}}`, "{", `{{"}"}}`, "}").Replace(text) // what looked like a template
			var body any
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				fault("%s %s: %v: %.200s", method, path, err, text)
				continue
			}
			v.judged++
			if isExample(media, body) || media.Schema == nil || media.Schema.Value == nil {
				continue
			}
			if err := visit(media.Schema.Value, body, options); err != nil && !strings.Contains(err.Error(), "error parsing regexp") {
				fault("%s %s: %.1500v\n\t%.600s", method, path, err, text)
			}
		}
	}
	return v, nil
}

// hasGood reports whether there is a response that is no error; errors are never the answer.
func hasGood(responses *openapi3.Responses) bool {
	for status := range responses.Map() {
		if status[0] != '4' && status[0] != '5' {
			return true
		}
	}
	return false
}

// visit is VisitJSON without its panics.
func visit(schema *openapi3.Schema, body any, options []openapi3.SchemaValidationOption) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the judge: %v", r)
		}
	}()
	return schema.VisitJSON(body, options...)
}

// load reads a document of any version.
func load(src []byte) (*openapi3.T, error) {
	var head struct {
		Swagger string `yaml:"swagger"`
	}
	if err := yaml.Unmarshal(src, &head); err == nil && head.Swagger != "" {
		var tree any
		if err := yaml.Unmarshal(src, &tree); err != nil {
			return nil, err
		}
		asJSON, err := json.Marshal(withTextKeys(tree))
		if err != nil {
			return nil, err
		}
		var doc openapi2.T
		if err := json.Unmarshal(asJSON, &doc); err != nil {
			return nil, err
		}
		return openapi2conv.ToV3WithLoader(&doc, openapi3.NewLoader(), &url.URL{})
	}
	return openapi3.NewLoader().LoadFromData(src)
}

// withTextKeys is a value of YAML with its keys as JSON has them.
func withTextKeys(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for key, item := range v {
			out[fmt.Sprint(key)] = withTextKeys(item)
		}
		return out
	case map[string]any:
		for key, item := range v {
			v[key] = withTextKeys(item)
		}
	case []any:
		for i, item := range v {
			v[i] = withTextKeys(item)
		}
	}
	return v
}

func contentType(e *mockspec.Endpoint) string {
	for _, h := range e.Response.Headers {
		if h.Name == "Content-Type" {
			return h.Value.Raw
		}
	}
	return ""
}

// isExample reports whether a body is an example of the document.
func isExample(media *openapi3.MediaType, body any) bool {
	found := []any{media.Example}
	for _, e := range media.Examples {
		if e.Value != nil {
			found = append(found, e.Value.Value)
		}
	}
	for i, e := range found {
		if e == nil && i == 0 {
			continue // there is none
		}
		if text, ok := e.(string); ok { // JSON that was written as a text
			var parsed any
			if json.Unmarshal([]byte(text), &parsed) == nil && reflect.DeepEqual(parsed, body) {
				return true
			}
		}
		text, err := json.Marshal(e)
		var plain any
		if err == nil && json.Unmarshal(text, &plain) == nil && reflect.DeepEqual(plain, body) {
			return true
		}
	}
	return false
}

var (
	braces  = regexp.MustCompile(`\{[^{}]*\}`)
	pattern = regexp.MustCompile(`/:[^/]*`)
)
