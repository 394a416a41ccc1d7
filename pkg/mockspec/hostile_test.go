//go:build !race

package mockspec_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
)

// hostile are documents that are made to cost much. Each is at most about 1 MiB.
func hostile() map[string]string {
	const mib = 1 << 20
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	endpoint := "- endpoint:\n    path: /a\n    response:\n      body: "
	return map[string]string{
		"too large":            strings.Repeat("a", mib+1),
		"open lists":           strings.Repeat("[", mib),
		"open maps":            strings.Repeat("{a: ", mib/4),
		"deep lists":           strings.Repeat(strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+"\n---\n", 50),
		"deep dashes":          strings.Repeat("- ", 9000) + "a",
		"deep indentation":     indents(1400),
		"comments":             strings.Repeat("#\n", mib/2) + "- a",
		"comment before item":  strings.Repeat("# a\n- b\n", mib/8),
		"foot comments":        "- a\n" + strings.Repeat("# a\n", mib/4),
		"documents":            strings.Repeat("---\n", mib/4),
		"tags":                 many(20000, "%%TAG !a%d! tag:a\n") + "---\n",
		"big text":             endpoint + strings.Repeat("a", mib-100),
		"big key":              strings.Repeat("a", mib-100) + ": b",
		"many keys":            endpoint + "{" + many(60000, "k%d: , ") + "}",
		"many anchors":         many(50000, "- &a%d x\n"),
		"many aliases":         "- &a x\n" + strings.Repeat("- *a\n", mib/8),
		"alias bomb":           bomb(30),
		"merge bomb":           mergeBomb(20),
		"many slips":           strings.Repeat("- endpont: {}\n", mib/16),
		"many tags":            endpoint + "'" + strings.Repeat("{{a}}", mib/6) + "'",
		"many bad tags":        endpoint + "'" + strings.Repeat("{{a|b}}", mib/8) + "'",
		"open tags":            endpoint + "'" + strings.Repeat("{% if a %}", mib/11) + "'",
		"huge number":          endpoint + strings.Repeat("9", mib-100),
		"huge exponent":        endpoint + "{a: 1e999999999, b: 0x" + strings.Repeat("f", 100000) + "}",
		"broken at the end":    strings.Repeat("- endpoint: {path: /a, response: {}}\n", 20000) + "  - x: [",
		"broken in a map":      "- a:\n" + many(60000, "    k%d: v\n") + "   x: y\n",
		"sample of json":       "- endpoint:\n    path: /a\n    response: {}\n    body: '" + strings.Repeat("[", mib/2) + "'",
		"sample of maps":       "- endpoint:\n    path: /a\n    response: {}\n    body: [{" + many(30000, "k%d: 1, ") + "}, {" + many(30000, "k%d: 1, ") + "}]",
		"long path":            "- endpoint:\n    response: {}\n    path: " + strings.Repeat("/a", mib/3),
		"many equal endpoints": strings.Repeat("- endpoint: {path: /a, response: {}}\n", 1999),
	}
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func bomb(n int) string {
	s := "- &a0 [x, x]\n"
	for i := 1; i < n; i++ {
		s += fmt.Sprintf("- &a%d [*a%d, *a%d]\n", i, i-1, i-1)
	}
	return s
}

func mergeBomb(n int) string {
	s := "- &a0 {x: 1}\n"
	for i := 1; i < n; i++ {
		s += fmt.Sprintf("- &a%d {<<: [*a%d, *a%d], k%d: 1}\n", i, i-1, i-1, i)
	}
	return s
}

// TestHostile reads documents that are made to cost much. Nothing runs side by side here, and the race detector would
// only multiply the cost. The bounds are generous, because machines differ; what they
// catch is growth with the square of the input.
func TestHostile(t *testing.T) {
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			m, ds := mockspec.Parse([]byte(src), mockspec.Options{})
			_, err := mockspec.Format([]byte(src))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			mib := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%v, %d MiB allocated, %d diagnostics, %d endpoints, format: %.80v", took, mib, len(ds), len(m.Endpoints), err)
			if took > time.Minute || mib > 2000 {
				t.Errorf("took %v and %d MiB", took, mib)
			}
			if len(ds) > mockspec.DefaultLimits().Problems+1 {
				t.Errorf("%d diagnostics", len(ds))
			}
		})
	}
}
