package single_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/single"
)

var update = flag.Bool("update", false, "write what comes out into the corpus")

const host = "pets-ann.example.dev"

// TestCorpus: each file of testdata is a document and what it becomes.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := unescape(a.Files[0].Data)
			s, ds := single.Make(in, host, mockspec.Options{})
			if s == nil {
				t.Fatalf("refused: %v", ds)
			}
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "file", Data: []byte(escape(s.File))}, {Name: "items", Data: s.Items}}
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[1].Data), escape(s.File)); diff != "" {
				t.Errorf("file:\n%s", diff)
			}
			if diff := cmp.Diff(string(a.Files[2].Data), string(s.Items)); diff != "" {
				t.Errorf("items:\n%s", diff)
			}
			checkSame(t, in, s)
			checkPrepared(t, in, s)
		})
	}
}

// The corpus shows carriage returns, which editors and archives would lose, as ␍.
func unescape(data []byte) string { return strings.ReplaceAll(string(data), "␍\n", "\r\n") }
func escape(data []byte) string   { return strings.ReplaceAll(string(data), "\r\n", "␍\n") }

// checkSame: the file and the lines mean what the user wrote, on the mock's host.
func checkSame(t *testing.T, content string, s *single.Single) {
	t.Helper()
	lines := func(m *mockspec.Mock) string {
		var out []byte
		for _, e := range m.Endpoints {
			e.Host = host
			out = mockspec.AppendEndpoint(out, &e)
		}
		for _, w := range m.WebSockets {
			w.Host = host
			out = mockspec.AppendWebSocket(out, &w)
		}
		return string(out)
	}
	wrote, _ := mockspec.Parse([]byte(content), mockspec.Options{})
	kept, ds := mockspec.Parse(s.File, mockspec.Options{Limits: mockspec.Limits{Bytes: 1 << 24}})
	if mockspec.HasErrors(ds) {
		t.Fatalf("the file is refused: %v\n%s", ds, s.File)
	}
	if diff := cmp.Diff(lines(wrote), lines(kept)); diff != "" {
		t.Errorf("the file means something else:\n%s\n%s", diff, s.File)
	}
	for _, e := range kept.Endpoints {
		if e.Host != host {
			t.Errorf("an endpoint of the file answers on %q\n%s", e.Host, s.File)
		}
	}
	for _, w := range kept.WebSockets {
		if w.Host != host {
			t.Errorf("a WebSocket of the file answers on %q\n%s", w.Host, s.File)
		}
	}
	if string(s.Items) != lines(wrote) || s.Count != strings.Count(string(s.Items), "\n") {
		t.Errorf("items or count are wrong")
	}
	if cmp.Diff(wrote.Settings, kept.Settings) != "" || cmp.Diff(wrote.Settings, s.Settings) != "" {
		t.Errorf("settings differ")
	}
}

// checkPrepared: what was prepared without a host becomes the same.
func checkPrepared(t *testing.T, content string, s *single.Single) {
	t.Helper()
	limits := mockspec.Limits{Bytes: 1 << 24}
	p := single.Prepare(mockspec.ParseDocument(content, mockspec.Options{Limits: limits}))
	file, lines, seal, ok := p.For(host, limits)
	if fits := len(s.Lines()) <= single.MaxLines; ok != fits {
		t.Fatalf("it is prepared: %t, it fits: %t", ok, fits)
	}
	if ok && (file != string(s.File) || lines != string(s.Lines()) || seal != single.Seal(host, file, lines)) {
		t.Errorf("prepared, it is\n%s\n%s", cmp.Diff(string(s.File), file), cmp.Diff(string(s.Lines()), lines))
	}
}

func TestInvalidIsRefused(t *testing.T) {
	s, ds := single.Make("- endpoint:\n    path: /a\n    unknown: {}\n", host, mockspec.Options{})
	if s != nil || !mockspec.HasErrors(ds) {
		t.Errorf("Make = %v, %v", s, ds)
	}
}

// FuzzMake: whatever the parser takes keeps its meaning.
func FuzzMake(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		if a, err := txtar.ParseFile(file); err == nil {
			f.Add(unescape(a.Files[0].Data))
		}
	}
	f.Fuzz(func(t *testing.T, content string) {
		s, _ := single.Make(content, host, mockspec.Options{Limits: mockspec.Limits{Bytes: 10_000, Nodes: 2000}})
		if s != nil {
			checkSame(t, content, s)
			checkPrepared(t, content, s)
		}
	})
}

// TestOpen: what was sealed is taken as it is, and nothing else is.
func TestOpen(t *testing.T) {
	const file, settings = "- endpoint: {path: /}\n", `- {"mocloud":{"cors":false}}` + "\n"
	const item = `- {"endpoint":{"path":"/"}}` + "\n"
	sealed := single.Seal(host, file, settings+item)
	s, ok := single.Open(host, file, settings+item, sealed, mockspec.Limits{})
	if !ok || string(s.File) != file || string(s.Items) != item || s.Count != 1 || s.Settings.CORS == nil || string(s.Lines()) != settings+item {
		t.Fatalf("Open = %+v, %v", s, ok)
	}
	for name, c := range map[string]struct {
		host, file, lines, seal string
		limits                  mockspec.Limits
	}{
		"nothing":              {host, file, "", single.Seal(host, file, ""), mockspec.Limits{}},
		"another host":         {"other", file, settings + item, sealed, mockspec.Limits{}},
		"another file":         {host, file + "#", settings + item, sealed, mockspec.Limits{}},
		"other lines":          {host, file, item, sealed, mockspec.Limits{}},
		"other rules":          {host, file, settings + item, "0" + sealed[1:], mockspec.Limits{}},
		"too many":             {host, file, item + item, single.Seal(host, file, item+item), mockspec.Limits{Endpoints: 1}},
		"too large":            {host, file, item, single.Seal(host, file, item), mockspec.Limits{Bytes: 5}},
		"a line without end":   {host, file, item[:len(item)-1], single.Seal(host, file, item[:len(item)-1]), mockspec.Limits{}},
		"no JSON":              {host, file, "- {\"endpoint\":\n", single.Seal(host, file, "- {\"endpoint\":\n"), mockspec.Limits{}},
		"a comment":            {host, file, "# mock {}\n" + item, single.Seal(host, file, "# mock {}\n"+item), mockspec.Limits{}},
		"settings in between":  {host, file, item + settings, single.Seal(host, file, item+settings), mockspec.Limits{}},
		"settings of no sense": {host, file, "- {\"mocloud\":7}\n", single.Seal(host, file, "- {\"mocloud\":7}\n"), mockspec.Limits{}},
	} {
		if s, ok := single.Open(c.host, c.file, c.lines, c.seal, c.limits); ok {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
