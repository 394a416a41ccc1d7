// Package wiremock makes mocks of WireMock's stub mappings: a file with one, a list, or what its admin API exports.
package wiremock

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Import makes a mock of stub mappings.
func Import(ctx context.Context, root *source.Node, o openapi.Options) (*draft.Result, []mockspec.Diagnostic) {
	m := draft.New(o, "")
	scenarios := map[string]string{}
	for _, s := range stubs(root) {
		t := translator{m: m, stub: s, scenarios: scenarios}
		t.translate()
	}
	return m.Finish(ctx)
}

// defaultPriority is that of a stub that names none; lower ones are tried first.
const defaultPriority = 5

// stubs are the mappings in the order in which WireMock tries them: by priority, and of equal ones the last first.
func stubs(root *source.Node) []*source.Node {
	var found []*source.Node
	switch {
	case root.Get("mappings") != nil:
		found = slices.Clone(root.List("mappings"))
	case root.Kind == source.List:
		found = slices.Clone(root.Items)
	default:
		found = []*source.Node{root}
	}
	slices.Reverse(found)
	priority := func(n *source.Node) int {
		if p, ok := n.Int("priority"); ok {
			return p
		}
		return defaultPriority
	}
	slices.SortStableFunc(found, func(a, b *source.Node) int { return cmp.Compare(priority(a), priority(b)) })
	return found
}

// translator makes one answer of one stub.
type translator struct {
	m      *draft.Mock
	stub   *source.Node
	when   conditions
	params []string // of the path, by their place

	scenarios map[string]string // the names of their states, by their own
}

// started is the state in which every scenario begins.
const started = "Started"

func (t *translator) translate() {
	request, response := t.stub.Get("request"), t.stub.Get("response")
	name := t.stub.Text("name")
	if name == "" {
		name = t.stub.Text("id")
	}
	title := "this stub"
	if name != "" {
		title = "the stub `" + draft.Line(name, 60) + "`"
	}
	switch {
	case t.stub == nil || t.stub.Kind != source.Object || request == nil || response == nil:
		t.m.None(t.stub, "%s is left out: it has no request or no response", title)
		return
	case response.Text("proxyBaseUrl") != "":
		t.m.None(response.Get("proxyBaseUrl"), "%s is left out: mocks do not forward requests", title)
		return
	}
	t.when.m = t.m
	path, ok := t.path(request)
	if !ok {
		t.m.None(request, "%s is left out: its URL has no path that mocks can match", title)
		return
	}
	t.request(request)
	set := t.scenario()
	extra := draft.Map{}
	if name := t.stub.Text("name"); name != "" {
		extra = append(extra, draft.Pair{Key: "summary", Value: draft.Line(name, 200)})
	}
	answer := draft.Answer{If: t.when.all(), Keys: append(t.response(response), set...), At: t.stub, Title: title}
	for _, method := range t.methods(request) {
		t.m.Add(method, path, extra, answer)
	}
}

// scenario adds the condition that the scenario of a stub is in the state that the stub requires, and returns what the answer
// sets.
func (t *translator) scenario() draft.Map {
	scenario, required, next := t.stub.Text("scenarioName"), t.stub.Text("requiredScenarioState"), t.stub.Text("newScenarioState")
	if scenario == "" || required == "" && next == "" {
		return nil
	}
	name := t.scenarios[scenario]
	if name == "" {
		name = draft.Parameter(scenario)
		for _, other := range t.scenarios {
			if other == name { // two names may become one
				name = fmt.Sprintf("%s-%d", name, len(t.scenarios)+1)
			}
		}
		t.scenarios[scenario] = name
		t.m.Declare(name, started)
	}
	if required != "" {
		t.when.add(draft.Map{{Key: "state." + name, Value: draft.Inert(required)}}, t.stub.Get("requiredScenarioState"))
	}
	if next == "" {
		return nil
	}
	return draft.Map{{Key: "set", Value: draft.Map{{Key: name, Value: draft.Inert(next)}}}}
}

// methods are the methods that a stub answers.
func (t *translator) methods(request *source.Node) []string {
	method := request.Get("method")
	names := []string{strings.ToUpper(request.Text("method"))}
	if method != nil && method.Kind == source.Object {
		names = nil
		for _, one := range method.List("oneOf") {
			names = append(names, strings.ToUpper(one.Value))
		}
		for _, not := range method.List("noneOf") {
			t.when.not(draft.Map{{Key: "request.method", Value: strings.ToUpper(not.Value)}}, not)
		}
	}
	if len(names) == 0 || names[0] == "" {
		return []string{"ANY"}
	}
	return names
}

// path is the path of the endpoint. What a path cannot say becomes a condition.
func (t *translator) path(request *source.Node) (string, bool) {
	switch {
	case request.Text("urlPath") != "":
		return literal(request.Text("urlPath")), true
	case request.Text("url") != "":
		path, query, _ := strings.Cut(request.Text("url"), "?")
		t.when.add(draft.Map{{Key: "request.query", Value: draft.Inert(query)}}, request.Get("url"))
		return literal(path), true
	case request.Text("urlPathTemplate") != "":
		return t.template(request.Text("urlPathTemplate")), true
	case request.Text("urlPathPattern") != "":
		return t.pattern(request.Text("urlPathPattern"), request.Get("urlPathPattern"))
	case request.Text("urlPattern") != "":
		pattern, query, has := strings.Cut(request.Text("urlPattern"), `\?`)
		if has {
			t.when.matches("request.query", query, request.Get("urlPattern"))
		}
		return t.pattern(pattern, request.Get("urlPattern"))
	}
	return "/*", true // any URL
}

func literal(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		b.WriteString("/" + draft.Segment(part))
	}
	return b.String()
}

func (t *translator) template(text string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.Trim(text, "/"), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok && strings.HasSuffix(name, "}") {
			name = draft.Parameter(strings.TrimSuffix(name, "}"))
			t.params = append(t.params, name)
			b.WriteString("/:" + name)
			continue
		}
		b.WriteString("/" + draft.Segment(part))
	}
	return b.String()
}

// pattern is the path of a regular expression: the longest text in front, and a condition for the rest.
func (t *translator) pattern(text string, at *source.Node) (string, bool) {
	expression := strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
	if tree, err := syntax.Parse(expression, syntax.Perl); err == nil && tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 {
		return literal(string(tree.Rune)), true
	}
	if !t.when.matches("request.path", expression, at) {
		return "", false
	}
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(expression, "/"), "/") {
		if regexp.QuoteMeta(part) != part || part == "" {
			break
		}
		b.WriteString("/" + draft.Segment(part))
	}
	if !single(expression) {
		return "/*", true
	}
	return b.String() + "/*", true
}

// single reports whether the text in front of an expression begins all that it matches: there is no choice outside of
// brackets.
func single(expression string) bool {
	depth := 0
	for i := 0; i < len(expression); i++ {
		switch expression[i] {
		case '\\':
			i++
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '|':
			if depth <= 0 {
				return false
			}
		}
	}
	return true
}
