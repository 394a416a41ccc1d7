package webhook

import (
	"container/heap"
	"container/list"
	"time"
)

// job is a call with its place in the queue. Its owner, the Sender, locks.
type job struct {
	call     Call
	mockID   string
	tenant   *tenant
	delivery *Delivery
	size     int64
	due      time.Time
	attempt  int // tries so far
}

// tenant is the part of the queue that belongs to one workspace.
type tenant struct {
	workspace string
	jobs      int // waiting, ready and running
	bytes     int64
	ready     []*job // due, in the order in which they became so
	running   int
	turn      *list.Element // in queue.turns while ready is not empty
}

// queue holds the jobs: a heap of those whose time has not come, and for each workspace a list of those that are due.
// Workspaces take turns.
type queue struct {
	cfg     *Config
	jobs    int
	bytes   int64
	running int
	waiting jobHeap
	tenants map[string]*tenant
	turns   *list.List // of *tenant
}

func newQueue(cfg *Config) *queue {
	return &queue{cfg: cfg, tenants: map[string]*tenant{}, turns: list.New()}
}

// add takes a new job in if there is room for it. When the queue is full, those who have the most in it make room for those who
// have less: the jobs that gave way are returned.
func (q *queue) add(workspaceID string, j *job) (evicted []*job, err error) {
	t := q.tenants[workspaceID]
	if t == nil {
		t = &tenant{workspace: workspaceID}
	}
	if t.jobs >= q.cfg.QueueOfWorkspace || t.bytes+j.size > q.cfg.BytesOfWorkspace {
		return nil, ErrFull
	}
	for q.jobs >= q.cfg.Queue || q.bytes+j.size > q.cfg.Bytes {
		of := func(t *tenant) int64 { return int64(t.jobs) }
		adds := int64(1)
		if q.jobs < q.cfg.Queue {
			of, adds = func(t *tenant) int64 { return t.bytes }, j.size
		}
		most := q.most(of)
		if most == nil || of(t)+adds >= of(most) {
			return evicted, ErrFull
		}
		last := q.takeLast(most)
		if last == nil {
			return evicted, ErrFull
		}
		q.remove(last)
		evicted = append(evicted, last)
	}
	q.tenants[workspaceID] = t
	q.jobs++
	t.jobs++
	q.bytes += j.size
	t.bytes += j.size
	j.tenant = t
	heap.Push(&q.waiting, j)
	return evicted, nil
}

// most returns the workspace that has the most of something in the queue.
func (q *queue) most(of func(*tenant) int64) (most *tenant) {
	for _, t := range q.tenants {
		if most == nil || of(t) > of(most) {
			most = t
		}
	}
	return most
}

// takeLast takes out what a workspace would send last; nil if all of it is underway.
func (q *queue) takeLast(t *tenant) *job {
	last := -1
	for i, j := range q.waiting {
		if j.tenant == t && (last < 0 || j.due.After(q.waiting[last].due)) {
			last = i
		}
	}
	if last >= 0 {
		return heap.Remove(&q.waiting, last).(*job)
	}
	if len(t.ready) == 0 {
		return nil
	}
	j := t.ready[len(t.ready)-1]
	q.setReady(t, t.ready[:len(t.ready)-1])
	return j
}

// setReady says which jobs of a workspace are due.
func (q *queue) setReady(t *tenant, ready []*job) {
	if t.ready = ready; len(ready) == 0 && t.turn != nil {
		q.turns.Remove(t.turn)
		t.ready, t.turn = nil, nil
	}
}

// dropMock takes all jobs of a mock out that are not underway.
func (q *queue) dropMock(mockID string) []*job {
	var out []*job
	other := func(j *job) bool {
		if j.mockID != mockID {
			return true
		}
		out = append(out, j)
		return false
	}
	keep := func(jobs []*job) []*job {
		kept := make([]*job, 0, len(jobs))
		for _, j := range jobs {
			if other(j) {
				kept = append(kept, j)
			}
		}
		return kept
	}
	q.waiting = keep(q.waiting)
	heap.Init(&q.waiting)
	for _, t := range q.tenants {
		q.setReady(t, keep(t.ready))
	}
	return out
}

// promote moves what is due to the lists of the ready.
func (q *queue) promote(now time.Time) {
	for len(q.waiting) > 0 && !q.waiting[0].due.After(now) {
		j := heap.Pop(&q.waiting).(*job)
		j.tenant.ready = append(j.tenant.ready, j)
		if j.tenant.turn == nil {
			j.tenant.turn = q.turns.PushBack(j.tenant)
		}
	}
}

// next takes the next job that is due and whose workspace has a sender left; nil if there is none. A job that ends may
// change that.
func (q *queue) next(now time.Time) *job {
	q.promote(now)
	if q.running >= q.cfg.Senders {
		return nil
	}
	// At most Senders workspaces are at their limit, so few elements are passed over.
	for e := q.turns.Front(); e != nil; e = e.Next() {
		t := e.Value.(*tenant)
		if t.running >= q.cfg.SendersOfWorkspace || t.running > 0 && q.running >= q.cfg.Senders-q.cfg.Senders/4 {
			continue // the last senders are for those who have none
		}
		j := t.ready[0]
		t.ready = t.ready[1:]
		if len(t.ready) == 0 {
			q.turns.Remove(e)
			t.ready, t.turn = nil, nil
		} else {
			q.turns.MoveToBack(e)
		}
		t.running++
		q.running++
		return j
	}
	return nil
}

// due is the time at which the first waiting job becomes due.
func (q *queue) due() (time.Time, bool) {
	if len(q.waiting) == 0 {
		return time.Time{}, false
	}
	return q.waiting[0].due, true
}

// stopRunning takes note that a job from next runs no more.
func (q *queue) stopRunning(j *job) {
	j.tenant.running--
	q.running--
}

// again puts a job back that has been tried.
func (q *queue) again(j *job, due time.Time) {
	j.due = due
	heap.Push(&q.waiting, j)
}

// remove forgets a job that is in no list any more.
func (q *queue) remove(j *job) {
	t := j.tenant
	q.jobs--
	t.jobs--
	q.bytes -= j.size
	t.bytes -= j.size
	if t.jobs == 0 {
		delete(q.tenants, t.workspace)
	}
}

// dropWaiting takes all jobs out whose time has not come.
func (q *queue) dropWaiting(now time.Time) []*job {
	q.promote(now)
	out := []*job(q.waiting)
	q.waiting = nil
	return out
}

// dropReady takes all jobs out that are due.
func (q *queue) dropReady() []*job {
	var out []*job
	for e := q.turns.Front(); e != nil; e = q.turns.Front() {
		t := e.Value.(*tenant)
		out = append(out, t.ready...)
		t.ready, t.turn = nil, nil
		q.turns.Remove(e)
	}
	return out
}

// jobHeap orders jobs by the time at which they are due.
type jobHeap []*job

func (h jobHeap) Len() int           { return len(h) }
func (h jobHeap) Less(a, b int) bool { return h[a].due.Before(h[b].due) }
func (h jobHeap) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *jobHeap) Push(x any)        { *h = append(*h, x.(*job)) }
func (h *jobHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
