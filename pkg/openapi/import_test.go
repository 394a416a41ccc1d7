package openapi_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

var update = flag.Bool("update", false, "write what is made into the corpus")

// TestImport reads the corpus: an OpenAPI document, the mock that is made from it, and the notes about it.
func TestImport(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/import/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			c, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document := c.Files[0]
			made, problems := openapi.Import(t.Context(), document.Data, openapi.Options{Name: document.Name})
			got := &txtar.Archive{Comment: c.Comment, Files: []txtar.File{document}}
			if made != nil {
				got.Files = append(got.Files, txtar.File{Name: "mock.yml", Data: made.Content})
				check(t, made)
			}
			var told bytes.Buffer
			for _, d := range problems {
				told.WriteString(d.String() + "\n")
			}
			got.Files = append(got.Files, txtar.File{Name: "diagnostics", Data: told.Bytes()})
			if (made == nil) != mockspec.HasErrors(problems) {
				t.Errorf("a result comes without errors and only then: %v", problems)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(c)), string(txtar.Format(got))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// check says what is true of every mock that is made: it is valid, in canonical form, and counts its endpoints.
func check(t testing.TB, made *openapi.Result) {
	t.Helper()
	mock, problems := mockspec.Parse(made.Content, mockspec.Options{})
	for _, d := range problems {
		t.Errorf("the mock has a problem: %s", d)
	}
	if len(mock.Endpoints) != made.Endpoints {
		t.Errorf("%d endpoints, it says %d", len(mock.Endpoints), made.Endpoints)
	}
	if again, err := mockspec.Format(made.Content); err != nil || !bytes.Equal(again, made.Content) {
		t.Errorf("not in canonical form: %v\n%s", err, cmp.Diff(string(made.Content), string(again)))
	}
}

// TestContract: an import that is asked to makes contracts and guards that say what the document says.
func TestContract(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/contract/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		c, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made, problems := openapi.Import(t.Context(), c.Files[0].Data, openapi.Options{Name: c.Files[0].Name, Validate: mockspec.ValidateStrict})
		if made == nil {
			t.Fatal(problems)
		}
		check(t, made)
		var told bytes.Buffer
		for _, d := range problems {
			told.WriteString(d.String() + "\n")
		}
		got := &txtar.Archive{Comment: c.Comment, Files: []txtar.File{c.Files[0], {Name: "mock.yml", Data: made.Content}, {Name: "diagnostics", Data: told.Bytes()}}}
		if *update {
			if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(txtar.Format(c)), string(txtar.Format(got))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", file, diff)
		}
	}
}
