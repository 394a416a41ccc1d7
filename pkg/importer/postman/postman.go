// Package postman makes mocks of Postman collections 2.0 and 2.1: an endpoint for each request, which answers as the
// examples that are saved with it.
package postman

import (
	"context"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// Import makes a mock of a collection.
func Import(ctx context.Context, root *source.Node, o openapi.Options) (*draft.Result, []mockspec.Diagnostic) {
	if c := root.Get("collection"); c != nil { // as Postman's API answers
		root = c
	}
	i := importer{m: draft.New(o, draft.Line(root.Text("info", "name"), 200)), routes: map[string][]example{}}
	i.scripts(root)
	i.items(root, "", 0)
	i.write()
	return i.m.Finish(ctx)
}

type importer struct {
	m      *draft.Mock
	order  []string // methods and paths, as they come
	routes map[string][]example
}

// example is an answer that is saved with a request.
type example struct {
	node         *source.Node
	method, path string
	summary, tag string
	query        draft.Map // of its own request
	name         string
	status       int
	keys         draft.Map
}

// maxDepth bounds how deep folders may be nested.
const maxDepth = 50

func (i *importer) items(n *source.Node, folder string, depth int) {
	if depth > maxDepth {
		i.m.None(n, "folders that are nested more than %d deep are left out", maxDepth)
		return
	}
	for _, item := range n.List("item") {
		i.scripts(item)
		if item.Get("item") != nil {
			name := folder
			if name == "" { // the outermost folder is the tag
				name = draft.Line(item.Text("name"), 100)
			}
			i.items(item, name, depth+1)
			continue
		}
		i.request(item, folder)
	}
}

// scripts notes that scripts are not run.
func (i *importer) scripts(n *source.Node) {
	for _, event := range n.List("event") {
		if len(event.List("script", "exec")) > 0 {
			i.m.None(event, "the script `%s` is left out: mocks run no scripts", draft.Line(event.Text("listen"), 40))
		}
	}
}

// request reads one request and its examples.
func (i *importer) request(item *source.Node, folder string) {
	request := item.Get("request")
	if request == nil {
		i.m.None(item, "`%s` is left out: it has no request", draft.Line(item.Text("name"), 60))
		return
	}
	method := strings.ToUpper(request.Text("method"))
	if method == "" {
		method = "GET"
	}
	path, _ := i.address(request)
	base := example{method: method, path: path, summary: draft.Line(item.Text("name"), 200), tag: folder, node: item}
	responses := item.List("response")
	if len(responses) == 0 {
		i.m.Loss(item, "%s %s has no example: it answers 200 with an empty body", method, draft.Line(path, 80))
		base.keys, base.status = draft.Map{{Key: "status", Value: 200}}, 200
		i.add(base)
		return
	}
	for _, response := range responses {
		e := base
		e.node, e.name = response, response.Text("name")
		if original := response.Get("originalRequest"); original != nil {
			if path, query := i.address(original); path == e.path || sameShape(path, e.path) {
				e.query = query
			}
		}
		e.status = i.m.Status(response, "code")
		e.keys = i.answer(response, e.status)
		i.add(e)
	}
}

func (i *importer) add(e example) {
	route := e.method + " " + e.path
	if i.routes[route] == nil {
		i.order = append(i.order, route)
	}
	i.routes[route] = append(i.routes[route], e)
}

// sameShape reports whether two paths have as many parts: then one is an example of the other.
func sameShape(a, b string) bool { return strings.Count(a, "/") == strings.Count(b, "/") }

var variable = regexp.MustCompile(`^\{\{\s*([^{}]*?)\s*\}\}$`)

// address is the path of a request, and its query as a condition.
func (i *importer) address(request *source.Node) (path string, query draft.Map) {
	at := request.Get("url")
	if request.Kind == source.Text { // a request that is an address alone
		at = request
	}
	raw := at.Text()
	if at != nil && at.Kind == source.Object {
		raw = at.Text("raw")
	}
	parts := strings.Split(pathOf(raw), "/")
	if list := at.List("path"); list != nil {
		parts = nil
		for _, part := range list {
			parts = append(parts, part.Text()+part.Text("value"))
		}
	} else if text := at.Text("path"); text != "" {
		parts = strings.Split(strings.Trim(text, "/"), "/")
	}
	var b strings.Builder
	for _, part := range parts {
		if part == "" {
			continue
		}
		if m := variable.FindStringSubmatch(part); m != nil {
			b.WriteString("/:" + draft.Parameter(m[1]))
		} else if name, ok := strings.CutPrefix(part, ":"); ok && name != "" {
			b.WriteString("/:" + draft.Parameter(name))
		} else {
			b.WriteString("/" + draft.Segment(part))
		}
	}
	if b.Len() == 0 {
		b.WriteByte('/')
	}
	return b.String(), i.query(at, raw)
}

// pathOf is the path of an address without its host, whether that is written out or a variable.
func pathOf(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	raw, _, _ = strings.Cut(raw, "#")
	_, rest, isURL := strings.Cut(raw, "://")
	switch {
	case isURL, strings.HasPrefix(raw, "{{"):
		if !isURL {
			rest = raw
		}
		_, path, _ := strings.Cut(rest, "/")
		return path
	case strings.HasPrefix(raw, "/"):
		return raw
	}
	host, path, _ := strings.Cut(raw, "/")
	if strings.ContainsAny(host, ".:") || host == "localhost" {
		return path
	}
	return raw
}

// query is the condition that a request has this query, as far as it is written out.
func (i *importer) query(at *source.Node, raw string) (condition draft.Map) {
	add := func(name, value string) {
		if name != "" && !strings.Contains(name+value, "{{") {
			condition = append(condition, draft.Pair{Key: "query-params." + name, Value: draft.Inert(value)})
		}
	}
	if list := at.List("query"); list != nil {
		for _, p := range list {
			if !p.True("disabled") {
				add(p.Text("key"), p.Text("value"))
			}
		}
		return condition
	}
	if _, text, ok := strings.Cut(raw, "?"); ok {
		for pair := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if v, err := url.QueryUnescape(value); err == nil {
				value = v
			}
			add(name, value)
		}
	}
	return condition
}

// answer is what an example answers.
func (i *importer) answer(response *source.Node, status int) draft.Map {
	keys := draft.Map{{Key: "status", Value: status}}
	headers, hasType := draft.Map{}, false
	for _, h := range response.List("header") {
		name := h.Text("key")
		switch {
		case h.True("disabled"):
		case !draft.Header(name):
			if strings.EqualFold(name, "Content-Encoding") {
				i.m.Loss(h, "the header `Content-Encoding` is left out: the body is not encoded")
			}
		default:
			hasType = hasType || strings.EqualFold(name, "Content-Type")
			headers = draft.AddHeader(headers, name, draft.Inert(h.Text("value")))
		}
	}
	body := response.Text("body")
	if kind := mediaType(response.Text("_postman_previewlanguage")); kind != "" && !hasType && body != "" {
		headers = append(headers, draft.Pair{Key: "Content-Type", Value: kind})
	}
	if len(headers) > 0 {
		keys = append(keys, draft.Pair{Key: "headers", Value: headers})
	}
	if body != "" && status != 204 && status != 205 && status != 304 {
		keys = append(keys, draft.Pair{Key: "body", Value: texts(body)})
	}
	return keys
}

// mediaType is what the language of an example's preview is called.
func mediaType(language string) string {
	switch language {
	case "json":
		return "application/json"
	case "xml":
		return "application/xml"
	case "html":
		return "text/html"
	case "text":
		return "text/plain"
	}
	return ""
}

// dynamic is what a variable of Postman's is in mocks; "" if they have none like it.
func dynamic(name string) string {
	switch name {
	case "$guid", "$randomUUID":
		return "{{uuid}}"
	case "$isoTimestamp":
		return "{{now}}"
	case "$randomInt":
		return "{{random}}"
	case "$randomFirstName":
		return "{{fake.first-name}}"
	case "$randomLastName":
		return "{{fake.last-name}}"
	case "$randomEmail":
		return "{{fake.email}}"
	case "$randomCity":
		return "{{fake.city}}"
	}
	return ""
}

var dynamicName = regexp.MustCompile(`\{\{(\$\w+)\}\}`)

// texts makes a body a template that says the same.
func texts(body string) string {
	var b strings.Builder
	end := 0
	for _, m := range dynamicName.FindAllStringSubmatchIndex(body, -1) {
		b.WriteString(draft.Inert(body[end:m[0]]))
		if translated := dynamic(body[m[2]:m[3]]); translated != "" {
			b.WriteString(translated)
		} else {
			b.WriteString(draft.Inert(body[m[0]:m[1]]))
		}
		end = m[1]
	}
	b.WriteString(draft.Inert(body[end:]))
	return b.String()
}

// write adds the examples of each route to the mock: they are chosen by name and status as Postman's own mocks do it, else
// by the query that their own request has; what remains is answered by the first good one.
func (i *importer) write() {
	for _, route := range i.order {
		examples := i.routes[route]
		fallback := examples[0]
		for _, e := range examples {
			if e.status < 300 {
				fallback = e
				break
			}
		}
		extra := draft.Map{}
		if fallback.tag != "" {
			extra = append(extra, draft.Pair{Key: "tag", Value: fallback.tag})
		}
		if fallback.summary != "" {
			extra = append(extra, draft.Pair{Key: "summary", Value: fallback.summary})
		}
		add := func(e example, condition draft.Map) {
			if condition != nil {
				if err := i.m.Check(condition); err != nil {
					i.m.None(e.node, "the example `%s` cannot be chosen: %v", draft.Line(e.name, 60), err)
					return
				}
			}
			i.m.Add(e.method, e.path, extra, draft.Answer{If: condition, Keys: e.keys, At: e.node, Title: "the example `" + draft.Line(e.name, 60) + "`"})
		}
		if len(examples) > 1 {
			chosen := map[int]bool{}
			for _, e := range examples {
				named := []any{}
				if e.name != "" {
					named = append(named, draft.Map{{Key: "header-params.x-mock-response-name", Value: draft.Inert(e.name)}})
				}
				if !chosen[e.status] {
					chosen[e.status] = true
					named = append(named, draft.Map{{Key: "header-params.x-mock-response-code", Value: strconv.Itoa(e.status)}})
				}
				if len(named) > 0 {
					add(e, draft.Map{{Key: "any", Value: named}})
				}
			}
			seen := map[string]bool{}
			for _, e := range examples {
				if key := queryKey(e.query); key != "" && !seen[key] && differ(examples) {
					seen[key] = true
					add(e, e.query)
				}
			}
		}
		add(fallback, nil)
	}
}

// differ reports whether the queries of examples tell them apart.
func differ(examples []example) bool {
	first := queryKey(examples[0].query)
	for _, e := range examples[1:] {
		if queryKey(e.query) != first {
			return true
		}
	}
	return false
}

func queryKey(query draft.Map) string {
	var b strings.Builder
	for _, p := range query {
		b.WriteString(p.Key + "=" + p.Value.(string) + "\x00")
	}
	return b.String()
}
