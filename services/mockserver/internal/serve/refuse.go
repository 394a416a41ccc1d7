package serve

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// refusal is the body of the answers that the server makes itself.
type refusal struct {
	Error    string          `json:"error"` // stable, for programs
	Message  string          `json:"message"`
	Method   string          `json:"method,omitempty"`
	Host     string          `json:"host,omitempty"`
	Path     string          `json:"path,omitempty"`
	Mock     string          `json:"mock,omitempty"`
	Endpoint string          `json:"endpoint,omitempty"`
	Line     int             `json:"line,omitempty"`
	Column   int             `json:"column,omitempty"`
	Allow    []string        `json:"allow,omitempty"`
	Problems []scope.Problem `json:"problems,omitempty"`
	Nearest  []near          `json:"nearest,omitempty"`
}

// refuse answers with a refusal, keeping the headers that every answer of the mock has.
func (x *exchange) refuse(status int, r refusal) {
	a := &x.answer
	a.always, a.more, a.body, a.length = nil, a.more[:0], nil, nil
	r.mask(x.scope.Request.Env)
	if x.mock != nil {
		r.Mock = x.mock.ref[0]
		for _, n := range r.Nearest {
			x.record.Nearest = append(x.record.Nearest, event.Near{Endpoint: n.Endpoint, Why: n.Why})
		}
		a.always = x.mock.own
		if x.program != nil {
			a.always = x.program.own
		}
		if x.ownError(status, &r) {
			return
		}
		a.more = a.more[:0]
	}
	if x.wantsPage() {
		x.refusalPage(status, &r)
		return
	}
	a.json(status, encode(r))
}

func (x *exchange) label() string {
	if x.endpoint == nil {
		return ""
	}
	return x.endpoint.label
}

// unknownHost answers for a host that is nobody's.
func (x *exchange) unknownHost(c *Core) {
	q := &x.scope.Request
	defer func() { x.answer.add(allowOrigin, "*") }()
	if !c.ready.Load() {
		x.refuse(503, refusal{Error: "starting", Message: "the server is starting and does not know its mocks yet; try again", Host: q.Host})
		x.answer.add("Retry-After", "1")
		return
	}
	if c.cfg.PathForm && q.Path == "/" && x.wantsPage() {
		x.welcome()
		return
	}
	hint := "check the host name, and that the mock is published"
	switch {
	case c.cfg.PathForm && strings.HasPrefix(q.Path, "/~"):
		hint = "the path names no published mock: its form is /~workspace/mock/…"
	case c.cfg.PathForm:
		hint += "; published mocks also answer at /~workspace/mock/…"
	}
	x.refuse(404, refusal{
		Error: "unknown_host", Message: fmt.Sprintf("no mock answers on %q: %s", q.Host, hint), Method: q.Method, Host: q.Host, Path: q.Path,
	})
}

// brokenMock answers for a mock whose content cannot be read.
func (x *exchange) brokenMock(p *program) {
	x.refuse(500, refusal{
		Error: "invalid_mock", Message: "this mock cannot be served: " + p.broken.Error() + ". Correct it and publish it again",
	})
}

// invalid answers for a request that is not what the endpoint declares.
func (x *exchange) invalid(problems []scope.Problem) {
	sentences := make([]string, len(problems))
	for i, p := range problems {
		sentences[i] = p.Sentence()
	}
	x.refuse(400, refusal{
		Error: "invalid_request", Message: strings.Join(sentences, "; "), Endpoint: x.label(), Problems: problems,
	})
}

func (x *exchange) tooLarge(limit int64) {
	x.refuse(413, refusal{
		Error: "body_too_large", Message: "the request body is larger than " + mockspec.Size(int(limit)), Endpoint: x.label(),
	})
	x.answer.add("Connection", "close")
}

// unpackable answers for a body that its Content-Encoding does not describe.
func (x *exchange) unpackable(c *Core, err error) {
	if errors.Is(err, errUnpackedTooLarge) {
		x.tooLarge(c.cfg.MaxBody)
		return
	}
	x.refuse(400, refusal{Error: "unreadable_body", Message: err.Error(), Endpoint: x.label()})
}

// unsupportedCoding answers for a body that has to be read and is packed in a way that is not known here (RFC 9110 section 15.5.16).
func (x *exchange) unsupportedCoding() {
	x.refuse(415, refusal{
		Error: "unsupported_coding", Endpoint: x.label(),
		Message: fmt.Sprintf("the request body cannot be unpacked: its Content-Encoding is `%s`, and a mock reads %s", x.sealed, unpacked),
	})
	x.answer.add("Accept-Encoding", unpacked)
}

func (x *exchange) unreadable() {
	x.refuse(400, refusal{
		Error: "unreadable_body", Message: "the request body ended early or could not be read", Endpoint: x.label(),
	})
	x.answer.add("Connection", "close")
}

// overload answers for a mock that is asked more than its share.
func (x *exchange) overload(why limit.Refusal, c *Config) {
	if why == limit.TooMany {
		x.refuse(503, refusal{
			Error: "too_many_requests_at_once", Message: fmt.Sprintf("this mock is already answering %d requests, which is its limit; try again", c.Concurrent),
		})
	} else {
		x.refuse(429, refusal{
			Error: "mock_rate_limit", Message: fmt.Sprintf("this mock receives more than %d requests a second; try again", c.PerSecond),
		})
	}
	x.answer.add("Retry-After", "1")
}

// failed answers for an endpoint that cannot make its answer.
func (x *exchange) failed(f *fault) {
	if x.endpoint.params.Moclojer04 {
		a := &x.answer
		a.always, a.more, a.length = newHeaders(keepOnly(a.always.list, mockHeader, allowOrigin)), a.more[:0], nil
		a.json(500, moclojerError(plain(f.err)))
		return
	}
	r := refusal{Error: "template_error", Message: f.sentence(), Endpoint: x.label()}
	status := 500
	switch {
	case apperr.CodeOf(f.err) == apperr.Unavailable:
		status, r.Error = 502, "external_body_unavailable"
	case f.what == "set":
		r.Error = "set"
	case isExternal(f.err):
		r.Error = "external_body"
	case errors.Is(f.err, selmer.ErrLimit), isBudget(f.err):
		r.Error = "template_limit"
	}
	if line, column, ok := f.place(); ok && x.program.fromUser {
		r.Line, r.Column = line, column
	} else if t, isTemplate := errors.AsType[*selmer.Error](f.err); isTemplate {
		r.Message = f.what + ", " + t.Error() // the place in the template at least
	}
	x.refuse(status, r)
}

func isBudget(err error) bool {
	_, ok := errors.AsType[*budget.Error](err)
	return ok
}

func isExternal(err error) bool {
	_, ok := errors.AsType[*apperr.Error](err)
	return ok
}

// plain is the sentence of an error for the mock's author, without the place, which is given separately.
func plain(err error) string {
	if t, ok := errors.AsType[*selmer.Error](err); ok {
		return t.Message
	}
	if a, ok := errors.AsType[*apperr.Error](err); ok {
		return a.Message
	}
	return err.Error()
}

func keepOnly(headers []header, names ...string) []header {
	var kept []header
	for _, h := range headers {
		for _, name := range names {
			if h.name == name {
				kept = append(kept, h)
			}
		}
	}
	return kept
}

// rateLimited are the words of moclojer's documentation.
const rateLimited = "Rate limit exceeded"

// withinRate counts the request against the endpoint's rate limit and says in headers what is left.
func (c *Core) withinRate(x *exchange) bool {
	e := x.endpoint
	key := ""
	rule := e.at.compiler.defaults.rateLimit(e.spec.RateLimit)
	if k := rule.Key; k == "" || k == "remote-addr" {
		key = x.scope.Request.IP()
	} else if values := x.header.Values(k); len(values) > 0 {
		key = values[0]
	}
	if session, ok := x.scope.Request.SessionName(); ok {
		key = session + "\x00" + key
	}
	now := x.scope.Request.At
	v := e.at.limiter.Take(key, now)
	if !v.Allowed {
		wait := max(1, int((v.Reset.Sub(now)+time.Second-1)/time.Second))
		x.refuse(429, refusal{
			Error:    rateLimited,
			Endpoint: e.label,
			Message:  fmt.Sprintf("more than %d requests in %s: try again in %d s", v.Limit, time.Duration(rule.WindowMS)*time.Millisecond, wait),
		})
		x.answer.add("Retry-After", strconv.Itoa(wait))
	}
	x.answer.add("X-RateLimit-Limit", strconv.Itoa(v.Limit))
	x.answer.add("X-RateLimit-Remaining", strconv.Itoa(v.Remaining))
	x.answer.add("X-RateLimit-Reset", strconv.FormatInt(v.Reset.Unix(), 10))
	return v.Allowed
}
