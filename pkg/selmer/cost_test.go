package selmer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// object returns a JSON object of so many entries of a few bytes.
func object(entries int) string {
	var b strings.Builder
	for i := range entries {
		fmt.Fprintf(&b, `,"k%06d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

// list returns a JSON list of the same element.
func list(elements int, element string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", elements), ",") + "]"
}

// bounded is data with a budget that several renderings share.
type bounded struct {
	selmer.MapScope
	budget budget.Budget
}

func (b *bounded) Budget() *budget.Budget { return &b.budget }

// TestCosts: whatever a template does costs in proportion to what it looks at, so that no template is stopped too late. The small
// data shows that the template itself is not at fault.
func TestCosts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ template, small, large string }{
		"look-ups among many keys":          {strings.Repeat("{{zzzzz}}", 2000), object(10), object(50_000)},
		"look-ups of arguments":             {strings.Repeat("{{k000001|default:@zzzzz}}", 2000), object(10), object(50_000)},
		"look-ups below the root":           {strings.Repeat("{{a.zzzzz}}", 2000), `{"a":` + object(10) + `}`, `{"a":` + object(50_000) + `}`},
		"look-ups in a loop":                {"{% for i in l %}{{a.zzz}}{% endfor %}", `{"l":[1],"a":` + object(10) + `}`, `{"l":` + list(1000, "1") + `,"a":` + object(50_000) + `}`},
		"letters of a long text":            {strings.Repeat("{{a.900000}}", 100), `{"a":"x"}`, `{"a":"` + strings.Repeat("x", 1<<20) + `"}`},
		"lists within lists as JSON":        {strings.Repeat("{{a|json|count}}", 60), `{"a":[[1]]}`, `{"a":` + list(100, list(1000, "1")) + `}`},
		"lists within lists as text":        {strings.Repeat("{{a|str|count}}", 60), `{"a":[[1]]}`, `{"a":` + list(100, list(1000, "1")) + `}`},
		"a condition on a large value":      {strings.Repeat("{% if a = 1 %}{% endif %}", 60), `{"a":[1]}`, `{"a":` + list(100, list(1000, "1")) + `}`},
		"many operands":                     {"{% for i in l %}{% if any " + strings.Repeat("a ", 2000) + "%}{% endif %}{% endfor %}", `{"l":[1]}`, `{"l":` + list(1000, "1") + `}`},
		"many arguments":                    {"{% for i in l %}{% if 1|add" + strings.Repeat(":1", 2000) + " %}{% endif %}{% endfor %}", `{"l":[1]}`, `{"l":` + list(1000, "1") + `}`},
		"taking texts apart":                {"{% for a,b in l %}{% endfor %}", `{"l":["ab"]}`, `{"l":` + list(10_000, `"`+strings.Repeat("x", 1000)+`"`) + `}`},
		"the turn before":                   {"{% for a,b in l %}{% for c in l %}{{forloop.parentloop.previous.a}}{% endfor %}{% endfor %}", `{"l":["ab"]}`, `{"l":` + list(200, `"`+strings.Repeat("x", 5000)+`"`) + `}`},
		"sorting long texts":                {"{{l|sort|count}}", `{"l":["b","a"]}`, `{"l":` + list(4000, `"`+strings.Repeat("x", 1000)+`"`) + `}`},
		"sorting lists":                     {"{{l|sort|count}}", `{"l":[[1],[0]]}`, `{"l":` + list(1000, list(500, "1")) + `}`},
		"sorting by a key of large maps":    {"{{l|sort-by:zzz|count}}", `{"l":[{"a":1}]}`, `{"l":` + list(1000, object(2000)) + `}`},
		"finding in large maps":             {strings.Repeat("{{l|find:zzz:1}}", 10), `{"l":[{"a":1}]}`, `{"l":` + list(200, object(2000)) + `}`},
		"changing letters beyond ASCII":     {strings.Repeat("{{a|upper|count}}", 10), `{"a":"é"}`, `{"a":"` + strings.Repeat("é", 100_000) + `"}`},
		"removing tags":                     {strings.Repeat("{{a|remove-tags:b|count}}", 10), `{"a":"x"}`, `{"a":"` + strings.Repeat("<b>x</b>", 10_000) + `"}`},
		"comparing maps with many keys":     {"{% ifequal a|safe b|safe %}{% endifequal %}", `{"a":{"x":1},"b":{"x":1}}`, `{"a":` + object(5000) + `,"b":` + object(5000) + `}`},
		"a map that contains itself, often": {"{% with x.a=x %}" + strings.Repeat("{% with x.b=x x.c=x %}", 20) + "{{x|json|count}}" + strings.Repeat("{% endwith %}", 21), "", `{"x":{"n":1}}`},
		"copies of a large map":             {strings.Repeat("{% with x.zzz=1 %}", 50) + strings.Repeat("{% endwith %}", 50), `{"x":{"n":1}}`, `{"x":` + object(100_000) + `}`},
		"the first of many":                 {strings.Repeat("{% firstof a|drop:1|count 1 %}", 60), `{"a":[1]}`, `{"a":` + list(100_000, "1") + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := selmer.Compile(c.template, selmer.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if c.small != "" {
				if _, err := tmpl.Append(nil, scope(t, c.small)); err != nil {
					t.Errorf("with little data: %v", err)
				}
			}
			_, err = tmpl.Append(nil, scope(t, c.large))
			// Steps run out first; on a slow machine the clock may.
			if limit, ok := errors.AsType[*selmer.LimitError](err); !ok || limit.What != "steps" && !strings.Contains(limit.What, "longer than") {
				t.Errorf("with much data: %v", err)
			}
		})
	}
}

// Renderings of one scope share its budget, and what ran out once stays so.
func TestSharedBudget(t *testing.T) {
	t.Parallel()
	tmpl, err := selmer.Compile("{% for i in l %}{{i}}{% endfor %}", selmer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &bounded{MapScope: scope(t, `{"l":`+list(1000, "1")+`}`).(selmer.MapScope), budget: budget.Make(t.Context(), 10_000, 0)}
	rendered := 0
	for ; rendered < 100; rendered++ {
		if _, err = tmpl.Append(nil, s); err != nil {
			break
		}
	}
	if !errors.Is(err, selmer.ErrLimit) || rendered < 2 || rendered > 5 {
		t.Errorf("%d renderings of some 3,000 steps for 10,000, then %v", rendered, err)
	}
	condition, err := selmer.CompileCondition("l", selmer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := condition.True(s); !errors.Is(err, selmer.ErrLimit) {
		t.Errorf("a condition without a budget: %v", err)
	}
	s.budget.Refill()
	if ok, err := condition.True(s); !ok || err != nil {
		t.Errorf("with a whole budget: %v, %v", ok, err)
	}
}
