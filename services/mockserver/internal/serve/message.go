// Package serve is the core of the mock server: it takes a request, finds the mock by its host and the endpoint by its
// path, and makes the answer. Core is independent of what carries requests; Handler fits it to net/http. The root
// package builds it.
//
// The way of a request is made for speed: everything that can be known when a mock is compiled is known then, a
// request works in memory that the next one uses again, and an answer without templates is bytes that lie ready.
package serve

import (
	"context"
	"io"
	"net/http"

	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/record"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// requestHeader is the header of a request, whoever read it.
type requestHeader interface {
	scope.Header
	record.Header
}

// exchange is everything that one request needs. It is pooled.
type exchange struct {
	core       *Core
	ctx        context.Context
	scope      scope.Scope
	header     requestHeader
	netHeader  httpHeader          // header, when the request is net/http's
	body       io.Reader           // nil when the request has none
	bodyLength int64               // as announced, -1 when unknown
	writer     http.ResponseWriter // nil for a simple request

	mock     *hosted
	shared   bool   // the mock was found by the path: the host name is not its own
	prefix   string // what leads to the mock in the path, "" on a host of its own
	program  *program
	world    *world
	endpoint *endpoint // that answers, or one of its answers
	found    *endpoint // of which that is one
	captures route.Captures
	answer   answer
	builtin  builtin
	answered bool // as the endpoint says, not by a refusal

	turn    limit.Turn // while turning
	turning bool
	inside  bool // it has a place among the requests that its mock answers at a time

	draw  float64 // decides about chances; drawn when it is asked for
	drawn bool
	taken float64 // the share of draw that was given away
	// entered are the endpoints that left the request to another one.
	entered []*endpoint
	rated   []*place // whose rate limit has counted the request
	view    *view    // what the mock remembers, while that is at hand

	progress progress // of a simple request
	refused  limit.Refusal
	simple   http1.Answer // what it gets
	lines    []byte       // the headers that it gets, when they are made for it

	rendered []byte // the answer's body, when it is made for this request
	received []byte // the request's body
	sealed   string // a coding of the request's body that is not known here
	record   record.Request
}

// keptBytes bounds what a pooled exchange keeps from one request to the next.
const keptBytes = 64 << 10

// reset drops everything that belongs to a request.
func (x *exchange) reset() {
	x.scope.Clear()
	clear(x.captures[:cap(x.captures)])
	clear(x.answer.more)
	clear(x.answer.sent)
	rendered, received := x.rendered[:0], x.received[:0]
	if cap(rendered) > keptBytes {
		rendered = nil
	}
	if cap(received) > keptBytes {
		received = nil
	}
	x.ctx, x.header, x.netHeader.of, x.body, x.writer = nil, nil, nil, nil, nil
	x.progress, x.refused, x.simple, x.lines = unanswered, limit.Admitted, http1.Answer{}, x.lines[:0]
	x.mock, x.program, x.world, x.endpoint, x.found, x.builtin = nil, nil, nil, nil, nil, builtinNone
	x.answered, x.shared, x.drawn, x.taken = false, false, false, 0
	x.prefix = ""
	clear(x.entered)
	x.entered = x.entered[:0]
	clear(x.rated)
	x.rated, x.view = x.rated[:0], nil
	x.captures, x.answer = x.captures[:0], answer{more: x.answer.more[:0], sent: x.answer.sent[:0]}
	x.rendered, x.received, x.record = rendered, received, record.Request{}
}

// httpHeader reads net/http's headers without making names canonical first.
type httpHeader struct{ of http.Header }

// Values implements scope.Header.
func (h *httpHeader) Values(name string) []string {
	if values, ok := h.of[name]; ok {
		return values
	}
	for key, values := range h.of {
		if len(key) == len(name) && equalFold(key, name) {
			return values
		}
	}
	return nil
}

func equalFold(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Len implements scope.Header.
func (h *httpHeader) Len() int { return len(h.of) }

// Each implements scope.Header.
func (h *httpHeader) Each(yield func(name, value string) bool) {
	for name, values := range h.of {
		for _, value := range values {
			if !yield(name, value) {
				return
			}
		}
	}
}

// AppendTo implements record.Header.
func (h *httpHeader) AppendTo(dst []byte) []byte {
	for name, values := range h.of {
		for _, value := range values {
			dst = append(append(append(append(dst, name...), ": "...), value...), "\r\n"...)
		}
	}
	return dst
}
