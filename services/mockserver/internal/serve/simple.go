package serve

import (
	"context"
	"net/http"

	"github.com/mocloud/mocloud/services/mockserver/internal/http1"
	"github.com/mocloud/mocloud/services/mockserver/internal/limit"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// progress is how far a simple request has come.
type progress uint8

const (
	unanswered progress = iota
	answering           // and if it ends so, its answer panicked
	answered
)

// Begin implements http1.Handler: it takes what an endpoint answers at once. Everything else goes the way of ServeHTTP, which
// can wait, notices callers who leave, and explains.
func (c *Core) Begin(r *http1.Request) http1.Exchange {
	x := c.pool.Get().(*exchange) //nolint:forcetypeassert // the pool holds nothing else
	var path string
	if x.mock, path = c.find(r.Host, r.Path); x.mock != nil && path == r.Path && len(r.Header.Values(explainHeader)) == 0 {
		x.header, x.ctx = &r.Header, context.Background()
		x.scope.Request = scope.Request{
			Method: r.Method, Host: r.Host, Path: path, Query: r.Query, Header: x.header, At: r.At,
			RemoteAddr: r.RemoteAddr, IPHeader: c.cfg.ClientIPHeader,
		}
		if x.match() && !x.endpoint.waits && (!x.endpoint.timed || !x.mayHaveSession()) && (!x.endpoint.at.declines || !x.laterWaits()) {
			return x
		}
	}
	x.reset()
	c.pool.Put(x)
	return nil
}

// Answer implements http1.Exchange.
func (x *exchange) Answer(body []byte) *http1.Answer {
	x.progress = answering
	q, a := &x.scope.Request, &x.answer
	if len(body) > 0 {
		q.Body = body
	}
	if x.refused = x.mock.life.gate.Enter(q.At); x.refused == limit.Admitted {
		x.inside = true
		x.core.answerMatched(x)
		x.endTurn()
		x.leaveGate() // before the answer is written: who reads slowly takes no place
	} else {
		x.overload(x.refused, &x.core.cfg)
	}
	x.complete()
	x.simple = http1.Answer{Status: a.status, Body: a.payload()}
	if a.block == nil && len(a.more) == 0 && a.status != http.StatusNotModified {
		a.block, a.has = a.always.block, a.always.has
	}
	if a.block != nil {
		x.simple.Block, x.simple.Has = a.block, a.has
	} else {
		a.settle(x.shared)
		x.lines = a.appendLines(x.lines[:0], &x.simple.Has)
		x.simple.Block = x.lines
	}
	x.progress = answered
	return &x.simple
}

// End implements http1.Exchange.
func (x *exchange) End() {
	x.leaveGate() // if the answer panicked
	switch x.progress {
	case answered:
		x.core.done(x)
	case answering:
		return // who knows what it is like
	case unanswered:
	}
	x.reset()
	x.core.pool.Put(x)
}
