package mockspec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// meaning compares mocks without the places where things were written.
var meaning = cmp.Options{cmpopts.IgnoreTypes(mockspec.Position{}), cmpopts.EquateEmpty()}

// withoutTemplates clears what is derived from the JSON text of a body.
func withoutTemplates() cmp.Option {
	return cmp.Transformer("body", func(b mockspec.Body) any {
		if b.Kind == mockspec.BodyJSON {
			var v any
			d := json.NewDecoder(strings.NewReader(b.JSON))
			d.UseNumber()
			if err := d.Decode(&v); err != nil {
				return err.Error()
			}
			return v
		}
		return [3]any{b.Kind, b.Template, b.External}
	})
}

// warnings are allowed in generated mocks, and errors of templates, which are drawn at random.
func parsed(t interface{ Fatalf(string, ...any) }, src []byte) *mockspec.Mock {
	m, ds := mockspec.Parse(src, mockspec.Options{Name: "x"})
	for _, d := range ds {
		if d.Severity == mockspec.Error && d.Code != mockspec.CodeBadTemplate {
			t.Fatalf("%s\n%s", d, src)
		}
	}
	return m
}

// outlined checks that outlines, once read, are the mock that all of the lines are.
func outlined(t interface{ Fatalf(string, ...any) }, lines []byte, want *mockspec.Mock) {
	got, outlines, err := mockspec.ReadOutlines(lines)
	if err != nil {
		t.Fatalf("outlines: %v\n%s", err, lines)
	}
	for _, o := range outlines {
		e := o.Endpoint
		if e == nil {
			if e, err = mockspec.ReadEndpoint(o.Line); err != nil {
				t.Fatalf("%v\n%s", err, o.Line)
			}
		}
		if o.Method != e.Method || o.Host != e.Host || !cmp.Equal(o.Path, e.Path, meaning) {
			t.Fatalf("the outline is %q %q %v, the endpoint %q %q %v", o.Method, o.Host, o.Path, e.Method, e.Host, e.Path)
		}
		if o.Endpoint == nil && (!e.Always() || e.RateLimit != nil || e.Auth.JSON != "" || e.Resource != nil) {
			t.Fatalf("%s says more than what it answers", o.Line)
		}
		got.Endpoints = append(got.Endpoints, *e)
	}
	if diff := cmp.Diff(want, got, meaning); diff != "" {
		t.Fatalf("outlines (-want +got):\n%s", diff)
	}
}

// TestOutlines: what is left for later is what only answers, as it is written by us.
func TestOutlines(t *testing.T) {
	const answer = `"response":{"status":200,"body":"a \"}}\" \\"}`
	for line, later := range map[string]bool{
		`- {"endpoint":{"method":"GET","path":"/a",` + answer + `}}`:                                                    true,
		`- {"endpoint":{"host":"a.example","method":"GET","path":"/:id|int",` + answer + `,"tag":"t","summary":"]}"}}`:  true,
		`- {"endpoint":{"method":"POST","path":"/a","query":{"a":"int"},"body":{"a":[{"b":"string"}]},` + answer + `}}`: true,
		`- {"endpoint":{"method":"ANY","path":"/*","response":{"status":404}}}`:                                         true,
		`- {"endpoint":{"method":"GET","path":"/a",` + answer + `,"rate-limit":{"window-ms":1000,"max-requests":1}}}`:   false,
		`- {"endpoint":{"method":"GET","path":"/a","responses":[{"if":{"query.a":"1"},"status":201}],` + answer + `}}`:  false,
		`- {"endpoint":{"method":"GET","path":"/a","auth":"basic",` + answer + `}}`:                                     false,
		`- {"endpoint":{"path":"/a",` + answer + `}}`:                                                                   false,
		`- {"endpoint":{"method":"GET","path":"/\u0061",` + answer + `}}`:                                               false,
		`- {"endpoint":{"method":"GET", "path":"/a",` + answer + `}}`:                                                   false,
		`- {"endpoint":{"method":"GET","path":"/a",` + answer + `,"latency":{"min-ms":1,"max-ms":2}}}`:                  false,
	} {
		want, err := mockspec.DecodeLines([]byte(line))
		if err != nil {
			t.Fatalf("%v\n%s", err, line)
		}
		outlined(t, []byte(line), want)
		_, outlines, _ := mockspec.ReadOutlines([]byte(line))
		if len(outlines) != 1 || outlines[0].Endpoint == nil != later {
			t.Errorf("%s: left for later: %v", line, !later)
		}
	}
	for _, broken := range []string{`- {"endpoint":{"method":"GET","path":"/a"`, `- {"endpoint":{"method":"GET","path":"a","response":{}}}`, `- 1`, `x`} {
		if _, _, err := mockspec.ReadOutlines([]byte(broken)); err == nil {
			t.Errorf("%s is read", broken)
		}
	}
}

func TestLinesMeanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := genMock().Draw(t, "mock")
		lines := mockspec.EncodeLines(m)
		for l := range bytes.SplitSeq(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n")) {
			if text, ok := bytes.CutPrefix(l, []byte("- ")); len(lines) > 0 && (!ok || !json.Valid(text)) {
				t.Fatalf("not `- ` and JSON: %q", l)
			}
		}
		decoded, err := mockspec.DecodeLines(lines)
		if err != nil {
			t.Fatalf("%v\n%s", err, lines)
		}
		if diff := cmp.Diff(m, decoded, meaning, withoutTemplates()); diff != "" {
			t.Fatalf("decoded (-want +got):\n%s", diff)
		}
		outlined(t, lines, decoded)
		again := mockspec.EncodeLines(decoded) // in our own spelling of JSON
		outlined(t, again, decoded)
		if twice, err := mockspec.DecodeLines(again); err != nil || !bytes.Equal(again, mockspec.EncodeLines(twice)) {
			t.Fatalf("encoded again: %v\n%s\n%s", err, again, mockspec.EncodeLines(twice))
		}
		lines = again
		_, ds := mockspec.Parse(lines, mockspec.Options{})
		for _, d := range ds {
			if d.Severity == mockspec.Error && d.Code != mockspec.CodeBadTemplate && d.Code != mockspec.CodeEmpty {
				t.Fatalf("%s\n%s", d, lines)
			}
		}
		if mockspec.HasErrors(ds) {
			return // a broken template; its item is left out
		}
		if yaml, _ := mockspec.Parse(lines, mockspec.Options{}); !cmp.Equal(decoded, yaml, meaning) {
			t.Fatalf("YAML means something else (-JSON +YAML):\n%s", cmp.Diff(decoded, yaml, meaning))
		}
	})
}

// TestHostileValues: what readers and writers of YAML or JSON like to change comes through the line form as it is. What the lines
// should be was written down by hand; tests of the unified mock hand them to other parsers.
func TestHostileValues(t *testing.T) {
	src, err := os.ReadFile("testdata/hostile.yml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/hostile.lines")
	if err != nil {
		t.Fatal(err)
	}
	m := parsed(t, src)
	if diff := cmp.Diff(string(want), string(mockspec.EncodeLines(m))); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	decoded, err := mockspec.DecodeLines(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, decoded, meaning); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(m, parsed(t, want), meaning); diff != "" {
		t.Errorf("as YAML (-want +got):\n%s", diff)
	}
	for _, number := range []string{".inf", "-.INF", ".NaN"} {
		if _, ds := mockspec.Parse([]byte("- endpoint: {path: /, response: {body: {a: "+number+"}}}"), mockspec.Options{}); !mockspec.HasErrors(ds) {
			t.Errorf("%s, which JSON does not have, is taken", number)
		}
	}
}

func TestDecodeLinesComments(t *testing.T) {
	m, err := mockspec.DecodeLines([]byte("# mocloud unified mock\n# mock {\"id\":1}\n\n- {\"endpoint\":{\"path\":\"/a\",\"response\":{}}}\r\n- {\"websocket\":{\"path\":\"/ws\"}}"))
	if err != nil || len(m.Endpoints) != 1 || len(m.WebSockets) != 1 || m.Endpoints[0].Pos.Line != 4 {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestDecodeLinesRefuses(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"endpoint: {}", "line 1: an item that begins with `- ` is expected"},
		{"#\n- {\"endpoint\":{\"path\":\"/a\"}}", "line 2: `endpoint` has no `response`: add one"},
		{"- {\"endpoint\":", "line 1: byte 15: a value is missing at the end"},
		{"- {} {}", "line 1: there is something after the item"},
		{"- {\"a\":01}", "line 1: byte 8: `01` is not a number"},
		{"- " + strings.Repeat("[", 1000), "line 1: byte 203: values are nested deeper than 200 levels"},
	} {
		if _, err := mockspec.DecodeLines([]byte(c.lines)); err == nil || err.Error() != c.want {
			t.Errorf("%.40s: %v, want %s", c.lines, err, c.want)
		}
	}
}

// TestTemplateOfValue shows the two texts that a YAML body has: tags stay as written in the template and are text like
// any other in the JSON.
func TestTemplateOfValue(t *testing.T) {
	m := parsed(t, []byte("- endpoint:\n    path: /a\n    response:\n      body: {a: \"x \\\"y\\\" {{query-params.q|default:\\\"z\\\"}}\", n: 1.10}\n"))
	b := m.Endpoints[0].Response.Body
	if want := `{"a":"x \"y\" {{query-params.q|default:"z"}}","n":1.10}`; b.Template != want {
		t.Errorf("Template = %s, want %s", b.Template, want)
	}
	if want := `{"a":"x \"y\" {{query-params.q|default:\"z\"}}","n":1.10}`; b.JSON != want {
		t.Errorf("JSON = %s, want %s", b.JSON, want)
	}
}
