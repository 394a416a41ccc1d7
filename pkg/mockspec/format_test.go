package mockspec_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// TestFormat compares documents with their canonical form: testdata/format/*.txtar, parts `in` and `out` (or `error`).
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := txtar.File{Name: "out"}
			if got.Data, err = mockspec.Format(a.Files[0].Data); err != nil {
				got = txtar.File{Name: "error", Data: []byte(err.Error() + "\n")}
			}
			if *update {
				a.Files = append(a.Files[:1], got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) != 2 {
				t.Fatal("the case has no result; run the test with -update and read what it wrote")
			}
			if diff := cmp.Diff(a.Files[1].Name+":\n"+string(a.Files[1].Data), got.Name+":\n"+string(got.Data)); diff != "" {
				t.Errorf("formatted (-want +got):\n%s", diff)
			}
			if got.Name == "out" {
				checkFormat(t, a.Files[0].Data)
			}
		})
	}
}

// checkFormat formats src and checks what Format promises. It returns the error of a refusal.
func checkFormat(t interface {
	Helper()
	Fatalf(string, ...any)
}, src []byte,
) error {
	t.Helper()
	once, err := mockspec.Format(src)
	if err != nil {
		return err
	}
	twice, err := mockspec.Format(once)
	if err != nil {
		t.Fatalf("formatting twice: %v\n%s", err, once)
	}
	if !bytes.Equal(once, twice) {
		t.Fatalf("formatting twice is not formatting once:\n%s", cmp.Diff(string(once), string(twice)))
	}
	before, _ := mockspec.Parse(src, mockspec.Options{})
	after, _ := mockspec.Parse(once, mockspec.Options{})
	if diff := cmp.Diff(before, after, meaning); diff != "" {
		t.Fatalf("the meaning changed (-before +after):\n%s\n%s\n---\n%s", diff, src, once)
	}
	return nil
}

// drawn matches the comments of generated documents, which are all different.
var drawn = regexp.MustCompile(`(?m)# (?:comment|tail) i+$`)

func TestFormatKeepsMeaningAndComments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := genYAML().Draw(t, "document")
		if err := checkFormat(t, []byte(src)); err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		out, err := mockspec.Format([]byte(src))
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		for _, c := range drawn.FindAllString(src, -1) {
			if strings.Count(string(out), c+"\n") != 1 {
				t.Fatalf("%q is not in the result once:\n%s\n---\n%s", c, src, out)
			}
		}
	})
}
