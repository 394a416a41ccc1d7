package wiremock

import (
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// request adds the conditions of a stub's request.
func (t *translator) request(request *source.Node) {
	for i, key := range request.Keys {
		value := request.Items[i]
		switch key {
		case "method", "url", "urlPath", "urlPathTemplate", "urlPathPattern", "urlPattern":
		case "pathParameters":
			t.each(value, "path-params.", draft.Parameter)
		case "queryParameters":
			t.each(value, "query-params.", nil)
		case "headers":
			t.each(value, "header-params.", nil)
		case "cookies":
			t.each(value, "cookies.", nil)
		case "formParameters":
			t.each(value, "json-params.", nil)
		case "basicAuthCredentials", "basicAuth":
			t.when.add(draft.Map{{Key: "basic", Value: draft.Inert(value.Text("username") + ":" + value.Text("password"))}}, value)
		case "bodyPatterns":
			for _, pattern := range value.Items {
				t.body(pattern)
			}
		case "host":
			t.when.match("request.host", value)
		case "clientIp":
			t.when.match("request.ip", value)
		default:
			t.m.None(value, "the condition `%s` is left out: mocks have no equivalent", draft.Line(key, 60))
		}
	}
}

func (t *translator) each(matchers *source.Node, prefix string, rename func(string) string) {
	if matchers == nil || matchers.Kind != source.Object {
		return
	}
	for i, name := range matchers.Keys {
		if rename != nil {
			name = rename(name)
		}
		t.when.match(prefix+name, matchers.Items[i])
	}
}

// body adds the condition of one pattern of a body.
func (t *translator) body(p *source.Node) {
	const json = "json-params"
	switch {
	case p.Get("equalToJson") != nil:
		t.equalToJSON(p)
	case p.Get("matchesJsonPath") != nil:
		t.when.expression(p.Get("matchesJsonPath"), "$")
	case p.Get("matchesXPath") != nil:
		if p.Get("xPathNamespaces") != nil {
			t.m.Loss(p.Get("xPathNamespaces"), "the namespaces of the XPath are left out: names match in any namespace")
		}
		t.when.expression(p.Get("matchesXPath"), "/")
	case p.Get("matchesJsonSchema") != nil:
		if schema := parsed(p.Get("matchesJsonSchema")); schema != nil {
			t.when.add(draft.Map{{Key: json, Value: draft.Map{{Key: "schema", Value: schema}}}}, p)
		} else {
			t.m.None(p, "the condition `matchesJsonSchema` is left out: its schema is not JSON")
		}
	case p.Get("equalToXml") != nil:
		if p.True("enablePlaceholders") {
			t.m.None(p, "the condition `equalToXml` is left out: it has placeholders")
			return
		}
		t.when.add(draft.Map{{Key: "request.body", Value: draft.Map{{Key: "equals", Value: draft.Inert(p.Text("equalToXml"))}}}}, p)
	default:
		t.when.match("request.body", p)
	}
}

// placeholder is what stands in JSON for any value.
var placeholder = regexp.MustCompile(`\$\{(?:json-unit|xmlunit)\.`)

func (t *translator) equalToJSON(p *source.Node) {
	want := parsed(p.Get("equalToJson"))
	operator := "equals"
	switch {
	case want == nil:
		t.m.None(p, "the condition `equalToJson` is left out: its value is not JSON")
		return
	case placeholder.MatchString(want.JSON()):
		t.m.None(p, "the condition `equalToJson` is left out: it has placeholders")
		return
	case p.True("ignoreExtraElements"):
		operator = "contains"
		if !p.True("ignoreArrayOrder") {
			t.m.Loss(p, "the order of lists in `equalToJson` is not checked, because extra elements are ignored")
		}
	case p.True("ignoreArrayOrder"):
		t.m.Loss(p, "lists in `equalToJson` must have this order: mocks cannot ignore it")
	}
	t.when.add(draft.Map{{Key: "json-params", Value: draft.Map{{Key: operator, Value: want}}}}, p)
}

// parsed is a value that may be written as JSON in a text; nil if it is no JSON.
func parsed(n *source.Node) *source.Node {
	if n == nil || n.Kind != source.Text {
		return n
	}
	inner, err := source.Parse([]byte(n.Value))
	if err != nil {
		return nil
	}
	return inner
}

// conditions are what must hold for an answer to be given.
type conditions struct {
	m     *draft.Mock
	lines []draft.Map
}

// add adds a condition; one that mocks cannot have is left out and noted.
func (c *conditions) add(condition draft.Map, at *source.Node) bool {
	if condition == nil {
		return false
	}
	if err := c.m.Check(condition); err != nil {
		c.m.None(at, "the condition `%s` is left out: %v", draft.Line(condition[0].Key, 60), err)
		return false
	}
	c.lines = append(c.lines, condition)
	return true
}

func (c *conditions) not(condition draft.Map, at *source.Node) {
	c.add(draft.Map{{Key: "not", Value: condition}}, at)
}

func (c *conditions) matches(left, expression string, at *source.Node) bool {
	return c.add(draft.Map{{Key: left, Value: draft.Map{{Key: "matches", Value: draft.Inert(expression)}}}}, at)
}

// all is one condition of all of them.
func (c *conditions) all() draft.Map {
	var one draft.Map
	keys := map[string]bool{}
	for _, line := range c.lines {
		for _, p := range line {
			if keys[p.Key] {
				list := make([]any, len(c.lines))
				for i, line := range c.lines {
					list[i] = line
				}
				return draft.Map{{Key: "all", Value: list}}
			}
			keys[p.Key] = true
			one = append(one, p)
		}
	}
	return one
}

// match adds the condition that a matcher is for a value.
func (c *conditions) match(left string, matcher *source.Node) {
	if condition := c.of(left, matcher, false); condition != nil {
		c.add(condition, matcher)
	}
}

// expression adds the condition of a JSONPath or an XPath, which may have a matcher beside it.
func (c *conditions) expression(n *source.Node, begins string) {
	text := n.Value
	if n.Kind == source.Object {
		text = n.Text("expression")
	}
	if !strings.HasPrefix(text, begins) {
		c.m.None(n, "the expression `%s` is left out: it does not begin with `%s`", draft.Line(text, 60), begins)
		return
	}
	condition := draft.Map{{Key: text, Value: draft.Map{{Key: "absent", Value: false}}}}
	if n.Kind == source.Object && len(n.Keys) > 1 {
		condition = c.of(text, n, begins == "$")
	}
	if condition != nil {
		c.add(condition, n)
	}
}

// operatorOf is what a matcher is called that conditions have as an operator; "" if they do not.
func operatorOf(matcher string) string {
	switch matcher {
	case "contains", "matches":
		return matcher
	case "equalToNumber":
		return "equals"
	case "after", "greaterThanNumber":
		return "gt"
	case "greaterThanEqualNumber":
		return "gte"
	case "before", "lessThanNumber":
		return "lt"
	case "lessThanEqualNumber":
		return "lte"
	}
	return ""
}

// of is the condition that a matcher is for a value; nil, and noted, if mocks have none like it. typed says that the value
// has a type, which the matcher does not look at.
func (c *conditions) of(left string, matcher *source.Node, typed bool) draft.Map {
	if matcher == nil || matcher.Kind != source.Object {
		return nil
	}
	is := func(right any) draft.Map { return draft.Map{{Key: left, Value: right}} }
	not := func(condition draft.Map) draft.Map { return draft.Map{{Key: "not", Value: condition}} }
	for i, key := range matcher.Keys {
		v := matcher.Items[i]
		text := draft.Inert(v.Text())
		switch key {
		case "expression", "caseInsensitive":
			continue
		case "equalTo":
			switch {
			case matcher.True("caseInsensitive"):
				return is(draft.Map{{Key: "matches", Value: `(?i)` + draft.Inert(regexp.QuoteMeta(v.Value))}})
			case typed && isJSONScalar(v.Value):
				return is([]any{text, scalar(v.Value)})
			}
			return is(text)
		case "doesNotContain":
			return not(is(draft.Map{{Key: "contains", Value: text}}))
		case "doesNotMatch":
			return not(is(draft.Map{{Key: "matches", Value: text}}))
		case "absent":
			return is(draft.Map{{Key: "absent", Value: v.IsTrue()}})
		case "and", "or":
			return c.several(left, key, v, typed)
		case "not":
			if inner := c.of(left, v, typed); inner != nil {
				return not(inner)
			}
			return nil
		case "hasExactly", "includes":
			if key == "hasExactly" {
				c.m.Loss(matcher, "further values of `%s` are not refused: mocks check only these", draft.Line(left, 60))
			}
			return c.several(left, "and", v, typed)
		}
		if operator := operatorOf(key); operator != "" && matcher.Get("truncateExpected") == nil && matcher.Get("actualFormat") == nil {
			if v.Kind == source.Number {
				return is(draft.Map{{Key: operator, Value: v}})
			}
			return is(draft.Map{{Key: operator, Value: text}})
		}
		c.m.None(matcher, "the condition `%s` of `%s` is left out: mocks have no equivalent", draft.Line(key, 60), draft.Line(left, 60))
		return nil
	}
	return nil
}

func (c *conditions) several(left, how string, list *source.Node, typed bool) draft.Map {
	var parts []any
	for _, item := range list.Items {
		if part := c.of(left, item, typed); part != nil {
			parts = append(parts, part)
		}
	}
	if parts == nil {
		return nil
	}
	return draft.Map{{Key: map[string]string{"and": "all", "or": "any"}[how], Value: parts}}
}

func isJSONScalar(s string) bool {
	n, err := source.Parse([]byte(s))
	return err == nil && (n.Kind == source.Number || n.Kind == source.Bool)
}

func scalar(s string) any {
	n, err := source.Parse([]byte(s))
	if err != nil {
		return s
	}
	return n
}
