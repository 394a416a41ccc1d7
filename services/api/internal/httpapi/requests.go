package httpapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/services/api/internal/record"
)

// ListRequests implements StrictServerInterface.
func (h *handlers) ListRequests(ctx context.Context, r ListRequestsRequestObject) (ListRequestsResponseObject, error) {
	q := record.Query{
		Methods: value(r.Params.Method, nil), Matched: r.Params.Matched, Text: strings.TrimSpace(value(r.Params.Q, "")),
		MinDuration: value(r.Params.MinDurationUs, 0), Host: value(r.Params.Host, ""), Path: value(r.Params.Path, ""), Endpoint: value(r.Params.Endpoint, ""),
		Since: value(r.Params.Since, time.Time{}), Until: value(r.Params.Until, time.Time{}),
	}
	q.StatusFrom, q.StatusTo = statuses(value(r.Params.Status, ""))
	found, err := h.Records.List(ctx, caller(ctx), r.MockID, q, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, requestOf)
	return ListRequests200JSONResponse{Items: items, NextCursor: next}, nil
}

// statuses is the range that a status or a class of them names; the contract saw to its form.
func statuses(s string) (from, to int) {
	if s == "" {
		return 0, 0
	}
	if class, ok := strings.CutSuffix(s, "xx"); ok {
		n, _ := strconv.Atoi(class)
		return 100 * n, 100*n + 99
	}
	n, _ := strconv.Atoi(s)
	return n, n
}

// ClearRequests implements StrictServerInterface.
func (h *handlers) DeleteRequests(ctx context.Context, r DeleteRequestsRequestObject) (DeleteRequestsResponseObject, error) {
	if err := h.Records.Clear(ctx, caller(ctx), r.MockID); err != nil {
		return nil, err
	}
	return DeleteRequests204Response{}, nil
}

// GetRequest implements StrictServerInterface.
func (h *handlers) GetRequest(ctx context.Context, r GetRequestRequestObject) (GetRequestResponseObject, error) {
	e, err := h.Records.Find(ctx, caller(ctx), r.MockID, r.RequestID)
	if err != nil {
		return nil, err
	}
	q := requestOf(e)
	return GetRequest200JSONResponse(RecordedRequest{
		ID: q.ID, MockID: q.MockID, Time: q.Time, DurationUs: q.DurationUs, RecordingMode: q.RecordingMode, Method: q.Method, Host: q.Host,
		Path: q.Path, Query: q.Query, Endpoint: q.Endpoint, Status: q.Status, RequestSize: q.RequestSize, ResponseSize: q.ResponseSize,
		Revision: q.Revision, Nearest: nearOf(e.Nearest), Request: partOf(e.Request), Response: partOf(e.Response),
	}), nil
}

func requestOf(e event.RequestRecord) Request {
	return Request{
		Revision: positive(e.Revision), ID: e.ID, MockID: e.MockID, Time: e.Time, DurationUs: e.Duration, RecordingMode: RecordingMode(e.Mode), Method: e.Method, Host: e.Host,
		Path: e.Path, Query: e.Query, Endpoint: e.Endpoint, Status: e.Status, RequestSize: e.Request.Size, ResponseSize: e.Response.Size,
	}
}

func nearOf(all []event.Near) *[]NearEndpoint {
	if len(all) == 0 {
		return nil
	}
	out := make([]NearEndpoint, len(all))
	for i, n := range all {
		out[i] = NearEndpoint{Endpoint: n.Endpoint, Why: n.Why}
	}
	return &out
}

func partOf(p event.RecordedPart) RecordedPart {
	out := RecordedPart{Headers: []RecordedHeader{}, Body: p.Body, Encoding: Text, Size: p.Size}
	if p.Base64 {
		out.Encoding = Base64
	}
	for line := range strings.SplitSeq(p.Head, "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			out.Headers = append(out.Headers, RecordedHeader{Name: name, Value: value})
		}
	}
	return out
}

// GetRecording implements StrictServerInterface.
func (h *handlers) GetRecording(ctx context.Context, r GetRecordingRequestObject) (GetRecordingResponseObject, error) {
	s, err := h.Records.Settings(ctx, caller(ctx), r.MockID)
	if err != nil {
		return nil, err
	}
	return GetRecording200JSONResponse{recordingOf(s)}, nil
}

// UpdateRecording implements StrictServerInterface.
func (h *handlers) UpdateRecording(ctx context.Context, r UpdateRecordingRequestObject) (UpdateRecordingResponseObject, error) {
	s, err := matching(r.Params.IfMatch, versionOf, func(expected int) (record.Settings, error) {
		return h.Records.Configure(ctx, caller(ctx), r.MockID, record.Edit{
			Mode: (*event.RecordingMode)(r.Body.Mode), Redact: r.Body.Redact, KeepRequests: r.Body.KeepRequests, KeepHours: r.Body.KeepHours,
		}, expected)
	})
	if err != nil {
		return nil, err
	}
	return UpdateRecording200JSONResponse{recordingOf(s)}, nil
}

func recordingOf(s record.Settings) RecordingJSONResponse {
	tag := `"` + strconv.Itoa(s.Version) + `"`
	return RecordingJSONResponse{
		Body:    Recording{Mode: RecordingMode(s.Mode), Redact: s.Redact, KeepRequests: s.KeepRequests, KeepHours: s.KeepHours},
		Headers: RecordingResponseHeaders{ETag: &tag},
	}
}

// GetMockUsage implements StrictServerInterface.
func (h *handlers) GetMockUsage(ctx context.Context, r GetMockUsageRequestObject) (GetMockUsageResponseObject, error) {
	u, err := h.Records.MockUsage(ctx, caller(ctx), r.MockID, value(r.Params.From, time.Time{}), value(r.Params.To, time.Time{}))
	if err != nil {
		return nil, err
	}
	return GetMockUsage200JSONResponse{usageOf(u)}, nil
}

// GetWorkspaceUsage implements StrictServerInterface.
func (h *handlers) GetWorkspaceUsage(ctx context.Context, r GetWorkspaceUsageRequestObject) (GetWorkspaceUsageResponseObject, error) {
	u, err := h.Records.WorkspaceUsage(ctx, caller(ctx), r.WorkspaceSlug, value(r.Params.From, time.Time{}), value(r.Params.To, time.Time{}))
	if err != nil {
		return nil, err
	}
	return GetWorkspaceUsage200JSONResponse{usageOf(u)}, nil
}

// ListActivity implements StrictServerInterface.
func (h *handlers) ListActivity(ctx context.Context, r ListActivityRequestObject) (ListActivityResponseObject, error) {
	const usual = 100
	items, from, to, err := h.Records.Activity(ctx, caller(ctx), record.ActivityQuery{
		WorkspaceSlug: r.Params.WorkspaceSlug, Mocks: value(r.Params.MockID, nil),
		From: value(r.Params.From, time.Time{}), To: value(r.Params.To, time.Time{}),
		ByLast: value(r.Params.Sort, "") == ListActivityParamsSortMinusLastRequestAt, Limit: value(r.Params.Limit, usual),
	})
	if err != nil {
		return nil, err
	}
	list := ActivityList{From: from, To: to, Items: make([]Activity, len(items))}
	for i, a := range items {
		item := Activity{
			MockID: a.MockID, MockSlug: a.MockSlug, Requests: int64(a.Requests),
			ClientError: int64(a.ClientError), ServerError: int64(a.ServerError), Hours: make([]int64, len(a.Hours)),
		}
		for j, n := range a.Hours {
			item.Hours[j] = int64(n)
		}
		if !a.LastRequestAt.IsZero() {
			item.LastRequestAt = &a.LastRequestAt
		}
		list.Items[i] = item
	}
	return ListActivity200JSONResponse(list), nil
}

func usageOf(u record.Usage) UsageJSONResponse {
	out := UsageJSONResponse{From: u.From, To: u.To, Total: countsOf(u.Total), Hours: make([]UsageHour, len(u.Hours))}
	for i, h := range u.Hours {
		out.Hours[i] = UsageHour{Hour: h.Hour, Counts: countsOf(h)}
	}
	return out
}

func countsOf(c event.RequestCounts) RequestCounts {
	quantile := func(q float64) int64 { return int64(record.Quantile(c.Latency, q)) }
	out := RequestCounts{
		Requests: int64(record.Requests(c)), Informational: int64(c.Informational), Success: int64(c.Success), Redirection: int64(c.Redirection),
		ClientError: int64(c.ClientError), ServerError: int64(c.ServerError), Other: int64(c.Other), NotKept: int64(c.NotKept),
		P50Us: quantile(0.5), P95Us: quantile(0.95), P99Us: quantile(0.99), Latency: make([]LatencyBucket, len(c.Latency)),
	}
	for i, b := range c.Latency {
		out.Latency[i] = LatencyBucket{UpToUs: int64(b.UpTo), Requests: int64(b.Requests)}
	}
	return out
}

// ListWebhooks implements StrictServerInterface.
func (h *handlers) ListWebhooks(ctx context.Context, r ListWebhooksRequestObject) (ListWebhooksResponseObject, error) {
	found, err := h.Records.Deliveries(ctx, caller(ctx), r.MockID, value(r.Params.Cursor, ""), value(r.Params.Limit, defaultLimit))
	if err != nil {
		return nil, err
	}
	items, next := itemsOf(found, deliveryOf)
	return ListWebhooks200JSONResponse{Items: items, NextCursor: next}, nil
}

func deliveryOf(d event.WebhookDelivery) Webhook {
	w := Webhook{
		ID: d.ID, Endpoint: d.Endpoint, Method: d.Method, URL: d.URL, State: WebhookState(d.State), QueuedAt: d.Queued,
		Attempts: d.Attempts, Reason: present(d.Reason), DurationUs: d.Duration, Status: positive(d.Status),
	}
	if !d.Next.IsZero() {
		w.NextAt = &d.Next
	}
	return w
}

// ListEndpointCounts implements StrictServerInterface.
func (h *handlers) ListEndpointCounts(ctx context.Context, r ListEndpointCountsRequestObject) (ListEndpointCountsResponseObject, error) {
	counts, err := h.Records.EndpointCounts(ctx, caller(ctx), r.MockID, value(r.Params.Since, time.Time{}))
	if err != nil {
		return nil, err
	}
	out := ListEndpointCounts200JSONResponse{
		Since: counts.Since, Total: int64(counts.Total), Recorded: counts.Recorded,
		Items: make([]EndpointCount, len(counts.Items)), Unmatched: make([]UnmatchedCount, len(counts.Unmatched)),
	}
	for i, c := range counts.Items {
		out.Items[i] = EndpointCount{
			Endpoint: c.Endpoint, Requests: c.Requests, ClientError: c.ClientError, ServerError: c.ServerError, LastRequestAt: c.LastRequestAt.UTC(),
		}
	}
	for i, c := range counts.Unmatched {
		out.Unmatched[i] = UnmatchedCount{Method: c.Method, Path: c.Path, Requests: c.Requests, LastRequestAt: c.LastRequestAt.UTC()}
	}
	return out, nil
}
