package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/secret"
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

// The latest entries can be asked for, newest first, by whoever has the token; the oldest are forgotten.
func TestRecentEntries(t *testing.T) {
	trail := audit.New(slog.New(slog.DiscardHandler), "", 0)
	for i := range 2500 {
		outcome := "answered"
		if i%5 == 0 {
			outcome = "denied"
		}
		trail.Write(t.Context(), audit.Entry{ID: strconv.Itoa(i), Mode: "reverse", Upstream: "cloudflare", Outcome: outcome})
	}
	ask := func(method, query, token string) (int, []string) {
		t.Helper()
		recorder := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), method, audit.Path+query, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		trail.Handler(secret.New("operators-token")).ServeHTTP(recorder, req)
		var body struct{ Entries []audit.Entry }
		if recorder.Code == http.StatusOK {
			if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
		}
		var ids []string
		for _, e := range body.Entries {
			ids = append(ids, e.ID)
		}
		return recorder.Code, ids
	}
	if status, ids := ask("GET", "?limit=3", "operators-token"); status != 200 || !slices.Equal(ids, []string{"2499", "2498", "2497"}) {
		t.Errorf("%d %q", status, ids)
	}
	if _, ids := ask("GET", "?limit=2&outcome=denied&upstream=cloudflare", "operators-token"); !slices.Equal(ids, []string{"2495", "2490"}) {
		t.Errorf("denied: %q", ids)
	}
	if _, ids := ask("GET", "?limit=9999", "operators-token"); len(ids) != 500 {
		t.Errorf("%d entries in one answer", len(ids))
	}
	if all := trail.Recent(5000, func(audit.Entry) bool { return true }); len(all) != 2000 || all[1999].ID != "500" {
		t.Errorf("%d entries are kept", len(all))
	}
	for _, wrong := range []string{"", "operators-toke", "Bearer operators-token"} {
		if status, _ := ask("GET", "", wrong); status != http.StatusUnauthorized {
			t.Errorf("with %q: %d", wrong, status)
		}
	}
	if status, _ := ask("DELETE", "", "operators-token"); status != http.StatusMethodNotAllowed {
		t.Errorf("delete: %d", status)
	}
	recorder := httptest.NewRecorder()
	trail.Handler(secret.String{}).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "GET", audit.Path, nil))
	if recorder.Code != http.StatusNotFound {
		t.Errorf("without a configured token: %d", recorder.Code)
	}
}
