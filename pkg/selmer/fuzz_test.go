package selmer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/mocloud/mocloud/pkg/selmer"
)

// FuzzRender compiles and renders anything in every escaping: no panic, output within its bound, faults with a place, and
// JSON where JSON was promised.
func FuzzRender(f *testing.F) {
	for _, file := range []string{"testdata/selmer.jsonl", "testdata/own.jsonl"} {
		for i, c := range readCases(f, file) {
			if i%7 == 0 {
				f.Add(c.Template, []byte(c.Params))
			}
		}
	}
	f.Add(`{"a":"{{s}}",{{{k}}:{{l}}}`, []byte(`{"s":"\"","k":1,"l":[1.10]}`))
	f.Fuzz(func(t *testing.T, template string, params []byte) {
		data, err := selmer.ParseParams(params)
		if err != nil {
			data = selmer.Nil()
		}
		const most = 1 << 16
		for _, e := range []selmer.Escaping{selmer.HTML, selmer.JSON, selmer.None} {
			tmpl, err := selmer.Compile(template, selmer.Options{Escaping: e, MaxOutput: most, MaxSteps: 5000, Debug: true})
			if err != nil {
				checkError(t, template, err)
				continue
			}
			for _, v := range tmpl.Variables() {
				v.Resolve(selmer.MapScope{Root: data})
			}
			for _, p := range tmpl.Problems() {
				checkError(t, template, p)
			}
			prefix := []byte("prefix")
			out, err := tmpl.Append(prefix, selmer.MapScope{Root: data})
			if err != nil {
				checkError(t, template, err)
				if string(out) != "prefix" {
					t.Fatalf("%q: the buffer was changed to %q", template, out)
				}
				continue
			}
			if len(out)-len(prefix) > most || !bytes.HasPrefix(out, prefix) {
				t.Fatalf("%q: %d bytes of output", template, len(out))
			}
			if constant, ok := tmpl.Constant(); ok && constant != string(out[len(prefix):]) {
				t.Fatalf("%q: constant %q, rendered %q", template, constant, out)
			}
		}
		_, _ = selmer.CompileCondition(template, selmer.Options{})
	})
}

func checkError(t *testing.T, template string, err error) {
	t.Helper()
	var located *selmer.Error
	switch {
	case errors.Is(err, selmer.ErrLimit):
	case !errors.As(err, &located):
		t.Fatalf("%q: the error %v has no place", template, err)
	case located.Line < 1 || located.Column < 1 || located.Offset > len(template) || located.Message == "":
		t.Fatalf("%q: the error %+v is nowhere", template, located)
	}
}

// FuzzEscaping puts any value into JSON at the places where one may stand: the result is always JSON that holds it.
func FuzzEscaping(f *testing.F) {
	f.Add(`a"b\`, int64(5))
	f.Add("\x00\xff</script>\u2028", int64(-1))
	f.Fuzz(func(t *testing.T, s string, n int64) {
		data := selmer.MapScope{Root: selmer.Map([]selmer.Entry{
			{Key: "s", Value: selmer.String(s)},
			{Key: "l", Value: selmer.List([]selmer.Value{selmer.String(s), selmer.Int(n), selmer.Nil()})},
		})}
		tmpl, err := selmer.Compile(`{ {{s}}:{{l}},"b":"{{s}}{{l}}","c":{{s|upper}},"d":"{{s|json}}","e":{{s|json}}}`, selmer.Options{Escaping: selmer.JSON})
		if err != nil {
			t.Fatal(err)
		}
		out, err := tmpl.Append(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out) {
			t.Fatalf("%q made %s", s, out)
		}
	})
}

// FuzzParseJSON compares the reader with encoding/json: the same texts are JSON, and mean the same.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x\u00e9\n",null,true]}`, `[[],{}]`, `"\ud800"`, `1e400`, `{"a":1,"a":2}`, "\"\xff\"", ` 0 `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := selmer.ParseJSON(text)
		if _, other := selmer.ParseParams(text); (other == nil) != (err == nil) {
			t.Fatalf("%q: %v and %v", text, err, other)
		}
		if errors.Is(err, selmer.ErrLimit) {
			return
		}
		if valid := json.Valid(text); valid != (err == nil) {
			t.Fatalf("%q: JSON is %v, the error %v", text, valid, err)
		}
		if err != nil {
			return
		}
		var want, got any
		decode(t, text, &want)
		decode(t, v.AppendJSON(nil), &got)
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if !bytes.Equal(a, b) {
			t.Fatalf("%q\n got %s\nwant %s", text, b, a)
		}
	})
}

func decode(t *testing.T, text []byte, into *any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}
