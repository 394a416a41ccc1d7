package selmer_test

import (
	"encoding/json"
	"testing"

	"github.com/mocloud/mocloud/pkg/selmer"
)

const (
	plainTemplate = `{"id":"{{path-params.id}}","name":"{{json-params.user.name}}","tag":"{{json-params.tags.0}}","n":{{json-params.n}}}`
	loopTemplate  = `{"items":[{% for i in json-params.items %}{"n":{{forloop.counter}},"name":"{{i.name|upper}}"}{% if not forloop.last %},{% endif %}{% endfor %}]}`
	benchData     = `{"path-params":{"id":"42"},"json-params":{"user":{"name":"Ann <a@b.c>"},"tags":["x","y"],"n":12,"items":[{"name":"one"},{"name":"two"},{"name":"three"}]}}`
)

// TestAllocations holds templates of text and plain variables to no allocation at all.
func TestAllocations(t *testing.T) {
	data := scope(t, benchData)
	for name, tc := range map[string]struct {
		template string
		escaping selmer.Escaping
		most     float64
	}{
		"text":            {template: "just text"},
		"variables, html": {template: "{{path-params.id}} {{json-params.user.name}} {{json-params.n}} {{json-params.tags.1}} {{nope}}"},
		"variables, json": {template: plainTemplate, escaping: selmer.JSON},
		"variables, none": {template: plainTemplate, escaping: selmer.None},
		"loop":            {template: `{% for i in json-params.items %}{{forloop.counter}}{{i.name}}{% endfor %}`},
		"with":            {template: `{% with x=json-params.user.name %}{{x}}{% endwith %}`},
		"safe and count":  {template: `{{json-params.tags|count}}{% verbatim %}{{}}{% endverbatim %}`},
	} {
		t.Run(name, func(t *testing.T) {
			tmpl := compile(t, tc.template, selmer.Options{Escaping: tc.escaping})
			buf := make([]byte, 0, 1024)
			if n := testing.AllocsPerRun(200, func() {
				if _, err := tmpl.Append(buf, data); err != nil {
					t.Fatal(err)
				}
			}); n > tc.most {
				t.Errorf("%g allocations, want at most %g", n, tc.most)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := selmer.Compile(loopTemplate, selmer.Options{Escaping: selmer.JSON}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for name, template := range map[string]string{"plain": plainTemplate, "loop": loopTemplate} {
		for _, escaping := range []selmer.Escaping{selmer.HTML, selmer.JSON} {
			b.Run(name+"/"+escaping.String(), func(b *testing.B) {
				tmpl := compile(b, template, selmer.Options{Escaping: escaping})
				data := scope(b, benchData)
				buf := make([]byte, 0, 1024)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := tmpl.Append(buf, data); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	large := `[`
	for i := range 200 {
		if i > 0 {
			large += ","
		}
		large += benchData
	}
	large += `]`
	for name, text := range map[string]string{"small": benchData, "large": large} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := selmer.ParseJSON([]byte(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal([]byte(text), &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
