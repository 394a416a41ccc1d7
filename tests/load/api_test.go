//go:build linux

package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPI runs the API benchmark with a few mocks for moments: every operation at each size yields a line and a row. It says
// nothing about speed.
func TestAPI(t *testing.T) {
	bin, out := t.TempDir(), t.TempDir()
	buildInto(t, "../../services/api", bin, "./cmd/api")
	page := filepath.Join(out, "api.md")
	if err := os.WriteFile(page, []byte("before\n"+tableBegin+tableEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseAPI([]string{"-bin", bin, "-out", out, "-sizes", "150,300", "-clients", "2", "-each", "50ms"})
	if err != nil {
		t.Fatal(err)
	}
	if err := runAPI(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(out, "api.jsonl"))), "\n")
	operations := (&apiBench{}).operations()
	if len(lines) != 2*len(operations) {
		t.Fatalf("%d lines for %d operations at 2 sizes", len(lines), len(operations))
	}
	for i, text := range lines {
		var l apiLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Operation != operations[i%len(operations)].name || l.Mocks != 150*(1+i/len(operations)) || l.CPU <= 0 || l.Rate <= 0 ||
			l.P50 <= 0 || l.P99 < l.P50 || l.Requests == 0 || l.OfSmallest <= 0 {
			t.Errorf("not what was measured: %s", text)
		}
		if !strings.Contains(read(t, page), "| "+l.Operation+" | "+grouped(l.Mocks)+" |") {
			t.Errorf("%s is not in the table", l.Operation)
		}
	}
}
