package selmer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// TestLimits renders templates that would take forever or fill the memory.
func TestLimits(t *testing.T) {
	t.Parallel()
	numbers := "[" + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + "]"
	text := strings.Repeat("x", 500_000)
	params := fmt.Sprintf(`{"l":%s,"s":%q,"deep":{"m":{"s":%q}},"big":%s,"ll":[[%s],[%s]]}`,
		numbers, text, text, strings.Repeat("9", 100), numbers, numbers)
	var doubling strings.Builder
	doubling.WriteString("{% with a0=s")
	for i := range 40 {
		fmt.Fprintf(&doubling, " a%d=a%d|add:@a%d", i+1, i, i)
	}
	doubling.WriteString(" %}{{a40|count}}{% endwith %}")
	var squaring strings.Builder
	squaring.WriteString("{% with a0=big")
	for i := range 60 {
		fmt.Fprintf(&squaring, " a%d=a%d|multiply:@a%d", i+1, i, i)
	}
	squaring.WriteString(" %}{{a60}}{% endwith %}")
	for name, template := range map[string]string{
		"nested loops":           "{% for a in l %}{% for b in l %}{% for c in l %}{% endfor %}{% endfor %}{% endfor %}",
		"output in a loop":       "{% for a in l %}{{s}}{% endfor %}",
		"text that doubles":      doubling.String(),
		"number that doubles":    squaring.String(),
		"json in a loop":         "{% for a in l %}{% if deep|json|count > 1 %}{% endif %}{% endfor %}",
		"condition in a loop":    "{% for a in l %}{% if deep = \"x\" %}{% endif %}{% endfor %}",
		"letters in a loop":      "{% for a in l %}{% for c in s %}{% endfor %}{% endfor %}",
		"sorting in a loop":      "{% for a in l %}{% for b in l %}{{ll|sort|count}}{% endfor %}{% endfor %}",
		"range":                  "{{1000000000000|range|count}}",
		"center":                 "{{s|center:99999999999}}",
		"number format":          "{{1|add:1|number-format:%99999999d}}",
		"double format":          "{{1|add:1|double-format:99999999}}",
		"replace":                "{{s|replace:x:@s|count}}",
		"join":                   "{{l|join:@s|count}}",
		"tag names":              `{{s|remove-tags:"` + strings.Repeat("b", 300) + `"}}`,
		"filters on a long text": "{{s" + strings.Repeat("|upper", 100) + "}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := renderWith(t, template, params, selmer.Options{})
			if !errors.Is(err, selmer.ErrLimit) {
				t.Fatalf("got %v after %s, want a limit", err, time.Since(start))
			}
			if took := time.Since(start); took > time.Minute {
				t.Fatalf("it took %s to stop", took)
			}
		})
	}
}

func TestCompileLimits(t *testing.T) {
	t.Parallel()
	for name, template := range map[string]string{
		"size":    strings.Repeat("x", 1<<20+1),
		"nesting": strings.Repeat("{% if a %}", 100) + strings.Repeat("{% endif %}", 100),
	} {
		if _, err := selmer.Compile(template, selmer.Options{}); !errors.Is(err, selmer.ErrLimit) {
			t.Errorf("%s: got %v, want a limit", name, err)
		}
	}
	// Everything that is allowed compiles quickly, however odd it is.
	for _, piece := range []string{"{{a|nope}}", "{{a|upper|lower}}", "{% if a %}{% endif %}", "{{", "{#", "{% verbatim %}{{", `{{"`, "{% for x in a %}", "{{a|", "{%if%}", "\n"} {
		start := time.Now()
		_, _ = selmer.Compile(strings.Repeat(piece, (1<<20)/len(piece)), selmer.Options{Escaping: selmer.JSON})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q repeated took %s", piece, took)
		}
	}
}

func TestJSONLimits(t *testing.T) {
	t.Parallel()
	if _, err := selmer.ParseJSON([]byte(strings.Repeat("[", 100_000))); !errors.Is(err, selmer.ErrLimit) {
		t.Errorf("deep lists: got %v, want a limit", err)
	}
	if _, err := selmer.ParseJSON([]byte(strings.Repeat(`{"a":`, 100_000))); !errors.Is(err, selmer.ErrLimit) {
		t.Errorf("deep maps: got %v, want a limit", err)
	}
	start := time.Now()
	v, err := selmer.ParseParams([]byte(`{"a":` + strings.Repeat("9", 1<<20) + `}`))
	if a, _ := v.Get("a"); err != nil || a.Kind() != selmer.KindFloat || time.Since(start) > time.Minute {
		t.Errorf("a long number: %v after %s", err, time.Since(start))
	}
}
