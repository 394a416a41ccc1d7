package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// unidiomatic are phrases that have slipped into messages and documents before, with what to write instead.
var unidiomatic = map[*regexp.Regexp]string{
	regexp.MustCompile(`\bare possible\b`):                                       "the limit is …",
	regexp.MustCompile(`(?i)\bwho(ever)? runs (this|the) (installation|server)`): "an administrator",
	regexp.MustCompile(`\bexclude each other\b`):                                 "cannot be combined",
	regexp.MustCompile(`\bthose that there are\b`):                               "lists them",
	regexp.MustCompile(`\bnot your fault\b`):                                     "internal error",
	regexp.MustCompile(`\bends by itself\b`):                                     "will expire, or resolves itself",
	regexp.MustCompile(`\bis not looked at\b`):                                   "is ignored, or is not checked",
	regexp.MustCompile(`\bas many as are\b`):                                     "which is the limit",
	regexp.MustCompile(`\bwhich is the most it may\b`):                           "which is the limit",
	regexp.MustCompile(`\b(not|no) understood\b`):                                "cannot decode …",
}

// TestPlainEnglish reads the documents, and the text of the programs that people see.
func TestPlainEnglish(t *testing.T) {
	const root = "../.."
	for _, dir := range []string{"cmd", "pkg", "services", "docs", "web/src/i18n/en", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if entry.Name() == "adr" { // decisions are not edited later
					return fs.SkipDir
				}
				return nil
			}
			switch {
			case strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".gen.go"):
			case strings.HasSuffix(path, ".go"):
				checkStrings(t, path)
			case strings.HasSuffix(path, ".md"), strings.HasSuffix(path, ".ts"), strings.HasSuffix(path, "openapi.yaml"):
				raw, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				for n, line := range strings.Split(string(raw), "\n") {
					checkPhrases(t, path+":"+strconv.Itoa(n+1), line)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkStrings checks the string literals of a Go file.
func checkStrings(t *testing.T, path string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			checkPhrases(t, files.Position(literal.Pos()).String(), literal.Value)
		}
		return true
	})
}

func checkPhrases(t *testing.T, at, text string) {
	t.Helper()
	for phrase, instead := range unidiomatic {
		if found := phrase.FindString(text); found != "" {
			t.Errorf("%s: %q; write: %s", at, found, instead)
		}
	}
}
