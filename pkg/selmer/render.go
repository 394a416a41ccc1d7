package selmer

import (
	"errors"
	"time"

	"github.com/mocloud/mocloud/pkg/budget"
)

// renderer is the state of one rendering. Renderers are reused, so that plain templates allocate nothing.
type renderer struct {
	t      *Template
	scope  Scope
	dst    []byte
	base   int            // where the output begins in dst
	budget *budget.Budget // own, or that of the scope
	own    budget.Budget
	slots  []slot
	loops  []runningLoop
	cycles []int
	args   []Value // of the filter at work
	now    time.Time
	// half is a surrogate that was written as a question mark, up to halfEnd in dst.
	half    rune
	halfEnd int
}

// slot is a variable of a tag. One that a loop could not fill is not bound, and the variable outside shows through.
type slot struct {
	value Value
	bound bool
}

// runningLoop is a loop at work.
type runningLoop struct {
	items []Value
	state loopState
}

// Append renders the template and appends the result to dst. On error dst is returned as it came. The error is an
// [*Error] for a fault of the template with this data, or a [*LimitError].
func (t *Template) Append(dst []byte, s Scope) ([]byte, error) {
	if text, ok := t.Constant(); ok {
		if len(text) > t.options.MaxOutput {
			return dst, &LimitError{What: "bytes of output", Limit: t.options.MaxOutput}
		}
		return append(dst, text...), nil
	}
	r := t.renderer(s)
	defer t.release(r)
	r.dst, r.base = dst, len(dst)
	if err := r.run(); err != nil {
		return dst, err
	}
	return r.dst, nil
}

func (t *Template) renderer(s Scope) *renderer {
	r, ok := t.renderers.Get().(*renderer)
	if !ok {
		r = &renderer{t: t, slots: make([]slot, t.slots), loops: make([]runningLoop, t.loopDepth), cycles: make([]int, len(t.cycles))}
	}
	if s == nil {
		s = MapScope{}
	}
	r.scope = s
	if bounded, ok := s.(Bounded); ok {
		r.budget = bounded.Budget()
		r.budget.Resume()
	} else {
		r.own = budget.Steps(t.options.MaxSteps, MaxTime)
		r.budget = &r.own
	}
	return r
}

// release gives the renderer back without what it has seen.
func (t *Template) release(r *renderer) {
	clear(r.slots)
	clear(r.loops)
	clear(r.cycles)
	clear(r.args[:cap(r.args)])
	r.scope, r.dst, r.now, r.halfEnd, r.budget = nil, nil, time.Time{}, -1, nil
	t.renderers.Put(r)
}

// grown checks the size of the output.
func (r *renderer) grown() error {
	if len(r.dst)-r.base > r.t.options.MaxOutput {
		return &LimitError{What: "bytes of output", Limit: r.t.options.MaxOutput}
	}
	return nil
}

// errorAt places a fault. Limits and faults that have a place stay as they are.
func (r *renderer) errorAt(offset int, err error) error {
	if _, ok := errors.AsType[*LimitError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return errorAt(r.t.source, offset, err.Error())
}

func (r *renderer) run() error {
	t := r.t
	for pc := 0; pc < len(t.code); {
		in := t.code[pc]
		pc++
		if err := r.spend(1); err != nil {
			return err
		}
		var err error
		switch in.op {
		case opText:
			r.dst = append(r.dst, t.text[in.a:in.b]...)
		case opValue:
			err = r.emit(&t.exprs[in.a])
		case opTest:
			var ok bool
			if ok, err = r.test(&t.conditions[in.a]); !ok {
				pc = int(in.b)
			}
		case opJump:
			pc = int(in.b)
		case opFor:
			pc, err = r.beginLoop(&t.loops[in.a], pc)
		case opNext:
			pc, err = r.nextTurn(&t.loops[in.a], pc, int(in.b))
		case opWith:
			err = r.with(&t.targets[in.a], &t.exprs[in.b])
		case opFirstOf:
			err = r.firstOf(&t.groups[in.a])
		case opSum:
			err = r.sum(&t.groups[in.a])
		case opCycle:
			err = r.cycle(int(in.a))
		case opNow:
			err = r.clock(&t.clocks[in.a])
		case opURI:
			err = r.uri(&t.uris[in.a])
		case opDebug:
			r.debug()
		}
		if err != nil {
			return err
		}
		if err := r.grown(); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) beginLoop(l *loop, body int) (int, error) {
	items, err := r.eval(&l.source)
	if err == nil {
		err = r.skim(items)
	}
	if err != nil {
		return 0, err
	}
	if items.IsNil() && !l.hasEmpty {
		return int(l.end), nil
	}
	for i := range l.filters {
		if l.filtered != nil {
			r.slots[l.filtered.slot] = slot{value: items, bound: true}
		}
		if items, err = r.eval(&l.filters[i]); err != nil {
			return 0, err
		}
	}
	list, ok := sequence(items)
	if !ok {
		return 0, r.errorAt(l.source.offset, notCollection(items))
	}
	if len(list) == 0 {
		if l.hasEmpty {
			return int(l.empty), nil
		}
		return int(l.end), nil
	}
	run := &r.loops[l.depth]
	*run = runningLoop{items: list, state: loopState{r: r, l: l, length: len(list), parent: r.outerLoop(l.outer)}}
	r.slots[l.forloop.slot] = slot{value: ObjectOf(&run.state), bound: true}
	return body, r.bindItem(l, list[0])
}

func (r *renderer) outerLoop(b *binding) Value {
	if b != nil {
		return r.slots[b.slot].value
	}
	v, _ := r.scope.Lookup("forloop")
	return v
}

func (r *renderer) nextTurn(l *loop, after, body int) (int, error) {
	run := &r.loops[l.depth]
	if run.state.counter0+1 >= len(run.items) {
		return after, nil
	}
	run.state.previous = run.items[run.state.counter0]
	run.state.counter0++
	return body, r.bindItem(l, run.items[run.state.counter0])
}

// bindItem gives the variables of a loop their values.
func (r *renderer) bindItem(l *loop, item Value) error {
	if len(l.targets) == 1 {
		return r.bind(&l.targets[0], item, l.source.offset)
	}
	if err := r.skim(item); err != nil {
		return err
	}
	parts, ok := sequence(item)
	if !ok {
		return r.errorAt(l.source.offset, notCollection(item))
	}
	for i := range l.targets {
		if i >= len(parts) {
			r.slots[l.targets[i].local.slot] = slot{}
			continue
		}
		if err := r.bind(&l.targets[i], parts[i], l.source.offset); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) with(t *target, e *expr) error {
	v, err := r.eval(e)
	if err != nil {
		return err
	}
	return r.bind(t, v, e.offset)
}

func (r *renderer) bind(t *target, v Value, offset int) error {
	if len(t.rest) > 0 {
		old := r.resolveRoot(t.local.outer, t.local.name)
		for m, i := old, 0; i < len(t.rest) && m.isMap(); i++ { // each of them is copied
			if err := r.skim(m); err != nil {
				return err
			}
			m, _ = m.Get(t.rest[i].name)
		}
		whole, ok := assocIn(old, t.rest, v)
		if !ok {
			return r.errorAt(offset, errNoPlace)
		}
		v = whole
	}
	r.slots[t.local.slot] = slot{value: v, bound: true}
	return nil
}

var errNoPlace = errors.New("a value with dots in its name can only be put into a map")

// assocIn puts v into a copy of the maps along the path.
func assocIn(m Value, path []segment, v Value) (Value, bool) {
	if len(path) == 0 {
		return v, true
	}
	if !m.isMap() && !m.IsNil() {
		return Value{}, false
	}
	inner, _ := m.Get(path[0].name)
	v, ok := assocIn(inner, path[1:], v)
	if !ok {
		return Value{}, false
	}
	return assoc(m, path[0].name, v), true
}

// assoc returns a copy of the map with one entry set; a new one comes last.
func assoc(m Value, key string, v Value) Value {
	old := m.Entries()
	entries := make([]Entry, len(old), len(old)+1)
	copy(entries, old)
	for i := range entries {
		if entries[i].Key == key {
			entries[i].Value = v
			return Map(entries)
		}
	}
	return Map(append(entries, Entry{Key: key, Value: v}))
}
