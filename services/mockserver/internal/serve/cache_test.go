package serve_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

// TestCompiledMocksAreBounded: mocks that were called once do not pile up; what is dropped is compiled again, and what is deleted is
// counted no more.
func TestCompiledMocksAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 8 << 20
	memory := cache.New(limit)
	core := plain(serve.Config{}, serve.Deps{Cache: memory})
	large := "- endpoint: {path: /x, response: {headers: {Content-Type: text/plain, X-A: '{{now}}'}, body: '" + strings.Repeat("{{now}}", 5000) + "'}}"
	host := func(i int) string { return fmt.Sprintf("m%d.example", i) }
	for i := range 20 {
		core.Put(mock(fmt.Sprint(i), host(i), large))
		if w := ask(core, "GET", host(i), "/x", ""); w.Code != 200 {
			t.Fatalf("mock %d: %d %.200s", i, w.Code, w.Body)
		}
		if size := memory.Size(); size > limit || size < 1<<20 {
			t.Fatalf("after %d mocks the cache counts %d bytes", i+1, size)
		}
	}
	for i := range 20 {
		if w := ask(core, "GET", host(i), "/x", ""); w.Code != 200 {
			t.Errorf("mock %d again: %d %.200s", i, w.Code, w.Body)
		}
	}
	core.Rest()
	core.Rest()
	if size := memory.Size(); size != 0 {
		t.Errorf("at rest the cache counts %d bytes", size)
	}
	ask(core, "GET", host(0), "/x", "")
	core.Replace(nil)
	if size := memory.Size(); size != 0 {
		t.Errorf("without mocks the cache counts %d bytes", size)
	}
}

// TestAHugeMockFlushesNobody: a mock that is larger than the cache and called all over leaves the endpoints of others alone, and of its
// own it keeps what fits.
func TestAHugeMockFlushesNobody(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	memory := cache.New(limit)
	metrics := prometheus.NewRegistry()
	core := plain(serve.Config{}, serve.Deps{Cache: memory, Metrics: metrics})
	var huge strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&huge, `- {"endpoint":{"method":"GET","path":"/p%d","response":{"status":200,"body":"%s"}}}`+"\n", i, strings.Repeat("x", 1000))
	}
	quiet := mock("quiet", "quiet.example", `- {"endpoint":{"method":"GET","path":"/x","response":{"status":200,"body":"ok"}}}`+"\n")
	quiet.WorkspaceID = "another"
	core.Put(mock("huge", "huge.example", huge.String()))
	core.Put(quiet)
	ask(core, "GET", "quiet.example", "/x", "")
	before := compilations(t, metrics)
	for i := range 6000 {
		if w := ask(core, "GET", "huge.example", fmt.Sprintf("/p%d", i%3000), ""); w.Code != 200 {
			t.Fatalf("%d: %d %.200s", i, w.Code, w.Body)
		}
	}
	made := compilations(t, metrics) - before
	if w := ask(core, "GET", "quiet.example", "/x", ""); w.Code != 200 || compilations(t, metrics) != before+made {
		t.Errorf("the quiet mock was compiled again: %d %s", w.Code, w.Body)
	}
	if size := memory.Size(); size > limit || made < 3000 {
		t.Errorf("%d bytes; %.0f compiled", size, made)
	}
}

// compilations is how many mocks and endpoints were compiled.
func compilations(t *testing.T, metrics prometheus.Gatherer) (n float64) {
	t.Helper()
	all, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() == "mocloud_compilations_total" {
			for _, m := range family.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}
