package mockspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// TestTypes: what fits each type, and what templates then see.
func TestTypes(t *testing.T) {
	for _, c := range []struct {
		typ  mockspec.ParamType
		in   string
		want string // as text; "-" when it does not fit
		kind selmer.Kind
	}{
		{mockspec.TypeString, "", "", selmer.KindString},
		{mockspec.TypeString, "a b", "a b", selmer.KindString},
		{mockspec.TypeInt, "0", "0", selmer.KindInt},
		{mockspec.TypeInt, "-007", "-7", selmer.KindInt},
		{mockspec.TypeInt, "+5", "5", selmer.KindInt},
		{mockspec.TypeInt, "12345678901234567890123", "12345678901234567890123", selmer.KindBigInt},
		{mockspec.TypeInt, "1.0", "-", 0},
		{mockspec.TypeInt, "", "-", 0},
		{mockspec.TypeInt, "-", "-", 0},
		{mockspec.TypeInt, "٣", "-", 0},
		{mockspec.TypeInt, strings.Repeat("9", 1001), "-", 0},
		{mockspec.TypeFloat, "1", "1.0", selmer.KindFloat},
		{mockspec.TypeDouble, "-1.50", "-1.5", selmer.KindFloat},
		{mockspec.TypeDouble, "1e3", "1000.0", selmer.KindFloat},
		{mockspec.TypeDouble, "1e999", "-", 0},
		{mockspec.TypeDouble, "1.", "-", 0},
		{mockspec.TypeDouble, ".5", "-", 0},
		{mockspec.TypeDouble, "NaN", "-", 0},
		{mockspec.TypeDouble, "0x10", "-", 0},
		{mockspec.TypeDouble, "1_0", "-", 0},
		{mockspec.TypeDouble, "1e", "-", 0},
		{mockspec.TypeBoolean, "true", "true", selmer.KindBool},
		{mockspec.TypeBoolean, "false", "false", selmer.KindBool},
		{mockspec.TypeBoolean, "True", "-", 0},
		{mockspec.TypeUUID, "0B0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa", "0B0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa", selmer.KindString},
		{mockspec.TypeUUID, "0b0e7c5a93c44b629f4c0d5f0cf1b2aa", "-", 0},
		{mockspec.TypeUUID, "0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2ag", "-", 0},
		{mockspec.TypeDate, "2024-02-29", "2024-02-29", selmer.KindString},
		{mockspec.TypeDate, "2023-02-29", "-", 0},
		{mockspec.TypeDate, "1900-02-29", "-", 0},
		{mockspec.TypeDate, "2000-02-29", "2000-02-29", selmer.KindString},
		{mockspec.TypeDate, "2024-04-31", "-", 0},
		{mockspec.TypeDate, "2024-13-01", "-", 0},
		{mockspec.TypeDate, "2024-1-1", "-", 0},
	} {
		v, ok := c.typ.Value(c.in)
		if fits := c.typ.Fits(c.in); fits != ok || ok != (c.want != "-") {
			t.Errorf("%s %q: fits %v, value %v, want %s", c.typ, c.in, fits, ok, c.want)
		} else if ok && (v.String() != c.want || v.Kind() != c.kind) {
			t.Errorf("%s %q = %s (%v), want %s (%v)", c.typ, c.in, v, v.Kind(), c.want, c.kind)
		}
	}
}

func TestFitsAllocatesNothing(t *testing.T) {
	values := map[mockspec.ParamType]string{
		mockspec.TypeString: "text", mockspec.TypeInt: "-12345", mockspec.TypeFloat: "1.5", mockspec.TypeDouble: "1e3",
		mockspec.TypeBoolean: "true", mockspec.TypeUUID: "0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa", mockspec.TypeDate: "2024-02-29",
	}
	if n := testing.AllocsPerRun(100, func() {
		for typ, s := range values {
			if !typ.Fits(s) {
				t.Fatal(typ)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParsePath(t *testing.T) {
	text := func(s string) mockspec.Segment { return mockspec.Segment{Literal: s} }
	param := func(name string, typ mockspec.ParamType) mockspec.Segment {
		return mockspec.Segment{Param: name, Type: typ}
	}
	rest := func(name string) mockspec.Segment {
		return mockspec.Segment{Param: name, Type: mockspec.TypeString, Wildcard: true}
	}
	for _, c := range []struct {
		in   string
		raw  string
		want []mockspec.Segment
	}{
		{"/", "/", []mockspec.Segment{text("")}},
		{"/a/", "/a/", []mockspec.Segment{text("a"), text("")}},
		{"/a%20b/caf%C3%A9", "/a%20b/caf%C3%A9", []mockspec.Segment{text("a b"), text("café")}},
		{"/:id|int/:slug", "/:id|int/:slug", []mockspec.Segment{param("id", mockspec.TypeInt), param("slug", mockspec.TypeString)}},
		{"/{id}/x", "/{id}/x", []mockspec.Segment{param("id", mockspec.TypeString), text("x")}},
		{"/f/*", "/f/*", []mockspec.Segment{text("f"), rest("")}},
		{"/f/*path", "/f/*path", []mockspec.Segment{text("f"), rest("path")}},
		{"/f/{*path}", "/f/{*path}", []mockspec.Segment{text("f"), rest("path")}},
		{"/u/:id|bool?page|int&size|int", "/u/:id|bool", []mockspec.Segment{text("u"), param("id", mockspec.TypeBoolean)}},
		{"/time/12:30", "/time/12:30", []mockspec.Segment{text("time"), text("12:30")}},
	} {
		p, err := mockspec.ParsePath(c.in)
		if err != nil || p.Raw != c.raw || !cmp.Equal(p.Segments, c.want) {
			t.Errorf("%s: %+v, %v", c.in, p, err)
		}
	}
}

// TestOpenAPI shows the mock that a pair becomes.
func TestOpenAPI(t *testing.T) {
	spec := `{"openapi": "3.1.0", "paths": {
		"/pets/{id}": {"parameters": [], "get": {"operationId": "a", "summary": "One", "tags": ["pets"]},
			"delete": {"operationId": "gone", "responses": {"404": {}, "202": {}, "204": {}}}},
		"/files/{name}.json": {"get": {"responses": {"200": {"$ref": "#/components/responses/R"}}}}},
		"components": {"responses": {"R": {"content": {"text/csv": {"example": "x"}, "application/json": {"example": {"n": 1.50}}}}}}}`
	m, ds := openapi.Pair(t.Context(), []byte(spec), []byte("a: {status: 418, body: hi}\n"), mockspec.Options{})
	if mockspec.HasErrors(ds) {
		t.Fatal(ds)
	}
	want := `- {"endpoint":{"method":"GET","path":"/pets/:id","response":{"status":418,"body":"hi"},"tag":"pets","summary":"One"}}
- {"endpoint":{"method":"DELETE","path":"/pets/:id","response":{"status":202}}}
- {"endpoint":{"method":"GET","path":"/files/{name}.json","response":{"status":200,"headers":{"Content-Type":"application/json"},"body":{"n":1.50}}}}
`
	if got := string(mockspec.EncodeLines(m)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
