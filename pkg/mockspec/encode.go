package mockspec

import (
	"strconv"
)

// EncodeLines writes a mock in its line form: one item a line, each flow-style YAML that is also JSON behind `- `.
// Parse and DecodeLines read it back as the same mock.
func EncodeLines(m *Mock) []byte {
	dst := AppendSettings(nil, &m.Settings)
	for i := range m.Endpoints {
		dst = AppendEndpoint(dst, &m.Endpoints[i])
	}
	for i := range m.Resources {
		dst = AppendResource(dst, &m.Resources[i])
	}
	for i := range m.WebSockets {
		dst = AppendWebSocket(dst, &m.WebSockets[i])
	}
	return dst
}

// AppendSettings appends the line of a mock's settings, or nothing when none is set.
func AppendSettings(dst []byte, s *Settings) []byte {
	dst = appendState(dst, s.State)
	own := *s
	if own.State = nil; own.IsZero() {
		return dst
	}
	w := lineWriter{dst: append(dst, `- {"mocloud":{`...)}
	if s.Compat != "" {
		w.str("compat", string(s.Compat))
	}
	if s.CORS != nil {
		w.cors(s.CORS)
	}
	if s.Errors != nil {
		w.open("errors")
		for i := range s.Errors.All {
			w.open(strconv.Itoa(s.Errors.All[i].Status))
			w.response(&s.Errors.All[i].Response)
			w.close()
		}
		w.close()
	}
	if len(s.Session) > 0 {
		w.key("session")
		for i, name := range s.Session {
			w.dst = appendJSONString(append(w.dst, "[,"[min(i, 1)]), name)
		}
		w.dst = append(w.dst, ']')
	}
	if s.Clock != "" {
		w.str("clock", s.Clock)
	}
	if s.Validate != "" {
		w.str("validate", s.Validate)
	}
	if d := s.Defaults; d != nil {
		w.open("defaults")
		w.headers(d.Headers)
		w.json("auth", d.Auth.JSON)
		w.rateLimit(d.RateLimit)
		w.latency(d.Latency)
		w.entries(d.Responses)
		w.close()
	}
	return append(w.dst, "}}\n"...)
}

func (w *lineWriter) cors(c *CORS) {
	if c.Off || c.Origins == nil && c.Methods == nil && c.Headers == nil && c.Expose == nil && !c.Credentials && c.MaxAge == DefaultMaxAge {
		w.raw("cors", strconv.FormatBool(!c.Off))
		return
	}
	w.open("cors")
	w.texts("origins", c.Origins)
	w.texts("methods", c.Methods)
	w.texts("headers", c.Headers)
	w.texts("expose", c.Expose)
	w.raw("credentials", strconv.FormatBool(c.Credentials))
	w.num("max-age", c.MaxAge)
	w.close()
}

func (w *lineWriter) texts(name string, texts []string) {
	if texts == nil {
		return
	}
	w.key(name)
	w.dst = append(w.dst, '[')
	for i, text := range texts {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = appendJSONString(w.dst, text)
	}
	w.dst = append(w.dst, ']')
}

// appendState appends the line of what a mock remembers, or nothing.
func appendState(dst []byte, vs []Variable) []byte {
	if len(vs) == 0 {
		return dst
	}
	w := lineWriter{dst: append(dst, `- {"state":{`...)}
	for i := range vs {
		if v := &vs[i]; v.Rows == nil {
			w.raw(v.Name, v.JSON)
		} else {
			w.open(v.Name)
			w.body(&Body{Kind: BodyExternal, External: v.Rows}, "")
			w.close()
		}
	}
	return append(w.dst, "}}\n"...)
}

// AppendResource appends the line of a resource.
func AppendResource(dst []byte, c *Resource) []byte {
	w := lineWriter{dst: append(dst, `- {"crud":{`...)}
	if c.Host != "" {
		w.str("host", c.Host)
	}
	w.str("path", c.Path.Raw)
	w.str("state", c.State)
	w.str("id-field", c.IDField)
	if c.Body != nil {
		w.sample(c.Body.Schema)
	}
	w.json("auth", c.Auth.JSON)
	w.rateLimit(c.RateLimit)
	w.latency(c.Latency)
	w.webhooks(c.Webhooks)
	if c.Tag != "" {
		w.str("tag", c.Tag)
	}
	if c.Summary != "" {
		w.str("summary", c.Summary)
	}
	return append(w.dst, "}}\n"...)
}

// EntryText is an entry of `responses` as it is written into lines: equal texts mean the same.
func EntryText(e *Entry) string {
	w := lineWriter{dst: []byte("{")}
	w.entry(e)
	return string(w.dst)
}

// AppendEndpoint appends the line of an endpoint.
func AppendEndpoint(dst []byte, e *Endpoint) []byte {
	w := lineWriter{dst: append(dst, `- {"endpoint":{`...)}
	if e.Host != "" {
		w.str("host", e.Host)
	}
	w.str("method", e.Method)
	w.str("path", e.Path.Raw)
	if len(e.Query) > 0 {
		w.open("query")
		for _, f := range e.Query {
			w.str(declaredName(f.Name, f.Optional), string(f.Type))
		}
		w.close()
	}
	if e.Body != nil {
		w.sample(e.Body.Schema)
	}
	w.json("contract", e.Contract.JSON)
	w.json("auth", e.Auth.JSON)
	w.entries(e.Responses)
	if !e.NoResponse {
		w.open("response")
		w.response(&e.Response)
		w.close()
	}
	w.rateLimit(e.RateLimit)
	w.latency(e.Latency)
	w.webhooks(e.Webhooks)
	if e.Tag != "" {
		w.str("tag", e.Tag)
	}
	if e.Summary != "" {
		w.str("summary", e.Summary)
	}
	return append(w.dst, "}}\n"...)
}

// AppendWebSocket appends the line of a WebSocket endpoint.
func AppendWebSocket(dst []byte, s *WebSocket) []byte {
	w := lineWriter{dst: append(dst, `- {"websocket":{`...)}
	if s.Host != "" {
		w.str("host", s.Host)
	}
	w.str("path", s.Path.Raw)
	if s.OnConnect != nil {
		w.open("on-connect")
		w.body(s.OnConnect, "response")
		w.close()
	}
	if len(s.OnMessage) > 0 {
		w.key("on-message")
		w.dst = append(w.dst, '[')
		for i := range s.OnMessage {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			w.dst = append(w.dst, '{')
			if s.OnMessage[i].If.JSON == "" {
				w.str("pattern", s.OnMessage[i].Pattern.Raw)
			}
			w.json("if", s.OnMessage[i].If.JSON)
			if s.OnMessage[i].Response.Kind == BodyNone {
				w.str("response", "")
			}
			w.body(&s.OnMessage[i].Response, "response")
			w.dst = append(w.dst, '}')
		}
		w.dst = append(w.dst, ']')
	}
	return append(w.dst, "}}\n"...)
}

// lineWriter appends the members of objects; a comma is due unless an object has just been opened.
type lineWriter struct{ dst []byte }

func (w *lineWriter) key(name string) {
	if last := w.dst[len(w.dst)-1]; last != '{' {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(appendJSONString(w.dst, name), ':')
}

func (w *lineWriter) open(name string) {
	w.key(name)
	w.dst = append(w.dst, '{')
}

func (w *lineWriter) close() { w.dst = append(w.dst, '}') }

func (w *lineWriter) str(name, value string) {
	w.key(name)
	w.dst = appendJSONString(w.dst, value)
}

func (w *lineWriter) raw(name, json string) {
	w.key(name)
	w.dst = append(w.dst, json...)
}

func (w *lineWriter) num(name string, n int) {
	w.key(name)
	w.dst = strconv.AppendInt(w.dst, int64(n), 10)
}

func rate(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// json writes a value that is JSON already, if there is one.
func (w *lineWriter) json(name, value string) {
	if value != "" {
		w.raw(name, value)
	}
}

func (w *lineWriter) response(r *Response) {
	w.status(r.Status.Raw)
	w.headers(r.Headers)
	w.body(&r.Body, "body")
	w.json("set", r.Set)
	if r.Fault != "" {
		w.str("fault", r.Fault)
	}
	w.latency(r.Latency)
	w.webhooks(r.Webhooks)
}

func (w *lineWriter) entries(es []Entry) {
	if len(es) == 0 {
		return
	}
	w.key("responses")
	for i := range es {
		w.dst = append(w.dst, "[,"[min(i, 1)], '{')
		w.entry(&es[i])
		w.close()
	}
	w.dst = append(w.dst, ']')
}

func (w *lineWriter) entry(e *Entry) {
	w.json("if", e.If.JSON)
	if e.Times != 0 {
		w.num("times", e.Times)
	}
	if e.Chance != nil {
		w.raw("chance", rate(*e.Chance))
	}
	w.response(&e.Response)
}

func (w *lineWriter) rateLimit(l *RateLimit) {
	switch {
	case l == nil:
	case l.Off:
		w.str("rate-limit", "none")
	default:
		w.open("rate-limit")
		w.num("window-ms", l.WindowMS)
		w.num("max-requests", l.MaxRequests)
		w.str("key-fn", l.Key)
		w.close()
	}
}

func (w *lineWriter) latency(l *Latency) {
	if l == nil {
		return
	}
	w.open("latency")
	w.num("min-ms", l.MinMS)
	w.num("max-ms", l.MaxMS)
	w.raw("failure-rate", rate(l.FailureRate))
	w.raw("timeout-rate", rate(l.TimeoutRate))
	w.num("timeout-ms", l.TimeoutMS)
	for _, f := range []struct {
		name  string
		value int
	}{{"median-ms", l.MedianMS}, {"p99-ms", l.P99MS}, {"bytes-per-second", l.BytesPerSecond}, {"pause-ms", l.PauseMS}} {
		if f.value != 0 {
			w.num(f.name, f.value)
		}
	}
	if l.Shape != "" {
		w.str("shape", l.Shape)
	}
	w.close()
}

// status writes a number as such, because moclojer wants one, and a template as text.
func (w *lineWriter) status(s string) {
	switch {
	case s == "":
		w.raw("status", "200")
	case digits(s) == len(s):
		w.raw("status", s)
	default:
		w.str("status", s)
	}
}

// headers writes each name once; a name with several values has a list.
func (w *lineWriter) headers(hs []Header) {
	if len(hs) == 0 {
		return
	}
	w.open("headers")
	for i := 0; i < len(hs); {
		n := i + 1
		for n < len(hs) && hs[n].Name == hs[i].Name {
			n++
		}
		if n == i+1 {
			w.key(hs[i].Name)
			w.dst = appendHeader(w.dst, &hs[i])
			i = n
			continue
		}
		w.key(hs[i].Name)
		for sep := byte('['); i < n; i++ {
			w.dst = appendHeader(append(w.dst, sep), &hs[i])
			sep = ','
		}
		w.dst = append(w.dst, ']')
	}
	w.close()
}

func appendHeader(dst []byte, h *Header) []byte {
	if h.None {
		return append(dst, "null"...)
	}
	return appendJSONString(dst, h.Value.Raw)
}

func (w *lineWriter) body(b *Body, name string) {
	switch b.Kind {
	case BodyText:
		w.str(name, b.Template)
	case BodyJSON:
		w.raw(name, b.JSON)
	case BodyExternal:
		w.open("external-body")
		w.str("provider", b.External.Provider)
		w.str("path", b.External.Path.Raw)
		if b.External.SheetName != "" {
			w.str("sheet-name", b.External.SheetName)
		}
		w.close()
	case BodyNone:
	}
}

// webhooks writes one webhook as a map, as moclojer knows it, and several as a list.
func (w *lineWriter) webhooks(hs []Webhook) {
	if len(hs) == 0 {
		return
	}
	w.key("webhook")
	if len(hs) > 1 {
		w.dst = append(w.dst, '[')
	}
	for i := range hs {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.webhook(&hs[i])
	}
	if len(hs) > 1 {
		w.dst = append(w.dst, ']')
	}
}

func (w *lineWriter) webhook(h *Webhook) {
	w.dst = append(w.dst, '{')
	w.json("if", h.If.JSON)
	if h.SleepMS%1000 == 0 {
		w.num("sleep-time", h.SleepMS/1000)
	} else {
		w.num("sleep-time-ms", h.SleepMS)
	}
	w.str("url", h.URL.Raw)
	w.str("method", h.Method)
	w.headers(h.Headers)
	w.body(&h.Body, "body")
	w.close()
}

// declaredName is how a parameter or field is declared.
func declaredName(name string, optional bool) string {
	if optional {
		return name + "?"
	}
	return name
}

// sample writes a value that has the shape of s. Text stands for JSON text there, so a text is written as such.
func (w *lineWriter) sample(s *Schema) {
	if s.Kind == SchemaString {
		w.str("body", `"string"`)
		return
	}
	w.key("body")
	w.dst = appendSample(w.dst, s)
}

func appendSample(dst []byte, s *Schema) []byte {
	switch s.Kind {
	case SchemaObject:
		dst = append(dst, '{')
		for i, f := range s.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, declaredName(f.Name, f.Optional)), ':')
			dst = appendSample(dst, f.Schema)
		}
		return append(dst, '}')
	case SchemaArray:
		dst = append(dst, '[')
		if s.Items != nil {
			dst = appendSample(dst, s.Items)
		}
		return append(dst, ']')
	case SchemaString:
		return append(dst, `"string"`...)
	case SchemaInteger:
		return append(dst, '0')
	case SchemaNumber:
		return append(dst, "0.5"...)
	case SchemaBoolean:
		return append(dst, "true"...)
	default:
		return append(dst, "null"...)
	}
}
