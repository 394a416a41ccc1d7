package handlebars

import (
	"fmt"
	"strings"
	"testing"
)

// show writes a template as it was understood.
func show(nodes []*Node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch {
		case n.Call == nil:
			fmt.Fprintf(&b, "%q", n.Text)
		case n.Block:
			fmt.Fprintf(&b, "[%s: %s | %s]", showCall(n.Call), show(n.Body), show(n.Else))
		default:
			b.WriteString(showCall(n.Call))
		}
	}
	return b.String()
}

func showCall(c *Call) string {
	parts := []string{c.Name}
	for _, a := range c.Args {
		switch a.Kind {
		case Text:
			parts = append(parts, "'"+a.Value+"'")
		case Inner:
			parts = append(parts, showCall(a.Call))
		case Option:
			parts = append(parts, a.Value+"="+showCall(a.Call))
		default:
			parts = append(parts, a.Value)
		}
	}
	return "<" + strings.Join(parts, " ") + ">"
}

func TestParse(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a":                                   `"a"`,
		"":                                    "",
		`x {{body 'a.b' "d"}}y`:               `"x "<body 'a.b' 'd'>"y"`,
		"{{{ raw 1 -2.5 true }}}":             "<raw 1 -2.5 true>",
		`{{queryParam 'a}}b'}}`:               "<queryParam 'a}}b'>",
		"{{!-- {{x}} --}}{{! y }}{{~z~}}":     "<z>",
		`\{{x}} {{@index}}`:                   `"{{""x}} "<@index>`,
		"{{#if (eq a 'b')}}1{{else}}2{{/if}}": `[<if <eq a 'b'>>: "1" | "2"]`,
		"{{#if a}}1{{else if b}}2{{else}}3{{/if}}4": `[<if a>: "1" | [<if b>: "2" | "3"]]"4"`,
		"{{#repeat 2 comma=false}}x{{/repeat}}":     `[<repeat 2 comma=< false>>: "x" | ]`,
		"{{'literal'}}":                             "< 'literal'>",
	} {
		nodes, err := Parse(src)
		if got := show(nodes); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", src, got, err, want)
		}
	}
	for _, src := range []string{"{{", "{{a", "{{#if a}}", "{{/if}}", "{{else}}", "{{a (b}}", "{{a 'b}}", "{{a=}}", "{{ {{a}} }}", strings.Repeat("{{#a b}}", 100), "{{a " + strings.Repeat("(a ", 1000)} {
		if nodes, err := Parse(src); err == nil {
			t.Errorf("%q is read as %s", src, show(nodes))
		}
	}
}

// FuzzParse: whatever comes, reading ends without a panic.
func FuzzParse(f *testing.F) {
	for _, src := range []string{"a{{b 'c'}}", "{{#if (a b)}}x{{else if c}}y{{else}}z{{/if}}", "{{!-- x --}}\\{{y}}{{{z}}}"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if nodes, err := Parse(src); err != nil && nodes != nil {
			t.Error("nodes and an error")
		}
	})
}
