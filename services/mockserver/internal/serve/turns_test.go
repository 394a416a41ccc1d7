package serve_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

const looping = `
- endpoint:
    path: /loop
    response:
      body: '{% for i in query-params %}{{i}}{% endfor %}'
- endpoint:
    path: /plain
    response:
      body: '{{query-params.x}}'
`

// TestTurns: what may take long is done in turns of the workspaces, so that one with many requests delays another's by no
// more than one of them; what cannot take long waits for nobody; who waits for too many others is reported to come back.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limit.NewTurns(1, 3)
		core := serve.New(serve.Config{MaxBody: 1 << 20}, serve.Deps{Turns: turns, Recorder: record.New(record.Limits{})})
		for _, workspace := range []string{"noisy", "quiet"} {
			core.Put(&site.Site{
				MockID: workspace, WorkspaceID: workspace, MockSlug: "m", Hosts: []string{workspace + ".example"}, Content: []byte(looping),
			})
		}
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		ask := func(workspace, path string) {
			wg.Go(func() {
				r := request("GET", path)
				r.Host = workspace + ".example"
				w := &sink{header: http.Header{}}
				core.ServeHTTP(w, r)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, fmt.Sprint(workspace, path, w.status))
			})
			synctest.Wait()
		}
		first, _ := turns.Take(t.Context(), "somebody")
		for range 4 {
			ask("noisy", "/loop")
		}
		ask("quiet", "/loop")
		ask("quiet", "/plain")
		first.Give()
		wg.Wait()
		at := func(what string) int { return slices.Index(order, what) }
		if at("noisy/loop503") != 0 || at("quiet/plain200") != 1 || at("quiet/loop200") > 3 || at("noisy/loop200") < 2 || len(order) != 6 {
			t.Errorf("%q", order)
		}
	})
}
