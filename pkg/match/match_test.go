package match_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// request is a Subject for tests: query parameters, which come as text, and a JSON body.
type request struct {
	query url.Values
	body  match.Body
	raw   string
	env   selmer.Value
}

func subject(query, body string) *request {
	q, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	r := &request{query: q, raw: body}
	r.body.Reset([]byte(body))
	return r
}

func (r *request) Lookup(name string) (selmer.Value, bool) {
	switch name {
	case "json-params":
		v, err := selmer.ParseJSON([]byte(r.raw))
		return v, err == nil
	case "query-params":
		var entries []selmer.Entry
		for k, v := range r.query {
			entries = append(entries, selmer.Entry{Key: k, Value: selmer.String(v[0])})
		}
		return selmer.Map(entries), true
	case "state":
		return r.env, true
	}
	return selmer.Nil(), false
}

func (r *request) AppendTexts(dst []string, root, key string) ([]string, bool) {
	return append(dst, r.query[key]...), root == "query-params"
}

func (r *request) Body() *match.Body { return &r.body }

func (r *request) JSONProblem() string { return r.body.Problem() }

func compile(t *testing.T, condition string) *match.Condition {
	t.Helper()
	v, err := selmer.ParseJSON([]byte(condition))
	if err != nil {
		t.Fatal(err)
	}
	c, _, problems := match.Compile(v, match.Options{})
	if err := match.FirstError(problems); err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	return c
}

// TestTruth is the table of rules in docs/mock-format.md: a value, and which conditions on x it meets.
func TestTruth(t *testing.T) {
	conditions := []string{`7`, `"7"`, `{"contains":"7"}`, `{"matches":"\\d"}`, `{"gte":7}`, `{"absent":true}`, `not`}
	for _, row := range []struct{ came, holds string }{
		{"", "-----yy"},
		{"?7", "yyyyy--"},
		{"?07", "--y---y"},
		{"?7.0", "y-y-y--"},
		{"?1&x=7", "yyyyy--"},
		{"?", "------y"},
		{"7", "y--yy--"},
		{`"7"`, "-yyy--y"},
		{"7.0", "y---y--"},
		{"[7]", "------y"},
		{"null", "------y"},
		{"false", "------y"},
		{"{}", "------y"},
	} {
		root, s := "json-params", subject("", "{}")
		if text, ok := strings.CutPrefix(row.came, "?"); ok {
			root, s = "query-params", subject("x="+text, "")
		} else if row.came != "" {
			s = subject("", `{"x":`+row.came+`}`)
		}
		for i, right := range conditions {
			condition := fmt.Sprintf(`{"%s.x":%s}`, root, right)
			if right == "not" {
				condition = fmt.Sprintf(`{"not":{"%s.x":7}}`, root)
			}
			c := compile(t, condition)
			want := row.holds[i] == 'y'
			if got := c.Holds(s); got != want {
				t.Errorf("%s came, %s: %v", row.came, condition, got)
			}
			if why := c.Why(s); (why == "") != want {
				t.Errorf("%s came, %s: why %q", row.came, condition, why)
			}
		}
	}
}

// TestConditions holds single conditions against a request.
func TestConditions(t *testing.T) {
	const body = `{"id":7,"big":12345678901234567890,"tags":["a","b"],"c":{"vip":true,"n":1,"name":"Ann Lee"},"at":"2026-03-01","items":[{"sku":"A","qty":3},{"sku":"B","qty":1}],"none":null,"empty":"","k.l":1}`
	s := subject("q=red&t=1&t=2&d=2026-01-01T00:00:00Z&j=%7B%22a%22%3A1%7D", body)
	s.env, _ = selmer.ParseJSON([]byte(`{"orders":{"7":{"status":"paid"},"a.b":1},"limit":5}`))
	for condition, want := range map[string]bool{
		`{}`:                                                                 true, // Holds of what Compile refuses
		`{"query-params.q":["blue","red"]}`:                                  true,
		`{"query-params.q":{"not":1}}`:                                       false,
		`{"query-params.q":{"matches":"r.d"}}`:                               true,
		`{"query-params.q":{"matches":"re"}}`:                                false,
		`{"query-params.q|upper":"RED"}`:                                     true,
		`{"query-params.t":{"equals":["1","2"]}}`:                            true,
		`{"query-params.t":{"equals":["2","1"]}}`:                            false,
		`{"query-params.t":{"gt":1,"lt":3}}`:                                 true,
		`{"query-params.d":{"lt":"2026-02-01"}}`:                             true,
		`{"query-params.d":{"lt":"2025-02-01"}}`:                             false,
		`{"query-params.d":{"gte":7}}`:                                       false,
		`{"query-params.j":{"schema":{"type":"object","required":["a"]}}}`:   true,
		`{"query-params.q":{"schema":{"type":"string","maxLength":3}}}`:      true,
		`{"json-params.at":{"gt":"2026-02-28T23:00:00Z"}}`:                   true,
		`{"json-params.big":12345678901234567890}`:                           true,
		`{"json-params.big":12345678901234567891}`:                           false,
		`{"json-params.big":{"gt":12345678901234567889}}`:                    true,
		`{"json-params.tags":{"contains":"a"}}`:                              true,
		`{"json-params.tags":{"contains":["b","a"]}}`:                        true,
		`{"json-params.tags":{"contains":["b","c"]}}`:                        false,
		`{"json-params.tags":{"equals":["a","b"]}}`:                          true,
		`{"json-params.tags":"a"}`:                                           false,
		`{"json-params.c":{"equals":{"n":1.0,"vip":true,"name":"Ann Lee"}}}`: true,
		`{"json-params.c":{"contains":{"name":"Lee"}}}`:                      true,
		`{"json-params.c":{"contains":{"n":2}}}`:                             false,
		`{"json-params.items":{"contains":[{"sku":"B"}]}}`:                   true,
		`{"json-params.none":null}`:                                          true,
		`{"json-params.none":{"absent":false}}`:                              true,
		`{"json-params.nothing":null}`:                                       false,
		`{"json-params.empty":""}`:                                           true,
		`{"json-params.k..l":1}`:                                             true,
		`{"json-params.items|count":2}`:                                      true,
		`{"$.items[?@.qty > 2].sku":"A"}`:                                    true,
		`{"$.items[*].sku":["B","C"]}`:                                       true,
		`{"$..qty":{"lt":1}}`:                                                false,
		`{"$.items[?match(@.sku, '[AB]')].qty":1}`:                           true,
		`{"$.items[?search(@.sku, 'C')]":{"absent":true}}`:                   true,
		`{"request.body":{"contains":"vip"}}`:                                true,
		`{"request.body":{"equals":{"a":1}}}`:                                false,
		`{"state.orders.{{json-params.id}}.status":"paid"}`:                  true,
		`{"state.orders.{{query-params.q}}":{"absent":true}}`:                true,
		`{"json-params.id":{"gt":"{{state.limit}}"}}`:                        true,
		`{"json-params.id":"{{state.limit}}"}`:                               false,
		`{"any":[{"json-params.id":1},{"json-params.id":7}]}`:                true,
		`{"all":[{"json-params.id":7},{"query-params.q":"blue"}]}`:           false,
		`{"not":{"query-params.q":"blue"},"json-params.id":7}`:               true,
		`{"any":["json-params.id > 6",{"query-params.q":"x"}]}`:              true,
		`"json-params.id = 7"`:                                               true,
		`{"json-params":{"schema":{"properties":{"at":{"format":"date"}}}}}`: true,
		`{"json-params":{"schema":{"properties":{"id":{"maximum":6}}}}}`:     false,
	} {
		v, err := selmer.ParseJSON([]byte(condition))
		if err != nil {
			t.Fatal(condition, err)
		}
		c, _, problems := match.Compile(v, match.Options{})
		if err := match.FirstError(problems); err != nil {
			if condition != `{}` && !strings.Contains(condition, `"not":1`) {
				t.Errorf("%s: %v", condition, err)
			}
			continue
		}
		if got := c.Holds(s); got != want {
			t.Errorf("%s: %v (%s)", condition, got, c.Why(s))
		}
	}
}

// TestXML compares and searches XML bodies, whatever their prefixes.
func TestXML(t *testing.T) {
	s := subject("", ` <o:order xmlns:o="u" id="9" b="2"><o:item> A </o:item><o:item>B</o:item></o:order>`)
	for condition, want := range map[string]bool{
		`{"/order/@id":9}`:        true,
		`{"/x:order/y:item":"B"}`: true,
		`{"/order/item[2]":"B"}`:  true,
		`{"//item":["C"]}`:        false,
		`{"request.body":"<order b='2' id='9'><item>A</item><item>B</item></order>"}`: true,
		`{"request.body":"<order b='2' id='9'><item>B</item><item>A</item></order>"}`: false,
	} {
		v, err := selmer.ParseJSON([]byte(condition))
		if err != nil {
			t.Fatal(err)
		}
		c, _, problems := match.Compile(v, match.Options{})
		if match.FirstError(problems) != nil {
			continue // an XPath begins with a slash
		}
		if got := c.Holds(s); got != want {
			t.Errorf("%s: %v (%s)", condition, got, c.Why(s))
		}
	}
	deep := strings.Repeat("<a>", match.MaxXMLDepth+1) + strings.Repeat("</a>", match.MaxXMLDepth+1)
	if c := compile(t, `{"/a":{"absent":false}}`); c.Holds(subject("", deep)) || !c.Holds(subject("", deep[3:len(deep)-4])) {
		t.Error("the depth of XML is not bounded where it should be")
	}
}

// TestBounds: each limit allows its value, and no more.
func TestBounds(t *testing.T) {
	lines := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(`"query-params.q%d":1`, i))
		}
		return "{" + strings.Join(out, ",") + "}"
	}
	nested := func(n int) string {
		return strings.Repeat(`{"not":`, n-1) + `{"query-params.q":1}` + strings.Repeat("}", n-1)
	}
	pad := func(n int) string { return fmt.Sprintf(`{"$['%s']":1}`, strings.Repeat("a", n-5)) }
	xpad := func(n int) string { return fmt.Sprintf(`{"/%s":1}`, strings.Repeat("a", n-1)) }
	schema := func(n int) string {
		const around = len(`{"title":""}`)
		return fmt.Sprintf(`{"json-params":{"schema":{"title":"%s"}}}`, strings.Repeat("a", n-around))
	}
	for name, c := range map[string]struct{ below, above string }{
		"lines":       {lines(match.MaxLines), lines(match.MaxLines + 1)},
		"depth":       {nested(match.MaxDepth), nested(match.MaxDepth + 1)},
		"JSONPath":    {pad(match.MaxExpression), pad(match.MaxExpression + 1)},
		"XPath":       {xpad(match.MaxExpression), xpad(match.MaxExpression + 1)},
		"descendants": {`{"$..a":1}`, `{"$..a..b":1}`},
		"selectors":   {`{"$[0,1,2,3][0,1,2,3]":1}`, `{"$[0,1,2,3][0,1,2,3,4]":1}`},
		"slashes":     {`{"//a//b":1}`, `{"//a//b//c":1}`},
		"schema":      {schema(match.MaxSchema), schema(match.MaxSchema + 1)},
		"patterns":    {`{"query-params.a":{"matches":"a{1000}"},"query-params.b":{"matches":"(?:abcdefgh){1000}"}}`, `{"query-params.a":{"matches":"(?:abcdefgh){1000}"},"query-params.b":{"matches":"(?:abcdefgh){1000}"}}`},
	} {
		for condition, want := range map[string]bool{c.below: true, c.above: false} {
			v, err := selmer.ParseJSON([]byte(condition))
			if err != nil {
				t.Fatal(name, err)
			}
			_, _, problems := match.Compile(v, match.Options{})
			if got := match.FirstError(problems) == nil; got != want {
				t.Errorf("%s: accepted %v: %v", name, got, match.FirstError(problems))
			}
		}
	}
}

// TestHostileSchemas: schemas that lead to themselves in several ways end all the same.
func TestHostileSchemas(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for _, schema := range []string{
		`{"allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}],"properties":{"a":{"type":["object","integer"]}}}`,
		`{"anyOf":[{"type":"string"},{"properties":{"a":{"$ref":"#"}},"required":["a"]},{"properties":{"a":{"$ref":"#"}},"required":["a"]}]}`,
		doubling(),
	} {
		c := compile(t, `{"json-params":{"schema":`+schema+`}}`)
		began := time.Now()
		c.Holds(subject("", deep))
		if d := time.Since(began); d > 20*time.Second {
			t.Errorf("%.60s took %v", schema, d)
		}
	}
}

// doubling is a schema each level of which refers to the next twice.
func doubling() string {
	var defs []string
	for i := range 50 {
		defs = append(defs, fmt.Sprintf(`"d%d":{"anyOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1))
	}
	return `{"$ref":"#/$defs/d0","$defs":{` + strings.Join(defs, ",") + `,"d50":{"type":"string"}}}`
}

// TestPut changes values at paths.
func TestPut(t *testing.T) {
	for _, c := range []struct{ value, path, to, want string }{
		{`null`, "a.b", `1`, `{"a":{"b":1}}`},
		{`{"a":1,"b":2}`, "a", `null`, `{"b":2}`},
		{`{"a":[1]}`, "a.-", `2`, `{"a":[1,2]}`},
		{`null`, "-", `{"x":1}`, `[{"x":1}]`},
		{`[1,2,3]`, "1", `null`, `[1,3]`},
		{`[1,2]`, "1", `9`, `[1,9]`},
		{`[1,2]`, "2", `9`, `!`},
		{`[1,2]`, "x", `9`, `!`},
		{`{"a":"t"}`, "a.b", `1`, `!`},
		{`{"a":{}}`, "a.-", `1`, `!`},
		{`{"a":1}`, "b.c", `null`, `{"a":1}`},
		{`5`, "", `6`, `6`},
	} {
		v, _ := selmer.ParseJSON([]byte(c.value))
		to, _ := selmer.ParseJSON([]byte(c.to))
		var path []string
		if c.path != "" {
			path = match.SplitParts(c.path)
		}
		got, err := match.Put(v, path, to)
		text := string(got.AppendJSON(nil))
		if err != nil {
			text = "!"
		}
		if text != c.want {
			t.Errorf("%s at %s = %s: %s (%v), want %s", c.value, c.path, c.to, text, err, c.want)
		}
	}
}

// FuzzCompile: whatever is written as a condition is refused or can be used, in little time.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"query-params.q":1}`, `{"$.a[?@.b > 1]":{"absent":false}}`, `{"/a/b[1]":{"matches":"x+"}}`, `{"json-params":{"schema":{"$ref":"#"}}}`,
		`{"any":[{"not":"a = 1"}]}`, `{"state.{{query-params.q}}.x":{"contains":["a",{"b":1}]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		v, err := selmer.ParseJSON([]byte(text))
		if err != nil || len(text) > 4096 {
			return
		}
		c, _, problems := match.Compile(v, match.Options{})
		if match.FirstError(problems) != nil {
			return
		}
		for _, s := range []*request{subject("q=1&q=2", `{"a":[{"b":2}]}`), subject("", "<a><b>x</b></a>")} {
			c.Holds(s)
			c.Why(s)
		}
	})
}

// BenchmarkQuery measures one condition on a text.
func BenchmarkQuery(b *testing.B) {
	v, err := selmer.ParseJSON([]byte(`{"query-params.q":"red"}`))
	if err != nil {
		b.Fatal(err)
	}
	c, _, _ := match.Compile(v, match.Options{})
	s := subject("q=red", "")
	b.ReportAllocs()
	for b.Loop() {
		c.Holds(s)
	}
}
