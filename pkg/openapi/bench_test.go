package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// shapes are one document of n operations in every way that one is written.
func shapes(tb testing.TB, n int) map[string][]byte {
	tb.Helper()
	paths := map[string]any{}
	for i := range n {
		item := map[string]any{"type": "object", "properties": map[string]any{
			"id": map[string]any{"type": "integer", "example": i}, "name": map[string]any{"type": "string", "example": fmt.Sprintf("näme %d", i)},
		}}
		paths[fmt.Sprintf("/things%d/{id}", i)] = map[string]any{"get": map[string]any{
			"operationId": fmt.Sprintf("getThing%d", i), "summary": fmt.Sprintf("Thing %d", i),
			"parameters": []any{map[string]any{"name": "id", "in": "query", "required": true, "schema": map[string]any{"type": "integer"}}},
			"responses": map[string]any{"200": map[string]any{"description": "ok", "content": map[string]any{
				"application/json": map[string]any{"schema": item},
			}}},
		}}
	}
	document := map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "t", "version": "1"}, "paths": paths}
	line, err := json.Marshal(document)
	if err != nil {
		tb.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, line, "", "  "); err != nil {
		tb.Fatal(err)
	}
	block, err := yaml.Marshal(document)
	if err != nil {
		tb.Fatal(err)
	}
	return map[string][]byte{
		"JSON on one line":  line,
		"JSON, indented":    indented.Bytes(),
		"YAML, block style": block,
		// The comment makes it YAML, which no reader of JSON takes.
		"YAML, flow style on one line": append([]byte("# YAML\n"), line...),
		"YAML, flow style, indented":   append([]byte("# YAML\n"), indented.Bytes()...),
		"YAML, plain flow on one line": []byte(strings.NewReplacer(`"200"`, `"200"`, `"`, "", ",", ", ", ":", ": ").Replace(string(line))),
	}
}

// BenchmarkImport reads documents of every shape, each small and four times as large: the time grows as the size does.
func BenchmarkImport(b *testing.B) {
	for _, n := range []int{500, 2000} {
		for name, src := range shapes(b, n) {
			b.Run(fmt.Sprintf("%s/operations=%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				for b.Loop() {
					if made, told := openapi.Import(b.Context(), src, openapi.Options{MaxBytes: 64 << 20, MaxValues: 5_000_000, Mock: mockspec.Limits{Bytes: 64 << 20, Endpoints: 10_000, Nodes: 5_000_000}}); made == nil {
						b.Fatal(told)
					}
				}
			})
		}
	}
}
