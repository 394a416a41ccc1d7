package match

import (
	"errors"
	"strings"
	"sync"

	"github.com/mocloud/mocloud/pkg/budget"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// Subject is what conditions look at: a request, or a message.
type Subject interface {
	selmer.Scope
	// AppendTexts appends the values of a name of two parts, such as query-params.q, that came as text and have no type. False if
	// values of that name have one.
	AppendTexts(dst []string, root, key string) ([]string, bool)
	// Body is the request's body.
	Body() *Body
	// JSONProblem says why json-params is missing; "" if it is not, or if there is no body.
	JSONProblem() string
}

// Condition is a compiled condition. It is immutable and safe for concurrent use. The zero Condition always holds.
type Condition struct {
	all   []check
	names []Name
}

// Always tells whether the condition has nothing to check.
func (c *Condition) Always() bool { return c == nil || len(c.all) == 0 }

// check is one line of a condition.
type check interface {
	holds(e *evaluation) bool
	// why says why the line does not hold.
	why(e *evaluation) string
	// constant tells whether the line is the same for every request, and what it is then.
	needs() needs
}

// needs says what evaluating takes.
type needs uint8

const (
	needsBody needs = 1 << iota // what may take a processor for long
	needsState
	needsTime
)

// evaluation is one use of a condition.
type evaluation struct {
	Subject
	budget *budget.Budget // own, or that of the subject
	own    budget.Budget
	texts  []string
	items  []item
}

//nolint:gochecknoglobals // memory that is used again
var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

func begin(s Subject) *evaluation {
	e := evaluations.Get().(*evaluation) //nolint:forcetypeassert // the pool holds nothing else
	e.Subject = s
	if bounded, ok := s.(selmer.Bounded); ok {
		e.budget = bounded.Budget()
	} else {
		e.own = budget.Steps(ownSteps, selmer.MaxTime)
		e.budget = &e.own
	}
	return e
}

// ownSteps bounds the evaluation of a condition for a subject that has no budget.
const ownSteps = 1_000_000

// scan takes what it costs to look at so many bytes or elements. False means that there is nothing left: then no line holds, and
// whoever asked looks at the subject's budget.
func (e *evaluation) scan(n int) bool { return e.budget.Scan(n) == nil }

func (e *evaluation) end() {
	clear(e.texts[:cap(e.texts)])
	clear(e.items[:cap(e.items)])
	e.Subject, e.budget, e.texts, e.items = nil, nil, e.texts[:0], e.items[:0]
	evaluations.Put(e)
}

// Holds tells whether every line of the condition holds.
func (c *Condition) Holds(s Subject) bool {
	if c.Always() {
		return true
	}
	e := begin(s)
	ok := holdAll(c.all, e)
	e.end()
	return ok
}

// CompileJSON compiles a condition that was found to be right: the text of a JSON value. It is nil, and always holds, if there is none.
func CompileJSON(text string) (*Condition, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // a nil condition always holds
	}
	v, err := selmer.ParseJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	c, _, problems := Compile(v, Options{})
	return c, FirstError(problems)
}

// FirstError is the first problem that is no warning, or nil.
func FirstError(problems []Problem) error {
	for _, p := range problems {
		if !p.Warning {
			return errors.New(p.Message)
		}
	}
	return nil
}

// Test is Holds; if a condition of the template language cannot be evaluated it also says why.
func (c *Condition) Test(s Subject) (bool, error) {
	if c.Holds(s) {
		return true, nil
	}
	if len(c.all) == 1 {
		if w, ok := c.all[0].(written); ok {
			_, err := w.condition.True(s)
			return false, err
		}
	}
	return false, nil
}

// Why says which line does not hold, and why: the value and what was expected. It is "" if all hold.
func (c *Condition) Why(s Subject) string {
	if c.Always() {
		return ""
	}
	e := begin(s)
	defer e.end()
	return whyNotAll(c.all, e)
}

func holdAll(checks []check, e *evaluation) bool {
	for _, c := range checks {
		if !c.holds(e) {
			return false
		}
	}
	return true
}

func whyNotAll(checks []check, e *evaluation) string {
	for _, c := range checks {
		if !c.holds(e) {
			return c.why(e)
		}
	}
	return ""
}

// Heavy tells whether the condition looks into the body, which may take a processor for long.
func (c *Condition) Heavy() bool { return c.need(needsBody) }

// UsesState tells whether the condition names the state.
func (c *Condition) UsesState() bool { return c.need(needsState) }

// UsesTime tells whether the condition names the time.
func (c *Condition) UsesTime() bool { return c.need(needsTime) }

func (c *Condition) need(n needs) bool {
	if c == nil {
		return false
	}
	for _, check := range c.all {
		if check.needs()&n != 0 {
			return true
		}
	}
	return false
}

// Name is a name that a condition reads.
type Name struct {
	selmer.Variable
	// Where is where it stands in the condition: keys of maps and, as numbers, places in lists.
	Where []any
	Left  bool // in a left side
}

// Names returns what the condition reads.
func (c *Condition) Names() []Name {
	if c == nil {
		return nil
	}
	return c.names
}

// anyOf holds if one of its conditions does.
type anyOf struct{ of []*Condition }

func (a anyOf) holds(e *evaluation) bool {
	for _, c := range a.of {
		if holdAll(c.all, e) {
			return true
		}
	}
	return false
}

func (a anyOf) why(e *evaluation) string {
	const most = 3
	var whys []string
	for i, c := range a.of {
		if i == most {
			whys = append(whys, "…")
			break
		}
		whys = append(whys, whyNotAll(c.all, e))
	}
	return "none of `any` holds: " + strings.Join(whys, "; ")
}

func (a anyOf) needs() (n needs) {
	for _, c := range a.of {
		n |= needsOf(c.all)
	}
	return n
}

func needsOf(checks []check) (n needs) {
	for _, c := range checks {
		n |= c.needs()
	}
	return n
}

// not holds if its condition does not.
type not struct{ of *Condition }

func (n not) holds(e *evaluation) bool { return !holdAll(n.of.all, e) }

func (n not) why(*evaluation) string { return "what `not` excludes holds: " + describe(n.of.all) }

func (n not) needs() needs { return needsOf(n.of.all) }

// describe says what lines ask for.
func describe(checks []check) string {
	var all []string
	for _, c := range checks {
		if l, ok := c.(*line); ok {
			all = append(all, l.left.text()+" "+l.expected())
		} else {
			all = append(all, "…")
		}
	}
	return shorten(strings.Join(all, " and "))
}

// written is a condition of the template language.
type written struct {
	condition *selmer.Condition
	source    string
	need      needs
}

func (w written) holds(e *evaluation) bool {
	ok, err := w.condition.True(e.Subject)
	return err == nil && ok
}

func (w written) why(e *evaluation) string {
	if _, err := w.condition.True(e.Subject); err != nil {
		return "`" + shorten(w.source) + "`: " + shorten(err.Error())
	}
	return "`" + shorten(w.source) + "` does not hold"
}

func (w written) needs() needs { return w.need }
