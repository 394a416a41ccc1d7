//go:build linux

package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHTTP runs the HTTP benchmark on a few hosts for moments, with each load generator there is: the sides answer alike, each
// workload yields a line, and the page gets its table. It says nothing about speed.
func TestHTTP(t *testing.T) {
	bin, out := t.TempDir(), t.TempDir()
	buildInto(t, "../../services/mockserver", bin, "./cmd/mockserver")
	buildInto(t, "..", bin, "./load/bare")
	page := filepath.Join(out, "hot-path.md")
	if err := os.WriteFile(page, []byte("before\n"+tableBegin+tableEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseHTTP([]string{"-bin", bin, "-out", out, "-hosts", "20", "-rounds", "1", "-each", "50ms", "-connections", "4", "-own"})
	if err != nil {
		t.Fatal(err)
	}
	if err := runHTTP(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(out, "hot-path.jsonl"))), "\n")
	all := workloads(20, 100)
	if len(lines) != len(all) {
		t.Fatalf("%d lines for %d workloads", len(lines), len(all))
	}
	for i, text := range lines {
		var l httpLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Workload != all[i].name || l.Ratio <= 0 || l.Base.CPU <= 0 || l.Mock.CPU <= 0 || l.Mock.Rate <= 0 || l.Mock.P99 < l.Mock.P50 || l.Generator != "own" {
			t.Errorf("not what was measured: %s", text)
		}
		if all[i].many != (l.OfStatic > 0) {
			t.Errorf("compared with the static answer: %s", text)
		}
		if !strings.Contains(read(t, page), "| "+l.Workload+" |") {
			t.Errorf("%s is not in the table", l.Workload)
		}
	}

	if _, err := exec.LookPath("wrk"); err != nil {
		t.Skip("there is no wrk to ask with")
	}
	for _, only := range []string{"post", "static_no", "hosts"} { // each kind of script
		o.only, o.own, o.out = only, false, ""
		var line strings.Builder
		if err := runHTTP(t.Context(), o, &line); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(line.String(), `"generator":"wrk"`) {
			t.Errorf("not asked with wrk: %s", line.String())
		}
	}
}

func buildInto(t *testing.T, module, bin, program string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), program)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", program, err, out)
	}
}

func TestParseHTTP(t *testing.T) {
	for _, bad := range [][]string{{}, {"-bin", "x", "-rounds", "0"}, {"-bin", "x", "-endpoints", "101"}, {"-bin", "x", "-each", "0s"}} {
		if _, err := parseHTTP(bad); err == nil {
			t.Errorf("parseHTTP(%q) takes that", bad)
		}
	}
}

func TestQuotients(t *testing.T) {
	of := func(all ...time.Duration) (s []sample) {
		for _, cpu := range all {
			s = append(s, sample{cpu: cpu})
		}
		return s
	}
	// One round in which everything was slow changes nothing.
	got := median(quotients(of(10, 100, 12), of(20, 200, 20)))
	if got != 0.5 {
		t.Errorf("median of the quotients is %v", got)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of four is %v", got)
	}
}
