package lifecycle

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestOnKnownHosts: under the name of a stranger's page an installation on one's own machine does not answer.
func TestOnKnownHosts(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	local := OnKnownHosts("http://localhost:3000", next)
	public := OnKnownHosts("https://mocks.example.com", next)
	for host, known := range map[string]bool{
		"localhost:3000": true, "LOCALHOST": true, "localhost.:3000": true, "127.0.0.1:3000": true, "[::1]:3000": true, "[::1]": true, "10.0.0.7": true, "api:3000": true, "console.localhost": true, "": true,
		"attacker.example": false, "attacker.example:3000": false, "localhost.attacker.example": false, "127.0.0.1.nip.io:3000": false, "attacker.example.": false, "1.2.3.4.5": false, "[::1].attacker.example": false,
	} {
		for name, h := range map[string]http.Handler{"local": local, "public": public} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			want := http.StatusNoContent
			if name == "local" && !known {
				want = http.StatusMisdirectedRequest
			}
			if w.Code != want {
				t.Errorf("%s, %q: %d, want %d", name, host, w.Code, want)
			}
		}
	}
}
