package stamp_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocloud/mocloud/services/mockserver/internal/stamp"
)

// Whatever keeps size and time, another content has another stamp; an untouched file keeps its own.
func TestSameSizeAndTime(t *testing.T) {
	long := time.Unix(1_000_000_000, 0)
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	of := func(path string) string {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return stamp.Of(info)
	}
	for name, change := range map[string]func(path string){
		"replaced": func(path string) {
			write(path+".new", "two")
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
		"written in place": func(path string) { write(path, "two") },
		"another link": func(path string) {
			write(path+".two", "two")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path+".two", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		path := filepath.Join(t.TempDir(), "mock.yml")
		write(path, "one")
		before := of(path)
		if of(path) != before {
			t.Errorf("%s: the stamp of an untouched file changes", name)
		}
		// A file system may count its own time in milliseconds.
		for deadline := time.Now().Add(10 * time.Second); ; {
			change(path)
			if of(path) != before {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s: the change is not noticed", name)
				break
			}
		}
	}
}
