package mockspec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mocloud/mocloud/pkg/contract"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Bounds of an endpoint's answers.
const (
	MaxEntries        = 200 // of `responses`
	MaxDefaultEntries = 50  // of `defaults.responses`
	MaxWebhooks       = 5   // of one answer
)

// asJSON is a value of the document as JSON.
func (r *reader) asJSON(n *yaml.Node) string {
	w := jsonWriter{r: r, dst: make([]byte, 0, 64)}
	w.value(n)
	return string(w.dst)
}

// condition reads `if`.
func (r *reader) condition(n *yaml.Node) Condition {
	n = follow(n)
	if isNull(n) {
		return Condition{}
	}
	if isText(n) {
		t, ok := r.oneLine(n, "`if`")
		if !ok {
			return Condition{}
		}
		if strings.TrimSpace(t.Raw) == "" {
			return Condition{}
		}
		r.template(n, t.Raw, conditionUse)
		return Condition{Pos: t.Pos, JSON: string(appendJSONString(nil, t.Raw))}
	}
	if r.compat() {
		r.warn(at(n), CodeBadValue, "write a condition of the template language, or delete `compat`", "this condition has no effect in compat mode: moclojer 0.4 only knows text")
		return Condition{}
	}
	c := Condition{Pos: at(n), JSON: r.asJSON(n)}
	if !r.trusted {
		compiled, size, problems := match.Compile(valueOf(c.JSON), match.Options{})
		r.patterns += size
		r.problems(n, problems)
		r.conditionNames(n, compiled.Names())
	}
	return c
}

// auth reads `auth`.
func (r *reader) auth(n *yaml.Node) Auth {
	n = follow(n)
	if isNull(n) {
		return Auth{}
	}
	a := Auth{Pos: at(n), JSON: r.asJSON(n)}
	if !r.trusted {
		guard, size, problems := match.CompileGuard(valueOf(a.JSON), match.Options{})
		r.patterns += size
		r.problems(n, problems)
		r.conditionNames(n, guard.Names())
	}
	return a
}

// contract reads `contract`.
func (r *reader) contract(n *yaml.Node) Contract {
	n = follow(n)
	if isNull(n) {
		return Contract{}
	}
	c := Contract{Pos: at(n), JSON: r.asJSON(n)}
	if r.trusted {
		return c
	}
	if _, err := contract.Compile([]byte(c.JSON)); err != nil {
		r.fail(at(n), CodeBadContract, "write it as an operation of OpenAPI has it", "%s", err)
	}
	return c
}

// valueOf reads JSON that was written here.
func valueOf(json string) selmer.Value {
	v, err := selmer.ParseJSON([]byte(json))
	if err != nil {
		return selmer.Nil()
	}
	return v
}

// problems reports what package match found in the value n.
func (r *reader) problems(n *yaml.Node, problems []match.Problem) {
	for _, p := range problems {
		pos := r.within(n, p.Where, p.Key, 0)
		if p.Warning {
			r.warn(pos, p.Code, p.Fix, "%s", p.Message)
		} else {
			r.fail(pos, p.Code, p.Fix, "%s", p.Message)
		}
	}
}

// within is the place of a byte of a key or a value within n.
func (r *reader) within(n *yaml.Node, where []any, key bool, offset int) Position {
	k := n
	for _, step := range where {
		n = follow(n)
		switch s := step.(type) {
		case string:
			for _, p := range r.quiet().pairs(n) {
				if p.key.Value == s {
					k, n = p.key, p.value
					break
				}
			}
		case int:
			if n.Kind == yaml.SequenceNode && s < len(n.Content) {
				k, n = n.Content[s], n.Content[s]
			}
		}
	}
	if key {
		n = k
	}
	if n = follow(n); n.Kind == yaml.ScalarNode && offset > 0 {
		return r.src.locate(n, offset)
	}
	return at(n)
}

// conditionNames remembers the names that a condition reads, to be checked when all of the item is known.
func (r *reader) conditionNames(n *yaml.Node, names []match.Name) {
	if r.pending != nil && len(names) > 0 {
		*r.pending = append(*r.pending, written{node: n, names: names, message: r.inReaction})
	}
}

// lintNames checks the names that a condition reads.
func (r *reader) lintNames(w *written, s scope) {
	for _, name := range w.names {
		if r.full {
			return
		}
		message, fix := s.check(name.Variable, w.message)
		if message == "" {
			continue
		}
		known := s.known(name.Root(), w.message)
		if name.Left && known && (name.Root() == "query-params" || name.Root() == "json-params") {
			continue // what is not declared can come all the same
		}
		if name.Root() == "state" {
			r.fail(r.within(w.node, name.Where, name.Left, name.Offset), CodeUndeclaredState, fix, "%s", strings.TrimSuffix(message, ", so this is always empty"))
			continue
		}
		pos := r.within(w.node, name.Where, name.Left, name.Offset)
		if name.Left && !known {
			r.fail(pos, CodeBadCondition, fix, "%s", strings.Replace(message, ", so this is always empty", "", 1))
		} else {
			r.warn(pos, CodeUndeclaredVariable, fix, "%s", message)
		}
	}
}

// entries reads a list of answers.
func (r *reader) entries(n *yaml.Node, limit int) []Entry {
	if isNull(n) {
		return nil
	}
	items := []*yaml.Node{n} // one need not be a list
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if !r.trusted && len(items) > limit {
		r.fail(at(n), CodeBadValue, "use fewer", "at most %d entries are allowed here, not %d", limit, len(items))
		return nil
	}
	out := make([]Entry, 0, len(items))
	for _, item := range items {
		out = append(out, r.entry(follow(item)))
	}
	r.reachable(out)
	return out
}

// entry reads one of several answers.
func (r *reader) entry(n *yaml.Node) Entry {
	var e Entry
	e.Response = r.answer(n, entryTable, func(k *key, v *yaml.Node) {
		switch k.name {
		case "if":
			e.If = r.condition(v)
		case "times":
			e.Times = r.integer(v, k)
		case "chance":
			if f, ok := r.number(v, k); ok {
				e.Chance = &f
			}
		}
	})
	return e
}

// Always reports whether the entry answers every request that comes to it.
func (e *Entry) Always() bool {
	return e.If.JSON == "" && e.Times == 0 && (e.Chance == nil || *e.Chance == 1)
}

// Always reports whether the endpoint answers every request that comes to it, and leaves none to another one.
func (e *Endpoint) Always() bool {
	if !e.NoResponse {
		return true
	}
	for i := range e.Responses {
		if e.Responses[i].Always() {
			return true
		}
	}
	return false
}

// reachable warns of entries behind one that always answers, and adds up what is left to chance.
func (r *reader) reachable(entries []Entry) {
	sum := 0.0
	for i := range entries {
		e := &entries[i]
		if e.Chance != nil && e.If.JSON == "" {
			if sum += *e.Chance; sum > 1+1e-9 {
				r.fail(e.Pos, CodeBadNumber, "lower them", "the chances of the entries without `if` add up to more than 1: lower them")
				return
			}
		}
		if e.Always() && i+1 < len(entries) {
			r.warn(entries[i+1].Pos, CodeUnreachableResponse, "delete it, or give the one before an `if`", "this is never sent: the entry on line %d always matches first", e.Pos.Line)
			return
		}
	}
}

// webhooks reads one webhook or a list of them.
func (r *reader) webhooks(n *yaml.Node) []Webhook {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if !r.trusted && len(items) > MaxWebhooks {
		r.fail(at(n), CodeBadValue, "use fewer", "an answer may have at most %d webhooks, not %d", MaxWebhooks, len(items))
		return nil
	}
	out := make([]Webhook, 0, len(items))
	for _, item := range items {
		out = append(out, *r.webhook(follow(item)))
	}
	return out
}

// isNone reports whether `none` was written, which switches a default off.
func isNone(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == "none" }

// defaults reads what every endpoint has.
func (r *reader) defaults(n *yaml.Node) *Defaults {
	d := &Defaults{}
	r.object(n, defaultsTable, func(k *key, _, v *yaml.Node) {
		switch k.name {
		case "headers":
			d.Headers = r.headers(v)
		case "auth":
			d.Auth = r.auth(v)
		case "rate-limit":
			d.RateLimit = r.rateLimit(v)
		case "latency":
			d.Latency = r.latency(v)
		case "responses":
			d.Responses = r.entries(v, MaxDefaultEntries)
		}
	})
	return d
}
