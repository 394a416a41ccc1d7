package audit

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/secret"
)

// Path is where Handler serves.
const Path = "/audit"

// most is how many entries one answer holds.
const most = 500

// Handler shows the latest entries to whoever has the token: GET /audit?limit=50&upstream=cloudflare&tenant=…&outcome=denied.
func (t *Trail) Handler(token secret.String) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + token.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		query := r.URL.Query()
		limit, err := strconv.Atoi(query.Get("limit"))
		switch {
		case token.Empty():
			http.Error(w, "the audit trail is not served here: PROXY_AUDIT_TOKEN is not set", http.StatusNotFound)
			return
		case subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			http.Error(w, "the token of PROXY_AUDIT_TOKEN is needed", http.StatusUnauthorized)
			return
		case r.Method != http.MethodGet:
			http.Error(w, "the audit trail can only be read", http.StatusMethodNotAllowed)
			return
		case err != nil || limit < 1:
			limit = 100
		}
		entries := t.Recent(min(limit, most), func(e Entry) bool {
			for key, is := range map[string]string{"mode": e.Mode, "caller": e.Caller, "tenant": e.Tenant, "upstream": e.Upstream, "outcome": e.Outcome} {
				if wanted := query.Get(key); wanted != "" && !strings.EqualFold(wanted, is) {
					return false
				}
			}
			return true
		})
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"entries": entries}) // who asked may be gone
	})
}
