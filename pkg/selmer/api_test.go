package selmer_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/selmer"
)

func compile(t testing.TB, template string, o selmer.Options) *selmer.Template {
	t.Helper()
	tmpl, err := selmer.Compile(template, o)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

func scope(t testing.TB, data string) selmer.Scope {
	t.Helper()
	v, err := selmer.ParseJSON([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return selmer.MapScope{Root: v}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"a\n  {% endif %}":                   "line 2, column 3: the tag `endif` is out of place",
		"é{{}}":                              "line 1, column 2: the tag is empty",
		"{% fro x in y %}":                   "did you mean `for`?",
		"{% include \"x\" %}":                "`include` is not supported",
		"{% for x of y %}{% endfor %}":       "{% for name in list %}",
		"x{% if a %}y":                       "line 1, column 2: the tag `if` is never closed: write {% endif %}",
		"{# x":                               "never closed",
		`{{a|default:"x}}`:                   "a double quote is missing",
		"{% with a %}{% endwith %}":          "takes pairs",
		"{% script %}":                       "needs an address",
		"{{a.99999999999999999999}}":         "too many digits",
		"{{x|uper}}":                         "there is no filter `uper`: did you mean `upper`?",
		"{{x|replace:a}}":                    "the filter `replace` takes 2 arguments, not 1",
		"{{x|first}}":                        "the filter `first` cannot be applied: a missing value",
		"{% if x == 1 %}{% endif %}":         "write a single `=`",
		"{% if x and y %}{% endif %}":        "write `all a b`",
		"{% if a b %}{% endif %}":            "needs a condition",
		"{% if name > 1 %}{% endif %}":       "`Ann` is not a number",
		"{{name|date:yyyy}}":                 "the value is not a date",
		"{% now yyyy-MM-dd'T %}":             "without a closing one",
		"{% now YYYY-bb %}":                  "`bb` has no meaning",
		"{% now X %}":                        "this time has no zone",
		"{{name|hash:crc}}":                  "no hash `crc`",
		"{{n|number-format:%s%d}}":           "more than one placeholder",
		"{{n|divide:0}}":                     "division by zero",
		"{% sum n nope %}":                   "`nope` cannot be summed",
		"{% for x in n %}{% endfor %}":       "`5` cannot be looped over",
		"{% with name.x=1 %}{% endwith %}":   "can only be put into a map",
		"{{name|email}}":                     "`Ann` does not look like an address",
		"{{name|count|sort-by:x|abbreviate}": "",
	} {
		_, err := renderWith(t, template, `{"name":"Ann","n":5}`, selmer.Options{})
		if want == "" {
			continue
		}
		var located *selmer.Error
		if !errors.As(err, &located) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant an error with %s", template, err, want)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, "{{a|uper}}\n{% if b == 1 %}x{% elif c|frist %}y{% endif %}{% now bad %}{% for x in l|srot %}{% endfor %}", selmer.Options{})
	var got []string
	for _, p := range tmpl.Problems() {
		got = append(got, fmt.Sprintf("%d:%d", p.Line, p.Column))
	}
	if want := "1:1 2:1 2:17 2:47 2:60"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %v: %v", got, want, tmpl.Problems())
	}
	if problems := compile(t, "{{a|upper}}", selmer.Options{}).Problems(); len(problems) != 0 {
		t.Errorf("got %v for a good template", problems)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, `{{path-params.id}}
{% for x in json-params.items %}{{x.name}}{{forloop.counter}}{{y|default:@query-params.q}}{% endfor %}
{% with z=a..b.c %}{{z}}{% endwith %}{% if header-params.accept = "x" %}{% endif %}{{"lit"}}{{z}}`, selmer.Options{})
	var got []string
	for _, v := range tmpl.Variables() {
		got = append(got, fmt.Sprintf("%s@%d:%d", v.Path, v.Line, v.Column))
	}
	want := "path-params.id@1:1 json-params.items@2:1 y@2:62 query-params.q@2:62 a..b.c@3:1 header-params.accept@3:38 z@3:93"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %v\nwant %v", strings.Join(got, " "), want)
	}
	v := tmpl.Variables()[0]
	if v.Root() != "path-params" || v.Key() != "id" {
		t.Errorf("got %q and %q", v.Root(), v.Key())
	}
	if id := v.Resolve(scope(t, `{"path-params":{"id":"7"}}`)); id.String() != "7" {
		t.Errorf("got %v", id)
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]bool{"": true, "abc": true, "a{# x #}b": true, "{% verbatim %}{{a}}{% endverbatim %}": true, "{{a}}": false, "{% if a %}{% endif %}": false} {
		if _, got := compile(t, template, selmer.Options{}).Constant(); got != want {
			t.Errorf("%q: got %v, want %v", template, got, want)
		}
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	data := scope(t, `{"a":1,"s":"x<y","l":[1,2]}`)
	for expr, want := range map[string]bool{
		"a": true, "not a": false, "a = 1": true, `s = "x<y"`: true, "a > 1": false, "l|count = 2": true, "any x a": true, "all x a": false, "nope > 1": false,
	} {
		c, err := selmer.CompileCondition(expr, selmer.Options{Escaping: selmer.JSON})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.True(data); err != nil || got != want {
			t.Errorf("%s: got %v (%v), want %v", expr, got, err, want)
		}
	}
	for _, expr := range []string{"", "a == 1", "a b", `a = "x`, "a|nope"} {
		if _, err := selmer.CompileCondition(expr, selmer.Options{}); err == nil {
			t.Errorf("%q compiled", expr)
		}
	}
	c, err := selmer.CompileCondition("json-params.x > 1", selmer.Options{})
	if err != nil || len(c.Variables()) != 1 {
		t.Errorf("got %v and %v", c.Variables(), err)
	}
}

// TestConcurrent renders one template from many goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, "{% for x in l %}{% cycle a b %}{{x|upper}}{{forloop.counter}}{% with y=x %}{{y}}{% endwith %}{% endfor %}", selmer.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			data := selmer.MapScope{Root: selmer.Map([]selmer.Entry{{Key: "l", Value: selmer.List([]selmer.Value{selmer.String("p"), selmer.Int(int64(i))})}})}
			want := fmt.Sprintf("aP1pb%d2%d", i, i)
			for range 200 {
				if got, err := tmpl.Append(nil, data); err != nil || string(got) != want {
					t.Errorf("got %s (%v), want %s", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

type headers map[string]string

func (h headers) Get(key string) (selmer.Value, bool) {
	v, ok := h[strings.ToLower(key)]
	return selmer.String(v), ok
}

func (h headers) Entries() []selmer.Entry {
	var out []selmer.Entry
	for k, v := range h {
		out = append(out, selmer.Entry{Key: k, Value: selmer.String(v)})
	}
	return out
}

func TestObjectsAndTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 9, 15, 4, 5, 678_000_000, time.FixedZone("CET", 3600))
	root := selmer.Map([]selmer.Entry{
		{Key: "h", Value: selmer.ObjectOf(headers{"accept": "text/html"})},
		{Key: "now", Value: selmer.Time(at)},
	})
	for template, want := range map[string]string{
		`{{h.Accept}} {{h.nope}} {{h}} {{h|json|safe}} {{h|count}}`: `text/html  {:accept &quot;text/html&quot;} {"accept":"text/html"} 1`,
		`{% for k, v in h %}{{k|name}}={{v}}{% endfor %}`:           `accept=text/html`,
		`{{now}}`:                 `2024-02-09T15:04:05.678+01:00`,
		`{{now|date:yyyy-MM-dd}}`: `2024-02-09`,
		`{{now|date:"yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}}`:                                 `2024-02-09T15:04:05.678+01:00`,
		`{{now|date:"EEE, d MMM yy h:mm a z Z X x O"}}`:                               `Fri, 9 Feb 24 3:04 PM CET +0100 +01 +01 GMT+1`,
		`{{now|date:"EEEE dd MMMM y G Q QQQ D w e":de}}`:                              `Freitag 09 Februar 2024 n. Chr. 1 Q1 40 6 5`,
		`{{now|date:"EEEEE MMMMM k K [zz]'o''clock'"}}`:                               `F F 15 3 CETo&#39;clock`,
		`{{now|date:shortDate}} {{now|date:mediumDateTime}} {{now|date:fullDate:fr}}`: `2/9/24 Feb 9, 2024, 3:04:05 PM vendredi 9 février 2024`,
		`{{now|date:longTime}} {{now|date:shortTime:de}}`:                             `3:04:05 PM CET 15:04`,
	} {
		got, err := compile(t, template, selmer.Options{}).Append(nil, selmer.MapScope{Root: root})
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", template, got, err, want)
		}
	}
	got, err := compile(t, "{% now yyyy %}", selmer.Options{}).Append(nil, selmer.MapScope{})
	if err != nil || len(got) != 4 {
		t.Errorf("now: got %s (%v)", got, err)
	}
}

func TestDebugIsSilentByDefault(t *testing.T) {
	t.Parallel()
	got, err := compile(t, "a{% debug %}b", selmer.Options{}).Append(nil, scope(t, `{"secret":1}`))
	if err != nil || string(got) != "ab" {
		t.Errorf("got %s (%v)", got, err)
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		` {"b":1,"a":[true,null,"x"],"b":2} `:          `{"b":2,"a":[true,null,"x"]}`,
		`[1.10,-0,1e5,12345678901234567890,0.5E-3,-7]`: `[1.10,-0,1e5,12345678901234567890,0.5E-3,-7]`,
		`"a\u0041\n\t\"\\\/\ud83d\ude00\ud83d x"`:      `"aA\n\t\"\\/😀� x"`,
		`""`: `""`, `{}`: `{}`, `[]`: `[]`, `null`: `null`,
	} {
		v, err := selmer.ParseJSON([]byte(text))
		if err != nil || string(v.AppendJSON(nil)) != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", text, v.AppendJSON(nil), err, want)
		}
	}
	for _, text := range []string{
		``, ` `, `{`, `[`, `[1`, `[1,]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `tru`, `nul`, `"`, `"a`, `"\x"`, `"\u12"`, "\"\n\"",
		`1 2`, `[1}`, `{"a":1]`, `'a'`, "\xff",
	} {
		if v, err := selmer.ParseJSON([]byte(text)); err == nil {
			t.Errorf("%q was read as %s", text, v.AppendJSON(nil))
		}
	}
	large := `{`
	for i := range 100 {
		large += fmt.Sprintf(`"k%d":%d,`, i, i)
	}
	v, err := selmer.ParseJSON([]byte(large + `"k5":"last"}`))
	if k, _ := v.Get("k5"); err != nil || k.String() != "last" || v.Len() != 100 {
		t.Errorf("got %v and %d entries (%v)", k, v.Len(), err)
	}
}
