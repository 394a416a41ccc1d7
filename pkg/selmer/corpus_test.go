package selmer_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/selmer"
)

type testCase struct {
	ID       int             `json:"id"`
	Section  string          `json:"section"`
	Template string          `json:"template"`
	Params   json.RawMessage `json:"params"`
	OK       *string         `json:"ok"`
	Error    string          `json:"error"`
}

func readCases(t testing.TB, path string) []testCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 || lines.Bytes()[0] == '#' {
			continue
		}
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		cases = append(cases, c)
	}
	return cases
}

func render(template string, params []byte, o selmer.Options) (string, error) {
	v, err := selmer.ParseParams(params)
	if err != nil {
		return "", fmt.Errorf("params: %w", err)
	}
	tmpl, err := selmer.Compile(template, o)
	if err != nil {
		return "", err
	}
	out, err := tmpl.Append(nil, selmer.MapScope{Root: v})
	return string(out), err
}

// TestCorpus holds the engine to what Selmer 1.12.58 was recorded to do (selmer.jsonl), and to what its source says it
// does (own.jsonl, which was not recorded).
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/selmer.jsonl", "testdata/own.jsonl"} {
		for _, c := range readCases(t, file) {
			if strings.Contains(c.Error, "No filter defined with the name 'get'") {
				continue // a later Selmer has it, and so have we
			}
			t.Run(fmt.Sprintf("%s/%d", c.Section, c.ID), func(t *testing.T) {
				t.Parallel()
				got, err := render(c.Template, c.Params, selmer.Options{Debug: true})
				switch {
				case c.OK == nil && err == nil:
					t.Errorf("%s with %s\n got %q\nwant an error (%s)", c.Template, c.Params, got, c.Error)
				case c.OK != nil && err != nil:
					t.Errorf("%s with %s\n got error %v\nwant %q", c.Template, c.Params, err, *c.OK)
				case c.OK != nil && got != *c.OK:
					t.Errorf("%s with %s\n got %q\nwant %q", c.Template, c.Params, got, *c.OK)
				}
			})
		}
	}
}
