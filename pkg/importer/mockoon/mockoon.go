// Package mockoon makes mocks of Mockoon's environments: a file of Mockoon's, or what older versions export.
package mockoon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Import makes a mock of an environment, or of all environments of an export.
func Import(ctx context.Context, root *source.Node, o openapi.Options) (*draft.Result, []mockspec.Diagnostic) {
	found := environments(root)
	title := ""
	if len(found) > 0 {
		title = draft.Line(found[0].Text("name"), 200)
	}
	m := draft.New(o, title)
	for i, node := range found {
		if i == 1 {
			m.Loss(node, "the environments of the export become one mock: what the first one says of all routes counts")
		}
		e := environment{m: m, node: node, first: i == 0, buckets: map[string]*bucket{}, tags: map[string]string{}}
		e.translate(ctx)
	}
	return m.Finish(ctx)
}

// environments are those of a file: it is one, or an export of older versions, which may have single routes too.
func environments(root *source.Node) (found []*source.Node) {
	if root.Get("routes") != nil {
		return []*source.Node{root}
	}
	loose := &source.Node{Kind: source.List}
	for _, entry := range root.List("data") {
		switch item := entry.Get("item"); entry.Text("type") {
		case "environment":
			found = append(found, item)
		case "route":
			loose.Items = append(loose.Items, item)
		}
	}
	if len(loose.Items) > 0 {
		found = append(found, &source.Node{Kind: source.Object, Keys: []string{"routes"}, Items: []*source.Node{loose}})
	}
	return found
}

// environment is what an import knows of an environment.
type environment struct {
	m        *draft.Mock
	node     *source.Node
	first    bool
	prefix   string
	buckets  map[string]*bucket // by their ids
	tags     map[string]string  // of the routes, by their ids
	counters int
}

func (e *environment) translate(ctx context.Context) {
	e.prefix = strings.Trim(e.node.Text("endpointPrefix"), "/")
	for _, n := range e.node.List("data") {
		e.bucket(n)
	}
	e.folders()
	if e.first {
		e.settings()
	}
	if e.node.True("proxyMode") {
		e.m.None(e.node.Get("proxyMode"), "requests that no route answers are not forwarded to `%s`: they are answered with 404", draft.Line(e.node.Text("proxyHost"), 80))
	}
	if e.node.True("tlsOptions", "enabled") {
		e.m.None(e.node.Get("tlsOptions"), "certificates are left out: the mock's own host has one")
	}
	for _, n := range e.node.List("routes") {
		if ctx.Err() != nil {
			return // Finish says so
		}
		r := route{environment: e, node: n}
		r.translate()
	}
}

// settings are what the environment says of all routes.
func (e *environment) settings() {
	if cors := e.node.Get("cors"); cors != nil && cors.Kind == source.Bool && !cors.IsTrue() {
		e.m.Setting("cors", false)
	}
	r := route{environment: e, node: e.node}
	if headers := r.headers(e.node.Get("headers"), r.templates(e.node.Get("headers"))); len(headers) > 0 {
		defaults := draft.Map{{Key: "headers", Value: headers}}
		if err := e.m.CheckEndpoint(draft.Map{{Key: "path", Value: "/"}, {Key: "response", Value: defaults}}); err != nil {
			e.m.None(e.node.Get("headers"), "the headers of all routes are left out: %v", err)
			return
		}
		e.m.Setting("defaults", defaults)
	}
}

// maxFolders bounds how deep folders may be nested.
const maxFolders = 50

// folders gives the routes the name of their outermost folder.
func (e *environment) folders() {
	folders := map[string]*source.Node{}
	inner := map[string]bool{}
	for _, f := range e.node.List("folders") {
		folders[f.Text("uuid")] = f
		for _, child := range f.List("children") {
			if child.Text("type") == "folder" {
				inner[child.Text("uuid")] = true
			}
		}
	}
	var walk func(f *source.Node, name string, depth int)
	walk = func(f *source.Node, name string, depth int) {
		delete(folders, f.Text("uuid")) // each is walked once
		for _, child := range f.List("children") {
			id := child.Text("uuid")
			if child.Text("type") != "folder" {
				e.tags[id] = name
			} else if sub := folders[id]; sub != nil && depth < maxFolders {
				walk(sub, name, depth+1)
			}
		}
	}
	for _, f := range e.node.List("folders") {
		if id := f.Text("uuid"); !inner[id] && folders[id] != nil {
			walk(f, draft.Line(f.Text("name"), 100), 0)
		}
	}
}

// route is a route of an environment.
type route struct {
	*environment

	node      *source.Node
	title     string
	params    []string
	repeating int    // how many texts `repeat` has made
	counter   string // the state that counts the requests; "" if nothing asks for it
}

func (r *route) translate() {
	method := strings.ToUpper(r.node.Text("method"))
	endpoint := r.node.Text("endpoint")
	r.title = draft.Line(cmp.Or(method, strings.ToUpper(r.node.Text("type")))+" /"+strings.TrimPrefix(endpoint, "/"), 80)
	enabled := r.node.Get("enabled")
	switch {
	case enabled != nil && enabled.Kind == source.Bool && !enabled.IsTrue():
		r.m.None(r.node, "%s is left out: it is switched off", r.title)
		return
	case r.node.Text("type") == "ws":
		r.m.None(r.node, "%s is left out: WebSocket routes are not imported", r.title)
		return
	}
	paths, err := expressPath(strings.Trim(r.prefix+"/"+strings.Trim(endpoint, "/"), "/"))
	if err != nil {
		r.m.None(r.node.Get("endpoint"), "%s is left out: %v", r.title, err)
		return
	}
	if r.node.Text("type") == "crud" {
		r.crud(paths[0])
		return
	}
	switch method {
	case "ALL":
		method = "ANY"
	case "":
		method = "GET"
	}
	for _, p := range paths {
		if p.lost {
			r.m.Loss(r.node.Get("endpoint"), "the parameters of %s have no names: its path is a pattern", r.title)
		}
		r.params = p.params
		for _, a := range r.answers() {
			a.If = both(p.condition, a.If)
			r.m.Add(method, p.path, r.extra(), a)
		}
	}
}

// both is a condition of two, each of which may be missing.
func both(a, b draft.Map) draft.Map {
	if len(a) == 0 || len(b) == 0 {
		return append(slices.Clip(a), b...)
	}
	return draft.Map{{Key: "all", Value: []any{a, b}}}
}

// extra are the keys of an endpoint that describe it.
func (r *route) extra() (extra draft.Map) {
	if tag := r.tags[r.node.Text("uuid")]; tag != "" {
		extra = append(extra, draft.Pair{Key: "tag", Value: tag})
	}
	if summary := draft.Line(r.node.Text("documentation"), 200); summary != "" {
		extra = append(extra, draft.Pair{Key: "summary", Value: summary})
	}
	return extra
}

// answers are the responses of a route, in the order in which they are tried.
func (r *route) answers() (answers []draft.Answer) {
	responses := r.node.List("responses")
	if len(responses) == 0 {
		r.m.Loss(r.node, "%s has no response: it answers 200 with an empty body", r.title)
		return []draft.Answer{{Keys: draft.Map{{Key: "status", Value: 200}}, At: r.node, Title: r.title}}
	}
	fallback := responses[0]
	for _, n := range responses {
		if n.True("default") {
			fallback = n
			break
		}
	}
	mode := r.node.Text("responseMode")
	switch {
	case len(responses) == 1 && mode != "FALLBACK" && mode != "PROXY_MISSING":
		mode = "DISABLE_RULES"
		if rules := responses[0].List("rules"); len(rules) > 0 { // the only response answers whether its rules hold or not
			r.m.Loss(responses[0].Get("rules"), "the rules of the only response of %s are left out: they decide nothing", r.title)
		}
	case r.node.True("randomResponse"):
		mode = "RANDOM"
	case r.node.True("sequentialResponse"):
		mode = "SEQUENTIAL"
	}
	add := func(n *source.Node, condition, share draft.Map) {
		answers = append(answers, draft.Answer{If: condition, Share: share, Keys: r.answer(n), At: n, Title: "this response of " + r.title})
	}
	switch mode {
	case "RANDOM":
		for _, n := range responses[:len(responses)-1] {
			add(n, nil, draft.Map{{Key: "chance", Value: float64(1000000/len(responses)) / 1000000}})
		}
		add(responses[len(responses)-1], nil, nil)
	case "SEQUENTIAL":
		if len(r.params) > 0 {
			r.m.Loss(r.node, "the sequence of %s begins anew for each path, such as /a and /b, rather than once for the route", r.title)
		}
		for _, n := range responses {
			add(n, nil, draft.Map{{Key: "times", Value: 1}})
		}
	case "DISABLE_RULES":
		for _, n := range responses {
			if n != fallback {
				r.m.None(n, "this response of %s is left out: rules are switched off, and it is not the default", r.title)
			}
		}
		add(fallback, nil, nil)
	default:
		r.count(responses)
		for _, n := range responses {
			if condition, ok := r.rules(n); ok {
				add(n, condition, nil)
			} else if n != fallback || mode == "FALLBACK" || mode == "PROXY_MISSING" {
				r.m.None(n, "this response of %s is left out: no rule chooses it", r.title)
			}
		}
		switch mode {
		case "PROXY_MISSING":
			r.m.None(r.node, "requests to %s that no rule chooses are not forwarded: they are answered with 404", r.title)
		case "FALLBACK":
		default:
			add(fallback, nil, nil)
		}
	}
	return answers
}

// count makes the state that counts the requests of a route, if one of its rules asks for their number.
func (r *route) count(responses []*source.Node) {
	for _, n := range responses {
		for _, rule := range n.List("rules") {
			if rule.Text("target") == "request_number" && r.counter == "" {
				r.counters++
				r.counter = fmt.Sprintf("requests-%d", r.counters)
				r.m.Declare(r.counter, 0)
			}
		}
	}
}

// crud makes a resource of a CRUD route.
func (r *route) crud(p express) {
	responses := r.node.List("responses")
	if p.condition != nil || len(p.params) > 0 || len(responses) == 0 {
		r.m.None(r.node, "%s is left out: its path is a pattern or has parameters", r.title)
		return
	}
	main := responses[0]
	for _, n := range responses[1:] {
		r.m.None(n, "this response of %s is left out: resources have none of their own", r.title)
	}
	b := r.buckets[main.Text("databucketID")]
	switch {
	case b == nil:
		r.m.None(r.node, "%s is left out: there is no data for it", r.title)
		return
	case b.items == nil:
		r.m.None(r.node, "%s is left out: its data `%s` is no list of objects", r.title, b.state)
		return
	}
	keys := draft.Map{{Key: "path", Value: strings.TrimSuffix(p.path, "/")}, {Key: "state", Value: b.state}}
	if key := main.Text("crudKey"); key != "" && key != "id" {
		keys = append(keys, draft.Pair{Key: "id-field", Value: key})
	}
	if latency := r.latency(main); latency != nil {
		keys = append(keys, draft.Pair{Key: "latency", Value: latency})
	}
	r.m.Loss(r.node, "%s answers DELETE with 204 rather than 200, and does not change the list as a whole", r.title)
	if len(main.List("headers")) > 0 {
		for _, h := range main.List("headers") {
			if !strings.EqualFold(h.Text("key"), "Content-Type") {
				r.m.None(h, "the header `%s` of %s is left out: resources set none", draft.Line(h.Text("key"), 60), r.title)
			}
		}
	}
	r.m.Resource(r.node, r.title, append(keys, r.extra()...))
}
