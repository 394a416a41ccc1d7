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

// AccessConcerned reports whether what the account may see has to be asked again, having seen the events: one of them is a ResetEvent,
// or an AccessEvent about the account or one of the workspaces.
func AccessConcerned(events []Event, accountID string, workspaces map[string]bool) bool {
	return slices.ContainsFunc(events, func(e Event) bool {
		if e.Name == ResetEvent {
			return true
		}
		var about accessNotice
		if e.Name != AccessEvent || json.Unmarshal(e.Data, &about) != nil {
			return false
		}
		return about.AccountID == accountID || about.AccountID == "" && workspaces[e.WorkspaceID]
	})
}

// Watch returns a context that ends when look, which asks whether the account may still do what it does, returns an error,
// which is its cause then. It asks whenever the account's access, or everybody's to the workspace, has changed, and at least so often.
// stop ends it.
func (e *Events) Watch(ctx context.Context, accountID, workspaceID string, often time.Duration, look func(context.Context) error) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	in := map[string]bool{workspaceID: true}
	follower := e.Follow("")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for watched.Err() == nil {
			waiting, enough := context.WithTimeout(watched, often)
			var err error
			for concerned := false; err == nil && !concerned; {
				var events []Event
				events, _, err = follower.Next(waiting)
				concerned = AccessConcerned(events, accountID, in)
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
