package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/pkg/contract"
)

// check returns what of a request does not fit, in sentences.
func check(t testing.TB, text string, r contract.Request) string {
	t.Helper()
	c, err := contract.Compile([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	var sentences []string
	for _, p := range c.Check(&r) {
		sentences = append(sentences, fmt.Sprint(p.Status, " ", p.Sentence()))
	}
	return strings.Join(sentences, "; ")
}

// TestStyles: values come in all styles, with explode and without.
func TestStyles(t *testing.T) {
	t.Parallel()
	const list, point = `{"type":"array","items":{"type":"integer"}}`, `{"type":"object","required":["x"],"properties":{"x":{"type":"integer"},"y":{"type":"boolean"}}}`
	for _, c := range []struct{ parameter, good, bad string }{
		{`"in":"query","schema":` + list, "p=1&p=2", "p=1&p=b"},
		{`"in":"query","schema":` + list, "p=1", "p=b"},
		{`"in":"query","schema":` + list, "p[]=1&p[]=2", "p[]=b"},
		{`"in":"query","explode":false,"schema":` + list, "p=1,2", "p=1,b"},
		{`"in":"query","style":"spaceDelimited","schema":` + list, "p=1%202", "p=1%20b"},
		{`"in":"query","style":"pipeDelimited","schema":` + list, "p=1|2", "p=1|b"},
		{`"in":"query","schema":` + point, "x=1&y=true", "x=1&y=3"},
		{`"in":"query","explode":false,"schema":` + point, "p=x,1,y,true", "p=y,true"},
		{`"in":"query","style":"deepObject","schema":` + point, "p[x]=1&p[y]=false", "p[x]=a"},
		{`"in":"query","content":{"application/json":{"schema":` + point + `}}`, "p=%7B%22x%22:1%7D", "p=%7B"},
		{`"in":"query","schema":{"type":["integer","null"]}`, "p=", "p=a"},
		{`"in":"query","schema":{"type":"boolean"}`, "p=true", "p=1"},
		{`"in":"query","schema":{"type":"string","pattern":"^[a-z]+$"}`, "p=ab", "p=7"},
		{`"in":"query","schema":{"anyOf":[{"type":"integer"},{"const":"all"}]}`, "p=all", "p=none"},
		{`"in":"query","schema":{"enum":[1,2]}`, "p=2", "p=3"},
		{`"in":"query","required":true,"schema":{}`, "p=", "q=1"},
		{`"in":"query","allowEmptyValue":true,"schema":{"type":"integer"}`, "p", "p=a"},
	} {
		text := `{"parameters":[{"name":"p",` + c.parameter + `}]}`
		if why := check(t, text, contract.Request{Query: c.good}); why != "" {
			t.Errorf("%s refuses %s: %s", text, c.good, why)
		}
		if why := check(t, text, contract.Request{Query: c.bad}); !strings.HasPrefix(why, "400 query parameter `p`: ") {
			t.Errorf("%s takes %s: %s", text, c.bad, why)
		}
	}
	for _, c := range []struct{ parameter, good, bad string }{
		{`"schema":` + list, "1,2", "1,b"},
		{`"style":"label","schema":` + list, "1,2", "1.2"},
		{`"style":"label","explode":true,"schema":` + list, "1.2", "1.b"},
		{`"style":"matrix","explode":true,"schema":` + list, "1;p=2", "1;p=b"},
		{`"schema":` + point, "x,1", "y,true"},
		{`"explode":true,"schema":` + point, "x=1,y=true", "y=true"},
	} {
		path := func(text string) contract.Request {
			return contract.Request{Path: func(string) (string, bool) { return text, true }}
		}
		text := `{"parameters":[{"name":"p","in":"path","required":true,` + c.parameter + `}]}`
		if why := check(t, text, path(c.good)); why != "" {
			t.Errorf("%s refuses %s: %s", text, c.good, why)
		}
		if why := check(t, text, path(c.bad)); why == "" {
			t.Errorf("%s takes %s", text, c.bad)
		}
	}
	headers := `{"parameters":[{"name":"X-Ids","in":"header","schema":` + list + `},{"name":"sid","in":"cookie","required":true,"schema":{"minLength":2}}]}`
	if why := check(t, headers, contract.Request{Header: http.Header{"X-Ids": {"1, 2", "3"}, "Cookie": {"sid=ab"}}}); why != "" {
		t.Error(why)
	}
	if why := check(t, headers, contract.Request{Header: http.Header{"X-Ids": {"1;2"}}}); strings.Count(why, "400") != 2 {
		t.Error(why)
	}
}

// TestBodies: JSON, forms as deep as their names go, and multipart are held against the same schema.
func TestBodies(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}},
		"card":{"type":"object","properties":{"year":{"type":"integer"}}},
		"items":{"type":"array","items":{"type":"object","properties":{"qty":{"type":"integer"}}}}}}`
	text := `{"requestBody":{"required":true,"content":{"application/json":{"schema":` + schema + `},"application/x-www-form-urlencoded":{"schema":` +
		schema + `},"multipart/form-data":{"schema":` + schema + `},"text/*":{}}}}`
	const multi = "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n%s\r\n--b--\r\n"
	for _, c := range []struct {
		media, body string
		want        string
	}{
		{"application/json", `{"n":1}`, ""},
		{"application/json; charset=utf-8", `{"n":1.0,"tags":[]}`, ""},
		{"application/json", `{"n":"1"}`, "400"},
		{"application/json", `{"n":1`, "400"},
		{"application/json", `{"n":1} 2`, "400"},
		{"application/json", "", "400"},
		{"application/x-www-form-urlencoded", "n=1&tags=a", ""},
		{"application/x-www-form-urlencoded", "n=1&tags[]=a&tags[]=b&card[year]=2030&items[0][qty]=2&items[1][qty]=3", ""},
		{"application/x-www-form-urlencoded", "n=1&card[year]=soon", "400"},
		{"application/x-www-form-urlencoded", "n=1&items[0][qty]=few", "400"},
		{"application/x-www-form-urlencoded", "tags=a", "400"},
		{"multipart/form-data; boundary=b", fmt.Sprintf(multi, "1"), ""},
		{"multipart/form-data; boundary=b", fmt.Sprintf(multi, "a"), "400"},
		{"multipart/form-data", "n=1", "400"},
		{"text/csv", "a,b", ""},
		{"application/xml", "<n/>", "415"},
	} {
		r := contract.Request{Header: http.Header{"Content-Type": {c.media}}, Body: []byte(c.body)}
		if why := check(t, text, r); c.want == "" && why != "" || c.want != "" && !strings.HasPrefix(why, c.want+" request body: ") {
			t.Errorf("%s %q: %q, want %s", c.media, c.body, why, c.want)
		}
	}
}

// TestAccept: an answer must be of a type that the caller takes.
func TestAccept(t *testing.T) {
	t.Parallel()
	const text = `{"produces":["application/json","image/*"]}`
	for accept, want := range map[string]bool{
		"": true, "*/*": true, "application/json": true, "text/html, application/*;q=0.1": true, "image/png": true, "text/html": false,
		"application/json;q=0, text/html": false, "///": true,
	} {
		if why := check(t, text, contract.Request{Header: http.Header{"Accept": {accept}}}); (why == "") != want {
			t.Errorf("%q: %q", accept, why)
		}
	}
}

// FuzzCheck: no request makes a contract panic.
func FuzzCheck(f *testing.F) {
	c, err := contract.Compile([]byte(`{"parameters":[{"name":"p","in":"query","style":"deepObject","schema":{"type":"object","additionalProperties":{"type":"array"}}},
		{"name":"q","in":"query","schema":{"type":"array","items":{"type":"integer"}}},{"name":"c","in":"cookie","schema":{"type":"object"}}],
		"requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":{"$ref":"#/$defs/a","$defs":{"a":{"properties":{"a":{"$ref":"#/$defs/a"},"l":{"type":"array"}}}}}},"*/*":{}}},"produces":["a/b"]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("p[a][]=1&q=2", "application/x-www-form-urlencoded", "a[a][a]=1&l[0][1]=2", "c=a,b")
	f.Add("p[=&[]]", "multipart/form-data; boundary=x", "--x\r\n\r\n", "c=")
	f.Fuzz(func(_ *testing.T, query, media, body, cookie string) {
		c.Check(&contract.Request{Query: query, Header: http.Header{"Content-Type": {media}, "Cookie": {cookie}, "Accept": {media}}, Body: []byte(body)})
	})
}
