package mockspec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"
)

// checkPlain reads text both ways: what readPlain takes, the library must read as the same nodes in the same places.
func checkPlain(t *testing.T, text string) (taken bool) {
	t.Helper()
	r := newReader(Options{})
	src, ok := r.guard([]byte(text))
	if !ok {
		return false
	}
	got, ok := readPlain(string(src))
	if !ok {
		return false
	}
	want, err := decodeLibrary(src, 2)
	if err != nil {
		t.Fatalf("the library refuses it: %v\n%s", err, text)
	}
	withoutComments := cmpopts.IgnoreFields(yaml.Node{}, "HeadComment", "LineComment", "FootComment")
	if diff := cmp.Diff(want, []*yaml.Node{got}, withoutComments); diff != "" {
		t.Fatalf("the library reads it otherwise (-library +here):\n%s\n%q", diff, text)
	}
	return true
}

// plainCorpus is every YAML document of the tree's corpora.
func plainCorpus(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/diagnostics/*.txtar", "testdata/format/*.txtar", "../../examples/*.yml", "../../examples/*/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
	}
	return all
}

// plainItems are pieces from which documents are put together.
var plainItems = []string{
	"- endpoint:", "method: GET", "path: /pets/:id|int", "status: 200", "body: '{\"a\": \"it''s\"}'", `body: "say \"hi\"\n\\ \/ \t"`, "body: >", "body: |", "body: |-",
	"body: >+", "body: |+", "body: >-", "{", "  \"a\": 1,", "}", "", "   ", "- a", "- - a", "- -1", "-", "key:", "'a b': c", "\"q\" : d", "\"q\": 1.5", "a: b: c", "a: b # c",
	"# comment", "#", "a: b #", "body: | # c", "body: > #c", "- # c", "'a' # c", "k: 'a'# c", "k: 'a' # c", "a: #b", "a: b#c", "x: {a: 1}", "y: [1, 2]", "z: &a b", "<<: *a", "t: !!str 1", "? a", "--- ", "...", "%a", "é: ü  ", "d: 2024-01-01", "n: null", "n: ~", "b: yes",
	"o: 0o17", "f: 1e400", "f: .inf", "p:  two  spaces   ", "- a: 1\n  b: 2", "http://example.com:80/a", "u: http://example.com:80/a?b=c", "e: \"\\u0041\"", "w: 'open", "m: ''", "m: \"\"", "k: @a", "k: `a`",
	"l: -", "l: - a", "l: ?a", "c: :a", "a:b: c", "s: a:", "\u00a0: a",
}

func plainSeeds(f *testing.F) {
	f.Helper()
	for _, s := range plainCorpus(f) {
		f.Add(s)
	}
	for _, s := range plainItems {
		f.Add(s)
		f.Add("- a:\n    " + s + "\n    z: 1\n")
	}
}

// FuzzReadPlain: readPlain reads what the library reads, or nothing.
func FuzzReadPlain(f *testing.F) {
	plainSeeds(f)
	f.Fuzz(func(t *testing.T, text string) { checkPlain(t, text) })
}

// FuzzReadPlainLines puts documents together from lines with chosen indentation, two bytes each: that meets more valid YAML than random text.
func FuzzReadPlainLines(f *testing.F) {
	f.Add([]byte{0, 0, 1, 4, 2, 4, 6, 4, 12, 6, 13, 6, 14, 6, 3, 4})
	f.Fuzz(func(t *testing.T, plan []byte) {
		var b strings.Builder
		for i := 0; i+1 < len(plan); i += 2 {
			b.WriteString(strings.Repeat(" ", int(plan[i+1]%9)))
			b.WriteString(plainItems[int(plan[i])%len(plainItems)])
			if plan[i+1] < 250 {
				b.WriteByte('\n')
			}
		}
		checkPlain(t, b.String())
	})
}

// Most of what people write is read here; otherwise there would be no point in it.
func TestReadPlainTakesMocks(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"block maps and lists": "- endpoint:\n    method: GET\n    path: /pets/:id|int\n    response:\n      status: 200\n      headers:\n        Content-Type: application/json\n      body: '{\"id\": {{path-params.id}}}'\n",
		"folded":               "- endpoint:\n    response:\n      body: >\n        {\n          \"a\": 1\n        }\n\n- endpoint:\n    path: /\n",
		"literal":              "- websocket:\n    path: /ws\n    on-message:\n    - pattern: ping\n      response: |\n        pong\n         more\n\n        last\n",
	} {
		if !checkPlain(t, text) {
			t.Errorf("%s: left to the library", name)
		}
	}
}

func TestReadPlainIsTheLibrary(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, text := range plainCorpus(t) {
		if checkPlain(t, text) {
			taken++
		}
	}
	if taken == 0 {
		t.Error("nothing of the corpora is read by readPlain")
	}
}
