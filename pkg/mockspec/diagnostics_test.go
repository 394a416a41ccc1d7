package mockspec_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

var update = flag.Bool("update", false, "rewrite the expected parts of the corpora")

// TestDiagnostics reads every file of testdata/diagnostics: a sentence about the case, the document, and the exact
// lines that `mocloud validate` prints for it (none for a document without fault). An OpenAPI case has the parts
// openapi.yaml and mocks.yaml instead of mock.yaml.
func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(files) < 80 {
		t.Fatalf("found %d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := func(name string) *txtar.File {
				for i := range a.Files {
					if a.Files[i].Name == name {
						return &a.Files[i]
					}
				}
				return &txtar.File{}
			}
			var ds []mockspec.Diagnostic
			if spec := part("openapi.yaml"); spec.Name != "" {
				_, ds = openapi.Pair(t.Context(), spec.Data, part("mocks.yaml").Data, mockspec.Options{Name: spec.Name, MocksName: "mocks.yaml"})
			} else {
				_, ds = mockspec.Parse(part("mock.yaml").Data, mockspec.Options{Name: "mock.yaml"})
			}
			var got bytes.Buffer
			for _, d := range ds {
				got.WriteString(d.String() + "\n")
			}
			if *update {
				want := part("diagnostics")
				if want.Name == "" {
					a.Files = append(a.Files, txtar.File{Name: "diagnostics"})
					want = part("diagnostics")
				}
				want.Data = got.Bytes()
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if part("diagnostics").Name == "" {
				t.Fatal("the case has no part `diagnostics`; run the test with -update and read what it wrote")
			}
			if diff := cmp.Diff(string(part("diagnostics").Data), got.String()); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}
