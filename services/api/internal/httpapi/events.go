package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/publication"
	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

const (
	eventStream = "text/event-stream"
	// keepAlive is how often a silent stream gets a comment, so that proxies keep it, and how long a change of the
	// caller's memberships may take to count.
	keepAlive = 15 * time.Second
	// eventWrite bounds how long a follower may take to accept what is written; a slower one reconnects.
	eventWrite = 10 * time.Second
	retryEvent = "retry: 1000\n\n"
)

// StreamEvents implements StrictServerInterface.
func (h *handlers) StreamEvents(ctx context.Context, r StreamEventsRequestObject) (StreamEventsResponseObject, error) {
	who := caller(ctx)
	workspaces, err := h.Workspaces.IDs(ctx, who)
	if err != nil {
		return nil, err
	}
	return &eventResponse{
		ctx: ctx, handlers: h, who: who, workspaces: workspaces,
		follower: h.Publications.Follow(value(r.Params.LastEventID, "")),
	}, nil
}

// eventResponse writes events until the caller goes or the server stops. The context is the request's: the generated
// interface does not pass it.
type eventResponse struct {
	ctx        context.Context
	handlers   *handlers
	who        workspace.Caller
	workspaces map[string]bool
	follower   *publication.Follower
}

// VisitStreamEventsResponse implements StreamEventsResponseObject.
func (e *eventResponse) VisitStreamEventsResponse(w http.ResponseWriter) error {
	return stream(w, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(e.ctx, keepAlive)
		defer cancel()
		events, position, reset, err := e.follower.Next(ctx)
		switch {
		case err == nil:
			return e.encode(events, position, reset)
		case e.ctx.Err() != nil || errors.Is(err, publication.ErrStopping):
			return nil, err
		default: // nothing happened for a while
			e.workspaces, err = e.handlers.Workspaces.IDs(e.ctx, e.who)
			return []byte(":\n\n"), err
		}
	})
}

// encode writes what the caller may see. The position goes with it even if that is nothing.
func (e *eventResponse) encode(events []publication.Event, position string, reset bool) ([]byte, error) {
	var out []byte
	if reset {
		out = fmt.Appendf(out, "event: reset\ndata: {}\n\n")
	}
	for _, ev := range events {
		if !e.workspaces[ev.WorkspaceID] {
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
