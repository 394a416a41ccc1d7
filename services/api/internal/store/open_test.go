package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Whatever is wrong at the start is said in one sentence, and no secret is in it.
func TestOpenExplains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(dir, "torn.db")
	tear(t, torn)
	for name, c := range map[string]struct{ url, want string }{
		"no scheme":        {"mocloud.db", "use postgres:// or sqlite:///absolute/path"},
		"unknown scheme":   {"mysql://root:hunter2@localhost/x", `begins with "mysql"`},
		"unreadable":       {"postgres://a:hunter2@%zz/x", "cannot be read"},
		"relative":         {"sqlite://mocloud.db", "needs an absolute path"},
		"no folder":        {"sqlite://" + filepath.Join(dir, "missing", "mocloud.db"), "cannot be opened for writing: no such file or directory"},
		"below a file":     {"sqlite://" + filepath.Join(garbage, "mocloud.db"), "not a directory"},
		"a folder":         {"sqlite://" + dir, "cannot be opened for writing: is a directory"},
		"not a database":   {"sqlite://" + garbage, "is damaged or not a mocloud database; restore it from a backup"},
		"damaged":          {"sqlite://" + torn, "is damaged or not a mocloud database; restore it from a backup"},
		"nobody listening": {"postgres://a:hunter2@127.0.0.1:1/x", "cannot be used"},
	} {
		_, err := Open(t.Context(), secret.New(c.url), true)
		switch {
		case err == nil:
			t.Errorf("%s: opened", name)
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v", name, err)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the password is in %v", name, err)
		}
	}
}

// tear makes a database and overwrites what follows its first page.
func tear(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), secret.New("sqlite://"+path), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(content); i++ {
		content[i] = 0xAA
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
