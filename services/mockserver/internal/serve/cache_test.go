package serve_test

import (
	"fmt"
	"strings"
	"testing"

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
