package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mocloud/mocloud/pkg/event"
)

// loop is the state of a running Consumer. It belongs to the goroutine of run; the handler is called by another one, job,
// of which there is at most one.
type loop struct {
	c       *Consumer
	tracker tracker
	applied Position
	// snapshot: what was taken is part of a replay from 0 that has not reached the head; forgotten is what the log had
	// forgotten when it began
	snapshot  bool
	forgotten uint64

	connected bool
	want      bool   // ask for a replay as soon as nothing else is to be done
	asked     string // the request that is out, "" if none
	askedFrom uint64
	patience  backoff

	resync string // the epoch to start over with, "" if none

	// rival is an older epoch that is heard while the followed one has been silent since rivalSince, "" if there is none.
	rival      string
	rivalSince time.Time

	job    chan outcome // nil while the handler is idle
	cancel context.CancelFunc

	grace     *time.Timer // runs while numbers are missing
	waiting   bool        // grace runs
	waitingAt uint64      // tracker.taken when it began
	overdue   *time.Timer // runs while a request is out
	quiet     *time.Timer // runs from one message of the followed epoch to the next, while the connection stands
}

// outcome is what the handler achieved.
type outcome struct {
	ok      bool // false: canceled
	reset   bool // a snapshot was begun with, not changes applied
	applied Position
	changes int
}

func newLoop(c *Consumer, start Position) *loop {
	l := &loop{c: c, applied: start, snapshot: start.Number == 0, patience: backoff{first: c.cfg.AnswerWithin, most: max(maxPatience, c.cfg.AnswerWithin)}}
	l.tracker.maxChanges, l.tracker.maxBytes = c.cfg.WaitChanges, c.cfg.WaitBytes
	l.tracker.reset(start)
	l.grace, l.overdue, l.quiet = stopped(), stopped(), stopped()
	return l
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (l *loop) run(ctx context.Context) {
	defer l.grace.Stop()
	defer l.overdue.Stop()
	defer l.quiet.Stop()
	for {
		l.act(ctx)
		select {
		case <-ctx.Done():
			if l.job != nil {
				l.finish(<-l.job)
			}
			return
		case m := <-l.c.inbox:
			l.take(m)
			l.takeMore()
		case o := <-l.job:
			l.finish(o)
		case <-l.grace.C:
			l.waiting = false
			if l.tracker.behind() && l.tracker.taken == l.waitingAt {
				l.want = true
			}
		case <-l.overdue.C:
			l.asked, l.want = "", true
		case <-l.quiet.C:
			l.c.connect(false)
		}
	}
}

// takeMore empties the inbox, so that a burst is seen as one before anything is applied.
func (l *loop) takeMore() {
	for {
		select {
		case m := <-l.c.inbox:
			l.take(m)
		default:
			return
		}
	}
}

// take notes a message.
func (l *loop) take(m any) {
	switch m := m.(type) {
	case link:
		l.connected = bool(m)
		l.c.connect(l.connected)
		l.quiet.Stop()
		if l.connected {
			l.quiet.Reset(silence)
		}
		l.forget()
		l.patience.reset()
		l.want = l.connected // every connection is a possible hole
	case *heartbeat:
		if l.current(m.Epoch) {
			l.tracker.see(m.Head)
		}
		if m.Fresh && l.asked != "" {
			l.forget()
			l.patience.reset()
			l.want = true
		}
	case *event.Envelope:
		if l.current(m.Epoch) {
			l.wait(Batch{Epoch: m.Epoch, From: m.Number - 1, To: m.Number, Changes: []event.Envelope{*m}})
		}
	case *answer:
		l.takeAnswer(m)
	}
	if l.c.overflow.Swap(false) {
		l.want = true
	}
	l.c.stand(l.applied, l.tracker.head)
}

func (l *loop) takeAnswer(a *answer) {
	if a.Epoch < l.following() {
		l.current(a.Epoch) // a producer of the past answers: whoever is of the present will, when it is asked again
		return
	}
	if a.Request != "" {
		if a.Request != l.asked {
			l.takeLate(a)
			return
		}
		if !a.TooOld && a.To <= l.askedFrom && a.Head > a.To {
			return // no answer at all: asking again at once would never end
		}
		l.forget()
		l.patience.ease()
		if a.TooOld {
			l.begin(a.Epoch)
			return
		}
		if l.askedFrom == 0 {
			l.forgotten = a.Forgotten
		}
	}
	if l.takeRange(a) && a.Request != "" && a.Head > a.To {
		l.want = true // once this one is applied
	}
}

// takeLate takes the answer to a request that was given up: what it says is true all the same. In a replay from 0 it depends
// on what the request said, and in another epoch it is not news.
func (l *loop) takeLate(a *answer) {
	if !a.TooOld && !l.snapshot && a.Epoch == l.tracker.epoch && l.resync == "" {
		l.takeRange(a)
	}
}

// takeRange has the changes of an answer wait for their turn. It reports false when they are not to be used.
func (l *loop) takeRange(a *answer) bool {
	b, err := a.batch()
	if err != nil {
		l.c.meters.discarded.Inc()
		l.c.log.Warn("cannot decode a batch", "error", err)
		return false
	}
	if !l.current(a.Epoch) {
		return false
	}
	l.tracker.see(a.Head)
	l.wait(b)
	return true
}

// following is the epoch that counts, "" before there is one.
func (l *loop) following() string {
	if l.resync != "" {
		return l.resync
	}
	return l.tracker.epoch
}

// current reports whether a message of epoch is to be used now. A newer epoch is followed from now on. An older one is over
// and changes nothing, unless it goes on while nobody speaks for the followed one any more: then that was never alive, as when
// a message of another installation strayed here.
func (l *loop) current(epoch string) bool {
	following := l.following()
	switch {
	case following == "" && l.tracker.taken == 0:
		l.tracker.epoch, l.applied.Epoch = epoch, epoch
		l.hear()
		return true
	case epoch == following:
		l.hear()
		return l.resync == ""
	case epoch < following && !l.outlives(epoch):
		l.c.meters.stale.Inc()
		return false
	}
	l.begin(epoch)
	return false
}

// hear notes that somebody speaks for the followed epoch.
func (l *loop) hear() {
	l.rival = ""
	l.c.meters.lastMessage.SetToCurrentTime()
	if !l.connected {
		return
	}
	l.quiet.Reset(silence)
	if !l.c.Connected() { // for a while nobody could be heard: what was said then is missing
		l.c.connect(true)
		l.want = true
	}
}

// outlives notes a message of an older epoch, and reports whether such messages have come for a while without one of the
// followed epoch.
func (l *loop) outlives(epoch string) bool {
	if l.rival == "" || epoch > l.rival {
		l.rival, l.rivalSince = epoch, time.Now()
	}
	return epoch == l.rival && time.Since(l.rivalSince) >= silence
}

// begin has the state built anew from a snapshot of epoch.
func (l *loop) begin(epoch string) {
	l.c.log.Info("start over from a snapshot", "epoch", epoch, "former_epoch", l.tracker.epoch, "former_number", l.applied.Number)
	l.resync, l.want, l.rival = epoch, false, ""
	l.forget()
	if l.cancel != nil {
		l.cancel()
	}
}

func (l *loop) wait(b Batch) {
	if l.tracker.add(b) {
		l.c.meters.discarded.Inc()
	}
}

// forget gives up the request that is out, if any.
func (l *loop) forget() {
	l.asked = ""
	l.overdue.Stop()
}

// act starts whatever is to be done next.
func (l *loop) act(ctx context.Context) {
	if l.job != nil {
		return
	}
	if l.resync != "" {
		l.start(ctx, "snapshot", l.resetter(l.resync))
		return
	}
	if b, ok := l.tracker.take(l.c.cfg.BatchChanges, l.c.cfg.BatchBytes); ok {
		l.snapshot = l.snapshot && b.More
		l.start(ctx, "apply", l.applier(b))
		return
	}
	switch {
	case !l.connected || l.asked != "":
	case l.want:
		l.request()
	case l.tracker.behind() && !l.waiting:
		l.waiting, l.waitingAt = true, l.tracker.taken
		l.grace.Reset(l.c.cfg.Grace)
	}
}

func (l *loop) request() {
	l.want = false
	l.asked, l.askedFrom = uuid.NewString(), l.tracker.taken
	m, err := encode(l.c.names.replay(), &request{
		V: wireVersion, Request: l.asked, Instance: l.c.cfg.Instance, Epoch: l.tracker.epoch, After: l.askedFrom,
		Direct: true, Snapshot: l.snapshot, Forgotten: l.forgotten,
	})
	if err != nil {
		l.c.log.Error("replay request not encoded", "error", err)
		return
	}
	l.c.meters.replays.Inc()
	l.c.ask(m)
	l.overdue.Reset(l.patience.step())
}

// start runs work with backoff until it succeeds, in a goroutine of its own.
func (l *loop) start(ctx context.Context, doing string, work func(context.Context) (outcome, error)) {
	ctx, cancel := context.WithCancel(ctx)
	l.cancel = cancel
	done := make(chan outcome, 1)
	l.job = done
	go func() {
		var o outcome
		again := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
		o.ok = retry(ctx, again, l.c.complain(ctx, doing), func(ctx context.Context) (err error) {
			o, err = work(ctx)
			return err
		})
		done <- o
	}()
}

func (l *loop) applier(b Batch) func(context.Context) (outcome, error) {
	return func(ctx context.Context) (outcome, error) {
		if err := l.c.handler.Apply(ctx, b); err != nil {
			return outcome{}, fmt.Errorf("apply (%d, %d]: %w", b.From, b.To, err)
		}
		return outcome{applied: Position{b.Epoch, b.To}, changes: len(b.Changes)}, nil
	}
}

func (l *loop) resetter(epoch string) func(context.Context) (outcome, error) {
	return func(ctx context.Context) (outcome, error) {
		s, ok := l.c.handler.(Snapshotter)
		if !ok {
			return outcome{reset: true, applied: Position{Epoch: epoch}}, l.c.handler.Reset(ctx, epoch)
		}
		p, err := s.Snapshot(ctx, epoch)
		if err != nil {
			return outcome{}, err
		}
		if p.Epoch < epoch {
			return outcome{}, fmt.Errorf("the snapshot is of epoch %q, before %q", p.Epoch, epoch)
		}
		return outcome{reset: true, applied: p}, nil
	}
}

// finish notes what the handler achieved.
func (l *loop) finish(o outcome) {
	l.cancel()
	l.job, l.cancel = nil, nil
	if !o.ok {
		return
	}
	if l.resync != "" {
		if !o.reset || o.applied.Epoch < l.resync {
			return // it was going on when the reset was called for
		}
		l.c.meters.resets.Inc()
		l.tracker.reset(o.applied)
		l.resync, l.want = "", true
		l.snapshot, l.forgotten = o.applied.Number == 0, 0
	}
	l.c.meters.applied.Add(float64(o.changes))
	l.applied = o.applied
	l.c.stand(l.applied, l.tracker.head)
}
