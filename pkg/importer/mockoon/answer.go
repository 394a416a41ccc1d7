package mockoon

import (
	"cmp"
	"strings"

	"github.com/mocloud/mocloud/pkg/importer/internal/draft"
	"github.com/mocloud/mocloud/pkg/importer/internal/source"
)

// answer is what a response answers.
func (r *route) answer(n *source.Node) draft.Map {
	r.repeating = 0
	texts := r.templates(n)
	if n.True("disableTemplating") {
		texts = draft.Inert
	}
	status := r.m.Status(n, "statusCode")
	keys := draft.Map{{Key: "status", Value: status}}
	if headers := r.headers(n.Get("headers"), texts); len(headers) > 0 {
		keys = append(keys, draft.Pair{Key: "headers", Value: headers})
	}
	if status != 204 && status != 205 && status != 304 {
		keys = append(keys, r.body(n, texts)...)
	}
	if r.counter != "" {
		keys = append(keys, draft.Pair{Key: "set", Value: draft.Map{{Key: r.counter, Value: "{{state." + r.counter + "|add:1}}"}}})
	}
	if latency := r.latency(n); latency != nil {
		keys = append(keys, draft.Pair{Key: "latency", Value: latency})
	}
	if hooks := r.callbacks(n); len(hooks) > 0 {
		keys = append(keys, draft.Pair{Key: "webhook", Value: hooks})
	}
	return keys
}

// body is the body of an answer, whatever holds it.
func (r *route) body(n *source.Node, texts func(string) string) draft.Map {
	kind := n.Text("bodyType")
	if kind == "" && n.Text("filePath") != "" { // as older versions have it
		kind = "FILE"
	}
	switch kind {
	case "FILE":
		path := strings.TrimPrefix(strings.ReplaceAll(n.Text("filePath"), `\`, "/"), "./")
		if path == "" {
			return nil
		}
		if strings.Contains(path, "{{") || strings.HasPrefix(path, "/") || strings.Contains(path, "..") || strings.Contains(path, ":") {
			r.m.None(n.Get("filePath"), "the body of %s is left out: it is the file `%s` of that machine; upload it, and name it in `external-body`", r.title, draft.Line(path, 100))
			return nil
		}
		r.m.Loss(n.Get("filePath"), "the body of %s is the file `%s`, which was not imported: upload it", r.title, draft.Line(path, 100))
		return draft.Map{{Key: "external-body", Value: draft.Map{{Key: "provider", Value: "json"}, {Key: "path", Value: draft.Inert(path)}}}}
	case "DATABUCKET":
		b := r.bucketOf(n.Text("databucketID"))
		switch {
		case b == nil:
			r.m.None(n, "the body of %s is left out: there is no data for it", r.title)
			return nil
		case b.text:
			return draft.Map{{Key: "body", Value: "{{state." + b.state + "|safe}}"}}
		}
		return draft.Map{{Key: "body", Value: "{{state." + b.state + "|json}}"}}
	}
	if body := n.Text("body"); body != "" {
		return draft.Map{{Key: "body", Value: texts(body)}}
	}
	return nil
}

// headers are those of an answer. What the server sets itself is left out.
func (r *route) headers(list *source.Node, texts func(string) string) (headers draft.Map) {
	for _, h := range list.List() {
		name := strings.TrimSpace(h.Text("key"))
		switch {
		case name == "" && h.Text("value") == "":
		case !draft.Header(name):
			if !strings.EqualFold(name, "Content-Length") {
				r.m.Loss(h, "the header `%s` is left out: the server sets it itself", draft.Line(name, 60))
			}
		default:
			headers = draft.AddHeader(headers, name, texts(strings.TrimSpace(h.Text("value"))))
		}
	}
	return headers
}

// maxMillis is the longest wait of a mock.
const maxMillis = 600_000

// latency is how long an answer takes: the environment's time and its own.
func (r *route) latency(n *source.Node) any {
	all, _ := r.environment.node.Int("latency")
	own, _ := n.Int("latency")
	if ms := min(max(all, 0), maxMillis) + min(max(own, 0), maxMillis); ms > 0 {
		return draft.Map{{Key: "min-ms", Value: min(ms, maxMillis)}}
	}
	return nil
}

// maxWebhooks is how many requests an answer may send.
const maxWebhooks = 5

// callbacks are the requests that are sent after an answer.
func (r *route) callbacks(n *source.Node) (out []any) {
	for _, invocation := range n.List("callbacks") {
		var c *source.Node
		for _, declared := range r.environment.node.List("callbacks") {
			if id := invocation.Text("uuid"); id != "" && id == declared.Text("uuid") {
				c = declared
			}
		}
		switch {
		case c == nil || c.Text("uri") == "":
			r.m.None(invocation, "a callback of %s is left out: it is not declared", r.title)
			continue
		case len(out) == maxWebhooks:
			r.m.None(invocation, "only the first %d callbacks of %s are kept", maxWebhooks, r.title)
			return out
		}
		texts := r.templates(c)
		hook := draft.Map{{Key: "url", Value: texts(c.Text("uri"))}, {Key: "method", Value: strings.ToUpper(cmp.Or(c.Text("method"), "POST"))}}
		if ms, _ := invocation.Int("latency"); ms > 0 {
			hook = append(hook, draft.Pair{Key: "sleep-time-ms", Value: ms})
		}
		if headers := r.headers(c.Get("headers"), texts); len(headers) > 0 {
			hook = append(hook, draft.Pair{Key: "headers", Value: headers})
		}
		body := r.body(c, texts)
		if len(body) > 0 && body[0].Key == "external-body" {
			body = nil // which the note on the file has said
		}
		out = append(out, append(hook, body...))
	}
	return out
}
