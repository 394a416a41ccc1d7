package mockspec_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// seeds adds every document of the corpora.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/diagnostics/*.txtar", "testdata/format/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			a, err := txtar.ParseFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(a.Files[0].Data)
		}
	}
	examples, err := filepath.Glob("../../examples/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	examples = append(examples, "testdata/hostile.yml")
	for _, file := range examples {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
}

// FuzzParse: whatever is read, every diagnostic has a place in the document, and a mock without errors survives its
// line form.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		m, ds := mockspec.Parse(src, mockspec.Options{Name: "f"})
		lines := 1 + strings.Count(string(src), "\n")
		for _, d := range ds {
			if d.Line < 1 || d.Column < 1 || d.Line > lines || d.Message == "" || d.Code == "" {
				t.Fatalf("%+v in %d lines", d, lines)
			}
		}
		if mockspec.HasErrors(ds) {
			return
		}
		text := mockspec.EncodeLines(m)
		again, err := mockspec.DecodeLines(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(m, again, meaning); diff != "" {
			t.Fatalf("lines mean something else:\n%s\n%s", diff, text)
		}
		if len(text) == 0 || len(text) > mockspec.DefaultLimits().Bytes {
			return
		}
		yaml, ds := mockspec.Parse(text, mockspec.Options{Name: "lines"})
		if mockspec.HasErrors(ds) {
			t.Fatalf("%v\n%s", ds, text)
		}
		if diff := cmp.Diff(m, yaml, meaning); diff != "" {
			t.Fatalf("lines as YAML mean something else:\n%s\n%s", diff, text)
		}
	})
}

// FuzzFormat: a document is refused or formatted; then formatting again changes nothing, nor does its meaning change.
func FuzzFormat(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		if err := checkFormat(t, src); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}

func FuzzPathPattern(f *testing.F) {
	for _, s := range []string{"/", "/a/:id|int/*rest", "/a?b|int", "/{id}/{*all}", "/%41%", ":x", "/a//b", "/:a/:a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := mockspec.ParsePath(s)
		if err != nil {
			var e *mockspec.PathError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(s) || e.Message == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		if len(p.Segments) != strings.Count(p.Raw, "/") {
			t.Fatalf("%q has %d segments", p.Raw, len(p.Segments))
		}
		for _, seg := range p.Segments {
			if seg.Wildcard && seg.Literal != "" || !seg.Wildcard && seg.Param != "" && seg.Literal != "" {
				t.Fatalf("%+v", seg)
			}
		}
		again, err := mockspec.ParsePath(p.Raw)
		if err != nil || !cmp.Equal(p, again) {
			t.Fatalf("%+v, %+v, %v", p, again, err)
		}
	})
}

// FuzzDecodeLines: lines that are read are written as lines that mean the same.
func FuzzDecodeLines(f *testing.F) {
	f.Add([]byte("# c\n- {\"endpoint\":{\"path\":\"/a\",\"response\":{\"body\":{\"a\":[1,\"\\ud83d\\ude00\"]}}}}\n"))
	f.Add([]byte("- {\"websocket\":{\"path\":\"/a\",\"on-message\":[{\"pattern\":\"a\",\"response\":\"b\"}]}}"))
	f.Add([]byte("- {\"mocloud\":{\"cors\":false}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := mockspec.DecodeLines(data)
		if err != nil || !utf8.Valid(data) { // JSON is UTF-8
			return
		}
		outlined(t, data, m)
		lines := mockspec.EncodeLines(m)
		again, err := mockspec.DecodeLines(lines)
		if err != nil {
			t.Fatalf("%v\n%s", err, lines)
		}
		if diff := cmp.Diff(m, again, meaning, withoutTemplates()); diff != "" {
			t.Fatalf("%s\n%s", diff, lines)
		}
	})
}
