package httpapi

import (
	"context"

	"github.com/mocloud/mocloud/services/api/internal/gate"
)

// accessChanged tells the account's streams of events to ask again what they may show, unless there was an error, which it
// returns.
func (h *handlers) accessChanged(err error, accountID string) error {
	if err == nil {
		h.Events.AccessChanged(accountID, "")
	}
	return err
}

// watch is live.Events.Watch for the caller.
func (h *handlers) watch(ctx context.Context, workspaceID string, look func(context.Context) error) (watched context.Context, stop func()) {
	return h.Events.Watch(ctx, caller(ctx).AccountID, workspaceID, accessAge*h.KeepAlive, look)
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
