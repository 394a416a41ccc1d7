package httpapi

import (
	"context"
	"errors"
	"slices"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/publication"
)

// accessChanged tells the account's streams of events to ask again what they may show, unless there was an error, which it
// returns.
func (h *handlers) accessChanged(err error, accountID string) error {
	if err == nil {
		h.Publications.AccessChanged(accountID, "")
	}
	return err
}

// watch returns a context that ends when look, which asks whether the caller may still do what they do, returns an error,
// which is its cause then. It asks whenever the caller's access, or everybody's to the workspace, has changed, and every
// KeepAlive. stop ends it.
func (h *handlers) watch(ctx context.Context, workspaceID string, look func(context.Context) error) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	in, who := map[string]bool{workspaceID: true}, caller(ctx).AccountID
	follower := h.Publications.Follow("")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for watched.Err() == nil {
			waiting, enough := context.WithTimeout(watched, h.KeepAlive)
			var err error
			for concerned := false; err == nil && !concerned; {
				var events []publication.Event
				events, _, err = follower.Next(waiting)
				concerned = slices.ContainsFunc(events, func(e publication.Event) bool { return e.Concerns(who, in) })
			}
			enough()
			if errors.Is(err, publication.ErrStopping) {
				return // whoever is watched ends as well
			}
			if err := look(watched); err != nil {
				cancel(err)
			}
		}
	}()
	return watched, func() { cancel(context.Canceled); <-done }
}

// stillSees asks whether the caller may still do what they do, and see the mock.
func (h *handlers) stillSees(ctx context.Context, mockID string) error {
	if err := gate.StillMay(ctx); err != nil {
		return err
	}
	_, err := h.Mocks.Find(ctx, caller(ctx), mockID)
	return err
}

// whileAllowed does what goes on for long and is the caller's to do for as long as look says so: when it returns an error, do's
// context ends and the error is the answer.
func (h *handlers) whileAllowed(ctx context.Context, workspaceID string, look, do func(context.Context) error) error {
	watched, stop := h.watch(ctx, workspaceID, look)
	defer stop()
	err := do(watched)
	if err != nil && watched.Err() != nil {
		return context.Cause(watched)
	}
	return err
}
