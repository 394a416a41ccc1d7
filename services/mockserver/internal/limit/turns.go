package limit

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Turns shares the processors among workspaces: work that may take a processor for long waits for its turn, and the next
// turn is that of the workspace that has used the least of late, so that one with little to do waits for what is going on
// and for nothing else. A workspace that is alone gets every turn. It is safe for concurrent use.
type Turns struct {
	most int // that may wait of one workspace

	mu      sync.Mutex
	free    int
	lines   map[string]*line
	waiting []*line // those with somebody in them, in the order in which they came
	// clock is the use of whose turn came last. Who comes anew begins there: time without work is not saved up.
	clock time.Duration
}

// line is who waits of one workspace, first come first served.
type line struct {
	workspace string
	used      time.Duration
	people    []chan struct{} // closed when the turn has come
}

// Turn is the right to work. Give it back.
type Turn struct {
	turns     *Turns
	workspace string
	began     time.Time
}

// leastTurn is what a turn counts for at least, so that turns go round where a clock does not see them pass.
const leastTurn = time.Microsecond

// NewTurns makes turns for that many pieces of work at a time. At most that many may wait of one workspace.
func NewTurns(atOnce, most int) *Turns {
	return &Turns{free: atOnce, most: most, lines: map[string]*line{}}
}

// Take waits for a turn of the workspace. False means that none came: too many wait already, or ctx ended.
func (t *Turns) Take(ctx context.Context, workspaceID string) (Turn, bool) {
	t.mu.Lock()
	if t.free > 0 { // then nobody waits
		t.free--
		t.mu.Unlock()
		return Turn{t, workspaceID, time.Now()}, true
	}
	l := t.line(workspaceID)
	if len(l.people) >= t.most {
		t.mu.Unlock()
		return Turn{}, false
	}
	if len(l.people) == 0 {
		l.used = max(l.used, t.clock)
		t.waiting = append(t.waiting, l)
	}
	come := make(chan struct{})
	l.people = append(l.people, come)
	t.mu.Unlock()
	return t.wait(ctx, l, come)
}

// line returns the line of a workspace.
func (t *Turns) line(workspace string) *line {
	l := t.lines[workspace]
	if l == nil {
		l = &line{workspace: workspace}
		t.lines[workspace] = l
	}
	return l
}

// wait waits for the turn of somebody in a line.
func (t *Turns) wait(ctx context.Context, l *line, come chan struct{}) (Turn, bool) {
	select {
	case <-come:
		return Turn{t, l.workspace, time.Now()}, true
	case <-ctx.Done():
	}
	if !t.withdraw(l, come) {
		Turn{t, l.workspace, time.Now()}.Give() // it came at the same moment
	}
	return Turn{}, false
}

// slice is how long a turn lasts at most while others wait.
const slice = 2 * time.Millisecond

// Pause lets others work if the turn has lasted for long and somebody waits, and then takes the next turn of the workspace, before
// those of it who have not begun. False means that none came, and that the turn is over: ctx ended.
func (turn *Turn) Pause(ctx context.Context) bool {
	if time.Since(turn.began) < slice {
		return true
	}
	t := turn.turns
	t.mu.Lock()
	if len(t.waiting) == 0 {
		t.mu.Unlock()
		return true
	}
	l := t.line(turn.workspace)
	l.used = max(l.used, t.clock) + max(time.Since(turn.began), leastTurn)
	come := make(chan struct{})
	if len(l.people) == 0 {
		t.waiting = append(t.waiting, l)
	}
	l.people = slices.Insert(l.people, 0, come)
	t.next()
	t.mu.Unlock()
	again, ok := t.wait(ctx, l, come)
	*turn = again
	return ok
}

// Give ends a turn, and begins that of whoever is next.
func (turn Turn) Give() {
	took := max(time.Since(turn.began), leastTurn)
	t := turn.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[turn.workspace]; l != nil {
		if l.used += took; len(l.people) == 0 {
			delete(t.lines, l.workspace)
		}
	}
	if len(t.waiting) == 0 {
		t.free++
		return
	}
	t.next()
}

// next begins the turn of whoever is next.
func (t *Turns) next() {
	l := slices.MinFunc(t.waiting, func(a, b *line) int { return cmp.Compare(a.used, b.used) })
	t.clock = max(t.clock, l.used)
	close(l.people[0])
	if l.people = l.people[1:]; len(l.people) == 0 {
		t.waiting = slices.DeleteFunc(t.waiting, func(other *line) bool { return other == l })
	}
}

// withdraw takes somebody out of a line. False means that the turn has come already.
func (t *Turns) withdraw(l *line, come chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(l.people, come)
	if i < 0 {
		return false
	}
	if l.people = slices.Delete(l.people, i, i+1); len(l.people) == 0 {
		t.waiting = slices.DeleteFunc(t.waiting, func(other *line) bool { return other == l })
		delete(t.lines, l.workspace)
	}
	return true
}
