package serve

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
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

// fails simulates a failing or silent endpoint. It reports whether the request was answered so. A wait ends early when the caller
// goes, or when the mock is replaced.
func (c *Core) fails(x *exchange) bool {
	l := x.endpoint.latency
	if l.TimeoutRate == 0 && l.FailureRate == 0 {
		return false
	}
	what := c.dice.throw()
	switch {
	case what < l.TimeoutRate:
		x.wait(time.Duration(l.TimeoutMS) * time.Millisecond)
		x.refuse(504, refusal{Error: "simulated_timeout", Message: "the mock simulates a timeout here (latency.timeout-rate)", Endpoint: x.label()})
		return true
	case what < l.TimeoutRate+l.FailureRate:
		x.refuse(500, refusal{Error: "simulated_failure", Message: "the mock simulates a failure here (latency.failure-rate)", Endpoint: x.label()})
		return true
	}
	return false
}

// delay is how long the answer takes: evenly spread, or around a median.
func (d *dice) delay(l *mockspec.Latency) time.Duration {
	var ms float64
	switch {
	case l.MedianMS == 0:
		ms = float64(l.MinMS) + d.throw()*float64(max(0, l.MaxMS-l.MinMS))
	case l.Shape == mockspec.ShapeNormal:
		ms = float64(l.MedianMS) + d.normal()*float64(l.P99MS-l.MedianMS)/z99
	default:
		ms = float64(l.MedianMS) * math.Exp(d.normal()*math.Log(float64(l.P99MS)/float64(l.MedianMS))/z99)
	}
	ms = min(max(ms, float64(l.MinMS)), float64(l.MaxMS))
	return time.Duration(ms * float64(time.Millisecond))
}

// z99 is how many standard deviations above the mean 99 of 100 normal values stay below.
const z99 = 2.3263478740408408

// normal returns a number of the standard normal distribution.
func (d *dice) normal() float64 {
	u := max(d.throw(), math.SmallestNonzeroFloat64) // Box and Muller
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*d.throw())
}

func (x *exchange) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	x.endTurn()
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
