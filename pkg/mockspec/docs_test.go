package mockspec_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

const reference = "../../docs/mock-format.md"

var block = regexp.MustCompile("(?ms)^```yaml( \\w+)?\n(.*?)^```$")

// TestReferenceExamples reads every example of the reference: none has a problem.
func TestReferenceExamples(t *testing.T) {
	doc, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	blocks := block.FindAllSubmatch(doc, -1)
	if len(blocks) < 15 {
		t.Fatalf("found %d examples", len(blocks))
	}
	var document []byte
	for _, b := range blocks {
		switch kind := strings.TrimSpace(string(b[1])); kind {
		case "":
			_, ds := mockspec.Parse(b[2], mockspec.Options{Name: reference})
			for _, d := range ds {
				t.Errorf("%s\n%s", d, b[2])
			}
			if _, err := mockspec.Format(b[2]); err != nil {
				t.Errorf("%v\n%s", err, b[2])
			}
		case "openapi":
			document = b[2]
		case "mocks":
			m, ds := openapi.Pair(t.Context(), document, b[2], mockspec.Options{Name: "openapi", MocksName: "mocks"})
			if len(ds) > 0 || len(m.Endpoints) != 2 {
				t.Errorf("%d endpoints, %v", len(m.Endpoints), ds)
			}
		default:
			t.Errorf("an example of an unknown kind: %s", kind)
		}
	}
}

// TestReferenceFakes compares the table of made-up data in the reference with the names that there are; -update writes it.
func TestReferenceFakes(t *testing.T) {
	const begin, end = "<!-- fake: made by a test of package mockspec -->\n", "<!-- /fake -->\n"
	doc, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no lines %s and %s", reference, begin, end)
	}
	var table strings.Builder
	table.WriteString("| group | names |\n|---|---|\n")
	group := ""
	for _, f := range mockspec.Fakes() {
		if f.Group == group {
			table.WriteString(" `" + f.Name + "`")
			continue
		}
		if group != "" {
			table.WriteString(" |\n")
		}
		group = f.Group
		table.WriteString("| " + group + " | `" + f.Name + "`")
	}
	table.WriteString(" |\n")
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(doc)); diff != "" {
		t.Errorf("%s: run the test with -update (-want +got):\n%s", reference, diff)
	}
}

// TestReferenceCodes compares the codes of the reference with those of the code, and checks that a case of the corpus
// shows each.
func TestReferenceCodes(t *testing.T) {
	doc, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z0-9_]+)` \\|").FindAllSubmatch(doc, -1) {
		documented = append(documented, string(m[1]))
	}
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var defined []string
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok {
			if s, err := strconv.Unquote(l.Value); err == nil {
				defined = append(defined, s)
			}
		}
		return true
	})
	slices.Sort(documented)
	slices.Sort(defined)
	if diff := cmp.Diff(defined, documented); diff != "" {
		t.Errorf("codes (-code +reference):\n%s", diff)
	}

	var corpus []byte
	files, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		corpus = append(corpus, b...)
	}
	elsewhere := []string{mockspec.CodeTooLarge, mockspec.CodeTooManyEndpoints, mockspec.CodeTooManyProblems} // TestLimits
	for _, code := range defined {
		if !slices.Contains(elsewhere, code) && !bytes.Contains(corpus, []byte(" "+code+": ")) {
			t.Errorf("no case of the corpus shows %s", code)
		}
	}
}

// TestLimits shows the limits that are too large for a file of the corpus.
func TestLimits(t *testing.T) {
	item := "- endpoint: {path: /a, response: {}}\n"
	for _, c := range []struct {
		src    string
		limits mockspec.Limits
		want   string
	}{
		{item, mockspec.Limits{Bytes: 10}, ":1:1: error TOO_LARGE: the document has 37 bytes; the limit is 10 bytes"},
		{item + strings.ReplaceAll(item, "/a", "/b"), mockspec.Limits{Endpoints: 1}, ":2:3: error TOO_MANY_ENDPOINTS: a mock may have at most 1 endpoints: split it"},
		{"- {a: 1}\n- {a: 1}\n", mockspec.Limits{Problems: 1}, ":1:3: error TOO_MANY_PROBLEMS: there are more than 1 problems; the rest is not shown"},
	} {
		_, ds := mockspec.Parse([]byte(c.src), mockspec.Options{Limits: c.limits})
		if !slices.ContainsFunc(ds, func(d mockspec.Diagnostic) bool { return d.String() == c.want }) {
			t.Errorf("got %v, want %s", ds, c.want)
		}
	}
}

// TestExamples reads every example: none has an error, and moclojer's have only the warnings that are known.
func TestExamples(t *testing.T) {
	known := map[string][]string{
		"moclojer.yml":           {mockspec.CodeDuplicateEndpoint}, // /v1/hello and /v1/hello/
		"server.yml":             {mockspec.CodeMisplacedKey},
		"real-world-example.yml": {mockspec.CodeBodyNotJSON, mockspec.CodeBodyNotJSON}, // "subtotal": 2 * 99.99
	}
	files, err := filepath.Glob("../../examples/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := filepath.Glob("../../examples/moclojer/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	if files = append(files, theirs...); len(files) < 16 {
		t.Fatalf("found %d examples", len(files))
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, ds := mockspec.Parse(src, mockspec.Options{Name: file})
		var codes []string
		for _, d := range ds {
			codes = append(codes, d.Code)
		}
		if !slices.Equal(codes, known[filepath.Base(file)]) || len(m.Endpoints)+len(m.WebSockets) == 0 {
			t.Errorf("%s: %v", file, ds)
		}
		if err := checkFormat(t, src); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	spec, err := os.ReadFile("../../examples/openapi/pets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mocks, err := os.ReadFile("../../examples/openapi/mocks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, ds := openapi.Pair(t.Context(), spec, mocks, mockspec.Options{})
	if len(ds) > 0 || len(m.Endpoints) != 4 {
		t.Errorf("%d endpoints, %v", len(m.Endpoints), ds)
	}
}

// TestSchema compares the checked-in JSON Schema with the tables; -update writes it.
func TestSchema(t *testing.T) {
	const file = "schema/mock.schema.json"
	got := mockspec.JSONSchema()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the tables say; run the test with -update (-file +tables):\n%s", file, diff)
	}
}
