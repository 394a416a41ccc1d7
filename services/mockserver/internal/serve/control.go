package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/pkg/match"
	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/scope"
)

// Control answers what testers ask of what a mock remembers.
func (c *Core) Control(ctx context.Context, q control.Question) control.Answer {
	a, err := c.control(ctx, q)
	if err != nil {
		return control.Failed(stateError(err))
	}
	return a
}

func (c *Core) control(ctx context.Context, q control.Question) (control.Answer, error) {
	var a control.Answer
	x, err := c.outside(ctx, q.MockID)
	if err != nil {
		return a, err
	}
	if q.Session != "" && !mockstate.ValidName(q.Session) {
		return a, apperr.New(apperr.Invalid, "The name of a session is up to %d printable ASCII characters.", mockstate.MaxName).WithField("session")
	}
	session := mockstate.Session{MockID: x.mock.site.MockID, Name: q.Session}
	switch q.Act {
	case control.Read:
		if q.Path != "" {
			a.Value, err = c.readValue(x, session, q.Path) //nolint:contextcheck // The context is in x.
		} else {
			a.State, err = c.readState(x, session) //nolint:contextcheck // The context is in x.
		}
	case control.Set:
		a.Value, err = c.setValue(x, session, q.Path, q.Value) //nolint:contextcheck // The context is in x.
	case control.Reset:
		err = c.resetState(x, session, q.Path)
	case control.Sessions:
		a.Sessions, err = c.sessions(ctx, session.MockID)
	case control.SetClock:
		a.Clock, err = c.setClock(x, session, q.Clock)
	case control.FreeClock:
		a.Clock, err = c.freeClock(x, session)
	case control.Verify:
		a.Verdict, err = c.verify(x, &q)
	default:
		err = apperr.New(apperr.Invalid, "This mock server does not know the act %q.", q.Act)
	}
	return a, err
}

// stateError says what is wrong with the store in the words of the API.
func stateError(err error) error {
	if full, ok := errors.AsType[*mockstate.FullError](err); ok {
		unit := "bytes"
		if full.What == "counters" {
			unit = "entries and paths"
		}
		return apperr.New(apperr.TooLarge, "The state of the %s would have more than %d %s.", full.What, full.Limit, unit).WithField("value")
	}
	if broken, ok := errors.AsType[*fault](err); ok {
		return apperr.New(apperr.Conflict, "The mock cannot make %s: %s.", broken.what, strings.TrimSuffix(broken.err.Error(), "."))
	}
	switch {
	case errors.Is(err, mockstate.ErrUnavailable):
		return apperr.New(apperr.Unavailable, "What mocks remember cannot be reached at the moment; try again.").WithCause(err)
	case errors.Is(err, mockstate.ErrMoved):
		return apperr.New(apperr.Unavailable, "Too many requests change this session at the same time; try again.")
	}
	return err
}

// outside is an exchange without a request: for what is asked from outside.
func (c *Core) outside(ctx context.Context, mockID string) (*exchange, error) {
	h := c.table.Mock(mockID)
	if mockID == "" {
		c.table.Mocks(func(one *hosted) bool { h = one; return false })
	}
	if h == nil {
		return nil, apperr.New(apperr.Conflict, "The mock is not live, so that it remembers nothing: publish it, or wait until it is published.")
	}
	p := h.program()
	if p.broken != nil {
		return nil, apperr.New(apperr.Conflict, "The mock cannot be served: %s.", strings.TrimSuffix(p.broken.Error(), "."))
	}
	x := &exchange{core: c, mock: h, program: p, ctx: ctx}
	x.header = &httpHeader{http.Header{}}
	x.scope.Reset(scope.Request{Method: http.MethodGet, Path: "/", Header: x.header, At: time.Now(), Now: p.clock}, &scope.Params{Fake: c.fake}, nil)
	return x, nil
}

// look reads what a session remembers.
func (x *exchange) look(session mockstate.Session, fields ...string) error {
	snapshot, err := x.core.deps.State.Read(x.ctx, session, fields...)
	if err != nil {
		return err
	}
	x.view = (&view{x: x, session: session, snapshot: snapshot}).again()
	x.scope.Request.State = x.view
	x.scope.Request.Session = session.Name
	x.clock()
	return nil
}

// alter changes a session as if nobody else did anything meanwhile.
func (c *Core) alter(x *exchange, session mockstate.Session, change func() ([]mockstate.Change, error), fields ...string) error {
	lock := c.lockOf(session)
	lock.Lock()
	defer lock.Unlock()
	return c.repeatedly(x, func() error {
		if err := x.look(session, fields...); err != nil {
			return err
		}
		changes, err := change()
		if err == nil {
			err = x.view.err
		}
		if err != nil || len(changes) == 0 {
			return err
		}
		return c.deps.State.Commit(x.ctx, session, x.view.snapshot.Version, changes)
	})
}

// declared finds the name of the state that a path begins with, and the steps within it.
func (x *exchange) declared(path string) (of *variable, steps []string, err error) {
	steps = match.SplitParts(path)
	for i, s := range steps {
		if steps[i] = strings.ReplaceAll(s, "..", "."); s == "" {
			return nil, nil, apperr.New(apperr.Invalid, "The path %q has an empty part.", path).WithField("path")
		}
	}
	m := x.program.memory
	if of = m.states[steps[0]]; of == nil {
		known := "it declares none"
		if len(m.names) > 0 {
			known = "it has " + strings.Join(m.names[:min(len(m.names), 10)], ", ")
		}
		return nil, nil, apperr.New(apperr.NotFound, "The mock declares no state %q; %s.", steps[0], known).WithField("path")
	}
	return of, steps[1:], nil
}

func (c *Core) readState(x *exchange, session mockstate.Session) (*control.State, error) {
	out := &control.State{Session: session.Name, Values: []control.Value{}, Counters: []control.Counter{}}
	// What is made of a template is stored, so that the session goes on with it.
	err := c.alter(x, session, func() ([]mockstate.Change, error) {
		out.Values = out.Values[:0]
		for _, name := range x.program.memory.names {
			out.Values = append(out.Values, x.stateValue(name))
		}
		if x.view.snapshot.Version == 0 {
			return nil, x.view.err // looking does not begin a session
		}
		return x.view.changes(), nil
	})
	if err != nil {
		return nil, err
	}
	out.Counters, out.Clock = x.counters(), x.clockStatus()
	all, err := c.deps.State.Sessions(x.ctx, session.MockID)
	for _, s := range all {
		if s.Name == session.Name {
			out.Bytes, out.UsedAt, out.ExpiresAt = s.Bytes, &s.Used, &s.Expires
		}
	}
	return out, err
}

// stateValue is the value of a name in the state, as callers see it.
func (x *exchange) stateValue(name string) control.Value {
	_, stored := x.view.stored(x.program.memory.states[name])
	v := control.Value{Name: name, Value: x.view.value(name).AppendJSON(nil), Initial: !stored}
	for i := range x.program.mock.Resources {
		if r := &x.program.mock.Resources[i]; r.State == name {
			v.Paths = append(v.Paths, r.Path.Raw)
		}
	}
	return v
}

// counters are those of the entries that the mock has now.
func (x *exchange) counters() []control.Counter {
	type entry struct {
		label         string
		number, times int
	}
	known := map[string]entry{}
	seen := map[*place]bool{}
	for _, w := range x.program.all() {
		for _, p := range w.places {
			if seen[p] {
				continue
			}
			seen[p] = true
			e := p.ready()
			if e.choice == nil {
				continue
			}
			for i := range e.choice.options {
				if o := &e.choice.options[i]; o.times > 0 {
					known[o.counter] = entry{e.label, o.to.entry.number, o.times}
				}
			}
		}
	}
	out := []control.Counter{}
	for field, text := range x.view.snapshot.Fields {
		rest, ok := strings.CutPrefix(field, mockstate.CounterPrefix)
		id, path, _ := strings.Cut(rest, ":")
		if e, is := known[id]; ok && is {
			n, _ := strconv.Atoi(text) // it was written with Itoa
			out = append(out, control.Counter{Endpoint: e.label, Entry: e.number, Path: path, Count: n, Times: e.times})
		}
	}
	slices.SortFunc(out, func(a, b control.Counter) int {
		if n := strings.Compare(a.Endpoint+"\x00"+a.Path, b.Endpoint+"\x00"+b.Path); n != 0 {
			return n
		}
		return a.Entry - b.Entry
	})
	return out
}

func (c *Core) readValue(x *exchange, session mockstate.Session, path string) (*control.Value, error) {
	of, steps, err := x.declared(path)
	if err != nil {
		return nil, err
	}
	if err := x.look(session, valuePrefix+of.name, clockField); err != nil {
		return nil, err
	}
	out := x.stateValue(of.name)
	if x.view.err != nil {
		return nil, x.view.err
	}
	v, ok := field(x.view.value(of.name), steps)
	if !ok {
		return nil, apperr.New(apperr.NotFound, "There is nothing at %q.", path).WithField("path")
	}
	if len(steps) > 0 {
		out = control.Value{Name: path, Value: v.AppendJSON(nil), Initial: out.Initial}
	}
	return &out, nil
}

func (c *Core) setValue(x *exchange, session mockstate.Session, path string, raw json.RawMessage) (*control.Value, error) {
	of, steps, err := x.declared(path)
	if err != nil {
		return nil, err
	}
	value, err := selmer.ParseJSON(raw)
	if err != nil {
		return nil, apperr.New(apperr.Invalid, "The value is not JSON: %s.", err).WithField("value")
	}
	var out control.Value
	err = c.alter(x, session, func() ([]mockstate.Change, error) {
		now, err := match.Put(x.view.value(of.name), steps, value)
		if err != nil {
			return nil, apperr.New(apperr.Invalid, "The path %q leads nowhere: %s.", path, err).WithField("path")
		}
		if err := x.fitsResources(of.name, now); err != nil {
			return nil, err
		}
		x.view.put(of.name, now)
		out = x.stateValue(of.name)
		out.Initial = false
		return x.view.changes(), nil
	}, valuePrefix+of.name, clockField)
	return &out, err
}

// fitsResources refuses what the resources of a mock could not keep as their items.
func (x *exchange) fitsResources(name string, v selmer.Value) error {
	for i := range x.program.mock.Resources {
		r := &x.program.mock.Resources[i]
		switch {
		case r.State != name || v.IsNil():
		case v.Kind() != selmer.KindList:
			return apperr.New(apperr.Invalid, "The state %q keeps the items of %s, so that it has to be a list.", name, r.Path.Raw).WithField("value")
		case len(v.Items()) > maxItems:
			return apperr.New(apperr.Invalid, "The list would have %d items; %s may have %d.", len(v.Items()), r.Path.Raw, maxItems).WithField("value")
		}
	}
	return nil
}

func (c *Core) resetState(x *exchange, session mockstate.Session, name string) error {
	if name == "" {
		return c.deps.State.Reset(x.ctx, session)
	}
	of, steps, err := x.declared(name)
	if err != nil {
		return err
	}
	if len(steps) > 0 {
		return apperr.New(apperr.Invalid, "Only a whole name of the state goes back to its initial value: %q, not %q.", of.name, name).WithField("name")
	}
	return c.alter(x, session, func() ([]mockstate.Change, error) {
		if x.view.snapshot.Fields[valuePrefix+of.name] == "" {
			return nil, nil
		}
		return []mockstate.Change{{Field: valuePrefix + of.name, Delete: true}}, nil
	}, valuePrefix+of.name)
}

func (c *Core) sessions(ctx context.Context, mockID string) ([]control.Session, error) {
	all, err := c.deps.State.Sessions(ctx, mockID)
	out := make([]control.Session, len(all))
	for i, s := range all {
		out[i] = control.Session{Name: s.Name, Bytes: s.Bytes, UsedAt: s.Used, ExpiresAt: s.Expires}
	}
	return out, err
}

// ownClock is the time of a session as it is stored.
type ownClock struct {
	At    time.Time     `json:"at,omitzero"`    // where it stands, if it does
	Shift time.Duration `json:"shift,omitzero"` // else by how much it is ahead of the clock on the wall
}

// clockField is the field of a session's own time.
const clockField = "c:"

// now is the time of the session when it is wall on the wall.
func (o ownClock) now(wall time.Time) time.Time {
	if !o.At.IsZero() {
		return o.At
	}
	return wall.Add(o.Shift)
}

// ownTime is the session's own time, if it has one.
func (v *view) ownTime() (o ownClock, ok bool) {
	text, ok := v.snapshot.Fields[clockField]
	return o, ok && json.Unmarshal([]byte(text), &o) == nil
}

// clock makes the request's time that of its session.
func (x *exchange) clock() {
	q := &x.scope.Request
	if q.Now = x.program.clock; x.view.session.Name == "" {
		return
	}
	if own, ok := x.view.ownTime(); ok {
		q.Now = own.now(q.At)
	}
}

func (x *exchange) clockStatus() control.Clock {
	own, has := x.view.ownTime()
	return control.Clock{Now: x.scope.Now().UTC(), Own: has, Stopped: has && !own.At.IsZero() || !has && !x.program.clock.IsZero()}
}

func needsSession(session mockstate.Session) error {
	if session.Name != "" {
		return nil
	}
	return apperr.New(apperr.Invalid, "Only a named session has a time of its own; `mocloud.clock` in the file stops the time of all.").WithField("session")
}

func (c *Core) setClock(x *exchange, session mockstate.Session, change control.ClockChange) (*control.Clock, error) {
	if err := needsSession(session); err != nil {
		return nil, err
	}
	var out control.Clock
	err := c.alter(x, session, func() ([]mockstate.Change, error) {
		was := x.clockStatus()
		stopped := was.Stopped
		if change.Stopped != nil {
			stopped = *change.Stopped
		}
		at := was.Now
		if !change.At.IsZero() {
			at = change.At
		}
		at = at.Add(change.Advance)
		if year := at.Year(); year < 1 || year > 9999 {
			return nil, apperr.New(apperr.Invalid, "The time would be in the year %d; from 1 to 9999 is possible.", year).WithField("at")
		}
		own := ownClock{Shift: at.Sub(x.scope.Request.At)}
		if stopped {
			own = ownClock{At: at.UTC()}
		} else if at.Sub(x.scope.Request.At.Add(own.Shift)).Abs() > time.Second { // a Duration holds 292 years
			return nil, apperr.New(apperr.Invalid, "A clock that goes can be at most 292 years away from now; stop it there.").WithField("at")
		}
		encoded, err := json.Marshal(own)
		if err != nil {
			return nil, fmt.Errorf("encode a clock: %w", err)
		}
		x.view.snapshot.Fields = map[string]string{clockField: string(encoded)}
		x.clock()
		out = x.clockStatus()
		return []mockstate.Change{{Field: clockField, Value: string(encoded)}}, nil
	}, clockField)
	return &out, err
}

func (c *Core) freeClock(x *exchange, session mockstate.Session) (*control.Clock, error) {
	if err := needsSession(session); err != nil {
		return nil, err
	}
	var out control.Clock
	err := c.alter(x, session, func() (changes []mockstate.Change, err error) {
		if _, has := x.view.ownTime(); has {
			changes = []mockstate.Change{{Field: clockField, Delete: true}}
			x.view.snapshot.Fields = nil
			x.clock()
		}
		out = x.clockStatus()
		return changes, nil
	}, clockField)
	return &out, err
}
