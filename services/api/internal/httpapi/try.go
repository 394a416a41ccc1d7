package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/draft"
)

// TryContent implements StrictServerInterface.
func (h *handlers) TryContent(ctx context.Context, r TryContentRequestObject) (TryContentResponseObject, error) {
	t, err := h.Drafts.Content(ctx, caller(ctx), value(r.Body.WorkspaceSlug, ""), r.Body.Content, tryRequest(r.Body.Request))
	if err != nil {
		return nil, err
	}
	return TryContent200JSONResponse{TryJSONResponse(tryOf(t))}, nil
}

// TryMock implements StrictServerInterface.
func (h *handlers) TryMock(ctx context.Context, r TryMockRequestObject) (TryMockResponseObject, error) {
	t, err := h.Drafts.Mock(ctx, caller(ctx), r.MockID, r.Body.Content, tryRequest(r.Body.Request))
	if err != nil {
		return nil, err
	}
	return TryMock200JSONResponse{TryJSONResponse(tryOf(t))}, nil
}

func tryRequest(r TryRequest) draft.Request {
	out := draft.Request{Method: r.Method, Path: r.Path, Header: http.Header{}, Body: []byte(value(r.Body, ""))}
	for _, header := range value(r.Headers, nil) {
		out.Header.Add(header.Name, header.Value)
	}
	if r.BodyBase64 != nil {
		out.Body = *r.BodyBase64
	}
	return out
}

func tryOf(t draft.Try) Try {
	out := Try{Diagnostics: diagnostics(t.Diagnostics)}
	a := t.Answer
	if a == nil {
		return out
	}
	out.Response = &TryResponse{
		Status: a.Status, Headers: headersOf(a.Header), BodyCut: a.Cut, TimedOut: a.TimedOut, DurationMs: float32(a.Duration.Microseconds()) / 1000,
	}
	out.Response.Body, out.Response.BodyBase64 = bodyOf(a.Body)
	if len(a.Explain) > 0 {
		var told TryExplanation
		if json.Unmarshal(a.Explain, &told) == nil { // else it is one of a newer mock server
			out.Explanation = &told
		}
	}
	if w := a.Webhook; w != nil {
		out.Webhook = webhookOf(w)
	}
	return out
}

func webhookOf(w *tryit.Webhook) *TryWebhook {
	out := &TryWebhook{Problem: present(w.Problem)}
	if w.Problem == "" {
		headers, delay := headersOf(w.Header), w.Delay.Milliseconds()
		out.Method, out.URL, out.Headers, out.DelayMs = &w.Method, &w.URL, &headers, &delay
		out.Body, out.BodyBase64 = bodyOf(w.Body)
	}
	return out
}

// bodyOf is a body as text if it is one.
func bodyOf(body []byte) (text *string, binary *[]byte) {
	if utf8.Valid(body) {
		s := string(body)
		return &s, nil
	}
	return nil, &body
}

func headersOf(h http.Header) []TryHeader {
	out := []TryHeader{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			out = append(out, TryHeader{Name: name, Value: v})
		}
	}
	return out
}
