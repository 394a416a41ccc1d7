package serve

import (
	"cmp"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// judged is a request that was answered, as conditions of a verification see it.
type judged struct {
	scope.Scope
	of     *control.Request
	answer selmer.Value
}

// Lookup implements selmer.Scope.
func (j *judged) Lookup(name string) (selmer.Value, bool) {
	switch name {
	case "answer":
		return j.answer, true
	case "state":
		return selmer.Nil(), false // that of then is not known
	}
	return j.Scope.Lookup(name)
}

// judge makes a request ready for conditions: with the parameters that the mock's endpoints have in its path now.
func (x *exchange) judge(r *control.Request) *judged {
	head := http.Header{}
	for line := range strings.SplitSeq(r.Head, "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			name = textproto.CanonicalMIMEHeaderKey(name)
			head[name] = append(head[name], value)
		}
	}
	j := &judged{of: r, answer: selmer.Map([]selmer.Entry{
		{Key: "status", Value: selmer.Int(int64(r.Status))}, {Key: "endpoint", Value: selmer.String(r.Endpoint)},
	})}
	params := &scope.Params{}
	found, captures := x.program.on(r.Host).tree.Find(r.Method, r.Path, nil)
	if found != nil {
		params = &found.ready().params
	}
	j.Reset(scope.Request{
		Method: r.Method, Host: r.Host, Path: r.Path, Query: r.Query, Header: &httpHeader{head}, Body: r.Body, At: r.Time,
	}, params, captures)
	return j
}

// knownRoots are the names that conditions of a verification may begin with.
func knownRoots() []string {
	return []string{
		"path-params", "query-params", "json-params", "header-params", "headers", "cookies", "request", "basic", "bearer", "jwt", "graphql", "prefer", "answer", "now",
	}
}

// expectation is a compiled control.Expectation.
type expectation struct {
	control.Expectation
	when  *match.Condition
	parts []*match.Condition // its lines, each for itself
}

func compileExpectations(list []control.Expectation) ([]expectation, error) {
	if len(list) == 0 || len(list) > control.MaxExpectations {
		return nil, apperr.New(apperr.Invalid, "There are %d expectations; write 1 to %d.", len(list), control.MaxExpectations).WithField("expect")
	}
	out := make([]expectation, len(list))
	for i, e := range list {
		field := fmt.Sprintf("expect.%d.if", i)
		wrong := func(format string, args ...any) error {
			return apperr.New(apperr.Invalid, "The condition of expectation %d cannot be used: %s", i+1, ended(fmt.Sprintf(format, args...))).WithField(field)
		}
		v, err := selmer.ParseJSON(e.If)
		if err != nil {
			return nil, wrong("%s", err)
		}
		when, _, problems := match.Compile(v, match.Options{})
		if err := match.FirstError(problems); err != nil {
			return nil, wrong("%s", err)
		}
		for _, name := range when.Names() {
			if root := name.Root(); !slices.Contains(knownRoots(), root) {
				return nil, wrong("`%s` names nothing of a request; the names are %s", root, strings.Join(knownRoots(), ", "))
			}
		}
		if e.Times != nil && (e.AtLeast != nil || e.AtMost != nil) {
			return nil, apperr.New(apperr.Invalid, "Expectation %d has times, and at_least or at_most: give one or the other.", i+1).WithField(field)
		}
		out[i] = expectation{Expectation: e, when: when}
		if v.Kind() == selmer.KindMap {
			for _, line := range v.Entries() {
				part, _, _ := match.Compile(selmer.Map([]selmer.Entry{line}), match.Options{}) // it is right, as the whole is
				out[i].parts = append(out[i].parts, part)
			}
		}
	}
	return out, nil
}

// bounds are how often requests are expected; most is below 0 for any number.
func (e *expectation) bounds() (least, most int) {
	if e.Times != nil {
		return *e.Times, *e.Times
	}
	least, most = 1, -1
	if e.AtMost != nil {
		least, most = 0, *e.AtMost
	}
	if e.AtLeast != nil {
		least = *e.AtLeast
	}
	return least, most
}

// verify holds requests against what is expected of them.
func (c *Core) verify(x *exchange, q *control.Question) (*control.Verdict, error) {
	expect, err := compileExpectations(q.Expect)
	if err != nil {
		return nil, err
	}
	requests := q.Requests
	if c.journal != nil {
		requests = c.journal.since(q.Since)
	}
	var asked []*judged
	for i := range requests {
		j := x.judge(&requests[i])
		if name, _ := j.Request.SessionName(); q.Session == "" || name == q.Session {
			asked = append(asked, j)
		}
	}
	out := &control.Verdict{OK: true, Looked: len(asked), Expect: make([]control.Result, len(expect))}
	after := 0 // the first request that the next expectation may be met by, if the order counts
	for i := range expect {
		e := &expect[i]
		least, most := e.bounds()
		result := control.Result{Nearest: []control.Near{}}
		met, last := 0, after
		for at, j := range asked {
			if !e.when.Holds(j) {
				continue
			}
			result.Count++
			if at >= after && met < max(least, 1) {
				met, last = met+1, at+1
			}
		}
		switch {
		case result.Count < least || most >= 0 && result.Count > most:
			result.Reason = fmt.Sprintf("expected %s, but %s", timesText(least, most), came(result.Count))
		case q.InOrder && met < least:
			result.Reason = fmt.Sprintf("expected %s after those of expectation %d, but %s then", timesText(least, most), i, came(met))
		default:
			result.OK = true
		}
		if q.InOrder && result.OK && met > 0 {
			after = last
		}
		if !result.OK && result.Count < least {
			result.Nearest = e.nearest(asked)
		}
		out.OK = out.OK && result.OK
		out.Expect[i] = result
	}
	return out, nil
}

// ended is a text with the end of a sentence.
func ended(text string) string {
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func came(n int) string {
	switch n {
	case 0:
		return "none came"
	case 1:
		return "1 came"
	}
	return fmt.Sprintf("%d came", n)
}

func timesText(least, most int) string {
	requests := func(n int) string {
		if n == 1 {
			return "1 request"
		}
		return fmt.Sprintf("%d requests", n)
	}
	switch {
	case least == most && most == 0:
		return "no request"
	case least == most:
		return requests(least)
	case most < 0:
		return "at least " + requests(least)
	case least == 0:
		return "at most " + requests(most)
	}
	return fmt.Sprintf("%d to %s", least, requests(most))
}

// nearShown is how many requests are shown that came near.
const nearShown = 3

// nearest are the requests that come near: first those for which the fewest lines of the condition do not hold, then the latest.
func (e *expectation) nearest(asked []*judged) []control.Near {
	type candidate struct {
		control.Near
		far int
	}
	var all []candidate
	for _, j := range slices.Backward(asked) {
		why := e.when.Why(j)
		if why == "" {
			continue
		}
		far := 0
		for _, part := range e.parts {
			if !part.Holds(j) {
				far++
			}
		}
		target := j.of.Method + " " + j.of.Path
		if j.of.Query != "" {
			target += "?" + j.of.Query
		}
		all = append(all, candidate{control.Near{ID: j.of.ID, Time: j.of.Time, Request: target, Why: why}, far})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	out := []control.Near{}
	for _, one := range all[:min(len(all), nearShown)] {
		out = append(out, one.Near)
	}
	return out
}

// journal keeps the latest requests of a server without an api, so that they can be verified.
type journal struct {
	mu    sync.Mutex
	kept  []control.Request // a ring
	first int
}

// journalBody bounds what is kept of a body.
const journalBody = 64 << 10

func (l *journal) add(r control.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) < control.MaxRequests {
		l.kept = append(l.kept, r)
		return
	}
	l.kept[l.first] = r
	l.first = (l.first + 1) % len(l.kept)
}

// since returns the requests from a time on, oldest first.
func (l *journal) since(from time.Time) []control.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []control.Request
	for i := range l.kept {
		if r := l.kept[(l.first+i)%len(l.kept)]; !r.Time.Before(from) {
			out = append(out, r)
		}
	}
	return out
}

// forget begins anew.
func (l *journal) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept, l.first = nil, 0
}

// Requests are those that the journal keeps, oldest first; none without a journal.
func (c *Core) Requests() []control.Request {
	if c.journal == nil {
		return nil
	}
	return c.journal.since(time.Time{})
}

// ForgetRequests empties the journal.
func (c *Core) ForgetRequests() {
	if c.journal != nil {
		c.journal.forget()
	}
}

// note keeps a request that was answered.
func (l *journal) note(x *exchange) {
	q := &x.scope.Request
	r := control.Request{
		Time: q.At, Method: strings.Clone(q.Method), Host: strings.Clone(q.Host), Path: strings.Clone(q.Path), Query: strings.Clone(q.Query),
		Body: slices.Clone(q.Body[:min(len(q.Body), journalBody)]), Status: x.answer.status, Endpoint: x.record.Endpoint,
	}
	if x.header != nil {
		r.Head = string(x.header.AppendTo(nil))
	}
	l.add(r)
}
