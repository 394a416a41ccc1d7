package external

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/depth"
)

// TestCirclesEnd: what is loaded hears how many calls led to it, and the last of a circle loads nothing.
func TestCirclesEnd(t *testing.T) {
	t.Parallel()
	signer := depth.New("secret")
	heard := -1
	origin := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		heard = signer.Of(r.Header.Get(depth.Header), r.Host)
	}))
	defer origin.Close()
	l := New(Config{}, Deps{Client: origin.Client(), Depth: signer})
	defer l.Close()
	if _, err := l.Load(t.Context(), Request{WorkspaceID: "w", Provider: ProviderFile, Path: origin.URL + "/a", Depth: 2}); err != nil || heard != 3 {
		t.Errorf("%v, the origin heard %d", err, heard)
	}
	if _, err := l.Load(t.Context(), Request{WorkspaceID: "w", Provider: ProviderFile, Path: origin.URL + "/b", Depth: depth.Max}); err == nil || !strings.Contains(err.Error(), "loop") {
		t.Errorf("the last of a circle: %v", err)
	}
}
