package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/selmer"
)

// memory is what a mock declares that it remembers. It is immutable.
type memory struct {
	names   []string
	states  map[string]*variable
	session []*selmer.Expression // where the name of a session is found, beside the header
	env     bool                 // initial values may name variables of the workspace
}

// variable is a name of the state.
type variable struct {
	name   string
	digest string // of the initial value: what was stored for another one does not count
	value  selmer.Value
	// One of these makes the initial value; else it is value.
	template *selmer.Template
	rows     *mockspec.External
}

// remember compiles what a mock remembers.
func (p *program) remember(c *endpointCompiler) {
	m := &memory{states: map[string]*variable{}}
	p.memory, c.memory = m, m
	if c.compat {
		return
	}
	s := &p.mock.Settings
	for i := range s.State {
		m.declare(&s.State[i])
	}
	for i := range p.mock.Resources {
		if name := p.mock.Resources[i].State; m.states[name] == nil {
			m.declare(&mockspec.Variable{Name: name, JSON: "[]"})
		}
	}
	for _, text := range s.Session {
		if e, err := selmer.CompileExpression(text, selmer.Options{}); err == nil { // the validator has looked
			m.session = append(m.session, e)
		}
	}
	if at, err := time.Parse(time.RFC3339, s.Clock); err == nil {
		p.clock = at
	}
}

func (m *memory) declare(v *mockspec.Variable) {
	out := &variable{name: v.Name, rows: v.Rows}
	source := v.JSON
	if v.Rows != nil {
		source = fmt.Sprintf("%q", []string{v.Rows.Provider, v.Rows.Path.Raw, v.Rows.SheetName})
	}
	out.digest = digestOf(source)
	if v.Rows == nil {
		out.value = parseJSON(v.JSON)
		m.env = m.env || theEnv.in(v.JSON)
		if text := out.value.String(); out.value.Kind() == selmer.KindString && strings.Contains(text, "{") {
			if t, err := selmer.Compile(text, selmer.Options{Escaping: selmer.None}); err == nil {
				if _, fixed := t.Constant(); !fixed {
					out.template = t
				}
			}
		}
	}
	m.names = append(m.names, v.Name)
	m.states[v.Name] = out
}

// digestOf tells texts apart, shortly.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// memoryUse is what an endpoint may need of a session.
type memoryUse struct {
	names    []string
	counters bool
	time     bool // which a named session may have of its own
	env      bool // the variables of the workspace
}

func (u *memoryUse) any() bool { return len(u.names) > 0 || u.counters }

// wholeState finds uses of the state that do not name what they use.
var wholeState = regexp.MustCompile(`\bstate(\.\{\{|[^.\w"-])`)

// words finds words in a text, which is all of a mock when it is called first: fast where there are none.
type words struct {
	pattern *regexp.Regexp
	list    []string
}

func newWords(list ...string) words {
	return words{regexp.MustCompile(`\b(` + strings.Join(list, "|") + `)\b`), list}
}

func (w words) in(text string) bool {
	return slices.ContainsFunc(w.list, func(word string) bool { return strings.Contains(text, word) }) && w.pattern.MatchString(text)
}

// theTime finds uses of the time.
//
//nolint:gochecknoglobals // a constant
var theTime = newWords("now")

// theEnv finds uses of the workspace's variables, and of contents that may use them.
//
//nolint:gochecknoglobals // a constant
var theEnv = newWords("env", "external-body")

// use finds out what an endpoint may need, from how it is written: too much does no harm.
func (m *memory) use(spec *mockspec.Endpoint, defaults []mockspec.Entry) (u memoryUse) {
	if spec.Resource != nil {
		u.names = append(u.names, spec.Resource.State)
	}
	all := *spec
	all.Responses = append(append([]mockspec.Entry(nil), defaults...), spec.Responses...)
	for i := range all.Responses {
		u.counters = u.counters || all.Responses[i].Times > 0
	}
	text := string(mockspec.AppendEndpoint(nil, &all))
	u.time, u.env = theTime.in(text), theEnv.in(text) || m.env
	if len(m.states) == 0 {
		return u
	}
	if !strings.Contains(text, "state") && !strings.Contains(text, `"set":`) {
		return u
	}
	if wholeState.MatchString(text) {
		u.names = m.names
		return u
	}
	for _, name := range m.names {
		if (spec.Resource == nil || name != spec.Resource.State) && strings.Contains(text, name) {
			u.names = append(u.names, name)
		}
	}
	return u
}

// countersOf names the counters of an endpoint's answers: by what they are, so that one that is edited starts over, and those that are
// equal by their order.
func countersOf(e *endpoint, options []option) {
	seen := map[string]int{}
	for i := range options {
		o := &options[i]
		if o.times == 0 {
			continue
		}
		id := digestOf(e.label + " " + o.counter)
		seen[id]++
		o.counter = fmt.Sprintf("%s.%d", id, seen[id])
	}
}
