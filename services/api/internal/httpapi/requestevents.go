package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

// StreamRequests implements StrictServerInterface.
func (h *handlers) StreamRequests(ctx context.Context, r StreamRequestsRequestObject) (StreamRequestsResponseObject, error) {
	m, err := h.Mocks.Find(ctx, caller(ctx), r.MockID)
	if err != nil {
		return nil, err
	}
	follower, err := h.Records.Follow(ctx, caller(ctx), r.MockID, value(r.Params.LastEventID, ""))
	if err != nil {
		return nil, err
	}
	return &requestEvents{ctx: ctx, handlers: h, mockID: r.MockID, workspaceID: m.WorkspaceID, follower: follower}, nil
}

// requestEvents writes a mock's requests until the caller goes, may not see the mock any more, or the server stops. The
// context is the request's: the generated interface does not pass it.
type requestEvents struct {
	ctx      context.Context
	handlers *handlers
	mockID   string
	follower *record.Follower

	workspaceID string // of the mock
}

// VisitStreamRequestsResponse implements StreamRequestsResponseObject.
func (e *requestEvents) VisitStreamRequestsResponse(w http.ResponseWriter) error {
	defer e.follower.Close()
	watched, stop := e.handlers.watch(e.ctx, e.workspaceID, func(ctx context.Context) error { return e.handlers.stillSees(ctx, e.mockID) })
	defer stop()
	return stream(w, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(watched, e.handlers.KeepAlive)
		defer cancel()
		requests, missed, err := e.follower.Next(ctx)
		if watched.Err() != nil {
			return nil, watched.Err() // the caller has gone, or may not see the mock any more
		}
		if err != nil && !errors.Is(err, live.ErrStopping) { // nothing happened for a while
			return []byte(":\n\n"), nil
		}
		var out []byte
		if missed > 0 {
			out = append(out, "event: reset\ndata: {}\n\n"...)
		}
		for _, r := range requests {
			data, err := json.Marshal(requestOf(r))
			if err != nil {
				return nil, fmt.Errorf("encode an event: %w", err)
			}
			out = fmt.Appendf(out, "id: %s\nevent: request\ndata: %s\n\n", r.ID, data)
		}
		return out, err
	})
}

// stream writes server-sent events, beginning with how to reconnect, until next fails or the caller has gone.
func stream(w http.ResponseWriter, next func() ([]byte, error)) error {
	w.Header().Set("Content-Type", gate.EventStream)
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	conn := http.NewResponseController(w)
	for pending := []byte(retryEvent); ; {
		if err := conn.SetWriteDeadline(time.Now().Add(eventWrite)); err != nil {
			return err
		}
		if _, err := w.Write(pending); err != nil {
			return err // the caller has gone; nobody reads a problem any more
		}
		if err := conn.Flush(); err != nil {
			return err
		}
		var err error
		if pending, err = next(); err != nil {
			return err
		}
	}
}
