package websocket

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

type noHeader struct{}

func (noHeader) Values(string) []string { return nil }
func (noHeader) Len() int               { return 0 }

func (noHeader) Each(func(name, value string) (again bool)) {}

// connected is the scope of a connection to /ws/:user with user=ann, ?room=1.
func connected(text string) *scope.Scope {
	s := &scope.Scope{}
	s.Reset(scope.Request{Method: "GET", Path: "/ws/ann", Query: "room=1", Header: noHeader{}},
		&scope.Params{Path: []scope.PathParam{{Name: "user", Type: mockspec.TypeString}}}, []string{"ann"})
	s.SetMessage(text, time.Unix(0, 0))
	return s
}

func TestPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"ping", []string{"ping"}, []string{"Ping", "ping ", "xping", "", `"ping"`}},
		{"", []string{""}, []string{" "}},
		// JSON is compared as JSON, so that what a browser's JSON.stringify sends matches what a person wrote.
		{`{"action": "get-profile"}`, []string{`{"action": "get-profile"}`, `{"action":"get-profile"}`, " {\"action\":\n\"get-profile\"}"}, []string{`{"action":"x"}`, `{"action":"get-profile","x":1}`, `[]`, `x`}},
		{`{"a":1,"b":[1,null]}`, []string{`{"b":[1.0,null],"a":1}`}, []string{`{"a":1}`, `{"a":1,"b":[null,1]}`, `{"a":"1","b":[1,null]}`, `{"a":1,"b":[1,null]} x`}},
		{`{"id":9007199254740993}`, []string{`{"id":9007199254740993 }`}, []string{`{"id":9007199254740992}`}},
		{`{"n":1e3}`, []string{`{"n":1000}`, `{"n":1000.0}`}, []string{`{"n":"1e3"}`, `{"n":1e999999999}`}},
		// A template that must equal the message: moclojer's documented example.
		{`{"echo": "{{json-params.echo}}"}`, []string{`{"echo": "hello world"}`, `{"echo":"hello \"world\""}`, `{"echo":""}`}, []string{`{"echo":1}`, `{"other":"x"}`, `hello`, `{"echo":"a","b":1}`}},
		{`{"echo": {{json-params.echo}}}`, []string{`{"echo":1}`, `{"echo":{"a":[true]}}`, `{"echo":"x"}`}, []string{`{"e":1}`}},
		{`hello {{path-params.user}} in {{query-params.room}}`, []string{`hello ann in 1`}, []string{`hello bob in 1`}},
		{`{{message}}`, []string{`anything`, `{"a":1}`, ``}, nil},
		{`{# a comment #}ping`, []string{`ping`}, []string{`pong`}},
		// A regular expression that matches all of it.
		{`ping.*`, []string{`ping`, `ping 1`}, []string{`a ping`, "ping\nx"}},
		{`\d{2,3}|x`, []string{`12`, `123`, `x`}, []string{`1`, `1234`, `12x`}},
		{`(?i)help`, []string{`HELP`}, []string{`HELP ME`}},
		{`(?s)a.b`, []string{"a\nb"}, []string{"a\nb\n"}},
		{`[a-z]+`, []string{`abc`}, []string{`ABC`, `a1`}},
		// What is no expression is text.
		{`what?*`, []string{`what?*`}, []string{`what`, `wha`}},
		{`(`, []string{`(`}, []string{`x`}},
		{`.*`, []string{`x`, ``}, []string{strings.Repeat("x", maxMatched+1)}},
	}
	for _, tt := range tests {
		p, err := compilePattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		check := func(text string, want bool) {
			got, err := p.matches(&message{text: text}, connected(text))
			if err != nil || got != want {
				t.Errorf("pattern %s, message %.60q: %v %v, want %v", tt.pattern, text, got, err, want)
			}
		}
		for _, text := range tt.yes {
			check(text, true)
		}
		for _, text := range tt.no {
			check(text, false)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{% if x %}`, `(?:a{300}|b{300}){2}`} {
		if _, err := compilePattern(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{`ping`, `{"a": 1}`, `{"a":"{{json-params.a}}"}`, `\d+`, `(a|b)*c`, `{{message}}`, `what?*`, `[1, 2.0]`} {
		f.Add(s, `{"a":1}`)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, sent string) {
		p, err := compilePattern(text)
		if err != nil {
			return
		}
		kinds := 0
		for _, is := range []bool{p.template != nil, p.json != nil, p.regexp != nil} {
			if is {
				kinds++
			}
		}
		if kinds > 1 {
			t.Fatalf("%q is of %d kinds", text, kinds)
		}
		if ok, err := p.matches(&message{text: text}, connected(text)); (err != nil || !ok) && p.text == text {
			t.Fatalf("%q does not match its own text: %v %v", text, ok, err)
		}
		ok, err := p.matches(&message{text: sent}, connected(sent))
		if err == nil && ok && p.json != nil && !json.Valid([]byte(sent)) {
			t.Fatalf("JSON pattern %q matches %q", text, sent)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for name, text := range map[string]string{"text": "ping", "json": `{"echo": "hello"}`, "template": `{"echo": "{{json-params.echo}}"}`, "regexp": `\{"echo":.*\}`} {
		b.Run(name, func(b *testing.B) {
			p, err := compilePattern(text)
			if err != nil {
				b.Fatal(err)
			}
			const sent = `{"echo":"hello"}`
			s := connected(sent)
			b.ReportAllocs()
			for b.Loop() {
				s.SetMessage(sent, time.Time{})
				if _, err := p.matches(&message{text: sent}, s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
