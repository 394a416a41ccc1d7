package scope_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// headers is a Header for tests: names as they are, each with its values.
type headers map[string][]string

func (h headers) Values(name string) []string {
	for key, values := range h {
		if strings.EqualFold(key, name) {
			return values
		}
	}
	return nil
}

func (h headers) Len() int { return len(h) }

func (h headers) Each(yield func(name, value string) bool) {
	for name, values := range h {
		for _, v := range values {
			if !yield(name, v) {
				return
			}
		}
	}
}

func newScope(r scope.Request, p *scope.Params, captured ...string) *scope.Scope {
	if r.Header == nil {
		r.Header = headers{}
	}
	s := &scope.Scope{}
	s.Reset(r, p, captured)
	return s
}

func render(t *testing.T, s *scope.Scope, template string, escaping selmer.Escaping) string {
	t.Helper()
	compiled, err := selmer.Compile(template, selmer.Options{Escaping: escaping})
	if err != nil {
		t.Fatal(err)
	}
	out, err := compiled.Append(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWholeObjects(t *testing.T) {
	s := newScope(scope.Request{Method: "GET", Path: "/a%20b", Host: "h", Query: "x=1&y=a&x=2", Header: headers{"X-Request-Id": {"id1"}}},
		&scope.Params{Path: []scope.PathParam{{Name: "n", Type: mockspec.TypeInt, Declared: true}, {Name: "s", Type: mockspec.TypeString}}}, "7", "text")
	for _, c := range []struct{ template, want string }{
		{`{"p": {{path-params}}}`, `{"p": {"n":7,"s":"text"}}`},
		{`{"q": {{query-params}}}`, `{"q": {"x":[1,2],"y":"a"}}`},
		{`{"h": {{header-params}}}`, `{"h": {"X-Request-Id":"id1"}}`},
		{`{"r": {{request}}}`, `{"r": {"method":"GET","path":"/a b","host":"h","id":"id1","body":"","query":"x=1&y=a&x=2","ip":""}}`},
		{`{"f": {{fake}}}`, `{"f": null}`},
	} {
		if got := render(t, s, c.template, selmer.JSON); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.template, got, c.want)
		}
	}
}

func TestGenerated(t *testing.T) {
	s := newScope(scope.Request{At: time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("x", 3600))}, &scope.Params{Fake: scope.NewFake(7)})
	if got := render(t, s, "{{now}}", selmer.None); got != "2026-01-02T02:04:05Z" {
		t.Errorf("now: %s", got)
	}
	if a, b := render(t, s, "{{uuid}}", selmer.None), render(t, s, "{{uuid}}", selmer.None); a == b || len(a) != 36 {
		t.Errorf("uuid: %s %s", a, b)
	}
	if got := render(t, s, "{{random}}", selmer.None); got == "" || strings.Trim(got, "0123456789") != "" {
		t.Errorf("random: %s", got)
	}
	if a, b := render(t, s, "{{request.id}}", selmer.None), render(t, s, "{{request.id}}", selmer.None); a != b {
		t.Errorf("the id of a request changes: %s %s", a, b)
	}
	for _, name := range []string{"first-name", "firstName", "FIRST_NAME", "email", "city", "bool", "number", "price", "uuid", "sentence"} {
		if got := render(t, s, "{{fake."+name+"}}", selmer.None); got == "" {
			t.Errorf("fake.%s is empty", name)
		}
	}
	for _, name := range []string{"template", "csv", "nonsense", ""} {
		if v, _ := scope.NewFake(1).Get(name); !v.IsNil() {
			t.Errorf("fake.%s is %s", name, v)
		}
	}
}

func TestMessage(t *testing.T) {
	text := `{"a": 1.50}`
	s := newScope(scope.Request{Body: []byte(`{"a": 2}`)}, &scope.Params{})
	s.Message = &text
	if got := render(t, s, "{{json-params.a}} {{message}}", selmer.None); got != `1.50 {"a": 1.50}` {
		t.Errorf("%s", got)
	}
}

func TestMoclojer04(t *testing.T) {
	s := newScope(scope.Request{Query: "n=5", Body: []byte(`{"a": 1.50}`), Header: headers{"X": {"1"}}}, &scope.Params{Moclojer04: true, Fake: scope.NewFake(1)})
	if got := render(t, s, "{{query-params.n|json}} {{json-params.a}} [{{header-params.X}}{{now}}{{uuid}}{{random}}{{fake.city}}{{request.method}}]", selmer.None); got != `"5" 1.5 []` {
		t.Errorf("%s", got)
	}
}

func TestCheck(t *testing.T) {
	text := &mockspec.Schema{Kind: mockspec.SchemaString}
	body := &mockspec.Sample{Schema: &mockspec.Schema{Kind: mockspec.SchemaObject, Fields: []mockspec.SchemaField{
		{Name: "name", Schema: text},
		{Name: "tags", Schema: &mockspec.Schema{Kind: mockspec.SchemaArray, Items: text}},
		{Name: "any", Schema: &mockspec.Schema{Kind: mockspec.SchemaAny}},
	}}}
	many := `{"name": "x", "any": null, "tags": [` + strings.TrimSuffix(strings.Repeat("1,", 100), ",") + `]}`
	for _, c := range []struct {
		body string
		want []string
	}{
		{`{"name": "x", "tags": ["a"], "any": 1}`, nil},
		{`{"name": null, "tags": {}, "any": null}`, []string{
			"body field `name`: expected a string, got null", "body field `tags`: expected an array, got {}",
		}},
		{`{"name": "` + strings.Repeat("ü", 100) + `", "tags": "` + strings.Repeat("ü", 100) + `", "any": 1}`, []string{
			"body field `tags`: expected an array, got \"" + strings.Repeat("ü", 29) + "…",
		}},
		{``, []string{"request body: expected an object, got nothing"}},
	} {
		s := newScope(scope.Request{Body: []byte(c.body)}, &scope.Params{})
		var got []string
		for _, p := range s.Check(body) {
			got = append(got, p.Sentence())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s\n%s", c.body, diff)
		}
	}
	if got := len(newScope(scope.Request{Body: []byte(many)}, &scope.Params{}).Check(body)); got != 20 {
		t.Errorf("%d problems are told", got)
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	h := headers{"User-Agent": {"curl"}}
	s := &scope.Scope{}
	p := &scope.Params{Path: []scope.PathParam{{Name: "id", Type: mockspec.TypeInt, Declared: true}}}
	captured := []string{"7"}
	r := scope.Request{Method: "GET", Query: "a=1&b=2", Header: h}
	if n := testing.AllocsPerRun(100, func() {
		s.Reset(r, p, captured)
		for _, path := range [...][2]string{{"path-params", "id"}, {"query-params", "b"}, {"header-params", "user-agent"}, {"request", "method"}} {
			root, _ := s.Lookup(path[0])
			if v, ok := root.Get(path[1]); !ok || v.IsNil() {
				t.Fatal(path)
			}
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// FuzzJSON reads odd bodies of every type.
func FuzzJSON(f *testing.F) {
	f.Add("application/json", `{"a":[1,2,{"b":null}]}`)
	f.Add("application/x-www-form-urlencoded", "a=1&a=2&b=%zz")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		s := newScope(scope.Request{Body: []byte(body), Header: headers{"Content-Type": {kind}}}, &scope.Params{})
		v, err := s.JSON()
		if err != nil && !v.IsNil() {
			t.Fatalf("a value with the error %v", err)
		}
		again, _ := s.JSON()
		if string(v.AppendJSON(nil)) != string(again.AppendJSON(nil)) {
			t.Fatal("read twice, two values")
		}
	})
}
