package mockoon

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/handlebars"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// rules is the condition of a response; it is false if no rule can choose it.
func (r *route) rules(response *source.Node) (draft.Map, bool) {
	and := response.Text("rulesOperator") == "AND"
	var lines []any
	for _, rule := range response.List("rules") {
		if enabled := rule.Get("enabled"); enabled != nil && enabled.Kind == source.Bool && !enabled.IsTrue() {
			continue
		}
		condition, err := r.rule(rule)
		if err == nil {
			err = r.m.Check(condition)
		}
		if err != nil {
			r.m.None(rule, "the rule on `%s` of %s is left out: %v", draft.Line(strings.TrimSpace(rule.Text("target")+" "+rule.Text("modifier")), 60), r.title, err)
			if and { // without it the response would answer too much
				return nil, false
			}
			continue
		}
		lines = append(lines, condition)
	}
	switch {
	case len(lines) == 0:
		return nil, false
	case len(lines) == 1:
		return lines[0].(draft.Map), true
	case and:
		return merged(lines), true
	}
	return draft.Map{{Key: "any", Value: lines}}, true
}

// merged is one condition of several that must hold: one map, if no key is there twice.
func merged(lines []any) draft.Map {
	var one draft.Map
	seen := map[string]bool{}
	for _, line := range lines {
		for _, p := range line.(draft.Map) {
			if seen[p.Key] {
				return draft.Map{{Key: "all", Value: lines}}
			}
			seen[p.Key] = true
			one = append(one, p)
		}
	}
	return one
}

// plainName is a name that stands behind a dot.
var plainName = regexp.MustCompile(`^[\w-]+$`)

// dotted is a path of such names.
var dotted = regexp.MustCompile(`^[\w-]+(?:\.[\w-]+)*$`)

// left is what a rule looks at.
func (r *route) left(rule *source.Node) (string, error) {
	target, modifier := rule.Text("target"), strings.TrimSpace(rule.Text("modifier"))
	if nodes, err := handlebars.Parse(modifier); err != nil || len(nodes) > 1 || len(nodes) == 1 && nodes[0].Call != nil {
		return "", errors.New("what it looks at is a template")
	}
	named := func(prefix string) (string, error) {
		if !plainName.MatchString(modifier) {
			return "", fmt.Errorf("mocks cannot look at `%s`", draft.Line(modifier, 60))
		}
		return prefix + modifier, nil
	}
	switch target {
	case "body":
		switch {
		case modifier == "":
			return "request.body", nil
		case strings.HasPrefix(modifier, "$"):
			return modifier, nil
		case dotted.MatchString(modifier):
			return "json-params." + modifier, nil
		}
		return jsonPathOf(modifier), nil
	case "query":
		return named("query-params.")
	case "header":
		return named("header-params.")
	case "cookie":
		return named("cookies.")
	case "params":
		modifier = draft.Parameter(modifier)
		return named("path-params.")
	case "path":
		if modifier != "" {
			return "", errors.New("mocks look at the path as a whole")
		}
		return "request.path", nil
	case "method":
		return "request.method", nil
	case "request_number":
		return "state." + r.counter + "|add:1", nil
	case "data_bucket":
		id, rest, _ := strings.Cut(modifier, ".")
		if b := r.bucketOf(id); b != nil && (rest == "" || dotted.MatchString(rest)) {
			return strings.TrimSuffix("state."+b.state+"."+rest, "."), nil
		}
		return "", errors.New("there is no such data")
	}
	return "", errors.New("mocks have no equivalent")
}

// jsonPathOf is a path with dots, some of which are escaped, as a JSONPath.
func jsonPathOf(path string) string {
	var b strings.Builder
	b.WriteByte('$')
	for part := range strings.SplitSeq(strings.ReplaceAll(path, `\.`, "\x00"), ".") {
		part = strings.ReplaceAll(part, "\x00", ".")
		if part != "" && strings.Trim(part, "0123456789") == "" {
			b.WriteString("[" + part + "]")
			continue
		}
		b.WriteString("['" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(part) + "']")
	}
	return b.String()
}

// rule is the condition that a rule is.
func (r *route) rule(rule *source.Node) (draft.Map, error) {
	left, err := r.left(rule)
	if err != nil {
		return nil, err
	}
	operator := rule.Text("operator")
	if operator == "" {
		operator = "equals"
		if rule.True("isRegex") { // as older versions have it
			operator = "regex"
		}
	}
	is := func(right any) draft.Map { return draft.Map{{Key: left, Value: right}} }
	text := r.templates(rule)(rule.Text("value"))
	var condition draft.Map
	switch operator {
	case "equals":
		condition = is(r.equal(rule, text))
	case "regex", "regex_i":
		flags := "s"
		if operator == "regex_i" {
			flags = "is"
		}
		condition = is(draft.Map{{Key: "matches", Value: draft.Inert("(?" + flags + ").*(?:" + rule.Text("value") + ").*")}})
	case "null":
		absent := is(draft.Map{{Key: "absent", Value: true}})
		condition = absent
		if target := rule.Text("target"); target == "body" || target == "data_bucket" {
			condition = draft.Map{{Key: "any", Value: []any{absent, is(nil)}}}
		}
	case "empty_array":
		condition = is(draft.Map{{Key: "equals", Value: []any{}}})
	case "array_includes":
		condition = is(draft.Map{{Key: "contains", Value: text}})
	case "valid_json_schema":
		b := r.bucketOf(rule.Text("value"))
		if b == nil || b.node == nil {
			return nil, errors.New("its schema is in no data")
		}
		condition = is(draft.Map{{Key: "schema", Value: b.node}})
	default:
		return nil, fmt.Errorf("mocks have nothing like `%s`", draft.Line(operator, 40))
	}
	if rule.True("invert") {
		condition = draft.Map{{Key: "not", Value: condition}}
	}
	return condition, nil
}

// equal is the right side of a rule that compares texts, whatever types the values have.
func (r *route) equal(rule *source.Node, text string) any {
	value := rule.Text("value")
	typed := func() *source.Node {
		if n, err := source.Parse([]byte(value)); err == nil && (n.Kind == source.Number || n.Kind == source.Bool) {
			return n
		}
		return nil
	}
	switch rule.Text("target") {
	case "request_number":
		if n := typed(); n != nil {
			return n
		}
	case "method":
		return draft.Map{{Key: "matches", Value: "(?i)" + regexp.QuoteMeta(value)}}
	case "body", "data_bucket":
		if rule.Text("modifier") == "" { // the text as a whole
			break
		}
		if n := typed(); n != nil {
			return []any{text, n}
		}
		if value == "" { // null is an empty text to it
			return []any{text, nil}
		}
	}
	return text
}
