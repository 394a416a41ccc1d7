package httpapi

import (
	"context"
	"errors"
	"slices"

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

// watch returns a context that ends when look, which asks whether the caller may still do what they do, returns an error.
// It asks whenever the caller's access, or everybody's to the workspace, has changed, and every keepAlive. stop ends it.
func (h *handlers) watch(ctx context.Context, workspaceID string, look func(context.Context) error) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancel(ctx)
	in, who := map[string]bool{workspaceID: true}, caller(ctx).AccountID
	follower := h.Publications.Follow("")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		for watched.Err() == nil {
			waiting, enough := context.WithTimeout(watched, keepAlive)
			var err error
			for concerned := false; err == nil && !concerned; {
				var events []publication.Event
				events, _, err = follower.Next(waiting)
				concerned = slices.ContainsFunc(events, func(e publication.Event) bool { return e.Concerns(who, in) })
			}
			enough()
			if errors.Is(err, publication.ErrStopping) || look(watched) != nil {
				return
			}
		}
	}()
	return watched, func() { cancel(); <-done }
}
