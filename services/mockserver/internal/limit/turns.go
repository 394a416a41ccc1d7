package limit

import (
	"context"
	"sync"
)

// Turns shares the processors among workspaces: work that takes a processor for long waits for its turn, and turns go round
// the workspaces that wait, so that none waits for more than one piece of work of each of the others, however much these
// have. A workspace that is alone gets every turn. It is safe for concurrent use.
type Turns struct {
	most int // that may wait of one workspace

	mu    sync.Mutex
	free  int
	lines map[string]*line
	next  *line // whose turn is next, in a ring of all that have somebody waiting; nil if nobody waits
}

// line is who waits of one workspace, first come first served.
type line struct {
	workspace       string
	waiting         []chan struct{} // closed when the turn has come
	after, previous *line
}

// NewTurns makes turns for that many pieces of work at a time. At most that many may wait of one workspace.
func NewTurns(atOnce, most int) *Turns {
	return &Turns{free: atOnce, most: most, lines: map[string]*line{}}
}

// Take waits for a turn of the workspace. False means that none came: too many wait already, or ctx ended. Who got a turn
// has to Give it back.
func (t *Turns) Take(ctx context.Context, workspace string) bool {
	t.mu.Lock()
	if t.free > 0 { // then nobody waits
		t.free--
		t.mu.Unlock()
		return true
	}
	l := t.lines[workspace]
	if l == nil {
		l = t.enter(workspace)
	}
	if len(l.waiting) >= t.most {
		t.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	if !t.withdraw(workspace, turn) {
		t.Give() // it came at the same moment
	}
	return false
}

// Give ends a turn.
func (t *Turns) Give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.next
	if l == nil {
		t.free++
		return
	}
	close(l.waiting[0])
	l.waiting = l.waiting[1:]
	t.next = l.after
	if len(l.waiting) == 0 {
		t.leave(l)
	}
}

// enter puts a line last into the ring.
func (t *Turns) enter(workspace string) *line {
	l := &line{workspace: workspace}
	l.after, l.previous = l, l
	if t.next != nil {
		l.after, l.previous = t.next, t.next.previous
		l.previous.after, l.after.previous = l, l
	} else {
		t.next = l
	}
	t.lines[workspace] = l
	return l
}

// leave takes a line out of the ring.
func (t *Turns) leave(l *line) {
	delete(t.lines, l.workspace)
	if l.after == l {
		t.next = nil
		return
	}
	l.previous.after, l.after.previous = l.after, l.previous
	if t.next == l {
		t.next = l.after
	}
}

// withdraw takes somebody out of a line. False means that the turn has come already.
func (t *Turns) withdraw(workspace string, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[workspace]
	if l == nil {
		return false
	}
	for i, w := range l.waiting {
		if w == turn {
			l.waiting = append(l.waiting[:i:i], l.waiting[i+1:]...)
			if len(l.waiting) == 0 {
				t.leave(l)
			}
			return true
		}
	}
	return false
}
