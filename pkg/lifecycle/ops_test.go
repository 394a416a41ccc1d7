package lifecycle

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestProfilesAreForThisMachine: neither others nor pages of other sites, which name this machine as they like, get a profile.
func TestProfilesAreForThisMachine(t *testing.T) {
	t.Parallel()
	handler := onlyHere(func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		from, host string
		want       int
	}{
		{"127.0.0.1:1", "localhost:9090", 200},
		{"127.0.0.1:1", "LOCALHOST", 200},
		{"127.0.0.1:1", "127.0.0.1:9090", 200},
		{"[::1]:1", "[::1]:9090", 200},
		{"[::1]:1", "[::1]", 200},
		{"[::ffff:127.0.0.1]:1", "localhost", 200},
		{"127.0.0.1:1", "evil.example:9090", 403},
		{"127.0.0.1:1", "localhost.evil.example", 403},
		{"127.0.0.1:1", "", 403},
		{"192.0.2.1:1", "localhost:9090", 403},
		{"", "localhost", 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "/debug/pprof/", http.NoBody)
		r.RemoteAddr, r.Host = c.from, c.host
		w := httptest.NewRecorder()
		handler(w, r)
		if w.Code != c.want {
			t.Errorf("from %q for %q: %d, want %d", c.from, c.host, w.Code, c.want)
		}
	}
}
