package format_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/cmd/internal/format"
)

const (
	messy = "- endpoint:\n     response: {}\n     path: /a # here\n"
	tidy  = "- endpoint:\n    path: /a # here\n    response: {}\n"
)

func run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	c := format.Command()
	c.SilenceErrors, c.SilenceUsage = true, true
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetIn(strings.NewReader(stdin))
	c.SetArgs(args)
	err := c.Execute()
	return out.String(), err
}

// files writes the three files of these tests and returns a function that reads one.
func files(t *testing.T) func(name string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{"messy.yml": messy, "tidy.yml": tidy, "broken.yml": "- a: 'b\n"} {
		if err := os.WriteFile(name, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func TestFormatRewritesInPlace(t *testing.T) {
	read := files(t)
	if out, err := run(t, "", "messy.yml", "tidy.yml"); out != "" || err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	if read("messy.yml") != tidy || read("tidy.yml") != tidy {
		t.Errorf("%q, %q", read("messy.yml"), read("tidy.yml"))
	}
	if info, err := os.Stat("messy.yml"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(".mocloud-fmt-*"); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFormatCheck(t *testing.T) {
	read := files(t)
	out, err := run(t, "", "--check", "tidy.yml", "messy.yml")
	if out != "messy.yml\n" || err == nil || err.Error() != "" {
		t.Errorf("%q, %v", out, err)
	}
	if read("messy.yml") != messy {
		t.Error("--check changed the file")
	}
	if out, err = run(t, "", "--check", "tidy.yml"); out != "" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestFormatStandardInput(t *testing.T) {
	if out, err := run(t, messy, "-"); out != tidy || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestFormatRefuses(t *testing.T) {
	read := files(t)
	_, err := run(t, "", "broken.yml")
	if err == nil || err.Error() != "broken.yml: line 1, column 6: this quote is never closed" {
		t.Errorf("%v", err)
	}
	if read("broken.yml") != "- a: 'b\n" {
		t.Error("the broken file was changed")
	}
}
