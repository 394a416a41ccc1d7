package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/live"
	"github.com/mocloud/mocloud/services/api/internal/publication"
)

const (
	// accessAge is after how many silences of a stream it is asked again whether its caller may see it still, where no event says
	// that this has changed: as when a token expires.
	accessAge = 4
	// eventWrite bounds how long a follower may take to accept what is written; a slower one reconnects.
	eventWrite = 10 * time.Second
	retryEvent = "retry: 1000\n\n"
)

// StreamEvents implements StrictServerInterface.
func (h *handlers) StreamEvents(ctx context.Context, r StreamEventsRequestObject) (StreamEventsResponseObject, error) {
	e := &eventResponse{ctx: ctx, handlers: h, slug: value(r.Params.WorkspaceSlug, "")}
	// The events begin before the caller's access is asked, and before the requests do, so that none is missed that follows from the other.
	e.follower = h.Events.Follow(value(r.Params.LastEventID, value(r.Params.After, "")), caller(ctx).AccountID)
	followed := false
	defer func() {
		if !followed {
			e.close()
		}
	}()
	if err := e.look(ctx); err != nil {
		return nil, err
	}
	watched := value(r.Params.RequestMockID, nil)
	if len(watched) > 0 {
		if err := gate.IdentityOf(ctx).Permit("requests:read"); err != nil {
			return nil, err
		}
	}
	for _, id := range watched {
		m, err := h.Mocks.Find(ctx, caller(ctx), id)
		if err != nil {
			return nil, err
		}
		follower, err := h.Records.Follow(ctx, caller(ctx), id, "")
		if err != nil {
			return nil, err
		}
		e.requests = append(e.requests, &requestEvents{ctx: ctx, handlers: h, mockID: id, workspaceID: m.WorkspaceID, follower: follower})
	}
	followed = true
	return e, nil
}

// close ends following.
func (e *eventResponse) close() {
	e.follower.Close()
	for _, r := range e.requests {
		r.follower.Close()
	}
}

// eventResponse writes events until the caller goes, may no longer see them, or the server stops. The context is the
// request's: the generated interface does not pass it.
type eventResponse struct {
	ctx        context.Context
	handlers   *handlers
	slug       string // of the one workspace, "" for all of the caller's
	workspaces map[string]bool
	looked     time.Time // when that was found out
	follower   *live.EventFollower
	requests   []*requestEvents // of mocks whose requests come with the events
}

// look finds out which workspaces the caller may follow now, and follows them. An error ends the stream.
func (e *eventResponse) look(ctx context.Context) (err error) {
	if err := gate.StillMay(ctx); err != nil {
		return err
	}
	e.workspaces, err = e.handlers.Workspaces.IDs(ctx, caller(ctx), e.slug)
	if err != nil {
		return err
	}
	e.looked = time.Now()
	e.follower.Concern(e.workspaces)
	if e.slug == "" {
		e.workspaces[live.OfAccount(caller(ctx).AccountID)] = true
	}
	return nil
}

// VisitStreamEventsResponse implements StreamEventsResponseObject.
func (e *eventResponse) VisitStreamEventsResponse(w http.ResponseWriter) error {
	defer e.close()
	if len(e.requests) == 0 {
		return stream(w, func() ([]byte, error) { return e.next(e.ctx) })
	}
	ctx, end := context.WithCancel(e.ctx)
	pieces := make(chan piece)
	var sources sync.WaitGroup
	defer sources.Wait()
	defer end()
	feed := func(next func(context.Context) ([]byte, error)) {
		for {
			text, err := next(ctx)
			select {
			case pieces <- piece{text, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}
	sources.Go(func() { feed(e.next) })
	for _, r := range e.requests {
		watched, stop := e.handlers.watch(ctx, r.workspaceID, func(ctx context.Context) error { return e.handlers.stillSees(ctx, r.mockID) })
		defer stop()
		sources.Go(func() { feed(func(context.Context) ([]byte, error) { return r.among(watched) }) })
	}
	return stream(w, func() ([]byte, error) {
		select {
		case p := <-pieces:
			return p.text, p.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

// piece is what one of the sources of a stream has to write, or why it ended.
type piece struct {
	text []byte
	err  error
}

// among writes the requests that came as events beside others. They have no ids of their own: a client that reconnects
// reads the list.
func (e *requestEvents) among(watched context.Context) ([]byte, error) {
	requests, missed, err := e.follower.Next(watched)
	if watched.Err() != nil {
		return nil, watched.Err() // the caller has gone, or may not see the mock any more
	}
	var out []byte
	if missed > 0 {
		out = fmt.Appendf(out, "event: requests_dropped\ndata: {\"mock_id\":%q,\"count\":%d}\n\n", e.mockID, missed)
	}
	for _, r := range requests {
		data, err := json.Marshal(requestOf(r))
		if err != nil {
			return nil, fmt.Errorf("encode an event: %w", err)
		}
		out = fmt.Appendf(out, "event: request\ndata: %s\n\n", data)
	}
	return out, err
}

// next waits for events and writes them.
func (e *eventResponse) next(ctx context.Context) ([]byte, error) {
	waiting, cancel := context.WithTimeout(ctx, e.handlers.KeepAlive)
	defer cancel()
	events, position, err := e.follower.Next(waiting)
	silent := err != nil
	if silent && (ctx.Err() != nil || errors.Is(err, live.ErrStopping)) {
		return nil, err
	}
	if live.AccessConcerned(events) || time.Since(e.looked) > accessAge*e.handlers.KeepAlive {
		if err := e.look(ctx); err != nil {
			return nil, err
		}
	}
	if silent {
		return fmt.Appendf(nil, ":\nid: %s\n\n", position), nil
	}
	return e.encode(events, position)
}

// encode writes what the caller may see. The position goes with it even if that is nothing.
func (e *eventResponse) encode(events []live.Event, position string) ([]byte, error) {
	var out []byte
	for _, ev := range events {
		if ev.Name == live.AccessEvent || ev.Name != live.ResetEvent && !e.workspaces[ev.WorkspaceID] {
			continue
		}
		data := []byte(ev.Data)
		if p, ok := ev.Value.(publication.Publication); ok {
			var err error
			if data, err = json.Marshal(publicationOf(p)); err != nil {
				return nil, fmt.Errorf("encode an event: %w", err)
			}
		}
		out = fmt.Appendf(out, "id: %s\nevent: %s\ndata: %s\n\n", ev.ID, ev.Name, data)
	}
	return fmt.Appendf(out, "id: %s\n\n", position), nil
}
