package backup

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/api"
)

func dataFolder(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	check(t, api.Migrate(t.Context(), databaseIn(data)))
	for name, content := range map[string]string{
		"objects/w1/files/pets.json": "[1]", "objects/w1/files/deep/a.bin": "a", "objects/w1/m1/mock.yml": "generated", "objects/moclojer.yml": "generated", "admin-token": "secret",
	} {
		check(t, os.MkdirAll(filepath.Join(data, filepath.Dir(name)), 0o700))
		check(t, os.WriteFile(filepath.Join(data, name), []byte(content), 0o600))
	}
	return data
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackupHoldsWhatCannotBeMadeAgain(t *testing.T) {
	data, dir := dataFolder(t), t.TempDir()
	file, restored := filepath.Join(dir, "b.tar.gz"), filepath.Join(dir, "data")
	check(t, write(t.Context(), data, file))
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := write(t.Context(), data, file); err == nil {
		t.Error("a backup was overwritten")
	}
	check(t, read(t.Context(), file, restored))
	for name, want := range map[string]string{"objects/w1/files/pets.json": "[1]", "objects/w1/files/deep/a.bin": "a"} {
		if got, err := os.ReadFile(filepath.Join(restored, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	for _, name := range []string{"objects/w1/m1/mock.yml", "objects/moclojer.yml", "admin-token"} {
		if _, err := os.Stat(filepath.Join(restored, name)); err == nil {
			t.Errorf("%s is in the backup", name)
		}
	}
	check(t, api.Migrate(t.Context(), databaseIn(restored))) // it opens
	if err := read(t.Context(), file, restored); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("restored over a data folder: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	if err := write(t.Context(), dir, filepath.Join(dir, "b")); err == nil || !strings.Contains(err.Error(), "is not a data folder") {
		t.Error(err)
	}
	for name, entries := range map[string][]string{
		"no database":         {"objects/w/files/x"},
		"leaves the folder":   {"mocloud.db", "../evil"},
		"leaves it in files":  {"mocloud.db", "objects/w/files/../../../evil"},
		"what is not ours":    {"mocloud.db", "admin-token"},
		"generated":           {"mocloud.db", "objects/moclojer.yml"},
		"twice":               {"mocloud.db", "mocloud.db"},
		"a damaged database":  {"mocloud.db"},
		"not even an archive": nil,
	} {
		t.Run(name, func(t *testing.T) {
			file, data := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "data")
			archive(t, file, entries)
			if err := read(t.Context(), file, data); err == nil {
				t.Error("no error")
			}
			if _, err := os.Stat(data); err == nil {
				t.Error("something is left")
			}
		})
	}
}

// archive writes a file with entries of nonsense; without any, nonsense itself.
func archive(t *testing.T, file string, entries []string) {
	t.Helper()
	out, err := os.Create(file)
	check(t, err)
	defer out.Close()
	if entries == nil {
		_, err := out.WriteString("nonsense")
		check(t, err)
		return
	}
	zipped := gzip.NewWriter(out)
	w := tar.NewWriter(zipped)
	for _, name := range entries {
		check(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 8}))
		_, err := w.Write([]byte("nonsense"))
		check(t, err)
	}
	check(t, w.Close())
	check(t, zipped.Close())
}
