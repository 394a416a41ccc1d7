package serve

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mocloud/mocloud/pkg/charset"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/body"
	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// endpointCompiler compiles the endpoints of one mock.
type endpointCompiler struct {
	core     *Core
	mock     *hosted
	compat   bool
	cors     crossOrigin
	fake     *scope.Fake
	fromUser bool // positions are places in the user's file
	defaults defaults
	validate string // what becomes of requests that do not fit a contract
	memory   *memory

	gone atomic.Bool // the mock was dropped: what is compiled yet is not counted
	grow func(bytes int64)

	one sync.Mutex // guards shared while an endpoint is compiled
	// shared are the headers so far, by how they are sent: most endpoints of a mock have the same.
	shared map[string]*headers
}

func (c *endpointCompiler) compile(e *endpoint) {
	e.params = paramsOf(&e.spec.Path, e.spec.Query, c.compat, c.fake)
	if c.choose(e) {
		return
	}
	c.answer(e)
}

// answer compiles an endpoint that answers in one way.
func (c *endpointCompiler) answer(e *endpoint) {
	spec := e.spec
	e.latency = c.latency(spec)
	err := c.response(e)
	for i := range spec.Response.Webhooks {
		err = cmp.Or(err, c.hook(e, &spec.Response.Webhooks[i]))
	}
	for i := range spec.Webhooks {
		err = cmp.Or(err, c.hook(e, &spec.Webhooks[i]))
	}
	if err == nil && spec.Response.Set != "" && !c.compat {
		set, problems := match.CompileSet(parseJSON(spec.Response.Set), match.Options{})
		if err := match.FirstError(problems); err != nil {
			e.fault = &fault{what: "set", pos: spec.Response.SetPos, err: err}
		}
		e.set = set
	}
	e.long = loops(e.statusTemplate) || loops(e.body.template) || slices.ContainsFunc(e.varying, varying.loops)
	if err != nil {
		e.fault = asFault(err)
		e.headers = c.common(nil)
	}
	if spec.Resource != nil {
		e.resource = newResource(spec)
	}
	e.waits = e.env || e.latency != nil || e.body.external != nil || spec.Response.Fault != ""
	e.plain = !e.waits && e.fault == nil && e.statusTemplate == nil && len(e.varying) == 0 && e.body.template == nil &&
		e.at != nil && e.at.limiter == nil && len(e.hooks) == 0 && e.set == nil && e.resource == nil && len(e.params.Query) == 0 && spec.Body == nil
	if e.plain {
		e.block, e.has = e.headers.block, e.headers.has
		if n := len(e.block); len(e.body.fixed) <= smallBody { // head and body together, too
			together := append(bytes.Clone(e.block), e.body.fixed...)
			e.block, e.body.fixed = together[:n:n], together[n:]
		}
		e.spec = nil
	}
}

// hook compiles a webhook of the endpoint.
func (c *endpointCompiler) hook(e *endpoint, w *mockspec.Webhook) error {
	if c.core.deps.Webhook == nil {
		return nil
	}
	h, err := c.core.deps.Webhook(c.mock.site, e.label, w)
	if err != nil {
		return &fault{pos: w.Pos, err: err}
	}
	e.hooks = append(e.hooks, h)
	return nil
}

// latency is that of the answer, of its endpoint, or the default; nil if there is none.
func (c *endpointCompiler) latency(spec *mockspec.Endpoint) *mockspec.Latency {
	l := spec.Response.Latency
	if l == nil {
		l = spec.Latency
	}
	if l == nil && c.defaults.Defaults != nil {
		l = c.defaults.Latency
	}
	if l == nil || l.MaxMS == 0 && l.FailureRate == 0 && l.TimeoutRate == 0 && !l.Paced() {
		return nil
	}
	return l
}

func loops(t *selmer.Template) bool { return t != nil && t.Loops() }

func (v varying) loops() bool {
	return slices.ContainsFunc(v.values, func(v varyingValue) bool { return loops(v.template) })
}

// paramsOf says what an endpoint declares.
func paramsOf(path *mockspec.Path, query []mockspec.Field, compat bool, fake *scope.Fake) scope.Params {
	p := scope.Params{Query: query, Moclojer04: compat, Fake: fake}
	raw := strings.Split(strings.TrimPrefix(path.Raw, "/"), "/")
	for i, s := range path.Segments {
		switch {
		case s.Wildcard && s.Param == "":
			p.Path = append(p.Path, scope.PathParam{Name: "*"})
		case s.Mix != nil:
			for _, m := range s.Mix.Params {
				p.Path = append(p.Path, scope.PathParam{Name: m.Name, Type: m.Type, Declared: m.Type != mockspec.TypeString})
			}
		case s.Param != "":
			declared := s.Type != mockspec.TypeString || i < len(raw) && strings.Contains(raw[i], "|")
			p.Path = append(p.Path, scope.PathParam{Name: s.Param, Type: s.Type, Declared: declared})
		}
	}
	return p
}

// response compiles status, headers and body.
func (c *endpointCompiler) response(e *endpoint) error {
	r := &e.spec.Response
	if err := c.status(e, r.Status); err != nil {
		return err
	}
	fixed, err := c.responseHeaders(e, c.defaults.headers(r.Headers))
	if err != nil {
		return err
	}
	mediaType := ""
	for _, h := range fixed {
		if h.name == "Content-Type" {
			mediaType = h.values[len(h.values)-1]
		}
	}
	typed := mediaType != "" || slices.ContainsFunc(e.varying, func(v varying) bool { return v.name == "Content-Type" })
	e.body.typed = typed
	found, err := c.body(e, &r.Body, mediaType)
	if err != nil {
		return err
	}
	if !c.compat {
		e.body.charset, _ = charset.Of(mediaType) // the validator warns of those that nobody knows
		e.body.fixed = e.body.charset.Encode(e.body.fixed)
	}
	bodiless := e.statusTemplate == nil && !allowsBody(e.status)
	if !typed && found != "" && !bodiless {
		fixed = append(fixed, header{"Content-Type", []string{found}})
	}
	if e.body.template == nil && e.body.external == nil && len(e.body.fixed) > smallBody && !bodiless {
		e.body.length = lengthOf(e.body.fixed)
	}
	if len(e.body.fixed) >= smallestPacked && len(e.varying) == 0 && !bodiless {
		whole := answer{always: &headers{list: fixed}}
		if e.body.packs = packable(whole.get); e.body.packs {
			whole.vary("Accept-Encoding")
			for _, h := range whole.more {
				fixed = append(slices.DeleteFunc(fixed, func(f header) bool { return f.name == h.name }), h)
			}
		}
	}
	e.headers = c.common(fixed)
	return nil
}

// responseHeaders compiles the headers that the author wrote and returns those that are the same in every answer.
func (c *endpointCompiler) responseHeaders(e *endpoint, written []mockspec.Header) (fixed []header, err error) {
	var all []varying
	for _, h := range written {
		name := http.CanonicalHeaderKey(h.Name)
		if isFraming(name) && (name != "Content-Length" || !e.ownLength(h.Value.Raw)) {
			continue
		}
		if c.compat { // there, headers are no templates
			fixed = with(fixed, name, h.Value.Raw)
			continue
		}
		t, err := selmer.Compile(h.Value.Raw, selmer.Options{Escaping: selmer.None})
		if err != nil {
			return nil, &fault{what: "header " + h.Name, pos: h.Value.Pos, err: err}
		}
		i := slices.IndexFunc(all, func(v varying) bool { return v.name == name })
		if i < 0 {
			i, all = len(all), append(all, varying{name: name})
		}
		all[i].values = append(all[i].values, varyingValue{t, h.Value.Pos})
	}
	for _, v := range all {
		if texts, ok := v.constant(); ok {
			fixed = append(fixed, header{v.name, texts})
		} else {
			e.varying = append(e.varying, v)
		}
	}
	return fixed, nil
}

// constant returns the values of a header that has no template in it.
func (v varying) constant() ([]string, bool) {
	texts := make([]string, len(v.values))
	for i := range v.values {
		text, ok := v.values[i].template.Constant()
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	return texts, true
}

// isFraming tells the headers that say where a message ends or what becomes of the connection: the server sets them.
func isFraming(name string) bool {
	switch name {
	case "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Trailer", "Upgrade", "Te", "Proxy-Connection":
		return true
	}
	return false
}

// ownLength tells a length that the author may state: that of the body which an answer to HEAD leaves out.
func (e *endpoint) ownLength(value string) bool {
	_, err := strconv.ParseUint(value, 10, 63)
	return err == nil && e.spec.Method == http.MethodHead
}

// with adds a header; several of one name are sent one after the other.
func with(headers []header, name, value string) []header {
	for i := range headers {
		if headers[i].name == name {
			headers[i].values = append(headers[i].values, value)
			return headers
		}
	}
	return append(headers, header{name, []string{value}})
}

// common adds the headers of every answer, where the author has not set them.
func (c *endpointCompiler) common(list []header) *headers {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(h header) bool { return h.name == name })
	}
	if c.cors.anybody() && !has(allowOrigin) {
		list = append(list, header{allowOrigin, c.core.anybody})
	}
	list = append(list, header{mockHeader, c.mock.ref})
	var key []byte
	for _, h := range list {
		for _, value := range h.values {
			key, _ = http1.AppendLine(key, h.name, value)
		}
	}
	if c.shared == nil {
		c.shared = map[string]*headers{}
	}
	if c.shared[string(key)] == nil {
		c.shared[string(key)] = newHeaders(list)
		if c.grow != nil {
			c.grow(int64(headersSize + 4*len(key)))
		}
	}
	return c.shared[string(key)]
}

// The names of headers that answers carry.
const (
	mockHeader  = "X-Mocloud-Mock"
	allowOrigin = "Access-Control-Allow-Origin"
)

func (c *endpointCompiler) status(e *endpoint, text mockspec.Text) error {
	raw := strings.TrimSpace(text.Raw)
	if raw == "" {
		raw = "200"
	}
	t, err := selmer.Compile(raw, selmer.Options{Escaping: selmer.None})
	if err != nil {
		return &fault{what: "status", pos: text.Pos, err: err}
	}
	fixed, ok := t.Constant()
	if !ok {
		e.statusTemplate = t
		return nil
	}
	if e.status, err = parseStatus(fixed); err != nil {
		return &fault{what: "status", pos: text.Pos, err: err}
	}
	return nil
}

// parseStatus reads the status of a final answer.
func parseStatus(text string) (int, error) {
	status, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || status < 200 || status > 599 {
		return 0, fmt.Errorf("the status must be a number from 200 to 599, it is %q", text)
	}
	return status, nil
}

// body compiles the body and returns the Content-Type that it has when the author set none.
func (c *endpointCompiler) body(e *endpoint, b *mockspec.Body, mediaType string) (string, error) {
	e.body.pos = b.Pos
	if b.Kind == mockspec.BodyExternal && b.External != nil {
		t, err := selmer.Compile(b.External.Path.Raw, selmer.Options{Escaping: c.escapingOf("text/plain")})
		if err != nil {
			return "", &fault{what: "external-body path", pos: b.External.Path.Pos, err: err}
		}
		folder, _ := b.External.Folder()
		e.body.external = &externalBody{spec: b.External, folder: folder, path: t}
		return "", nil
	}
	if c.compat {
		return jsonType, c.moclojerBody(e, b)
	}
	text := b.Template
	escaping := c.escapingOf(mediaType)
	isHTML := mediaType == "" && strings.HasPrefix(strings.TrimSpace(text), "<")
	switch {
	case b.Kind == mockspec.BodyNone:
		text = ""
	case b.Kind == mockspec.BodyJSON:
		escaping = selmer.JSON
	case isHTML:
		escaping = selmer.HTML
	}
	if escaping == selmer.JSON {
		if compact, ok := body.CompactTemplate(text); ok {
			text = compact
		} else {
			e.body.compact = true
		}
	}
	t, err := selmer.Compile(text, selmer.Options{Escaping: escaping})
	if err != nil {
		return "", &fault{what: "body", pos: b.Pos, err: err}
	}
	found := textType
	if fixed, ok := t.Constant(); ok {
		e.body.fixed = []byte(fixed)
		isJSON := !e.body.compact
		if escaping == selmer.JSON && e.body.compact {
			e.body.fixed, isJSON = body.Compact(e.body.fixed)
		}
		switch {
		case len(e.body.fixed) == 0:
			found = ""
		case escaping == selmer.JSON && isJSON:
			found = jsonType
		}
	} else {
		e.body.template = t
		e.body.compact = e.body.compact && t.IsJSON()
		if t.IsJSON() {
			found = jsonType
		}
	}
	if isHTML {
		found = htmlType
	}
	return found, nil
}

// moclojerBody compiles a body as moclojer 0.4 has it: everything is rendered with HTML escaping.
func (c *endpointCompiler) moclojerBody(e *endpoint, b *mockspec.Body) error {
	text := b.Template
	switch b.Kind {
	case mockspec.BodyNone:
		e.body.fixed = []byte("null")
		return nil
	case mockspec.BodyJSON:
		text = b.JSON
	case mockspec.BodyText, mockspec.BodyExternal:
	}
	t, err := selmer.Compile(text, selmer.Options{Escaping: selmer.HTML})
	if err != nil {
		return &fault{what: "body", pos: b.Pos, err: err}
	}
	if fixed, ok := t.Constant(); ok {
		if e.body.fixed, err = body.AppendMoclojer04(nil, []byte(fixed)); err != nil {
			return &fault{what: "body", pos: b.Pos, err: err}
		}
		return nil
	}
	e.body.template = t
	return nil
}

func (c *endpointCompiler) escapingOf(mediaType string) selmer.Escaping {
	switch {
	case c.compat:
		return selmer.HTML
	case mediaType == "" || isJSON(mediaType):
		return selmer.JSON
	case isMarkup(mediaType):
		return selmer.HTML
	}
	return selmer.None
}

// allowsBody reports whether an answer of that status may have a body.
func allowsBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusResetContent && status != http.StatusNotModified
}
