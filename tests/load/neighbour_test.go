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

// The benchmark starts its own program for the noise: in a test that is the test's.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "noise" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestNeighbour runs the neighbour benchmark for moments: each noise is made and yields a line and a row, and the quiet
// workspace's requests are all answered. It says nothing about speed.
func TestNeighbour(t *testing.T) {
	bin, out := t.TempDir(), t.TempDir()
	buildInto(t, "../../services/mockserver", bin, "./cmd/mockserver")
	page := filepath.Join(out, "neighbour.md")
	if err := os.WriteFile(page, []byte("before\n"+tableBegin+tableEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseNeighbour([]string{"-bin", bin, "-out", out, "-each", "200ms", "-rate", "20"})
	if err != nil {
		t.Fatal(err)
	}
	if err := runNeighbour(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(out, "neighbour.jsonl"))), "\n")
	if len(lines) != len(noises()) {
		t.Fatalf("%d lines for %d noises", len(lines), len(noises()))
	}
	for i, text := range lines {
		var l neighbourLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Noise != noises()[i] || l.Asked == 0 || l.Failed > 0 || l.P50 <= 0 || l.P99 < l.P50 || l.Max < l.P99 {
			t.Errorf("not what was measured: %s", text)
		}
		if l.Noise == "requests" && l.Noisy == 0 || l.Noise == "nothing" && l.Noisy > 0 { // the others are slow, on purpose
			t.Errorf("the noise was not made: %s", text)
		}
		if l.Noise == "templates" && l.NoisyRefused != l.Noisy {
			t.Errorf("a template was not stopped: %s", text)
		}
		if !strings.Contains(read(t, page), "| "+l.Noise+" |") {
			t.Errorf("%s is not in the table", l.Noise)
		}
	}
}
