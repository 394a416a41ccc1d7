package serve

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/cache"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/site"
)

// TestSizes holds what the cache counts against what the heap grows by.
func TestSizes(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)) + "\n")
		}
		return b.String()
	}
	for name, one := range map[string]struct {
		content string
		paths   int
	}{
		"one endpoint":     {"- endpoint: {path: /p0, response: {body: hello}}", 1},
		"hundred plain":    {many(100, `- endpoint: {path: /p#, response: {headers: {Content-Type: application/json}, body: {mock: 1, thing: #}}}`), 100},
		"hundred, one hot": {many(100, `- endpoint: {path: /p#, response: {headers: {Content-Type: application/json}, body: {mock: 1, thing: #}}}`), 1},
		"big bodies":       {many(4, `- endpoint: {path: /p#, response: {body: "`+strings.Repeat("0123456789", 2000)+`"}}`), 4},
		"templates":        {many(20, `- endpoint: {path: /p#, response: {headers: {X-A: "{{now}}"}, body: '{"a": "{{query-params.a}}", "b": [{% for x in json-params.list %}{{x.name|upper}},{% endfor %}]}'}}`), 20},
		"a large template": {"- endpoint: {path: /p0, response: {body: '" + strings.Repeat("{{json-params.name}} ", 2000) + "'}}", 1},
		"conditions":       {many(20, `- endpoint: {path: /p#, responses: [{if: {query-params.a: "1", query-params.b: {matches: "^[a-z]+$"}}, body: one}, {if: {json-params.x: 1}, body: two}], response: {body: three}}`), 20},
		"webhooks":         {many(20, `- endpoint: {path: /p#, response: {body: ok}, webhook: {url: "http://x.example/#", body: '{"a": "{{now}}"}'}}`), 20},
		"long paths":       {many(50, `- endpoint: {path: "/p#/:a|int/{b}.{c}/x", response: {body: ok}}`), 0},
	} {
		parsed, problems := mockspec.Parse([]byte(one.content), mockspec.Options{})
		lines := mockspec.EncodeLines(parsed)
		if len(parsed.Endpoints) == 0 {
			t.Fatal(name, problems)
		}
		const mocks = 50
		pool := cache.New(1 << 40)
		core := New(Config{MaxBody: 1 << 20}, Deps{Cache: pool, Recorder: record.New(record.Limits{})})
		for i := range mocks {
			core.Put(&site.Site{WorkspaceID: "w", MockID: fmt.Sprint(i), MockSlug: "m", Hosts: []string{fmt.Sprintf("m%d.example", i)}, Content: lines})
		}
		before := heap()
		for i := range mocks {
			h, _ := core.find(fmt.Sprintf("m%d.example", i), "/")
			p := h.program()
			for j := range one.paths {
				at, _ := p.everywhere.tree.Find("GET", fmt.Sprintf("/p%d", j), nil)
				if at == nil || at.ready().fault != nil {
					t.Fatalf("%s: %v", name, at)
				}
			}
		}
		grown := float64(heap()-before) / mocks
		counted := float64(pool.Size()) / mocks
		t.Logf("%-18s heap %8.0f, counted %8.0f: %.2f", name, grown, counted, counted/grown)
		if counted < 0.7*grown || counted > 1.6*grown {
			t.Errorf("%s: the heap grows by %.0f bytes a mock, %.0f are counted", name, grown, counted)
		}
		runtime.KeepAlive(core)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
