package up

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestDataFolderThatCannotBeSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below"), "/proc/mocloud-data"} {
		folder, err := openDataFolder(path)
		if err == nil {
			_ = folder.Close()
			t.Fatalf("%s was opened", path)
		}
		if !strings.Contains(err.Error(), path) || !strings.HasSuffix(err.Error(), "choose another with --data") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestDataFolderHasOneUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "data")
	folder, err := openDataFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openDataFolder(path); err == nil || !strings.Contains(err.Error(), "in use by another mocloud") {
		t.Errorf("a second user: %v", err)
	}
	token, err := folder.adminToken("")
	if err != nil || !regexp.MustCompile(`^mocloud_[A-Z2-7]{33}$`).MatchString(token.Reveal()) {
		t.Fatalf("secret scanners would not find the token %q (%v)", token.Reveal(), err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openDataFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if kept, err := again.adminToken(""); err != nil || kept.Reveal() != token.Reveal() {
		t.Errorf("the token is another one after a restart (%v)", err)
	}
}
