package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/publication"
)

const (
	eventStream = "text/event-stream"
	// accessAge is how old may be what is known of the caller's access when an event goes out.
	accessAge = time.Second
	// eventWrite bounds how long a follower may take to accept what is written; a slower one reconnects.
	eventWrite = 10 * time.Second
	retryEvent = "retry: 1000\n\n"
)

// StreamEvents implements StrictServerInterface.
func (h *handlers) StreamEvents(ctx context.Context, r StreamEventsRequestObject) (StreamEventsResponseObject, error) {
	e := &eventResponse{ctx: ctx, handlers: h, slug: value(r.Params.WorkspaceSlug, "")}
	if err := e.look(); err != nil {
		return nil, err
	}
	e.follower = h.Publications.Follow(value(r.Params.LastEventID, ""))
	return e, nil
}

// eventResponse writes events until the caller goes, may no longer see them, or the server stops. The context is the
// request's: the generated interface does not pass it.
type eventResponse struct {
	ctx        context.Context
	handlers   *handlers
	slug       string // of the one workspace, "" for all of the caller's
	workspaces map[string]bool
	looked     time.Time // when that was found out
	follower   *publication.Follower
}

// look finds out which workspaces the caller may follow now. An error ends the stream.
func (e *eventResponse) look() (err error) {
	if err := stillMay(e.ctx); err != nil {
		return err
	}
	e.workspaces, err = e.handlers.Workspaces.IDs(e.ctx, caller(e.ctx), e.slug)
	e.looked = time.Now()
	return err
}

// VisitStreamEventsResponse implements StreamEventsResponseObject.
func (e *eventResponse) VisitStreamEventsResponse(w http.ResponseWriter) error {
	return stream(w, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(e.ctx, e.handlers.KeepAlive)
		defer cancel()
		events, position, err := e.follower.Next(ctx)
		silent := err != nil
		if silent && (e.ctx.Err() != nil || errors.Is(err, publication.ErrStopping)) {
			return nil, err
		}
		concerned := slices.ContainsFunc(events, func(ev publication.Event) bool { return ev.Concerns(caller(e.ctx).AccountID, e.workspaces) })
		if silent || concerned || time.Since(e.looked) > accessAge {
			if err := e.look(); err != nil {
				return nil, err
			}
		}
		if silent {
			return []byte(":\n\n"), nil
		}
		return e.encode(events, position)
	})
}

// encode writes what the caller may see. The position goes with it even if that is nothing.
func (e *eventResponse) encode(events []publication.Event, position string) ([]byte, error) {
	var out []byte
	for _, ev := range events {
		if ev.Name == publication.AccessEvent || ev.Name != publication.ResetEvent && !e.workspaces[ev.WorkspaceID] {
			continue
		}
		data := []byte(ev.Data)
		if ev.Name == publication.PublicationEvent {
			var err error
			if data, err = json.Marshal(publicationOf(ev.Publication)); err != nil {
				return nil, fmt.Errorf("encode an event: %w", err)
			}
		}
		out = fmt.Appendf(out, "id: %s\nevent: %s\ndata: %s\n\n", ev.ID, ev.Name, data)
	}
	return fmt.Appendf(out, "id: %s\n\n", position), nil
}
