package selmer_test

import (
	"encoding/json"
	"testing"

	"github.com/mocloud/mocloud/pkg/selmer"
)

func renderWith(t *testing.T, template, params string, o selmer.Options) (string, error) {
	t.Helper()
	v, err := selmer.ParseJSON([]byte(params))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := selmer.Compile(template, o)
	if err != nil {
		return "", err
	}
	out, err := tmpl.Append(nil, selmer.MapScope{Root: v})
	return string(out), err
}

const jsonData = `{"s":"a \"b\" \\ \n <é>","n":1.10,"big":12345678901234567890,"i":5,"t":true,"f":false,"z":null,
	"l":[1,"x",null],"m":{"k":"v\"","n":2.50},"e":[],"h":"<b>","u":"x"}`

func TestJSONEscaping(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, template, want string
		text                 bool // the result is not JSON
	}{
		{name: "in a string", template: `{"a":"{{s}}"}`, want: `{"a":"a \"b\" \\ \n <é>"}`},
		{name: "numbers in a string", template: `"{{n}} {{big}} {{i}} {{t}} {{f}}"`, want: `"1.10 12345678901234567890 5 true false"`},
		{name: "missing in a string", template: `"{{nope}}{{z}}"`, want: `""`},
		{name: "containers in a string", template: `"{{l}} {{m}}"`, want: `"[1,\"x\",null] {\"k\":\"v\\\"\",\"n\":2.50}"`},
		{name: "bare string", template: `{"a":{{s}}}`, want: `{"a":"a \"b\" \\ \n <é>"}`},
		{name: "bare numbers", template: `[{{n}},{{big}},{{i}}]`, want: `[1.10,12345678901234567890,5]`},
		{name: "bare words", template: `[{{t}},{{f}},{{z}},{{nope}}]`, want: `[true,false,null,null]`},
		{name: "bare containers", template: `{"l":{{l}},"m":{{m}}}`, want: `{"l":[1,"x",null],"m":{"k":"v\"","n":2.50}}`},
		{name: "whole document", template: `{{m}}`, want: `{"k":"v\"","n":2.50}`},
		{name: "key", template: `{ {{s}}: 1, {{i}}: 2 }`, want: `{ "a \"b\" \\ \n <é>": 1, "5": 2 }`},
		{name: "key without space", template: `{{{u}}: 1}`, want: `{"x": 1}`},
		{name: "object in an object", template: `{"a":{{{u}}:{{i}}}}`, want: `{"a":{"x":5}}`},
		{name: "key in quotes", template: `{"{{u}}-{{i}}":1}`, want: `{"x-5":1}`},
		{name: "quotes within a tag", template: `{"a":"{{x|default:"q"}}","b":{{x|default:"q"}}}`, want: `{"a":"q","b":"q"}`},
		{name: "default list and map", template: `{"a":{{none|default:[]}},"b":{{none|default:{}}},"c":{{m|default:{}}},"d":"{{none|default:[]}}","e":{"f":{{none|default:{}}}}}`, want: `{"a":[],"b":{},"c":{"k":"v\"","n":2.50},"d":"[]","e":{"f":{}}}`},
		{name: "default number", template: `{"a":{{x|default:1}},"b":{{x|default:true}},"c":{{x|default:"1"}},"d":"{{x|default:1}}"}`, want: `{"a":1,"b":true,"c":"1","d":"1"}`},
		{name: "literals", template: `[{{1}},{{"x"}},"{{1}}",{{007}}]`, want: `[1,"x","1","007"]`},
		{name: "json filter", template: `{"a":{{m|json}},"b":"{{m|json}}","c":{{s|json}}}`, want: `{"a":{"k":"v\"","n":2.50},"b":"{\"k\":\"v\\\"\",\"n\":2.50}","c":"a \"b\" \\ \n <é>"}`},
		{name: "json and safe", template: `{"a":{{m|json|safe}}}`, want: `{"a":{"k":"v\"","n":2.50}}`},
		{name: "safe is raw", template: `{"a":"{{s|safe}}"}`, want: "{\"a\":\"a \"b\" \\ \n <é>\"}", text: true},
		{name: "safe block", template: `{"a":"{% safe %}{{h}}{% endsafe %}"}`, want: `{"a":"<b>"}`},
		{name: "filters", template: `{"a":{{u|upper}},"n":{{i|add:1}},"c":{{l|count}},"b":{{i|between?:1:3}},"e":"{{i|between?:1:3}}"}`, want: `{"a":"X","n":6,"c":3,"b":false,"e":""}`},
		{name: "marked by a filter", template: `{"a":"{{u|phone:false}}"}`, want: `{"a":"<a href='tel:x'>x</a>"}`},
		{name: "within a number", template: `{"a":-{{i}},"b":{{i}}.5,"c":{{i}}{{i}}}`, want: `{"a":-5,"b":5.5,"c":55}`},
		{name: "loop", template: `[{% for x in l %}{{x}}{% if not forloop.last %},{% endif %}{% endfor %}]`, want: `[1,"x",null]`},
		{name: "loop of objects", template: `{"r":[{% for x in l %}{"i":{{forloop.counter}},"v":{{x}},"s":"{{x}}"}{% if not forloop.last %}, {% endif %}{% endfor %}],"n":{{i}}}`, want: `{"r":[{"i":1,"v":1,"s":"1"}, {"i":2,"v":"x","s":"x"}, {"i":3,"v":null,"s":""}],"n":5}`},
		{name: "loop of pairs", template: `{ {% for k,v in m %}{{k|name}}:{{v}}{% if not forloop.last %},{% endif %}{% endfor %} }`, want: `{ "k":"v\"","n":2.50 }`},
		{name: "branches", template: `{"a":{% if t %}{{s}}{% else %}{{n}}{% endif %},"b":"{% if f %}{% elif t %}{{u}}{% endif %}"}`, want: `{"a":"a \"b\" \\ \n <é>","b":"x"}`},
		{name: "branch opens a string", template: `{"a":{% if t %}"{{u}}"{% else %}null{% endif %}}`, want: `{"a":"x"}`},
		{name: "conditions compare texts", template: `[{% if h = "<b>" %}1{% else %}0{% endif %}]`, want: `[1]`},
		{name: "firstof", template: `{"a":{% firstof nope i "d" %},"b":"{% firstof nope h %}","c":{% firstof nope %}}`, want: `{"a":5,"b":"<b>","c":null}`},
		{name: "sum", template: `{"a":{% sum i i %}}`, want: `{"a":10}`},
		{name: "cycle", template: `[{% for x in l %}{% cycle 1 2 %}{% if not forloop.last %},{% endif %}{% endfor %}]`, want: `[1,2,1]`},
		{name: "verbatim", template: `{"a":"{% verbatim %}{{x}}{% endverbatim %}","b":{{i}}}`, want: `{"a":"{{x}}","b":5}`},
		{name: "comments", template: `{"a":{# {{x}} #}{{i}}{% comment %}"{% endcomment %}}`, want: `{"a":5}`},
		{name: "escapes in the literal", template: `{"a":"\"{{u}}\\","b":{{u}}}`, want: `{"a":"\"x\\","b":"x"}`},
		{name: "braces in a string", template: `{"a":"}]{[,: {{h}}","b":{{u}}}`, want: `{"a":"}]{[,: <b>","b":"x"}`},
		{name: "plain text", template: `Hello {{s}}!`, want: "Hello a \"b\" \\ \n <é>!", text: true},
		{name: "two values", template: `{{u}} {{i}}`, want: `x 5`, text: true},
		{name: "glued values", template: `{{u}}{{u}}`, want: `xx`, text: true},
		{name: "text after a value", template: `{{i}} apples`, want: `5 apples`, text: true},
		{name: "looped values", template: `{% for x in l %}{{x}};{% endfor %}`, want: `1;x;;`, text: true},
		{name: "xml", template: `<a>{{h}}</a>`, want: `<a><b></a>`, text: true},
		{name: "word", template: `true story: {{u}}`, want: `true story: x`, text: true},
		{name: "number", template: `12.5e3`, want: `12.5e3`},
		{name: "json lines", template: "{\"a\":\"{{h}}\"}\n{\"b\":{{u}}}\n", want: "{\"a\":\"<b>\"}\n{\"b\":\"x\"}\n", text: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := renderWith(t, tc.template, jsonData, selmer.Options{Escaping: selmer.JSON})
			if err != nil || got != tc.want {
				t.Fatalf("%s\n got %s (%v)\nwant %s", tc.template, got, err, tc.want)
			}
			if !tc.text && !json.Valid([]byte(got)) {
				t.Fatalf("%s is not JSON", got)
			}
		})
	}
}

func TestNoEscaping(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		`{{h}} {{h|safe}} {{"x"|safe}}`:                      `<b> <b> x`,
		`{{f}}|{{z}}|{{i|count-is:1|str}}`:                   "",
		`{% if h = "<b>" %}T{% endif %}`:                     `T`,
		`{% ifequal h "<b>" %}T{% endifequal %}`:             `T`,
		`{% if i = 5 %}T{% endif %}{% if i > 4 %}U{%endif%}`: `TU`,
		`{{n}} {{big}} {{m}} {{l}}`:                          `1.10 12345678901234567890 {:k "v\"", :n 2.50} [1 "x" nil]`,
		`{% firstof nope h %}{% sum i \2 %}`:                 `<b>7`,
		`{{n|add:1}} {{big|add:0}} {{n|multiply:2}}`:         `2.1 1.2345678901234567E19 2.2`,
	} {
		got, err := renderWith(t, template, jsonData, selmer.Options{Escaping: selmer.None})
		if want == "" {
			if err == nil {
				t.Errorf("%s\n got %s, want an error", template, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s\n got %s (%v)\nwant %s", template, got, err, want)
		}
	}
}
