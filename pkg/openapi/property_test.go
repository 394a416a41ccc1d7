package openapi_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// corpus returns the documents of the corpus by name.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/import/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, file := range files {
		c, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(file)] = c.Files[0].Data
	}
	return found
}

// TestBodiesFitTheirSchemas lets another library judge: every operation of the corpus has an endpoint, which answers an
// example of the document or what the document's schemas allow.
func TestBodiesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	judged := 0
	for name, src := range corpus(t) {
		made, told := openapi.Import(t.Context(), src, openapi.Options{})
		switch name {
		case "circles.txtar", // a schema that nothing fits
			"paths.txtar", "path-styles.txtar", // paths that only have a meaning for us
			"schema-siblings-3.1.txtar": // the library lets what stands beside one reference apply to all of them
			continue
		}
		if made == nil {
			continue
		}
		v, err := judge(src, made, mockspec.Limits{})
		if err != nil {
			t.Logf("%s: %v", name, err) // references to other files, or mistakes that an import forgives
			continue
		}
		judged += v.judged
		for _, fault := range v.faults {
			if !strings.Contains(fmt.Sprint(told), "is left out") || !strings.HasSuffix(fault, "there is no endpoint") {
				t.Errorf("%s: %s", name, fault)
			}
		}
	}
	if judged < 50 {
		t.Errorf("only %d bodies were judged", judged)
	}
}

var positions = regexp.MustCompile(`"Pos":\{[^}]*\},`)

// TestRoundTrip: what is exported and imported again answers as before, as far as OpenAPI can say it.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var src strings.Builder
		word := rapid.StringMatching(`[a-z]{1,8}`)
		seen := map[string]bool{}
		for range rapid.IntRange(1, 6).Draw(t, "endpoints") {
			method := rapid.SampledFrom([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}).Draw(t, "method")
			path := "/" + word.Draw(t, "literal")
			if typ := rapid.SampledFrom([]string{"", "string", "int", "uuid", "date", "boolean", "float", "double"}).Draw(t, "type"); typ != "" {
				if rapid.Bool().Draw(t, "mixed") {
					path += "/{" + word.Draw(t, "name") + "|" + typ + "}" + rapid.SampledFrom([]string{":cancel", ".json", ".{other}"}).Draw(t, "text")
				} else {
					path += "/:" + word.Draw(t, "name") + "|" + typ
				}
			}
			shape := method + regexp.MustCompile(`[:{].*`).ReplaceAllString(path, ":")
			if seen[shape] {
				continue
			}
			seen[shape] = true
			fmt.Fprintf(&src, "- endpoint:\n    method: %s\n    path: %s\n", method, path)
			if rapid.Bool().Draw(t, "query") {
				fmt.Fprintf(&src, "    query: {%q: %s}\n", word.Draw(t, "key"), rapid.SampledFrom([]string{"string", "int", "date", "boolean", "uuid", "double"}).Draw(t, "type"))
			}
			if method != "GET" && rapid.Bool().Draw(t, "sample") {
				src.WriteString("    body: {a: 1, b: x, c: [true], d: {e: 1.5}}\n")
			}
			value := genJSON(3).Draw(t, "body")
			text, _ := json.Marshal(value)
			_, list := value.([]any)
			_, object := value.(map[string]any)
			fmt.Fprintf(&src, "    response:\n      status: %d\n", rapid.SampledFrom([]int{200, 201, 202, 302}).Draw(t, "status"))
			fmt.Fprintf(&src, "      headers: {Content-Type: application/json, X-A: %s}\n", word.Draw(t, "header"))
			if list || object {
				fmt.Fprintf(&src, "      body: %s\n", text)
			} else {
				quoted, _ := json.Marshal(string(text))
				fmt.Fprintf(&src, "      body: %s\n", quoted)
			}
		}
		before, problems := mockspec.Parse([]byte(src.String()), mockspec.Options{})
		if mockspec.HasErrors(problems) {
			t.Fatalf("%v\n%s", problems, src.String())
		}
		document := openapi.Export(before, openapi.Info{Title: "mock", Version: "1"}, "")
		made, told := openapi.Import(t.Context(), document, openapi.Options{})
		if made == nil || len(told) > 0 {
			t.Fatalf("%v\n%s", told, document)
		}
		after, _ := mockspec.Parse(made.Content, mockspec.Options{})
		// A description groups the methods of a path, so the order may change; what is answered may not.
		if diff := cmp.Diff(meaning(before), meaning(after)); diff != "" {
			t.Fatalf("(-before +after)\n%s\n%s\n%s\n%s", diff, src.String(), document, made.Content)
		}
	})
}

// genJSON makes a JSON value without anything that would be a template.
func genJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		text := rapid.StringMatching(`[ -z|~äß😀\n\t"\\]{0,12}`)
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		if depth == 0 {
			kind = min(kind, 3)
		}
		switch kind {
		case 0:
			return text.Draw(t, "text")
		case 1:
			return json.Number(rapid.SampledFrom([]string{"0", "-1", "1.50", "1e3", "12345678901234567890", "0.1"}).Draw(t, "number"))
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return nil
		case 4:
			return rapid.SliceOfN(genJSON(depth-1), 0, 3).Draw(t, "list")
		default:
			return rapid.MapOfN(text, genJSON(depth-1), 0, 3).Draw(t, "object")
		}
	})
}

// meaning is what a mock answers, by method and path without the names of parameters.
func meaning(m *mockspec.Mock) map[string]string {
	out := map[string]string{}
	for i := range m.Endpoints {
		e := &m.Endpoints[i]
		key := e.Method
		for _, s := range e.Path.Segments {
			key += "/" + s.Literal
			if s.Param != "" {
				key += "{" + string(s.Type) + "}"
			}
			if s.Mix != nil {
				key += s.Mix.Shape()
			}
		}
		text := e.Response.Body.JSON
		if e.Response.Body.Kind == mockspec.BodyText {
			text = e.Response.Body.Template
		}
		var canonical any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&canonical); err != nil {
			canonical = text
		}
		body, _ := json.Marshal(canonical)
		line := fmt.Sprintf("%s %v %s query", e.Response.Status.Raw, headersOf(e), body)
		for _, f := range e.Query {
			line += " " + f.Name + "|" + string(f.Type)
		}
		if e.Body != nil {
			schema, _ := json.Marshal(e.Body.Schema)
			line += " body " + positions.ReplaceAllString(string(schema), "")
		}
		out[key] = line
	}
	return out
}

func headersOf(e *mockspec.Endpoint) map[string]string {
	out := map[string]string{}
	for _, h := range e.Response.Headers {
		out[h.Name] = h.Value.Raw
	}
	return out
}

// hostile are documents that would cost much if nothing bounded them.
func hostile() map[string]string {
	const head = "openapi: 3.0.0\ninfo: {title: H, version: '1'}\n"
	ok := func(schema string) string {
		return head + "paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: " + schema + "}}}}}}}\n"
	}
	wide := ok(`{$ref: "#/components/schemas/S0"}`) + "components:\n  schemas:\n"
	for i := range 40 {
		wide += fmt.Sprintf("    S%d: {type: object, properties: {a: {$ref: '#/components/schemas/S%d'}, b: {$ref: '#/components/schemas/S%d'}}}\n", i, i+1, i+1)
	}
	operations := head + "paths:\n"
	for i := range 3000 {
		operations += fmt.Sprintf("  /p%d: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}\n", i)
	}
	operations += wide[strings.Index(wide, "components:"):]
	composed := `{"type":"object","properties":{"a":{"type":"string"}}}`
	schemas := ""
	for i := range 20 {
		next := fmt.Sprintf(`{"$ref":"#/components/schemas/s%d"}`, i+1)
		schemas += fmt.Sprintf(`"s%d":{"allOf":[%s]},`, i, strings.TrimSuffix(strings.Repeat(next+",", 10), ","))
	}
	exponential := func(schema string) string {
		return `{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":` + schema + `}}}}}}},"components":{"schemas":{` + schemas + `"s20":` + composed + `}}}`
	}
	var line strings.Builder
	line.WriteString(`{"openapi":"3.0.0","paths":{`)
	for i := 0; line.Len() < 3_900_000; i++ {
		fmt.Fprintf(&line, `"/ä%d":{"x":[1,2,3]},`, i)
	}
	line.WriteString(`"/a":{"get":{}}}}`)
	elements := head + "x: [" + strings.Repeat("{},", 150_000) + "]\npaths:\n"
	for i := range 20_000 {
		elements += fmt.Sprintf("  /p%d: {$ref: '#/x/%d'}\n", i, 149_000-i)
	}
	return map[string]string{
		"one line of JSON":       line.String(),
		"one line of YAML":       "# YAML\n" + line.String(),
		"references to elements": elements + "  /a: {get: {}}\n",
		"allOf in if and then":   exponential(`{"type":"object","properties":{"x":{"type":"string"}},"not":{},"if":{"$ref":"#/components/schemas/s0"},"then":{"$ref":"#/components/schemas/s0"}}`),
		"allOf in oneOf":         exponential(`{"oneOf":[{"$ref":"#/components/schemas/s0"},{"not":{"$ref":"#/components/schemas/s0"}}]}`),
		"allOf around a text":    exponential(`{"type":"string","allOf":[{"$ref":"#/components/schemas/s0"}]}`),
		"allOf in not":           exponential(`{"type":"object","required":["a"],"not":{"$ref":"#/components/schemas/s0"}}`),
		"exponential references": wide,
		"many large operations":  operations,
		"deep schema":            ok(strings.Repeat("{type: object, properties: {a: ", 60) + "{}" + strings.Repeat("}}", 60)),
		"deep JSON":              `{"openapi":"3.0.0","paths":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}",
		"huge pattern":           ok(`{type: string, pattern: "^(((a{1,500}){1,500}){1,500})$"}`),
		"huge lengths":           ok(`{type: string, minLength: 999999999999, maxLength: 1e300}`),
		"huge arrays":            ok(`{type: array, minItems: 1e18, items: {type: array, minItems: 1000000, items: {type: array, minItems: 99999, items: {}}}}`),
		"many allOf":             ok("{allOf: ["+strings.Repeat(`{$ref: "#/components/schemas/A"},`, 5000)+"]}") + "components: {schemas: {A: {allOf: [" + strings.Repeat(`{type: object, properties: {a: {type: string}}},`, 500) + "]}}}\n",
		"alias bomb":             head + "x0: &x0 [a,a,a,a,a,a,a,a,a]\n" + strings.Join(bombs(), "\n") + "\npaths: {/a: {get: {responses: {'200': {content: {application/json: {example: *x9}}}}}}}\n",
		"circle of path items":   head + "paths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}}\n",
		"reference to itself":    head + "paths: {$ref: '#/paths'}\n",
		"large example":          ok(`{example: "` + strings.Repeat("x", 900<<10) + `"}`),
		"many examples": head + "paths:\n" + strings.Repeat("  /b: {get: {}}\n", 1) + func() string {
			var b strings.Builder
			for i := range 200 {
				fmt.Fprintf(&b, "  /e%d: {get: {responses: {'200': {content: {application/json: {example: [%s]}}}}}}\n", i, strings.Repeat("'0123456789012345',", 900))
			}
			return b.String()
		}(),
		"long names":  head + "paths: {/a: {get: {operationId: '" + strings.Repeat("i", 5000) + "', summary: '" + strings.Repeat("s", 50_000) + "', tags: ['" + strings.Repeat("t", 5000) + "'], parameters: [{in: query, required: true, name: '" + strings.Repeat("q", 3000) + "'}]}}}\n",
		"bad numbers": ok(`{type: object, properties: {a: {type: number, minimum: 1e999}, b: {type: integer, minimum: -1e308, maximum: -1e308}, c: {type: integer, multipleOf: 1e-300, minimum: 5}, d: {type: integer, minimum: .inf}, e: {type: number, multipleOf: 0}}}`),
	}
}

func bombs() []string {
	var lines []string
	for i := 1; i < 10; i++ {
		lines = append(lines, fmt.Sprintf("x%d: &x%d [%s]", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d,", i-1), 9), ",")))
	}
	return lines
}

func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			made, problems := openapi.Import(t.Context(), []byte(src), openapi.Options{})
			if took := time.Since(began); took > 2*time.Minute { // a second on a quiet machine; without bounds it never ends
				t.Errorf("%v", took)
			}
			if made == nil {
				if !mockspec.HasErrors(problems) {
					t.Errorf("no mock and no error")
				}
				return
			}
			if len(made.Content) > mockspec.DefaultLimits().Bytes {
				t.Errorf("%d bytes", len(made.Content))
			}
			if _, problems := mockspec.Parse(made.Content, mockspec.Options{}); mockspec.HasErrors(problems) {
				t.Errorf("%v", problems)
			}
		})
	}
}

func TestSameDocumentSameMock(t *testing.T) {
	t.Parallel()
	for name, src := range corpus(t) {
		first, told := openapi.Import(t.Context(), src, openapi.Options{})
		for range 5 {
			again, toldAgain := openapi.Import(t.Context(), src, openapi.Options{})
			if diff := cmp.Diff(first, again) + cmp.Diff(told, toldAgain); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	made, _ := openapi.Import(t.Context(), []byte("openapi: 3.0.0\nservers: [{url: 'https://api.example.com/v2/'}]\npaths: {/a/: {get: {}}, /: {get: {}}}\n"), openapi.Options{Prefix: "/v2"})
	if made == nil || !strings.Contains(string(made.Content), "path: /v2/a/\n") || !strings.Contains(string(made.Content), "path: /v2/\n") || strings.Contains(string(made.Content), "#") {
		t.Errorf("%s", made.Content)
	}
}

// TestLimits: a mock that may not be larger is not, and says what is missing.
func TestLimits(t *testing.T) {
	t.Parallel()
	src := []byte("openapi: 3.0.0\npaths: {/a: {get: {}}, /b: {get: {}}, /c: {get: {responses: {'200': {content: {application/json: {example: '" + strings.Repeat("x", 500) + "'}}}}}}}\n")
	for _, c := range []struct {
		limits    mockspec.Limits
		endpoints int
		says      string
	}{
		{mockspec.Limits{}, 3, ""},
		{mockspec.Limits{Endpoints: 2}, 2, "the limit is 2 endpoints a mock: the rest is left out"},
		{mockspec.Limits{Bytes: 500}, 3, "the answer of GET /c is left out"},
		{mockspec.Limits{Bytes: 700}, 3, "the answer of GET /c is left out"},
		{mockspec.Limits{Bytes: 120}, 1, "the rest is left out"},
	} {
		made, told := openapi.Import(t.Context(), src, openapi.Options{Mock: c.limits})
		if made == nil || made.Endpoints != c.endpoints || c.limits.Bytes > 0 && len(made.Content) > c.limits.Bytes || !strings.Contains(fmt.Sprint(told), c.says) || (c.says == "") != (len(told) == 0) {
			t.Errorf("%+v: %+v %v", c.limits, made, told)
		}
	}
}

// TestLargestAnswersAreLeftOutFirst: of a document that is too large as a mock every operation still answers.
func TestLargestAnswersAreLeftOutFirst(t *testing.T) {
	t.Parallel()
	src := "openapi: 3.0.0\npaths:\n"
	for i := range 100 {
		src += fmt.Sprintf("  /p%d: {get: {responses: {'200': {description: d, content: {application/json: {example: {a: '%s'}}}}}}}\n", i, strings.Repeat("x", 100*(i+1)))
	}
	made, told := openapi.Import(t.Context(), []byte(src), openapi.Options{Mock: mockspec.Limits{Bytes: 64 << 10}})
	if made == nil || made.Endpoints != 100 || len(made.Content) > 64<<10 || len(made.Content) < 50<<10 {
		t.Fatalf("%+v %v", made, told)
	}
	mock, _ := mockspec.Parse(made.Content, mockspec.Options{})
	if mock.Endpoints[0].Response.Body.Kind == mockspec.BodyNone || mock.Endpoints[99].Response.Body.JSON != "{}" {
		t.Error("it is not the largest answers that are left out")
	}
	if !strings.Contains(fmt.Sprint(told), "largest answers are left out") || len(told) > 22 {
		t.Errorf("%d notes: %v", len(told), told)
	}
}

// FuzzImport: whatever comes, nothing panics, and what is made is a valid mock.
func FuzzImport(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		made, problems := openapi.Import(t.Context(), src, openapi.Options{MaxBytes: 64 << 10, MaxValues: 20_000})
		if made == nil {
			if !mockspec.HasErrors(problems) {
				t.Fatal("no mock and no error")
			}
			return
		}
		if _, problems := mockspec.Parse(made.Content, mockspec.Options{}); mockspec.HasErrors(problems) {
			t.Fatalf("%v\n%s", problems, made.Content)
		}
	})
}
