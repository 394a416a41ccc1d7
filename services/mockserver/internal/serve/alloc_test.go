//go:build !race

package serve_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnswersDoNotAllocate holds what the hot path promises. The race detector makes pools forget, so it is not for it.
func TestAnswersDoNotAllocate(t *testing.T) {
	for _, records := range []int{0, 10} {
		core := newCore(records)
		for _, target := range []string{"/static", "/users/ann/posts/7?page=2", "/~ann/pets/static"} {
			r := request("GET", target)
			if strings.HasPrefix(target, "/~") {
				r.Host = "localhost"
			}
			w := &sink{header: http.Header{}}
			call := func() { core.ServeHTTP(w, r) }
			for range 20 {
				call()
			}
			if w.status != 200 {
				t.Fatalf("%s: %d", target, w.status)
			}
			if n := testing.AllocsPerRun(200, call); n != 0 {
				t.Errorf("%s, %d records: %v allocations", target, records, n)
			}
		}
	}
}
