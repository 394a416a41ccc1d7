package importer_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for want, documents := range map[importer.Format][]string{
		importer.OpenAPI: {
			"openapi: 3.0.0\npaths: {}\n",
			"---\n  swagger: \"2.0\"\n  info: \n    version: 1\n",
			"\xef\xbb\xbf# c\n\n--- # d\n'openapi' : 3.1.0\n",
			"--- {openapi: 3.0.3, info: {title: it's}, paths: {}}\n",
			"{openapi: 3.0.3, paths: {}}",
			"# c\n{ # d: e\n  info: {a: b}, \"openapi\": '3.0.3'}",
			`{"info":{"title":"\"swagger\": {"},"paths":{"/a":[1,{"b":"}"}]},"openapi":"3.0.0"}`,
			"\n\t {\n\t\"swagger\" : \"2.0\"}",
			"%YAML 1.2\n---\ninfo: |\n  asyncapi: 2.0\nopenapi: 3.0.0\n",
			"info:\r\n  title: a\r\nopenapi: 3.0.0\r\n",
		},
		importer.Mock: {
			"- endpoint: {path: /openapi}\n", "- endpoint:\n    path: /a\n", "[{endpoint: {path: /a}}]", "---\n# c\n-\n  endpoint:\n    path: /a\n",
			"  - websocket: {path: /a}\n", "- {endpoint: {body: 'openapi: 3'}}\n", "- mocloud: {cors: true}\n",
		},
		importer.Postman:    {`{"info":{"_postman_id":"1","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}`, `{"collection":{"info":{"_postman_id":"1"},"item":[]}}`, "info: {name: a}\nitem: []\n"},
		importer.Mockoon:    {`{"uuid":"a","lastMigration":32,"name":"a","routes":[]}`, `{"source":"mockoon:1.8.0","data":[]}`, `{"endpointPrefix":"","routes":[]}`},
		importer.HAR:        {`{"log":{"version":"1.2","entries":[]}}`, `{ "log" : { "creator": {}, "entries" : [ ] } }`},
		importer.WireMock:   {`{"mappings":[],"meta":{"total":0}}`, `{"request":{"method":"GET"},"response":{"status":200}}`, `[{"id":"a","request":{},"response":{}}]`},
		importer.GraphQL:    {"type Query {\n  a: String\n}\n", "# c\nschema { query: Q }", "\"\"\"\nA type: of\n\"\"\"\ntype A implements B & C {", "scalar Date\n", "directive @a on FIELD", `{"data":{"__schema":{}}}`, "extend type Query { a: Int }", "enum A { B }", "union A = B | C"},
		importer.AsyncAPI:   {"asyncapi: 2.6.0\nchannels: {}\n", `{"asyncapi":"3.0.0"}`},
		importer.Insomnia:   {`{"_type":"export","__export_format":4,"resources":[]}`, "type: collection.insomnia.rest/5.0\nname: a\n"},
		importer.Hoverfly:   {`{"data":{"pairs":[],"globalActions":{}},"meta":{"schemaVersion":"v5.2"}}`},
		importer.Mountebank: {`{"imposters":[]}`, `{"port":1,"protocol":"http","stubs":[]}`},
		importer.MockServer: {`[{"httpRequest":{},"httpResponse":{}}]`, `{"httpRequest":{}}`},
		importer.Smocker:    {"- request: {path: /a}\n  response: {status: 200}\n"},
		importer.CURL:       {"curl https://example.com", "$ curl -X POST https://example.com \\\n  -d a=1"},
		importer.RAML:       {"#%RAML 1.0\ntitle: a\n"},
		importer.WSDL:       {"<?xml version=\"1.0\"?>\n<definitions/>"},
		importer.Protobuf:   {"syntax = \"proto3\";\nmessage A {}\n"},
		importer.Bruno:      {"meta {\n  name: a\n}\n"},
		importer.Unknown: {
			"", " \n", "---\n", "{}", "[]", "{", "[", "- ", "-", "openapi-note: x\n", "a: |\n  openapi: 3.0.0\n", "x: {openapi: 3}\n", `{"a":{"openapi":"3.0.0"}}`, "- openapi: 3\n", "type: object\n", "just text",
			"{a: \"", "{'a", "#", "%", "--- ", `{"a\`, "- {", "- - endpoint: 1", "info: {}\n---\nopenapi: 3.0.0\n", "query: {a: string}\n", "\"openapi: 3.0.0\n",
		},
	} {
		for _, src := range documents {
			if got := importer.Detect([]byte(src)); got != want {
				t.Errorf("%q is %q, want %q", src, got, want)
			}
		}
	}
}

// TestNoFormat: other documents get a message that lists what can be imported; text that is not even YAML gets its own.
func TestNoFormat(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"just text":          "NOT_IMPORTABLE this is no document that can be imported: OpenAPI 3 and Swagger 2 documents, Postman",
		`{"a": 1}`:           "NOT_IMPORTABLE this is no document that can be imported",
		"[]":                 "NOT_IMPORTABLE this is no document that can be imported",
		"type: object\n":     "NOT_IMPORTABLE this is no document that can be imported",
		"openapi: 5.0.0\n":   "NOT_OPENAPI version `5.0.0` of OpenAPI is not known",
		"a: [1\n":            "YAML_SYNTAX ",
		"swagger: \"1.2\"\n": "NOT_OPENAPI version `1.2` of OpenAPI is not known",
	} {
		made, told := importer.Import(t.Context(), []byte(src), importer.Options{})
		if made != nil || len(told) == 0 {
			t.Errorf("%q: %v, %v", src, made, told)
		} else if got := told[0].Code + " " + told[0].Message; !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s", src, got)
		}
	}
}

// TestEveryFormatIsNamed: whoever brings a document of another tool reads what it is, and what can be imported.
func TestEveryFormatIsNamed(t *testing.T) {
	t.Parallel()
	for src, says := range map[string]string{
		`{"imposters":[]}`:                  "this is a set of mountebank imposters, which cannot be imported: OpenAPI 3",
		"type Query { a: Int }":             "this is a GraphQL schema, which cannot",
		"asyncapi: 2.6.0\n":                 "this is an AsyncAPI document, which cannot",
		"- endpoint: {path: /}\n":           "this is a mock already",
		"nothing: known\n":                  "this is no document that can be imported: OpenAPI 3",
		"openapi: 3.0.0\npaths: {/a: {}}\n": "`paths` has no operations",
	} {
		made, notes := importer.Import(t.Context(), []byte(src), importer.Options{Name: "f"})
		if made != nil || len(notes) != 1 || notes[0].Severity != mockspec.Error || notes[0].File != "f" || !strings.HasPrefix(notes[0].Message, says) {
			t.Errorf("%q: %v %v", src, made, notes)
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	made, notes := importer.Import(t.Context(), []byte("---\n  openapi: 3.0.0\n  info: {title: A}\n  webhooks: {}\n  paths: {/a: {get: {}}}\n"), importer.Options{Prefix: "/v1"})
	if made == nil || made.Format != importer.OpenAPI || made.Title != "A" || made.Endpoints != 1 || !strings.Contains(string(made.Content), "path: /v1/a\n") ||
		len(notes) != 1 || importer.EffectOf(notes[0]) != importer.None {
		t.Fatalf("%+v %v", made, notes)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if made, notes := importer.Import(gone, []byte("openapi: 3.0.0\npaths: {/a: {get: {}}}\n"), importer.Options{}); made != nil || len(notes) != 1 || notes[0].Code != "STOPPED" {
		t.Errorf("%v %v", made, notes)
	}
}

// FuzzDetect: whatever comes, telling what it is neither panics nor hangs, and the whole document is what its start is.
func FuzzDetect(f *testing.F) {
	for _, src := range []string{"openapi: 3\n", `{"a":[{"b":"\""}],"swagger":2}`, "--- {a: 'b'}", "- endpoint:\n    path: /\n", "type A {", "%YAML 1.2\n---\n- {a: b}"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		format := importer.Detect(src)
		if bom := importer.Detect(append([]byte("\xef\xbb\xbf"), src...)); bom != format && !strings.HasPrefix(string(src), "\xef\xbb\xbf") {
			t.Errorf("%q with a byte order mark, %q without", bom, format)
		}
		if format.Describe() == "" {
			t.Errorf("%q has no name", format)
		}
	})
}
