// Package lines_test hands the line form of mocks to parsers that are not ours.
package lines_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// TestLinesAreStrictYAML: in the lines of hostile values a strict parser of YAML 1.2 reads what one of JSON does.
func TestLinesAreStrictYAML(t *testing.T) {
	t.Parallel()
	lines, err := os.ReadFile(filepath.Join("..", "..", "pkg", "mockspec", "testdata", "hostile.lines"))
	check(t, err)
	count := 0
	for line := range strings.Lines(string(lines)) {
		count++
		var asYAML, asJSON []any
		check(t, yaml.NewDecoder(strings.NewReader(line), yaml.Strict()).Decode(&asYAML))
		d := json.NewDecoder(strings.NewReader("[" + strings.TrimPrefix(line, "- ") + "]"))
		d.UseNumber()
		check(t, d.Decode(&asJSON))
		if diff := cmp.Diff(exact(asJSON), exact(asYAML)); diff != "" {
			t.Errorf("as JSON (-) and as YAML (+):\n%s\n%s", diff, line)
		}
	}
	if count < 8 {
		t.Errorf("only %d lines", count)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// exact writes numbers of both decoders alike.
func exact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = exact(v[k])
		}
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case json.Number:
		if strings.Contains(v.String(), "e") {
			return v.String() // which that parser takes for text
		}
		n, _ := v.Float64() // it is a number of JSON
		return n
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}
