package importer_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/mocloud/mocloud/pkg/importer"
	"github.com/mocloud/mocloud/pkg/mockspec"
)

var update = flag.Bool("update", false, "write what is made into the corpus")

// TestCorpus imports the documents of testdata: the mock that is made from each, and the notes about it. The documents of
// OpenAPI are those of pkg/openapi.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	more, _ := filepath.Glob("../openapi/testdata/import/*.txtar")
	if err != nil || len(files) == 0 || len(more) == 0 {
		t.Fatal(len(files), len(more), err)
	}
	for _, file := range append(files, more...) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			c, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document := c.Files[0]
			made, notes := importer.Import(t.Context(), document.Data, importer.Options{Name: document.Name})
			got := &txtar.Archive{Comment: c.Comment, Files: []txtar.File{document}}
			if made != nil {
				got.Files = append(got.Files, txtar.File{Name: "mock.yml", Data: made.Content})
				check(t, made)
			}
			if (made == nil) != mockspec.HasErrors(notes) {
				t.Errorf("a result comes without errors and only then: %v", notes)
			}
			var told bytes.Buffer
			for _, d := range notes {
				told.WriteString(d.String() + "\n")
			}
			got.Files = append(got.Files, txtar.File{Name: "diagnostics", Data: told.Bytes()})
			switch {
			case strings.HasPrefix(file, ".."): // its own suite compares it
			case *update:
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				if diff := cmp.Diff(string(txtar.Format(c)), string(txtar.Format(got))); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
}

// check says what is true of every mock that is made: it is valid without a warning, in canonical form, and counts its
// endpoints.
func check(t testing.TB, made *importer.Result) {
	t.Helper()
	mock, problems := mockspec.Parse(made.Content, mockspec.Options{})
	for _, d := range problems {
		t.Errorf("the mock has a problem: %s", d)
	}
	if len(mock.Endpoints)+len(mock.Resources) < made.Endpoints { // one with several methods is several
		t.Errorf("%d endpoints, it says %d", len(mock.Endpoints), made.Endpoints)
	}
	if again, err := mockspec.Format(made.Content); err != nil || !bytes.Equal(again, made.Content) {
		t.Errorf("not in canonical form: %v\n%s", err, cmp.Diff(string(made.Content), string(again)))
	}
}

// FuzzImport: whatever comes, nothing panics, and what is made is a valid mock.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		c, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		made, notes := importer.Import(t.Context(), src, importer.Options{MaxBytes: 64 << 10, MaxValues: 20_000})
		if made == nil {
			if !mockspec.HasErrors(notes) {
				t.Fatal("no mock and no error")
			}
			return
		}
		if _, problems := mockspec.Parse(made.Content, mockspec.Options{}); mockspec.HasErrors(problems) {
			t.Fatalf("%v\n%s", problems, made.Content)
		}
	})
}
