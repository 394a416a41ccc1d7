package httpapi

import (
	"context"
	"math"
	"time"

	"github.com/mocloud/mocloud/pkg/apperr"
	"github.com/mocloud/mocloud/pkg/control"
	"github.com/mocloud/mocloud/services/api/internal/remembered"
)

// GetState implements StrictServerInterface.
func (h *handlers) GetState(ctx context.Context, r GetStateRequestObject) (GetStateResponseObject, error) {
	s, err := h.Remembered.State(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""))
	if err != nil {
		return nil, err
	}
	out := MockState{
		SessionName: present(s.Session), Values: make([]StateValue, len(s.Values)), Counters: make([]StateCounter, len(s.Counters)), Clock: clockOf(s.Clock),
		Bytes: s.Bytes, UsedAt: s.UsedAt, ExpiresAt: s.ExpiresAt,
	}
	for i, v := range s.Values {
		out.Values[i] = stateValueOf(v)
	}
	for i, c := range s.Counters {
		out.Counters[i] = StateCounter{Endpoint: c.Endpoint, Entry: c.Entry, Path: c.Path, Count: c.Count, Times: c.Times}
	}
	return GetState200JSONResponse(out), nil
}

// DeleteState implements StrictServerInterface.
func (h *handlers) DeleteState(ctx context.Context, r DeleteStateRequestObject) (DeleteStateResponseObject, error) {
	err := h.Remembered.Reset(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""), value(r.Params.Name, ""))
	return DeleteState204Response{}, err
}

// GetStateValue implements StrictServerInterface.
func (h *handlers) GetStateValue(ctx context.Context, r GetStateValueRequestObject) (GetStateValueResponseObject, error) {
	v, err := h.Remembered.Value(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""), r.Path)
	return GetStateValue200JSONResponse(stateValueOf(v)), err
}

// PutStateValue implements StrictServerInterface.
func (h *handlers) PutStateValue(ctx context.Context, r PutStateValueRequestObject) (PutStateValueResponseObject, error) {
	v, err := h.Remembered.Set(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""), r.Path, r.Body.Value)
	return PutStateValue200JSONResponse(stateValueOf(v)), err
}

func stateValueOf(v control.Value) StateValue {
	out := StateValue{Name: v.Name, Value: v.Value, Initial: v.Initial}
	if len(v.Paths) > 0 {
		out.Paths = &v.Paths
	}
	return out
}

// ListMockSessions implements StrictServerInterface.
func (h *handlers) ListMockSessions(ctx context.Context, r ListMockSessionsRequestObject) (ListMockSessionsResponseObject, error) {
	all, err := h.Remembered.Sessions(ctx, caller(ctx), r.MockID)
	list := MockSessionList{Items: make([]MockSession, len(all))}
	for i, s := range all {
		list.Items[i] = MockSession{Name: s.Name, Bytes: s.Bytes, UsedAt: s.UsedAt, ExpiresAt: s.ExpiresAt}
	}
	return ListMockSessions200JSONResponse(list), err
}

// DeleteMockSession implements StrictServerInterface.
func (h *handlers) DeleteMockSession(ctx context.Context, r DeleteMockSessionRequestObject) (DeleteMockSessionResponseObject, error) {
	return DeleteMockSession204Response{}, h.Remembered.Reset(ctx, caller(ctx), r.MockID, r.SessionName, "")
}

// PutClock implements StrictServerInterface.
func (h *handlers) PutClock(ctx context.Context, r PutClockRequestObject) (PutClockResponseObject, error) {
	c := control.ClockChange{At: value(r.Body.At, time.Time{}), Stopped: r.Body.Stopped}
	if text := value(r.Body.Advance, ""); text != "" {
		var err error
		if c.Advance, err = control.ParseAdvance(text); err != nil {
			return nil, apperr.New(apperr.Invalid, "The advance %s.", err).WithField("advance")
		}
	}
	now, err := h.Remembered.SetClock(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""), c)
	return PutClock200JSONResponse(clockOf(now)), err
}

func clockOf(c control.Clock) Clock { return Clock{Now: c.Now, Own: c.Own, Stopped: c.Stopped} }

// DeleteClock implements StrictServerInterface.
func (h *handlers) DeleteClock(ctx context.Context, r DeleteClockRequestObject) (DeleteClockResponseObject, error) {
	return DeleteClock204Response{}, h.Remembered.FreeClock(ctx, caller(ctx), r.MockID, value(r.Params.SessionName, ""))
}

// VerifyMock implements StrictServerInterface.
func (h *handlers) VerifyMock(ctx context.Context, r VerifyMockRequestObject) (VerifyMockResponseObject, error) {
	v := remembered.Verification{
		Session: value(r.Body.SessionName, ""), Since: value(r.Body.Since, time.Time{}), InOrder: value(r.Body.InOrder, false),
		Expect: make([]control.Expectation, len(r.Body.Expect)),
	}
	if text := value(r.Body.Wait, ""); text != "" {
		var err error
		if v.Wait, err = time.ParseDuration(text); err != nil || v.Wait < 0 {
			return nil, apperr.New(apperr.Invalid, "The wait %q is not a duration; write it like 5s.", text).WithField("wait")
		}
	}
	for i, e := range r.Body.Expect {
		v.Expect[i] = control.Expectation{If: e.If, Times: e.Times, AtLeast: e.AtLeast, AtMost: e.AtMost}
	}
	verdict, err := h.Remembered.Verify(ctx, caller(ctx), r.MockID, v)
	if err != nil {
		return nil, err
	}
	out := Verification{
		Ok: verdict.OK, Settled: verdict.Settled, NotKept: int64(min(verdict.NotKept, math.MaxInt64)), // #nosec G115 -- it is not more
		Looked: verdict.Looked, Expect: make([]ExpectationResult, len(verdict.Expect)),
	}
	for i, e := range verdict.Expect {
		out.Expect[i] = ExpectationResult{Ok: e.OK, Count: e.Count, Reason: present(e.Reason), Nearest: make([]NearRequest, len(e.Nearest))}
		for j, n := range e.Nearest {
			out.Expect[i].Nearest[j] = NearRequest{ID: present(n.ID), Time: n.Time, Request: n.Request, Why: n.Why}
		}
	}
	return VerifyMock200JSONResponse(out), nil
}
