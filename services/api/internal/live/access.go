package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// accessNotice is the data of an AccessEvent.
type accessNotice struct {
	AccountID string `json:"account_id,omitempty"`
}

// AccessChanged makes all who follow as the account ask again what they may see; with no account, all who follow the
// workspace. Like all notices it reaches every replica within moments, or is lost. It never blocks.
func (e *Events) AccessChanged(accountID, workspaceID string) {
	e.Notify(workspaceID, AccessEvent, accessNotice{accountID})
}

// topicOf is who has to hear of an event: the followers of its workspace, or of the account whose access it is about.
func topicOf(e Event) string {
	var about accessNotice
	if e.Name == AccessEvent && json.Unmarshal(e.Data, &about) == nil && about.AccountID != "" {
		return OfAccount(about.AccountID)
	}
	return e.WorkspaceID
}

// AccessConcerned reports whether what a follower may see has to be asked again after the events that it was given.
func AccessConcerned(events []Event) bool { return slices.ContainsFunc(events, Event.concernsAccess) }

// concernsAccess reports whether what its followers may see may differ after the event.
func (e Event) concernsAccess() bool { return e.Name == AccessEvent || e.Name == ResetEvent }

// Watch returns a context that ends when look, which asks whether the account may still do what it does, returns an error,
// which is its cause then. It asks whenever the account's access, or everybody's to the workspace, has changed, and at least so often.
// stop ends it.
func (e *Events) Watch(ctx context.Context, accountID, workspaceID string, often time.Duration, look func(context.Context) error) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	follower := e.Follow("", accountID)
	follower.Concern(map[string]bool{workspaceID: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer follower.Close()
		for watched.Err() == nil {
			waiting, enough := context.WithTimeout(watched, often)
			var err error
			for concerned := false; err == nil && !concerned; {
				var events []Event
				events, _, err = follower.Next(waiting)
				concerned = AccessConcerned(events)
			}
			enough()
			if errors.Is(err, ErrStopping) {
				return // whoever is watched ends as well
			}
			if err := look(watched); err != nil {
				cancel(err)
			}
		}
	}()
	return watched, func() { cancel(context.Canceled); <-done }
}
