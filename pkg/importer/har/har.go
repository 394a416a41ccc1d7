// Package har makes mocks of HAR 1.2 files, in which browsers and proxies record requests and their answers.
package har

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/openapi"
)

// route is a method and a path, and what was recorded of them.
type route struct {
	method, path string
	queries      map[string]bool
	entries      []entry
}

type entry struct {
	query string
	node  *source.Node
}

// Import makes a mock of what was recorded: the first answer to each method, path and query.
func Import(ctx context.Context, root *source.Node, o openapi.Options) (*draft.Result, []mockspec.Diagnostic) {
	m := draft.New(o, "")
	var routes []*route
	known := map[string]*route{}
	host := ""
	for _, n := range root.List("log", "entries") {
		address, err := url.Parse(n.Text("request", "url"))
		status, _ := n.Int("response", "status")
		switch {
		case err != nil || address.Host == "":
			m.None(n, "this request is left out: it has no URL")
			continue
		case status == 0:
			m.None(n, "%s is left out: it was not answered", draft.Line(address.Path, 80))
			continue
		case host == "":
			host = address.Host
		case host != address.Host:
			m.Loss(n, "requests to `%s` and to `%s` are answered by one mock", draft.Line(host, 60), draft.Line(address.Host, 60))
		}
		method, path := strings.ToUpper(n.Text("request", "method")), pathOf(address)
		r := known[method+" "+path]
		if r == nil {
			r = &route{method: method, path: path, queries: map[string]bool{}}
			known[method+" "+path] = r
			routes = append(routes, r)
		}
		if r.queries[address.RawQuery] {
			m.None(n, "a further answer to %s %s is left out: the first one is kept", method, draft.Line(path, 80))
			continue
		}
		r.queries[address.RawQuery] = true
		r.entries = append(r.entries, entry{address.RawQuery, n})
	}
	for _, r := range routes {
		for _, e := range r.entries {
			a := draft.Answer{Keys: answer(m, e.node), At: e.node, Title: "this request"}
			if len(r.entries) > 1 {
				a.If = draft.Map{{Key: "request.query", Value: draft.Inert(e.query)}}
			}
			m.Add(r.method, r.path, nil, a)
		}
	}
	return m.Finish(ctx)
}

func pathOf(address *url.URL) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.Trim(address.EscapedPath(), "/"), "/") {
		b.WriteString("/" + draft.Segment(part))
	}
	return b.String()
}

// answer is what was answered.
func answer(m *draft.Mock, n *source.Node) draft.Map {
	response := n.Get("response")
	status := m.Status(response, "status")
	keys := draft.Map{{Key: "status", Value: status}}
	body, ok := bodyOf(m, response, status)
	headers := draft.Map{}
	for _, h := range response.List("headers") {
		if name := h.Text("name"); draft.Header(name) && (ok || !strings.EqualFold(name, "Content-Type")) { // bodies are recorded as they are without their encoding
			headers = draft.AddHeader(headers, name, draft.Inert(h.Text("value")))
		}
	}
	if len(headers) > 0 {
		keys = append(keys, draft.Pair{Key: "headers", Value: headers})
	}
	if body != "" {
		keys = append(keys, draft.Pair{Key: "body", Value: draft.Inert(body)})
	}
	return keys
}

// bodyOf is the body of an answer; it is false if there was one that the mock cannot have.
func bodyOf(m *draft.Mock, response *source.Node, status int) (body string, ok bool) {
	content := response.Get("content")
	size, _ := content.Int("size")
	body = content.Text("text")
	switch {
	case status == 204 || status == 205 || status == 304:
		return "", true
	case content.Text("encoding") == "base64":
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil || !utf8.Valid(decoded) {
			m.None(content, "the body is left out: it is not text; upload it as a file and name the file in `external-body`")
			return "", false
		}
		return string(decoded), true
	case body == "" && size > 0:
		m.None(content, "the body is left out: it was not recorded")
		return "", false
	}
	return body, body != ""
}
