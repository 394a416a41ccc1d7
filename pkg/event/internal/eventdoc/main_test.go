package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestDocumentsAreUpToDate(t *testing.T) {
	files, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("../../../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("docs/%s is stale; run go generate in pkg/event:\n%s", name, diff)
		}
	}
}

// Every reference in the AsyncAPI document must lead somewhere.
func TestAsyncAPIReferencesResolve(t *testing.T) {
	files, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(files["asyncapi.yaml"], &document); err != nil {
		t.Fatal(err)
	}
	count := 0
	walk(document, func(target string) {
		count++
		var at any = document
		for key := range strings.SplitSeq(strings.TrimPrefix(target, "#/"), "/") {
			m, _ := at.(map[string]any)
			at = m[key]
		}
		if at == nil {
			t.Errorf("%s leads nowhere", target)
		}
	})
	if count == 0 {
		t.Error("no references found")
	}
}

func walk(v any, visit func(target string)) {
	switch v := v.(type) {
	case map[string]any:
		if target, ok := v["$ref"].(string); ok {
			visit(target)
		}
		for _, child := range v {
			walk(child, visit)
		}
	case []any:
		for _, child := range v {
			walk(child, visit)
		}
	}
}
