package serve_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/serve"
)

// BenchmarkMemory compares what the cache counts with what the heap holds: for mocks of which one endpoint was called, and of which all
// were. What is counted should be between half and twice of it.
func BenchmarkMemory(b *testing.B) {
	const fixed = `{"items": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}], "page": 1}`
	for _, shape := range []struct {
		name      string
		endpoints int
		body      string
	}{
		{"one endpoint", 1, fixed},
		{"ten endpoints", 10, fixed},
		{"a hundred endpoints", 100, fixed},
		{"a hundred templates", 100, `{"id": "{{path-params.id}}", "page": "{{query-params.page}}", "name": "{{json-params.name}}"}`},
		{"ten large bodies", 10, strings.Repeat(fixed, 200)},
		{"ten large templates", 10, strings.Repeat("{{query-params.page}} and ", 300)},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				measureMemory(b, shape.endpoints, shape.body)
			}
		})
	}
}

func measureMemory(b *testing.B, endpoints int, body string) {
	b.Helper()
	var lines strings.Builder
	for i := range endpoints {
		fmt.Fprintf(&lines, `- {"endpoint":{"method":"GET","path":"/e%d/:id","response":{"status":200,"headers":{"Content-Type":"application/json"},"body":%q}}}`+"\n", i, body)
	}
	mocks := max(10, 2000/endpoints)
	counted := cache.New(1 << 40)
	core := plain(serve.Config{}, serve.Deps{Cache: counted})
	for i := range mocks {
		core.Put(mock(fmt.Sprint(i), fmt.Sprintf("m%d.example", i), lines.String()))
	}
	before := heap()
	for _, called := range []struct {
		name      string
		endpoints int
	}{{"one-called", 1}, {"all-called", endpoints}} {
		for i := range mocks {
			for e := range called.endpoints {
				if w := ask(core, "GET", fmt.Sprintf("m%d.example", i), fmt.Sprintf("/e%d/7", e), ""); w.Code != 200 {
					b.Fatal(w.Code, w.Body)
				}
			}
		}
		held := heap() - before
		b.ReportMetric(float64(held)/float64(mocks), called.name+"-B/mock")
		b.ReportMetric(float64(counted.Size())/float64(held), called.name+"-counted/held")
	}
	runtime.KeepAlive(core)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far smaller
}
