//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	times := []time.Duration{5 * time.Millisecond, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(times, q); got != want {
			t.Errorf("quantile %g = %g, want %g", q, got, want)
		}
	}
}

func TestRound(t *testing.T) {
	for in, want := range map[float64]float64{0: 0, 1234567: 1234567, 0.0123456: 0.01235, 12.3456: 12.35, -12.3456: -12.35} {
		if got := round(in); got != want {
			t.Errorf("round(%v) = %v, want %v", in, got, want)
		}
	}
}

// TestWrite: the figures go into the folder, and the page keeps what a person wrote around the table.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "scale.md")
	if err := os.WriteFile(page, []byte("before\n"+tableBegin+"old\n"+tableEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &report{}
	for n, size := range []int{1000, 1000000} {
		r.figures = append(r.figures,
			figure{Endpoints: size, Figure: "publish_live_p50", Value: 7.5 + float64(n), Unit: "ms", Commit: "abc", Machine: "a machine"},
			figure{Endpoints: size, Figure: "rss_idle", Value: 3 << 20, Unit: "B", Others: 0.5, Commit: "abc", Machine: "a machine"})
	}
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	text := read(t, page)
	for _, want := range []string{
		"before\n", "after\n", "Commit abc, a machine", "| 1,000 endpoints | 1,000,000 endpoints |",
		"| publish_live_p50 | 7.5 ms | 8.5 ms |", "| rss_idle | 3 MiB | 3 MiB |", "| 0.50 | 0.50 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "old") {
		t.Error("the old table is still there")
	}
	if lines := strings.Count(read(t, filepath.Join(dir, "scale.jsonl")), "\n"); lines != len(r.figures) {
		t.Errorf("%d lines, not %d", lines, len(r.figures))
	}
	svg := xml.NewDecoder(strings.NewReader(read(t, filepath.Join(dir, "scale.svg"))))
	for {
		if _, err := svg.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the plot is not XML: %v", err)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
