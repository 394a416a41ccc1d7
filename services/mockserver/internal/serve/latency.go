package serve

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// dice are the random numbers of simulated latency and failures. They are safe for concurrent use.
type dice struct {
	mu     sync.Mutex
	source *rand.Rand // nil: the process's own
}

func newDice(seed uint64) *dice {
	if seed == 0 {
		return &dice{}
	}
	return &dice{source: rand.New(rand.NewPCG(seed, seed))} // #nosec G404 -- nothing depends on its being secret
}

// throw returns a number from 0 up to 1.
func (d *dice) throw() float64 {
	if d.source == nil {
		return rand.Float64() // #nosec G404 -- nothing depends on its being secret
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.source.Float64()
}

// delay simulates a slow, failing or silent endpoint. It reports whether the request is to be answered. A wait ends
// early when the caller goes, or when the mock is replaced.
func (c *Core) delay(x *exchange) bool {
	l := x.endpoint.spec.Latency
	what := c.dice.throw()
	switch {
	case what < l.TimeoutRate:
		x.wait(time.Duration(l.TimeoutMS) * time.Millisecond)
		x.refuse(504, refusal{Error: "simulated_timeout", Message: "the mock simulates a timeout here (latency.timeout-rate)", Endpoint: x.label()})
		return false
	case what < l.TimeoutRate+l.FailureRate:
		x.refuse(500, refusal{Error: "simulated_failure", Message: "the mock simulates a failure here (latency.failure-rate)", Endpoint: x.label()})
		return false
	}
	ms := float64(l.MinMS) + c.dice.throw()*float64(max(0, l.MaxMS-l.MinMS))
	x.wait(time.Duration(ms * float64(time.Millisecond)))
	return true
}

func (x *exchange) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	if x.writer != nil {
		// The timeout guards against slow callers; this time is the mock's own. A writer that cannot set deadlines has none.
		_ = http.NewResponseController(x.writer).SetWriteDeadline(time.Now().Add(d + x.core.cfg.WriteTimeout))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.ctx.Done():
	case <-x.mock.done:
	}
}
