// Package scope is what templates see of a request: path-params, query-params, json-params, header-params, request.*,
// now, uuid, random, fake.* and, for WebSockets, message.
package scope

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/env"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Header gives the headers of a request. Names may be asked for in any case.
type Header interface {
	// Values returns the values of a header in the order in which they came.
	Values(name string) []string
	// Each calls yield for every header line until it returns false.
	Each(yield func(name, value string) bool)
	// Len is how many names there are, or lines.
	Len() int
}

// Request is what a scope needs of a request. The strings must stay as they are for as long as the scope is used.
type Request struct {
	Method string
	Host   string // as it came
	Path   string // escaped, as it came
	Query  string // without the question mark
	Header Header
	Body   []byte
	At     time.Time

	Now     time.Time     // what the mock takes for the time, if that is not At
	Session string        // the name of the session, when that was looked for
	State   selmer.Object // nil: none is at hand
	Env     *env.Set      // the variables of the workspace; nil: none are at hand

	RemoteAddr string // of the connection
	IPHeader   string // the header in which a trusted proxy tells the caller's address; "": RemoteAddr
}

// Params says what the endpoint declares. It is shared by all requests and never changed.
type Params struct {
	Path  []PathParam      // in the order of the captures
	Query []mockspec.Field // declared query parameters
	// Fake makes the values of fake.*; nil: there are none.
	Fake *Fake
	// Moclojer04 makes the scope what moclojer 0.4 has: path-params, query-params and json-params, and texts stay texts.
	Moclojer04 bool
}

// PathParam is one parameter of the endpoint's path.
type PathParam struct {
	Name string
	Type mockspec.ParamType
	// Declared means that the type was written down. A text without a declared type stands for a number, true or
	// false in a bare place of a JSON body, if it reads as one.
	Declared bool
}

// Scope implements selmer.Scope for one request. It is made to be used again with Reset; it is for one goroutine.
type Scope struct {
	Request Request
	// Message is the text of a WebSocket message, which also is what json-params are read from.
	Message *string
	// Preferred is the status that is looked for in place of what the caller prefers; "" for none.
	Preferred string
	// Refusal is the error that is answered in the mock's own words; nil: none.
	Refusal *Refusal

	params   *Params
	captured []string
	id       string

	query   queryParams
	path    pathParams
	header  headerParams
	request requestParams
	budget  budget.Budget // of all that is rendered and compared for the request

	parsed bool // json and err hold what the body is
	form   bool // a form: every value came as text
	json   selmer.Value
	err    error

	more *more // what few requests need
}

var (
	_ selmer.Scope   = (*Scope)(nil)
	_ selmer.Bounded = (*Scope)(nil)
	_ selmer.Costly  = (*Scope)(nil)
	_ match.Subject  = (*Scope)(nil)
)

// MaxSteps bounds what is rendered and compared for one request.
const MaxSteps = 50_000

// Budget implements selmer.Bounded.
func (s *Scope) Budget() *budget.Budget { return &s.budget }

// Bound gives the scope a whole budget. Work ends with ctx, and lets others work through slicer, which may be nil.
func (s *Scope) Bound(ctx context.Context, slicer budget.Slicer) {
	s.budget = budget.Make(ctx, MaxSteps, selmer.MaxTime)
	s.budget.Slicer = slicer
}

// Unbound gives the scope a whole budget for work that goes on when the request's has ended.
func (s *Scope) Unbound() { s.budget = budget.Steps(MaxSteps, selmer.MaxTime) }

// Reset makes the scope that of another request.
func (s *Scope) Reset(r Request, params *Params, captured []string) {
	pairs := s.query.pairs[:0]
	*s = Scope{Request: r, params: params, captured: captured}
	s.budget = budget.Steps(MaxSteps, selmer.MaxTime)
	s.path.scope, s.query.scope, s.header.scope, s.request.scope = s, s, s, s
	s.query.pairs = pairs
}

// Now is what the mock takes for the time.
func (s *Scope) Now() time.Time {
	if s.Request.Now.IsZero() {
		return s.Request.At
	}
	return s.Request.Now
}

// Rebind makes the scope that of another endpoint for the same request: what was read of the request stays.
func (s *Scope) Rebind(params *Params, captured []string) { s.params, s.captured = params, captured }

// Clear drops what the scope holds of a request, so that a scope that waits for the next keeps nothing alive.
func (s *Scope) Clear() {
	clear(s.query.pairs)
	s.Reset(Request{}, nil, nil)
}

// Lookup implements selmer.Scope.
func (s *Scope) Lookup(name string) (selmer.Value, bool) {
	switch name {
	case "path-params":
		return selmer.ObjectOf(&s.path), true
	case "query-params":
		return selmer.ObjectOf(&s.query), true
	case "json-params":
		v, _ := s.JSON()
		return v, !v.IsNil()
	case "error":
		if s.Refusal != nil {
			return selmer.ObjectOf(s.Refusal), true
		}
		return selmer.Nil(), false
	case "message":
		if s.Message != nil {
			return selmer.String(*s.Message), true
		}
		return selmer.Nil(), false
	}
	if s.params.Moclojer04 {
		return selmer.Nil(), false
	}
	switch name {
	case "header-params", "headers": // the second name is that of older moclojers
		return selmer.ObjectOf(&s.header), true
	case "request":
		return selmer.ObjectOf(&s.request), true
	case "now":
		return selmer.Time(s.Now().UTC().Truncate(time.Second)), true
	case "uuid":
		return selmer.String(uuid.NewString()), true
	case "random":
		return selmer.IntWith(rand.Int64N(1_000_000), random{}), true
	case "fake":
		if s.params.Fake != nil {
			return selmer.ObjectOf(s.params.Fake), true
		}
	case "cookies":
		return selmer.ObjectOf((*cookieParams)(s)), true
	case "state":
		if s.Request.State != nil {
			return selmer.ObjectOf(s.Request.State), true
		}
	case "env":
		return selmer.ObjectOf(s.Request.Env), true
	case "basic":
		return found(s.basic())
	case "bearer":
		return found(s.bearer())
	case "jwt":
		return s.claims()
	case "graphql":
		return s.graphQL()
	case "prefer":
		if p := (*preferences)(s); p.any() {
			return selmer.ObjectOf(p), true
		}
	}
	return selmer.Nil(), false
}

// Cost implements selmer.Costly.
func (s *Scope) Cost(name string) int {
	switch name {
	case "uuid":
		return 2 * budget.PerStep
	case "basic", "bearer":
		n := s.Request.Header.Len()
		for _, value := range s.Request.Header.Values("Authorization") {
			n += len(value)
		}
		return n
	case "graphql":
		return len(s.query.read())
	}
	return 0
}

// ID returns the request's id: that of its X-Request-Id header if it is well-formed, else one made for it.
func (s *Scope) ID() string {
	if s.id != "" {
		return s.id
	}
	if given := s.Request.Header.Values("X-Request-Id"); len(given) > 0 && wellFormed(given[0]) {
		s.id = given[0]
	} else {
		s.id = uuid.NewString()
	}
	return s.id
}

func wellFormed(id string) bool {
	if len(id) == 0 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c <= ' ' || c > '~' || strings.IndexByte(`"'<>&\`, c) >= 0 {
			return false
		}
	}
	return true
}

// pathParams is the object path-params.
type pathParams struct{ scope *Scope }

func (p *pathParams) Get(key string) (selmer.Value, bool) {
	for i := range p.scope.params.Path {
		if param := &p.scope.params.Path[i]; param.Name == key && i < len(p.scope.captured) {
			return p.value(param, p.scope.captured[i]), true
		}
	}
	return selmer.Nil(), false
}

func (p *pathParams) value(param *PathParam, text string) selmer.Value {
	if !param.Declared {
		return p.scope.text(text)
	}
	if v, ok := param.Type.Value(text); ok {
		return v
	}
	return selmer.String(text)
}

// Cost implements selmer.Costly.
func (p *pathParams) Cost(string) int { return len(p.scope.params.Path) }

// Entries implements selmer.Object.
func (p *pathParams) Entries() []selmer.Entry {
	entries := make([]selmer.Entry, 0, len(p.scope.captured))
	for i := range p.scope.params.Path {
		if i < len(p.scope.captured) {
			param := &p.scope.params.Path[i]
			entries = append(entries, selmer.Entry{Key: param.Name, Value: p.value(param, p.scope.captured[i])})
		}
	}
	return entries
}

// text is the value of a text whose type nobody declared.
func (s *Scope) text(text string) selmer.Value {
	if s.params.Moclojer04 {
		return selmer.String(text)
	}
	return untyped(text)
}

// untyped reads a text as the number, true or false that it spells in JSON. All of them print as the text did, so the
// type shows only where a JSON body has the value without quotes.
func untyped(text string) selmer.Value {
	switch {
	case text == "true" || text == "false":
		return selmer.Bool(text == "true")
	case len(text) <= maxNumber && isNumber(text):
		return selmer.Decimal(text)
	}
	return selmer.String(text)
}

const maxNumber = 300

// isNumber reports whether s is a JSON number.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if n = digits(rest); n == 0 {
			return false
		}
		s = rest[n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(s); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// headerParams is the object header-params; names match in any case.
type headerParams struct {
	scope *Scope
	all   []selmer.Entry // once somebody has asked for them
}

func (h *headerParams) Get(key string) (selmer.Value, bool) {
	values := h.scope.Request.Header.Values(key)
	switch {
	case len(values) == 1:
		return h.scope.text(values[0]), true
	case len(values) > 1:
		return selmer.String(strings.Join(values, ", ")), true
	case strings.EqualFold(key, "host"):
		return selmer.String(h.scope.Request.Host), true
	}
	return selmer.Nil(), false
}

// Cost implements selmer.Costly.
func (h *headerParams) Cost(string) int { return h.scope.Request.Header.Len() }

// Entries implements selmer.Object.
func (h *headerParams) Entries() []selmer.Entry {
	if h.all != nil {
		return h.all
	}
	var names []string
	values := map[string][]string{}
	h.scope.Request.Header.Each(func(name, value string) bool {
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], value)
		return true
	})
	h.all = make([]selmer.Entry, len(names))
	for i, name := range names {
		v := selmer.String(strings.Join(values[name], ", "))
		if len(values[name]) == 1 {
			v = h.scope.text(values[name][0])
		}
		h.all[i] = selmer.Entry{Key: name, Value: v}
	}
	return h.all
}

// requestParams is the object request.
type requestParams struct {
	scope *Scope
	body  *string // as text, once somebody has asked for it
}

// Cost implements selmer.Costly.
func (r *requestParams) Cost(key string) int {
	q := &r.scope.Request
	switch key {
	case "path":
		return len(q.Path)
	case "ip", "session":
		return q.Header.Len()
	case "body", "":
		return len(q.Body)
	}
	return 0
}

func (r *requestParams) Get(key string) (selmer.Value, bool) {
	q := &r.scope.Request
	switch key {
	case "method":
		return selmer.String(q.Method), true
	case "path":
		return selmer.String(unescapePath(q.Path)), true
	case "host":
		return selmer.String(q.Host), true
	case "id":
		return selmer.String(r.scope.ID()), true
	case "body":
		if r.body == nil {
			text := string(r.scope.charset().Decode(q.Body))
			r.body = &text
		}
		return selmer.String(*r.body), true
	case "query":
		return selmer.String(q.Query), true
	case "ip":
		return selmer.String(q.IP()), true
	case "session":
		return found(q.SessionName())
	}
	return selmer.Nil(), false
}

func (r *requestParams) Entries() []selmer.Entry {
	keys := [...]string{"method", "path", "host", "id", "body", "query", "ip"}
	entries := make([]selmer.Entry, 0, len(keys))
	for _, key := range keys {
		v, _ := r.Get(key)
		entries = append(entries, selmer.Entry{Key: key, Value: v})
	}
	return entries
}
