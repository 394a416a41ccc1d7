package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/proxy/internal/audit"
)

func TestFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail := audit.New(slog.New(slog.DiscardHandler), path, 2000)
	const lines = 100
	for range lines {
		trail.Write(t.Context(), audit.Entry{ID: "x", Mode: "reverse", Outcome: "answered"})
	}
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".1"} {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) == 0 || len(raw) > 2000 {
			t.Errorf("%s has %d bytes", p, len(raw))
		}
		for line := range bytes.Lines(raw) {
			if !json.Valid(line) {
				t.Errorf("broken line %q", line)
			}
		}
		info, err := os.Stat(p)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
}

func TestLevelsAndBrokenFile(t *testing.T) {
	var log bytes.Buffer
	trail := audit.New(slog.New(slog.NewJSONHandler(&log, nil)), filepath.Join(t.TempDir(), "missing", "audit.jsonl"), 2000)
	trail.Write(t.Context(), audit.Entry{ID: "permitted", Mode: "forward", Outcome: "answered"})
	trail.Write(t.Context(), audit.Entry{ID: "refused", Mode: "forward", Outcome: "denied"})
	trail.Write(t.Context(), audit.Entry{ID: "provider", Mode: "reverse", Outcome: "answered"})
	got := log.String()
	if strings.Contains(got, "permitted") || !strings.Contains(got, "refused") || !strings.Contains(got, "provider") {
		t.Errorf("at level info the log has:\n%s", got)
	}
	if !strings.Contains(got, "cannot write an audit line") {
		t.Error("a file that cannot be written is not mentioned")
	}
}
