package run

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is said later counts: the environment, a file, flags.
func TestVariables(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("# of the team\nexport A=file\nB=\"two words\"\nC='c#1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := options{envFile: file, env: []string{"A=flag", "D=a=b", "E="}}.variables([]string{"MOCK_A=env", "MOCK_F=f", "OTHER=1", "MOCK_=x", "MOCK_A-B=x"})
	want := map[string]string{"A": "flag", "B": "two words", "C": "c#1", "D": "a=b", "E": "", "F": "f"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []options{
		{env: []string{"A"}},
		{env: []string{"=x"}},
		{env: []string{"A-B=x"}},
		{env: []string{"A=" + strings.Repeat("x", 4097)}},
		{env: []string{"A=\xff"}},
		{envFile: filepath.Join(t.TempDir(), "none")},
	} {
		if got, err := wrong.variables(nil); err == nil {
			t.Errorf("%v: %v", wrong, got)
		}
	}
}
