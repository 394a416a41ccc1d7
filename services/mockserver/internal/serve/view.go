package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mocloud/mocloud/pkg/mockstate"
	"github.com/mocloud/mocloud/pkg/selmer"
	"github.com/mocloud/mocloud/services/mockserver/internal/external"
	"github.com/mocloud/mocloud/services/mockserver/internal/route"
)

// view is what a request sees of its session, and what it changes there.
type view struct {
	x        *exchange
	session  mockstate.Session
	snapshot mockstate.Snapshot
	known    map[string]selmer.Value // values that were asked for or changed
	changed  map[string]bool
	counts   map[string]int // counters that change
	err      error          // why a value could not be made
}

const valuePrefix = "n:"

// Get implements selmer.Object. What is null is not there yet.
func (v *view) Get(name string) (selmer.Value, bool) {
	value := v.value(name)
	return value, !value.IsNil()
}

// Entries implements selmer.Object.
func (v *view) Entries() []selmer.Entry {
	var out []selmer.Entry
	for _, name := range v.x.program.memory.names {
		out = append(out, selmer.Entry{Key: name, Value: v.value(name)})
	}
	return out
}

// again is the view as it was before anything changed.
func (v *view) again() *view {
	return &view{
		x: v.x, session: v.session, snapshot: v.snapshot, known: map[string]selmer.Value{}, changed: map[string]bool{}, counts: map[string]int{},
	}
}

// value is what a name is now.
func (v *view) value(name string) selmer.Value {
	if known, ok := v.known[name]; ok {
		return known
	}
	declared := v.x.program.memory.states[name]
	if declared == nil {
		return selmer.Nil()
	}
	value, ok := v.stored(declared)
	if !ok {
		value = v.initial(declared)
	}
	v.known[name] = value
	return value
}

// stored returns a value that was stored since its initial value was edited last.
func (v *view) stored(of *variable) (selmer.Value, bool) {
	digest, text, ok := strings.Cut(v.snapshot.Fields[valuePrefix+of.name], " ")
	if !ok || digest != of.digest {
		return selmer.Nil(), false
	}
	value, err := selmer.ParseJSON([]byte(text))
	return value, err == nil
}

// initial makes the value that a name has in a new session.
func (v *view) initial(of *variable) selmer.Value {
	switch {
	case of.rows != nil:
		return v.rows(of)
	case of.template != nil:
		text, err := of.template.Append(nil, &v.x.scope)
		if err != nil {
			v.err = &fault{what: "state " + of.name, err: err}
			return selmer.Nil()
		}
		v.changed[of.name] = true // it is made once
		if value, err := selmer.ParseJSON(text); err == nil {
			return value
		}
		return selmer.String(string(text))
	}
	return of.value
}

// rows loads the rows of a file.
func (v *view) rows(of *variable) selmer.Value {
	core := v.x.core
	failed := func(err error) selmer.Value {
		v.err = &fault{what: "state " + of.name, err: err}
		return selmer.Nil()
	}
	if core.deps.External == nil {
		return failed(errors.New("files are not available on this server"))
	}
	v.x.endTurn()
	ctx, cancel := withTimeout(v.x.ctx)
	defer cancel()
	folder, _ := of.rows.Folder()
	loaded, err := core.deps.External.Load(ctx, external.Request{
		WorkspaceID: v.x.mock.site.WorkspaceID, Provider: of.rows.Provider, Path: of.rows.Path.Raw, Folder: folder, Sheet: of.rows.SheetName,
		Depth: v.x.depth(),
	})
	if err != nil {
		return failed(err)
	}
	value, err := selmer.ParseJSON(bytes.Clone(loaded.Data))
	if err != nil {
		return failed(fmt.Errorf("the file is not JSON: %w", err))
	}
	return value
}

// put changes a name.
func (v *view) put(name string, value selmer.Value) {
	v.known[name], v.changed[name] = value, true
}

// assign works out what becomes of the state, and makes it so.
func (x *exchange) assign() error {
	updates, err := x.endpoint.set.Work(&x.scope, x.view.value)
	if err == nil {
		err = x.view.err
	}
	if err != nil {
		return &fault{what: "set", pos: x.endpoint.spec.Response.SetPos, err: err}
	}
	for _, u := range updates {
		x.view.put(u.Name, u.Value)
	}
	return nil
}

// before is how often an entry was given for a path before this request.
func (v *view) before(counter, path string) int {
	if v == nil {
		return 0
	}
	n, _ := strconv.Atoi(v.snapshot.Fields[mockstate.CounterPrefix+counter+":"+path]) // 0 if there is none
	return n
}

// count is how often an entry was given for a path.
func (v *view) count(counter, path string) int {
	if n, ok := v.counts[counter]; ok {
		return n
	}
	return v.before(counter, path)
}

func (v *view) take(counter, path string) { v.counts[counter] = v.count(counter, path) + 1 }

func (v *view) begin(counter, _ string) { v.counts[counter] = 0 }

// changes are what the session becomes.
func (v *view) changes() []mockstate.Change {
	var out []mockstate.Change
	for name := range v.changed {
		text := []byte(v.x.program.memory.states[name].digest + " ")
		out = append(out, mockstate.Change{Field: valuePrefix + name, Value: string(v.known[name].AppendJSON(text))})
	}
	for counter, n := range v.counts {
		out = append(out, mockstate.Change{Field: mockstate.CounterPrefix + counter + ":" + v.x.scope.Request.Path, Value: strconv.Itoa(n)})
	}
	slices.SortFunc(out, func(a, b mockstate.Change) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// largest is the name of the state that a change makes largest.
func largest(changes []mockstate.Change) string {
	name, size := "", -1
	for _, c := range changes {
		if n, ok := strings.CutPrefix(c.Field, valuePrefix); ok && len(c.Value) > size {
			name, size = n, len(c.Value)
		}
	}
	return name
}

// remembers reports whether answering the request needs what the mock remembers.
func (x *exchange) remembers() bool {
	needs := func(e *endpoint) bool {
		return e.choice != nil && e.choice.around.any() || e.timed && x.mayHaveSession()
	}
	if needs(x.endpoint) || !x.endpoint.at.declines {
		return needs(x.endpoint)
	}
	found := false
	x.candidates(func(p *place, _ route.Captures) bool {
		found = needs(p.ready())
		return !found
	})
	return found
}

// mayHaveSession reports whether the request may be one of a named session, which may have a time of its own.
func (x *exchange) mayHaveSession() bool {
	_, named := x.scope.Request.SessionName()
	return named || len(x.program.memory.session) > 0
}

// asked are the fields that answering the request may need.
func (x *exchange) asked(session mockstate.Session) []string {
	var fields []string
	add := func(e *endpoint) {
		if e.choice == nil {
			return
		}
		for _, name := range e.choice.around.names {
			fields = append(fields, valuePrefix+name)
		}
		for i := range e.choice.options {
			if o := &e.choice.options[i]; o.times > 0 {
				fields = append(fields, mockstate.CounterPrefix+o.counter+":"+x.scope.Request.Path)
			}
		}
	}
	if session.Name != "" {
		fields = append(fields, clockField)
	}
	if !x.endpoint.at.declines {
		add(x.endpoint)
		return fields
	}
	x.candidates(func(p *place, _ route.Captures) bool {
		add(p.ready())
		return true
	})
	return fields
}

// sessionOf finds the session of a request.
func (x *exchange) sessionOf() (mockstate.Session, bool) {
	s := mockstate.Session{MockID: x.mock.site.MockID}
	q := &x.scope.Request
	if name, ok := q.SessionName(); ok {
		s.Name = name
		return s, mockstate.ValidName(name)
	}
	for _, e := range x.program.memory.session {
		v, err := e.Value(&x.scope)
		if err != nil || v.IsNil() || v.String() == "" {
			continue
		}
		sum := sha256.Sum256([]byte(v.String()))
		s.Name = "~" + hex.EncodeToString(sum[:8])
		q.Session = s.Name
		x.scope.Request.Session = s.Name
		break
	}
	return s, true
}

const (
	commitTries = 16
	commitPause = 5 * time.Millisecond // at most, before the second try; it grows with each
)

//nolint:gochecknoglobals // immutable
var lockSeed = maphash.MakeSeed()

func (c *Core) lockOf(s mockstate.Session) *sync.Mutex {
	return &c.locks[maphash.String(lockSeed, s.MockID+"\x00"+s.Name)%uint64(len(c.locks))]
}

// repeatedly does something that ends with a commit until nobody else changed the session meanwhile.
func (c *Core) repeatedly(x *exchange, do func() error) (err error) {
	for try := range commitTries {
		if try > 0 {
			x.wait(rand.N(commitPause * time.Duration(try))) // #nosec G404 -- it is only to keep servers from trying at the same time
		}
		if err = do(); !errors.Is(err, mockstate.ErrMoved) {
			return err
		}
	}
	return err
}

// transact answers a request on what the mock remembers, as if no other request of the session were answered meanwhile: what it saw is what
// was there when its changes were stored, or it does it all again.
func (c *Core) transact(x *exchange) {
	session, ok := x.sessionOf()
	if !ok {
		x.refuse(http.StatusBadRequest, refusal{
			Error: "bad_session", Message: fmt.Sprintf("a session name must be 1 to %d printable ASCII characters", mockstate.MaxName), Endpoint: x.label(),
		})
		return
	}
	lock := c.lockOf(session)
	lock.Lock() // against tries in vain; the store keeps those apart who do not share this process
	defer lock.Unlock()
	first := x.endpoint
	fields := x.asked(session)
	for try := range commitTries {
		if try > 0 {
			x.wait(rand.N(commitPause * time.Duration(try))) // #nosec G404 -- it is only to keep servers from trying at the same time
		}
		x.endTurn()
		snapshot, err := c.deps.State.Read(x.ctx, session, fields...)
		if err != nil {
			x.stateAway()
			return
		}
		x.again(first, session, snapshot)
		if !c.choose(x) {
			return
		}
		if c.complete(x); !x.answered {
			return
		}
		if x.view.err != nil {
			x.answered = false
			c.unable(x, x.view.err)
			return
		}
		changes := x.view.changes()
		if len(changes) == 0 {
			return
		}
		x.endTurn()
		err = c.deps.State.Commit(x.ctx, session, snapshot.Version, changes)
		if err == nil {
			return
		}
		x.answered = false
		if full, isFull := errors.AsType[*mockstate.FullError](err); isFull {
			x.stateFull(full, changes)
			return
		}
		if !errors.Is(err, mockstate.ErrMoved) {
			x.stateAway()
			return
		}
	}
	x.refuse(http.StatusServiceUnavailable, refusal{
		Error: "state_busy", Message: "too many requests are changing this session at the same time; try again", Endpoint: x.label(),
	})
	x.answer.add("Retry-After", "1")
}

// again begins to answer anew, with what the session is now.
func (x *exchange) again(first *endpoint, session mockstate.Session, snapshot mockstate.Snapshot) {
	x.view = (&view{x: x, session: session, snapshot: snapshot}).again()
	q := &x.scope.Request
	q.State = x.view
	x.clock()
	_, x.captures = x.world.tree.Find(q.Method, q.Path, x.captures)
	x.scope.Rebind(&first.params, x.captures)
	x.scope.Budget().Refill()
	x.endpoint, x.taken, x.entered = first, 0, x.entered[:0]
	limits := slices.DeleteFunc(x.answer.more, func(h header) bool { return !strings.HasPrefix(h.name, "X-RateLimit-") })
	x.answer = answer{always: first.headers, more: limits, sent: x.answer.sent[:0]}
}

// stateAway answers while what mocks remember cannot be reached.
func (x *exchange) stateAway() {
	x.refuse(http.StatusServiceUnavailable, refusal{
		Error: "state_unavailable", Message: "this mock's state is unavailable at the moment; try again", Endpoint: x.label(),
	})
	x.answer.add("Retry-After", "1")
}

// stateFull answers when there is no room for what a request would change.
func (x *exchange) stateFull(full *mockstate.FullError, changes []mockstate.Change) {
	message := fmt.Sprintf("the state of this %s would be larger than %d bytes", full.What, full.Limit)
	if full.What == "counters" {
		message = fmt.Sprintf("this session has more than %d counters", full.Limit)
	} else if name := largest(changes); name != "" {
		message += ": `" + name + "` is what grew largest"
	}
	x.refuse(http.StatusInsufficientStorage, refusal{Error: "state_full", Message: message, Endpoint: x.label()})
}
