package selmer_test

import (
	"testing"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// TestMoreFilters shows the filters that Selmer does not have; "!" stands for an error.
func TestMoreFilters(t *testing.T) {
	data, err := selmer.ParseJSON([]byte(`{"list":[{"sku":"A","eur":9.50},{"sku":7}],"n":[1,2,3,4,5],"k":"sku","two":2,"day":"2024-02-29","at":"2026-01-01T12:00:00Z","t":"héllo"}`))
	if err != nil {
		t.Fatal(err)
	}
	for template, want := range map[string]string{
		`{{list|find:"sku":"A"|get:"eur"}}`: "9.50",
		`{{list|find:@k:7|json}}`:           `{"sku":7}`,
		`{{list|find:sku:Z|get:eur}}`:       "",
		`{{none|find:sku:Z}}`:               "",
		`{{t|find:a:b}}`:                    "!",
		`{{n|get:4}}{{n|get:9}}`:            "5",
		`{{n|get:x}}`:                       "!",
		`{{n|page:1:2|json}}`:               "[1,2]",
		`{{n|page:3:2|json}}`:               "[5]",
		`{{n|page:@none:2|json}}`:           "[1,2]",
		`{{n|page:@two:@two|json}}`:         "[3,4]",
		`{{n|page:9:2|json}}`:               "[]",
		`{{n|page:999999999999:9|json}}`:    "[]",
		`{{n|page:1:0}}`:                    "!",
		`{{none|page:1:2|json}}`:            "[]",
		`{{day|shift:"1 year"}}`:            "2025-03-01",
		`{{day|shift:"-1 day"}}`:            "2024-02-28",
		`{{at|shift:"2 hours 30 minutes"}}`: "2026-01-01T14:30:00Z",
		`{{at|shift:"500 ms"}}`:             "2026-01-01T12:00:00.5Z",
		`{{at|shift:"1 month"}}`:            "2026-02-01T12:00:00Z",
		`{{at|shift:"1 fortnight"}}`:        "!",
		`{{at|shift:"99999 years"}}`:        "!",
		`{{t|shift:"1 day"}}`:               "!",
		`{{t|base64}}`:                      "aMOpbGxv",
		`{{t|base64|base64:"decode"}}`:      "héllo",
		`{{t|base64:"decode"}}`:             "!",
		`{{t|base64:"x"}}`:                  "!",
	} {
		compiled, err := selmer.Compile(template, selmer.Options{Escaping: selmer.None})
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		out, err := compiled.Append(nil, selmer.MapScope{Root: data})
		got := string(out)
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", template, got, err, want)
		}
	}
}

// TestExpression evaluates what stands between braces, with its type.
func TestExpression(t *testing.T) {
	data, err := selmer.ParseJSON([]byte(`{"a":{"b":[1,null]},"t":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{"a.b.0": "1", "a.b|count": "2", "t|upper": `"X"`, `"lit"`: `"lit"`, "a": `{"b":[1,null]}`, "t|safe": `"x"`, "none": "null"} {
		e, err := selmer.CompileExpression(source, selmer.Options{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		v, err := e.Value(selmer.MapScope{Root: data})
		if got := string(v.AppendJSON(nil)); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", source, got, err, want)
		}
	}
	for _, source := range []string{"", "a|nope", "a|take", `a|join:"x`} {
		if _, err := selmer.CompileExpression(source, selmer.Options{}); err == nil {
			t.Errorf("%q was compiled", source)
		}
	}
	path, err := selmer.ParsePath("a.b.1")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := path.Find(selmer.MapScope{Root: data}); !ok || !v.IsNil() {
		t.Errorf("null is %v, %v", v, ok)
	}
}
