package serve

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mocloud/mocloud/pkg/contract"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
)

// choice is how an endpoint chooses among several answers. It is immutable.
type choice struct {
	guard    *match.Guard
	contract *contract.Contract // what requests must be like; nil: anything
	lenient  bool               // a request that does not fit is answered all the same
	options  []option
	// around are the names of the state that the endpoint may ask for; all of them if that is not known.
	around memoryUse
	heavy  bool // it looks into the body, which may take long
}

// option is one of several answers, and when it is given.
type option struct {
	when   *match.Condition
	chance float64 // 1: always
	times  int     // 0: forever
	// counter names the count of how often it was given.
	counter string
	to      *endpoint
}

// entryName tells one of several answers from the others.
type entryName struct {
	number   int  // from 1; 0: the endpoint's `response`
	defaults bool // of `defaults.responses`
}

// defaults are what every endpoint of a mock has that does not say otherwise.
type defaults struct{ *mockspec.Defaults }

// always reports whether one of the default answers is given to every request.
func (d *defaults) always() bool {
	if d.Defaults == nil {
		return false
	}
	for i := range d.Responses {
		if d.Responses[i].Always() {
			return true
		}
	}
	return false
}

// headers adds the defaults that an answer does not set.
func (d *defaults) headers(own []mockspec.Header) []mockspec.Header {
	if d.Defaults == nil || len(d.Headers) == 0 {
		return own
	}
	named := func(list []mockspec.Header, name string) bool {
		for i := range list {
			if strings.EqualFold(list[i].Name, name) {
				return true
			}
		}
		return false
	}
	var all []mockspec.Header
	for _, h := range own {
		if !h.None || !named(d.Headers, h.Name) {
			all = append(all, h)
		}
	}
	for _, h := range d.Headers {
		if !h.None && !named(own, h.Name) {
			all = append(all, h)
		}
	}
	return all
}

// choose compiles an endpoint that chooses, or turns callers away. It reports false if it just answers.
func (c *endpointCompiler) choose(e *endpoint) bool {
	spec := e.spec
	auth := spec.Auth
	var first []mockspec.Entry
	if c.defaults.Defaults != nil {
		first = c.defaults.Responses
		if auth.JSON == "" {
			auth = c.defaults.Auth
		}
	}
	if c.compat {
		return false
	}
	use := c.memory.use(spec, first)
	e.timed, e.env = use.time, use.env
	if auth.JSON == "" && len(first) == 0 && len(spec.Responses) == 0 && !use.any() && !c.validates(spec) {
		return false
	}
	ch := &choice{around: use}
	e.waits = use.any() || use.env
	e.headers = c.common(nil)
	if auth.JSON != "" {
		guard, _, problems := match.CompileGuard(parseJSON(auth.JSON), match.Options{})
		if err := match.FirstError(problems); err != nil {
			e.fault = &fault{what: "auth", pos: auth.Pos, err: err}
			return true
		}
		ch.guard, ch.heavy = guard, guard.Heavy()
	}
	if c.validates(spec) {
		held, err := contract.Compile([]byte(spec.Contract.JSON))
		if err != nil {
			e.fault = &fault{what: "contract", pos: spec.Contract.Pos, err: err}
			return true
		}
		ch.contract, ch.lenient, ch.heavy = held, c.validate == mockspec.ValidateWarn, true
	}
	add := func(list []mockspec.Entry, fromDefaults bool) {
		for i := range list {
			o, err := c.option(e, &list[i], entryName{i + 1, fromDefaults})
			if err != nil {
				e.fault = &fault{what: "if", pos: list[i].If.Pos, err: err}
				return
			}
			ch.options = append(ch.options, o)
			ch.heavy = ch.heavy || o.when.Heavy()
		}
	}
	add(first, true)
	add(spec.Responses, false)
	countersOf(e, ch.options)
	if !spec.NoResponse {
		ch.options = append(ch.options, option{chance: 1, to: c.part(e, &spec.Response, entryName{}, spec.Pos)})
	}
	for i := range ch.options {
		e.waits = e.waits || ch.options[i].to.waits
	}
	e.choice = ch
	return true
}

// option compiles one of several answers.
func (c *endpointCompiler) option(e *endpoint, entry *mockspec.Entry, name entryName) (option, error) {
	o := option{chance: 1, times: entry.Times}
	if entry.Chance != nil {
		o.chance = *entry.Chance
	}
	var err error
	if o.when, err = match.CompileJSON(entry.If.JSON); err != nil {
		return o, err
	}
	if o.times > 0 {
		o.counter = mockspec.EntryText(entry)
	}
	o.to = c.part(e, &entry.Response, name, entry.Pos)
	return o, nil
}

// part compiles one of several answers of an endpoint as an endpoint of its own.
func (c *endpointCompiler) part(e *endpoint, r *mockspec.Response, name entryName, pos mockspec.Position) *endpoint {
	spec := *e.spec
	spec.Response, spec.Responses, spec.NoResponse, spec.Auth = *r, nil, false, mockspec.Auth{}
	if name != (entryName{}) {
		spec.Resource = nil // it answers in place of the operation
	}
	to := &endpoint{at: e.at, spec: &spec, label: e.label, params: e.params, entry: name}
	if c.fromUser {
		to.line = pos.Line
	}
	c.answer(to)
	return to
}

func parseJSON(text string) selmer.Value {
	v, err := selmer.ParseJSON([]byte(text))
	if err != nil {
		return selmer.Nil()
	}
	return v
}

// outcome is what became of a request at one endpoint.
type outcome uint8

const (
	declined outcome = iota // the next one may answer
	chosen                  // x.endpoint answers
	refused                 // a refusal was made
)

// choose finds the answer among those of the endpoint that was found and, if that declines, of the next ones. It reports whether
// x.endpoint is to answer; else a refusal was made.
func (c *Core) choose(x *exchange) bool {
	first := x.endpoint
	switch c.try(x, first) {
	case chosen:
		return true
	case refused:
		return false
	case declined:
	}
	result := declined
	x.endpoint = nil
	passed := false
	x.candidates(func(p *place, captures route.Captures) bool {
		if !passed {
			passed = p == first.at
			return true
		}
		e := p.ready()
		x.captures = append(x.captures[:0], captures...)
		x.scope.Rebind(&e.params, x.captures)
		x.endpoint, x.answer.always = e, e.headers
		result = c.try(x, e)
		return result == declined
	})
	if result == declined {
		x.endpoint, x.found = nil, nil
		c.notFound(x)
	}
	return result == chosen
}

// candidates yields the endpoints for the request's method and path, the most specific first, equal ones in the order of writing.
func (x *exchange) candidates(yield func(*place, route.Captures) bool) {
	q := &x.scope.Request
	x.world.tree.Walk(q.Method, q.Path, func(p *place, captures route.Captures) bool {
		for ; p != nil; p = x.world.next[p] {
			if !yield(p, captures) {
				return false
			}
			if !p.declines {
				return false
			}
		}
		return true
	})
}

// laterWaits reports whether an endpoint that may get the request when others decline may have to wait.
func (x *exchange) laterWaits() (waits bool) {
	x.candidates(func(p *place, _ route.Captures) bool {
		e := p.ready()
		waits = waits || e.waits || e.timed && x.mayHaveSession()
		return !waits
	})
	return waits
}

// try lets one endpoint answer.
func (c *Core) try(x *exchange, e *endpoint) outcome {
	ch := e.choice
	x.found = e
	if ch != nil && ch.guard != nil {
		v := ch.guard.Check(&x.scope)
		x.endTurn()
		if err := x.exhausted(); err != nil {
			c.unable(x, err)
			return refused
		}
		if v.Status != 0 {
			if to := c.documented(x, ch, v.Status); to != nil {
				x.endpoint, x.answer.always = to, to.headers
				x.challenge(v)
				return chosen
			}
			x.turnAway(v)
			return refused
		}
	}
	if e.at.limiter != nil && !slices.Contains(x.rated, e.at) {
		x.rated = append(x.rated, e.at)
		if !c.withinRate(x) {
			return refused
		}
	}
	if ch == nil { // it answers, or its fault does
		x.answer.always = e.headers
		return chosen
	}
	var to *endpoint
	var problems []contract.Problem
	err := c.inTurn(x, ch.heavy && x.isLarge(), func(c *Core, x *exchange) error {
		if problems = c.hold(x, ch); len(problems) > 0 && !ch.lenient {
			to = c.documented(x, ch, problems[0].Status)
			return nil
		}
		to = c.pick(x, ch)
		return nil
	})
	if err != nil {
		c.unable(x, err)
		return refused
	}
	if len(problems) > 0 && (to == nil || ch.lenient) {
		if !ch.lenient {
			x.violated(problems)
			return refused
		}
		x.answer.add(violationsHeader, inHeader(violations(problems)))
	}
	if to == nil {
		x.entered = append(x.entered, e)
		return declined
	}
	x.endpoint, x.answer.always = to, to.headers
	return chosen
}

// pick returns the first answer that applies, or nil.
func (c *Core) pick(x *exchange, ch *choice) *endpoint {
	var usedUp []*option
	for i := range ch.options {
		o := &ch.options[i]
		if !o.when.Holds(&x.scope) {
			continue
		}
		if o.times > 0 && x.view.count(o.counter, x.scope.Request.Path) >= o.times {
			usedUp = append(usedUp, o)
			continue
		}
		if o.chance == 1 || c.falls(x, o.chance) {
			if o.times > 0 {
				x.view.take(o.counter, x.scope.Request.Path)
			}
			return o.to
		}
	}
	if len(usedUp) == 0 {
		return nil
	}
	for _, o := range usedUp { // a sequence without an end goes round
		x.view.begin(o.counter, x.scope.Request.Path)
	}
	x.view.take(usedUp[0].counter, x.scope.Request.Path)
	return usedUp[0].to
}

// falls reports whether a chance falls to the entry that asks. One number is drawn for a request; those who ask take their shares of it
// one after the other.
func (c *Core) falls(x *exchange, chance float64) bool {
	if !x.drawn {
		x.draw, x.drawn = c.dice.throw(), true
	}
	x.taken += chance
	return x.draw < x.taken
}

// turnAway answers a caller who may not ask.
func (x *exchange) turnAway(v match.Verdict) {
	r := refusal{Error: "unauthorized", Message: "credentials are missing or wrong", Endpoint: x.label()}
	if v.Status == http.StatusForbidden {
		r.Error, r.Message = "forbidden", "the token does not allow this"
	}
	x.refuse(v.Status, r)
	x.challenge(v)
}

// challenge says how to ask again.
func (x *exchange) challenge(v match.Verdict) {
	for _, challenge := range v.Challenge {
		x.answer.more = with(x.answer.more, "Www-Authenticate", challenge)
	}
}

// whys says why each answer of an endpoint that was entered was not given, up to the one that was.
func (x *exchange) whys(e, given *endpoint) []near {
	ch := e.choice
	if ch == nil {
		return nil
	}
	var out []near
	for i := range ch.options {
		o := &ch.options[i]
		if o.to == given || len(out) == whysShown {
			break
		}
		why := o.when.Why(&x.scope)
		if why == "" && o.times > 0 {
			if n := x.view.before(o.counter, x.scope.Request.Path); n >= o.times {
				why = "used up (" + strconv.Itoa(n) + " of " + strconv.Itoa(o.times) + ") for " + x.scope.Request.Path
			}
		}
		if why == "" && o.chance < 1 {
			why = "lost the draw: it has " + strconv.FormatFloat(o.chance, 'g', 3, 64)
		}
		if why == "" {
			continue
		}
		out = append(out, near{Endpoint: e.label, Entry: o.to.entry.number, Defaults: o.to.entry.defaults, Line: o.to.line, Why: why})
	}
	return out
}

// whysShown is how many answers of one endpoint are shown.
const whysShown = 10
