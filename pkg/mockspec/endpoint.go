package mockspec

import (
	"cmp"
	"errors"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/match"
)

func asPathError(err error) *PathError {
	var e *PathError
	if !errors.As(err, &e) {
		e = &PathError{Code: CodeBadPath, Message: err.Error()}
	}
	return e
}

// endpoint reads one HTTP endpoint and adds it when all of it could be read.
func (r *reader) endpoint(n *yaml.Node, pos Position) {
	e := Endpoint{Pos: pos, Method: "GET", NoResponse: true}
	methods := []string{e.Method}
	before := r.errors()
	var templates deferred
	r.pending, r.patterns = &templates, 0
	var response *yaml.Node // its key
	seen := r.object(n, endpointTable, func(k *key, name, v *yaml.Node) {
		switch k.name {
		case "method":
			methods = r.methods(v)
		case "host":
			e.Host = r.host(v)
		case "path":
			e.Path = r.path(v)
		case "contract":
			e.Contract = r.contract(v)
		case "auth":
			e.Auth = r.auth(v)
		case "responses":
			e.Responses = r.entries(v, MaxEntries)
		case "query":
			e.Query = r.types(v)
		case "body":
			e.Body = r.sample(v)
		case "response":
			if isNull(v) {
				r.fail(at(name), CodeMissingResponse, "add `status` and `body`", "`response` is empty: add `status` or `body`, or write `{}`")
				return
			}
			e.Response, e.NoResponse, response = r.response(v), false, name
		case "rate-limit":
			e.RateLimit = r.rateLimit(v)
		case "latency":
			e.Latency = r.latency(v)
		case "webhook":
			e.Webhooks = r.webhooks(v)
		case "tag":
			e.Tag, _ = r.plain(v, "`tag`")
		case "summary":
			e.Summary, _ = r.plain(v, "`summary`")
		}
	})
	r.pending = nil
	if n.Kind == yaml.MappingNode {
		if seen&(1<<endpointTable.find("response")) == 0 && len(e.Responses) == 0 {
			r.fail(at(n), CodeMissingResponse, "add `response:`", "`endpoint` has no `response`: add one")
		}
		r.answers(n, &e, response)
	}
	r.lint(templates, r.scopeOf(&e))
	if len(methods) > 0 {
		e.Method = methods[0]
	}
	r.lintHeaders(&e)
	for i := range e.Responses {
		part := e
		part.Response = e.Responses[i].Response
		r.lintHeaders(&part)
	}
	if r.errors() != before {
		return
	}
	for _, method := range methods {
		e.Method = method
		r.mock.Endpoints = append(r.mock.Endpoints, e)
	}
}

// answers checks the answers of an endpoint as a whole.
func (r *reader) answers(n *yaml.Node, e *Endpoint, response *yaml.Node) {
	if n := len(e.Responses); response != nil && n > 0 && e.Responses[n-1].Always() {
		r.warn(at(response), CodeUnreachableResponse, "delete it, or give the entry before an `if`", "`response` is never sent: the entry on line %d always matches first", e.Responses[n-1].Pos.Line)
	}
	if r.patterns > match.MaxInstructions {
		r.fail(at(n), CodeBadPattern, "use fewer or smaller repetitions", "the regular expressions of this endpoint are too large together: they have %d instructions; the limit is %d", r.patterns, match.MaxInstructions)
	}
}

// errors counts the errors so far.
func (r *reader) errors() int {
	n := 0
	for i := range r.diags {
		if r.diags[i].Severity == Error {
			n++
		}
	}
	return n
}

// response reads what is answered.
func (r *reader) response(n *yaml.Node) Response { return r.answer(n, responseTable, nil) }

// answer reads an answer; other gets the keys that not every answer has.
func (r *reader) answer(n *yaml.Node, t *table, other func(k *key, v *yaml.Node)) Response {
	out := Response{Pos: at(n), Status: Text{Pos: at(n), Raw: "200"}}
	var body, external *yaml.Node
	r.object(n, t, func(k *key, name, v *yaml.Node) {
		switch k.name {
		case "status":
			if !isNull(v) {
				if t, ok := r.status(v); ok {
					out.Status = t
				}
			}
		case "headers":
			out.Headers = r.headers(v)
		case "body":
			body = v
		case "external-body":
			external = name
			out.Body = r.external(v)
		case "set":
			out.Set, out.SetPos = r.set(v), at(v)
		case "fault":
			out.Fault, _ = r.choice(v, k)
		case "latency":
			out.Latency = r.latency(v)
		case "webhook":
			out.Webhooks = r.webhooks(v)
		default:
			other(k, v)
		}
	})
	switch {
	case body != nil && external != nil:
		r.warn(at(body), CodeBodyIgnored, "delete one of them", "`body` has no effect beside `external-body`: delete one of them")
	case body != nil:
		out.Body = r.body(body, contentType(out.Headers))
	}
	if content := cmp.Or(body, external); content != nil && !isBlank(content) && bodiless(out.Status.Raw) {
		r.warn(at(content), CodeBodyIgnored, "delete the body, or change the status", "an answer with status %s has no body, so this is never sent", out.Status.Raw)
	}
	return out
}

// bodiless reports whether an answer of that status has no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
func bodiless(status string) bool { return status == "204" || status == "205" || status == "304" }

// contentType returns the value of the Content-Type header, or "".
func contentType(hs []Header) string {
	for _, h := range hs {
		if strings.EqualFold(h.Name, "Content-Type") {
			return h.Value.Raw
		}
	}
	return ""
}

// external reads a body that is loaded from elsewhere.
func (r *reader) external(n *yaml.Node) Body {
	x := External{}
	var where *yaml.Node
	r.object(n, externalTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "provider":
			x.Provider, _ = r.choice(v, k)
		case "path":
			where = v
			if t, ok := r.oneLine(v, "`path`"); ok {
				x.Path = t
				r.template(v, t.Raw, textUse)
			}
		case "sheet-name":
			x.SheetName, _ = r.plain(v, "`sheet-name`")
		}
	})
	if where != nil && x.Path.Raw == "" {
		r.fail(at(where), CodeBadValue, "name a file or a URL", "`path` is empty: name a file of the workspace or a URL")
	}
	if r.folder != "" && x.Path.Raw != "" && !strings.Contains(x.Path.Raw, "://") && !strings.HasPrefix(x.Path.Raw, "/") {
		x.Path.Raw = strings.TrimSuffix(r.folder, "/") + "/" + x.Path.Raw
	}
	if where != nil {
		r.outside(where, &x)
	}
	return Body{Pos: at(n), Kind: BodyExternal, External: &x}
}

// outside warns of a path that leaves the workspace.
func (r *reader) outside(where *yaml.Node, x *External) {
	const fix = "upload the file, or put it beside the mock, and write its path without a leading `/` and without `..`"
	folder, leaves := x.Folder()
	switch {
	case !leaves:
	case folder == "":
		r.warn(at(where), CodeBadValue, fix, "`%s` leaves the workspace and does not begin with a fixed folder: requests are answered with 500", brief(x.Path.Raw))
	default:
		r.warn(at(where), CodeBadValue, fix, "`%s` is outside of the workspace: only `mocloud run` reads files of `%s`, a published mock answers with 500", brief(x.Path.Raw), brief(folder))
	}
}

func (r *reader) rateLimit(n *yaml.Node) *RateLimit {
	l := &RateLimit{WindowMS: 900_000, MaxRequests: 100, Key: "remote-addr"}
	if isNull(n) {
		return l
	}
	if isNone(n) {
		return &RateLimit{Off: true}
	}
	r.object(n, rateLimitTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "window-ms":
			l.WindowMS = r.integer(v, k)
		case "max-requests":
			l.MaxRequests = r.integer(v, k)
		case "key-fn":
			if s, ok := r.plain(v, "`key-fn`"); ok {
				if l.Key = strings.TrimSpace(s); !isToken(l.Key) {
					r.fail(at(v), CodeBadValue, "write `remote-addr` or the name of a header", "`key-fn` must be `remote-addr` or the name of a header, not `%s`", brief(s))
				}
			}
		}
	})
	return l
}

func (r *reader) latency(n *yaml.Node) *Latency {
	l := &Latency{TimeoutMS: 30_000}
	if isNone(n) {
		return l
	}
	var top, median, p99, shape *yaml.Node
	r.object(n, latencyTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "min-ms":
			l.MinMS = r.integer(v, k)
		case "max-ms":
			l.MaxMS = r.integer(v, k)
			top = v
		case "failure-rate":
			l.FailureRate, _ = r.number(v, k)
		case "timeout-rate":
			l.TimeoutRate, _ = r.number(v, k)
		case "timeout-ms":
			l.TimeoutMS = r.integer(v, k)
		case "median-ms":
			l.MedianMS, median = r.integer(v, k), v
		case "p99-ms":
			l.P99MS, p99 = r.integer(v, k), v
		case "shape":
			l.Shape, _ = r.choice(v, k)
			shape = v
		case "bytes-per-second":
			l.BytesPerSecond = r.integer(v, k)
		case "pause-ms":
			l.PauseMS = r.integer(v, k)
		}
	})
	r.spread(l, median, p99, shape)
	if top == nil {
		if l.MaxMS = l.MinMS; l.MedianMS > 0 {
			l.MaxMS = maxMillis
		}
	} else if l.MaxMS < l.MinMS {
		r.fail(at(top), CodeBadNumber, "swap them", "`max-ms` (%d) is less than `min-ms` (%d): swap them", l.MaxMS, l.MinMS)
	}
	if l.FailureRate+l.TimeoutRate > 1 {
		r.fail(at(n), CodeBadNumber, "lower one of them", "`failure-rate` and `timeout-rate` add up to more than 1: lower one of them")
	}
	return l
}

// spread checks how extra time is distributed.
func (r *reader) spread(l *Latency, median, p99, shape *yaml.Node) {
	switch {
	case median != nil && p99 == nil:
		r.fail(at(median), CodeMissingKey, "add `p99-ms`", "`median-ms` needs `p99-ms` beside it: the time that 99 of 100 requests stay below")
	case median == nil && p99 != nil:
		r.fail(at(p99), CodeMissingKey, "add `median-ms`", "`p99-ms` needs `median-ms` beside it: the time that half of the requests stay below")
	case median != nil && l.P99MS < l.MedianMS:
		r.fail(at(p99), CodeBadNumber, "swap them", "`p99-ms` (%d) is less than `median-ms` (%d): swap them", l.P99MS, l.MedianMS)
	case median == nil && shape != nil:
		r.warn(at(shape), CodeMisplacedKey, "add `median-ms` and `p99-ms`", "`shape` has no effect without `median-ms` and `p99-ms`")
	}
}

func (r *reader) webhook(n *yaml.Node) *Webhook {
	w := &Webhook{Pos: at(n), Method: "POST"}
	var body *yaml.Node
	r.object(n, webhookTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "if":
			w.If = r.condition(v)
		case "sleep-time":
			if s, ok := r.number(v, k); ok {
				w.SleepMS = int(s * 1000)
			}
		case "sleep-time-ms":
			w.SleepMS = r.integer(v, k)
		case "url":
			if t, ok := r.oneLine(v, "`url`"); ok {
				w.URL = t
				r.url(v, t.Raw)
			}
		case "method":
			w.Method = r.method(v)
		case "headers":
			w.Headers = r.headers(v)
		case "body":
			body = v
		}
	})
	if body != nil {
		w.Body = r.body(body, contentType(w.Headers))
	}
	return w
}

// url checks where a webhook goes: a template may give all of it, text must begin with a scheme.
func (r *reader) url(n *yaml.Node, s string) {
	lower := strings.ToLower(s)
	if !hasTag(s[:min(2, len(s))]) && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		r.fail(at(n), CodeBadURL, "write `https://…`", "`%s` is not an http(s) URL: write `https://…`", brief(s))
		return
	}
	r.template(n, s, textUse)
}

// websocket reads one WebSocket endpoint.
func (r *reader) websocket(n *yaml.Node, pos Position) {
	w := WebSocket{Pos: pos}
	before := r.errors()
	var templates deferred
	r.pending = &templates
	r.object(n, websocketTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "host":
			w.Host = r.host(v)
		case "path":
			w.Path = r.path(v)
		case "on-connect":
			w.OnConnect = r.onConnect(v)
		case "on-message":
			w.OnMessage = r.reactions(v)
		}
	})
	r.pending = nil
	r.lint(templates, r.socketScope(&w))
	if r.errors() == before {
		r.mock.WebSockets = append(r.mock.WebSockets, w)
	}
}

func (r *reader) onConnect(n *yaml.Node) *Body {
	if isNull(n) {
		return nil
	}
	var out *Body
	r.object(n, onConnectTable, func(_ *key, _, v *yaml.Node) {
		if b := r.body(v, "text/plain"); b.Kind != BodyNone {
			out = &b
		}
	})
	return out
}

func (r *reader) reactions(n *yaml.Node) []Reaction {
	if isNull(n) {
		return nil
	}
	items := []*yaml.Node{n} // one reaction need not be a list
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	r.inReaction, r.patterns = true, 0
	defer func() { r.inReaction = false }()
	out, total := make([]Reaction, 0, len(items)), 0
	for _, item := range items {
		item = follow(item)
		re := Reaction{Pos: at(item)}
		var pattern *yaml.Node
		r.object(item, reactionTable, func(k *key, _, v *yaml.Node) {
			switch k.name {
			case "if":
				re.If = r.condition(v)
			case "pattern":
				pattern = v
				if t, ok := r.text(v, "`pattern`"); ok {
					re.Pattern = t
					total += r.pattern(v, t.Raw)
				}
			case "response":
				if re.Response = r.body(v, "text/plain"); re.Response.Kind == BodyNone {
					r.fail(at(v), CodeMissingKey, "write the answer", "`response` is empty: write what is answered")
				}
			}
		})
		switch {
		case item.Kind != yaml.MappingNode: // which was reported
		case pattern == nil && re.If.JSON == "":
			r.fail(at(item), CodeMissingKey, "add `pattern:` or `if:`", "`on-message` has no `pattern`: add one, or `if`")
		case pattern != nil && re.If.JSON != "":
			r.fail(at(pattern), CodeBadValue, "delete one of them", "`pattern` and `if` cannot be combined: delete one of them")
		}
		out = append(out, re)
	}
	if !r.trusted && len(out) > MaxPatterns {
		r.fail(at(n), CodeBadPattern, "use fewer", "a WebSocket may have at most %d patterns, not %d", MaxPatterns, len(out))
	}
	if total += r.patterns; total > MaxAllInstructions {
		r.fail(at(n), CodeBadPattern, "use fewer or smaller repetitions", "the regular expressions are too large together to be served: use fewer or smaller repetitions")
	}
	return out
}
