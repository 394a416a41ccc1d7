package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFailureTableNamesTests: each row of the failure table names a test that exists.
func TestFailureTableNamesTests(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "| what fails |")
	if !ok {
		t.Fatal("docs/architecture.md has no failure table")
	}
	tests := declared(t, root)
	name := regexp.MustCompile("`(Test[A-Za-z]+|tests/[a-z]+)`")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 4 || rows == 0 && !strings.HasPrefix(line, "| Redis") {
			if rows > 0 {
				break
			}
			continue
		}
		rows++
		named := name.FindAllStringSubmatch(cells[3], -1)
		if len(named) == 0 {
			t.Errorf("no test: %s", cells[0])
		}
		for _, n := range named {
			if _, err := os.Stat(filepath.Join(root, n[1])); err != nil && !tests[n[1]] {
				t.Errorf("%s: there is no %s", cells[0], n[1])
			}
		}
	}
	if rows < 10 {
		t.Errorf("the table has %d rows", rows)
	}
}

// declared are the names of all tests.
func declared(t *testing.T, root string) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	found := map[string]bool{}
	for _, dir := range []string{"pkg", "services", "tests"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range function.FindAllSubmatch(source, -1) {
				found[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
