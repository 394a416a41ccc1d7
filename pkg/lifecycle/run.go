package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// StopTimeout bounds how long all members together may take to stop.
const StopTimeout = 10 * time.Second

// stopping is the cause of the end of a member's context. For everybody else it is an ordinary cancellation.
type stopping struct{ by time.Time }

func (stopping) Error() string { return context.Canceled.Error() }
func (stopping) Unwrap() error { return context.Canceled }

// Stopping returns a context for what a member finishes after its own context, ctx, has ended: requests that are
// underway, goodbyes. It ends when half of the time that was left is over, so that the members that stop after this one
// have time too; outside of Run, after half of StopTimeout.
func Stopping(ctx context.Context) (context.Context, context.CancelFunc) {
	by := time.Now().Add(StopTimeout / 2)
	if s, ok := errors.AsType[stopping](context.Cause(ctx)); ok {
		by = s.by
	}
	return context.WithDeadline(context.WithoutCancel(ctx), by)
}

// Member is a part of the process. Run blocks until ctx ends and then returns nil as soon as it has stopped cleanly.
type Member struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run starts the members in order and runs them until ctx ends or one of them returns. Then it stops them in reverse
// order, each before the next, so that nobody loses what it depends on. A member that returns before it was asked to
// stop ends the others: no process is half alive. It returns the members' errors, and an error for each that did not
// stop within StopTimeout.
func Run(ctx context.Context, log *slog.Logger, members ...Member) error {
	type running struct {
		Member
		stop context.CancelCauseFunc
		done chan error
	}
	type end struct {
		name string
		err  error
	}
	ended := make(chan end, len(members))
	started := make([]running, 0, len(members))
	for _, m := range members {
		memberCtx, stop := context.WithCancelCause(context.WithoutCancel(ctx))
		r := running{Member: m, stop: stop, done: make(chan error, 1)}
		started = append(started, r)
		go func() {
			err := r.Run(memberCtx)
			r.done <- err
			ended <- end{r.Name, err}
		}()
	}
	var errs []error
	select {
	case <-ctx.Done():
	case first := <-ended:
		// Its error is returned, not logged: whoever started the process says it once.
		log.InfoContext(ctx, "a member ended, stopping the process", "member", first.name)
		if memberError(first.name, first.err) == nil {
			errs = append(errs, fmt.Errorf("%s ended unexpectedly", first.name))
		}
	}
	last := time.Now().Add(StopTimeout)
	deadline := time.NewTimer(StopTimeout)
	defer deadline.Stop()
	expired := false
	for _, r := range slices.Backward(started) {
		r.stop(stopping{by: time.Now().Add(time.Until(last) / 2)})
		if expired {
			select {
			case err := <-r.done:
				errs = append(errs, memberError(r.Name, err))
			default:
				errs = append(errs, fmt.Errorf("%s did not stop in time", r.Name))
			}
			continue
		}
		select {
		case err := <-r.done:
			errs = append(errs, memberError(r.Name, err))
		case <-deadline.C:
			expired = true
			errs = append(errs, fmt.Errorf("%s did not stop within %s", r.Name, StopTimeout))
		}
	}
	return errors.Join(errs...)
}

// memberError names the member of a real error; the cancellation that stopped it is none.
func memberError(name string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
