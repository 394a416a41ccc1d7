package body_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mocloud/mocloud/services/mockserver/internal/body"
)

func TestCompact(t *testing.T) {
	for _, c := range []struct {
		in, want string
		ok       bool
	}{
		{"{ \"b\" : 1.10,\n \"a\":\"x  y\" }\n", `{"b":1.10,"a":"x  y"}`, true},
		{`{"u":"é€","s":"a/b","h":"<&>","e":"\u00e9"}`, `{"u":"é€","s":"a/b","h":"<&>","e":"\u00e9"}`, true},
		{` 12345678901234567890.10 `, `12345678901234567890.10`, true},
		{`{"a":1,"a":2}`, `{"a":1,"a":2}`, true},
		{`{"a":1} trailing`, `{"a":1} trailing`, false},
		{"hello  world", "hello  world", false},
		{"not json", "not json", false},
		{"", "", false},
		{"  ", "  ", false},
	} {
		got, ok := body.Compact([]byte(c.in))
		if string(got) != c.want || ok != c.ok {
			t.Errorf("Compact(%q) = %q, %v", c.in, got, ok)
		}
	}
}

func TestCompactTemplate(t *testing.T) {
	for _, c := range []struct {
		in, want string
		ok       bool
	}{
		{"{ \"a\": {{x}}, \"b\" : \"{{ y }} z\" }", `{"a":{{x}},"b":"{{ y }} z"}`, true},
		{"{ \"{{k}}\" : [ {{x|default:\"a b\"}} ] }", `{"{{k}}":[{{x|default:"a b"}}]}`, true},
		{"{ \"a\" : \"\\\" {{x}} \" }", `{"a":"\" {{x}} "}`, true},
		{"{{ whole }}", "{{ whole }}", true},
		{`{ "a": {"b": {{x}}} }`, `{"a":{"b":{{x}}}}`, true},
		{"{ \"a\": {{x}} * 99 }", "{ \"a\": {{x}} * 99 }", false},
		{"{% if a %} 1 {% endif %}", "{% if a %} 1 {% endif %}", false},
		{"{ \"a\": 1 {# c #} }", "{ \"a\": 1 {# c #} }", false},
		{"Hello  {{x}}", "Hello  {{x}}", false},
		{"{ {{x", "{ {{x", false},
		{"", "", false},
	} {
		got, ok := body.CompactTemplate(c.in)
		if got != c.want || ok != c.ok {
			t.Errorf("CompactTemplate(%q) = %q, %v", c.in, got, ok)
		}
	}
}

func FuzzCompactTemplate(f *testing.F) {
	f.Add(`{ "a" : {{x}} , "b": "{{ y }}" }`)
	f.Add(`[ {{a}} , "\\" ]`)
	f.Fuzz(func(t *testing.T, template string) {
		compact, ok := body.CompactTemplate(template)
		if !ok {
			if compact != template {
				t.Fatal("changed although it is not JSON")
			}
			return
		}
		// With every tag replaced alike, compacting before and after must agree.
		fill := func(s string) string {
			var out strings.Builder
			for {
				before, rest, found := strings.Cut(s, "{{")
				out.WriteString(before)
				if !found {
					return out.String()
				}
				out.WriteString("7")
				_, s, _ = strings.Cut(rest, "}}")
			}
		}
		want, valid := body.Compact([]byte(fill(template)))
		if valid && string(want) != fill(compact) {
			t.Fatalf("%q: %q, want %q", template, fill(compact), want)
		}
	})
}

func TestMoclojer04(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a":3.0}`, `{"a":3.0}`},
		{`{"a": }`, `"{\"a\": }"`},
		{`{"url": "http://x/y", "u":"é€"}`, `{"url":"http:\/\/x\/y","u":"\u00e9\u20ac"}`},
		{`<h1>hi</h1>`, `"<h1>hi<\/h1>"`},
		{`{"a":1} trailing`, `{"a":1}`},
		{`{"a":1,"b":3,"a":2}`, `{"a":2,"b":3}`},
		{`{"a":123456789.123456789}`, `{"a":1.2345678912345679E8}`},
		{`[1.10, 1e7, 0.0001, -0, -0.0, 100, 1e-5, 12345678901234567890123, 0.001]`, `[1.1,1.0E7,1.0E-4,0,-0.0,100,1.0E-5,12345678901234567890123,0.001]`},
		{"\"a\nb\tc\"", `"a\nb\tc"`},
		{`"\ud83d\ude00 😀"`, `"\ud83d\ude00 \ud83d\ude00"`},
		{`01`, `"01"`},
		{`{"a":1,}`, `"{\"a\":1,}"`},
		{`[1,]`, `"[1,]"`},
		{``, `""`},
		{`tru`, `"tru"`},
		// The hash map of Clojure, whose order for these keys is {"a" "b" … "i"}: walked by hash.
		{`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`},
	} {
		got, err := body.AppendMoclojer04(nil, []byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n got %s (%v)\nwant %s", c.in, got, err, c.want)
		}
	}
	if _, err := body.AppendMoclojer04(nil, []byte(`[1e400]`)); !errors.Is(err, body.ErrInfinite) {
		t.Errorf("1e400: %v", err)
	}
}

func FuzzMoclojer04(f *testing.F) {
	f.Add(`{"a":[1,2.50,"\u00e9",null,true],"b":{}}`)
	f.Add(strings.Repeat("[", 600))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := body.AppendMoclojer04(nil, []byte(text))
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("%q became %q, which is no JSON", text, got)
		}
		again, err := body.AppendMoclojer04(nil, got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%q became %q and then %q", text, got, again)
		}
	})
}
