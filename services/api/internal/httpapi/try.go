package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/mocloud/mocloud/pkg/event"
	"github.com/mocloud/mocloud/pkg/mockspec"
	"github.com/mocloud/mocloud/pkg/tryit"
	"github.com/mocloud/mocloud/services/api/internal/draft"
	"github.com/mocloud/mocloud/services/api/internal/gate"
	"github.com/mocloud/mocloud/services/api/internal/token"
)

// TryContent implements StrictServerInterface.
func (h *handlers) TryContent(ctx context.Context, r TryContentRequestObject) (TryContentResponseObject, error) {
	requests, err := tryRequests(r.Body.Request, r.Body.Requests)
	if err != nil {
		return nil, err
	}
	if err := mayFetch(ctx, &r.Body.Content); err != nil {
		return nil, err
	}
	t, err := h.Drafts.Content(ctx, caller(ctx), value(r.Body.WorkspaceSlug, ""), r.Body.Content, value(r.Body.SkipDelays, false), requests)
	if err != nil {
		return nil, err
	}
	return TryContent200JSONResponse{TryJSONResponse(tryOf(t, r.Body.Request == nil))}, nil
}

// TryMock implements StrictServerInterface.
func (h *handlers) TryMock(ctx context.Context, r TryMockRequestObject) (TryMockResponseObject, error) {
	requests, err := tryRequests(r.Body.Request, r.Body.Requests)
	if err != nil {
		return nil, err
	}
	if err := mayFetch(ctx, r.Body.Content); err != nil {
		return nil, err
	}
	t, err := h.Drafts.Mock(ctx, caller(ctx), r.MockID, draft.Draft{
		Content: r.Body.Content, Revision: value(r.Body.Revision, 0), Published: value(r.Body.Published, false), SkipDelays: value(r.Body.SkipDelays, false),
	}, requests)
	if err != nil {
		return nil, err
	}
	return TryMock200JSONResponse{TryJSONResponse(tryOf(t, r.Body.Request == nil))}, nil
}

// mayFetch refuses content of the caller's own that names files or URLs, unless the caller's token may read files: the answer to a
// try shows them. What a mock itself names anybody who calls the mock can read.
func mayFetch(ctx context.Context, content *string) error {
	refused := gate.IdentityOf(ctx).Permit(readFiles)
	if refused == nil || content == nil {
		return nil
	}
	parsed, _ := mockspec.Parse([]byte(*content), mockspec.Options{})
	if len(parsed.Externals()) == 0 {
		return nil
	}
	return refused
}

// readFiles is the scope for reading files.
const readFiles token.Scope = "files:read"

// CheckTraffic implements StrictServerInterface.
func (h *handlers) CheckTraffic(ctx context.Context, r CheckTrafficRequestObject) (CheckTrafficResponseObject, error) {
	const usual, maxBody = 50, 16 << 10
	if err := mayFetch(ctx, r.Body.Content); err != nil {
		return nil, err
	}
	check, err := h.Drafts.Traffic(ctx, caller(ctx), r.MockID, r.Body.Content, value(r.Body.Limit, usual))
	if err != nil {
		return nil, err
	}
	out := TrafficCheck{
		Diagnostics: diagnostics(check.Diagnostics), AgainstRevision: check.Against, Recorded: check.Recorded, Items: make([]TrafficItem, len(check.Items)),
	}
	for i, c := range check.Items {
		item := TrafficItem{
			RequestID: c.Record.ID, Method: c.Record.Method, Path: c.Record.Path, Outcome: TrafficOutcome(c.Outcome),
			Changed: []TrafficItemChanged{}, Varies: []TrafficItemVaries{}, Partial: c.Record.Mode != event.RecordFull,
		}
		if c.Record.Query != "" {
			item.Path += "?" + c.Record.Query
		}
		for _, part := range c.Changed {
			item.Changed = append(item.Changed, TrafficItemChanged(part))
		}
		for _, part := range c.Varies {
			item.Varies = append(item.Varies, TrafficItemVaries(part))
		}
		switch c.Outcome {
		case draft.Different:
			out.Counts.Different++
		case draft.NewlyAnswered:
			out.Counts.NewlyAnswered++
		case draft.NotAnsweredNow:
			out.Counts.NoLongerAnswered++
		case draft.Same:
			out.Counts.Same++
		}
		if c.Outcome != draft.Same {
			before, after := answerOf(cut(c.Before, maxBody)), answerOf(cut(c.After, maxBody))
			item.Before, item.After = &before, &after
		}
		out.Items[i] = item
	}
	return CheckTraffic200JSONResponse(out), nil
}

// cut is an answer with the beginning of its body.
func cut(a tryit.Answer, most int) tryit.Answer {
	if len(a.Body) <= most {
		return a
	}
	text := utf8.Valid(a.Body)
	if a.Body, a.Cut = a.Body[:most], true; text {
		a.Body = bytes.ToValidUTF8(a.Body, nil) // the last character may be cut in two
	}
	return a
}

// tryRequests are the requests of a body that has either one or several.
func tryRequests(one *TryRequest, several *TryRequests) ([]draft.Request, error) {
	if (one == nil) == (several == nil) {
		return nil, gate.BadRequest("request", "Send either `request`, with one request, or `requests`, with several.")
	}
	if one != nil {
		return []draft.Request{tryRequest(*one)}, nil
	}
	out := make([]draft.Request, len(*several))
	for i, r := range *several {
		out[i] = tryRequest(r)
	}
	return out, nil
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

func tryOf(t draft.Try, several bool) Try {
	out := Try{Diagnostics: diagnostics(t.Diagnostics)}
	if len(t.Answers) == 0 {
		return out
	}
	if !several {
		a := answerOf(t.Answers[0])
		out.Response, out.Explanation, out.Webhook = a.Response, a.Explanation, a.Webhook
		return out
	}
	answers := make([]TryAnswer, len(t.Answers))
	for i, a := range t.Answers {
		answers[i] = answerOf(a)
	}
	out.Answers = &answers
	return out
}

func answerOf(a tryit.Answer) TryAnswer {
	if a.Problem != "" {
		return TryAnswer{Problem: &a.Problem}
	}
	var out TryAnswer
	out.Response = &TryResponse{
		Status: a.Status, Headers: headersOf(a.Header), BodyCut: a.Cut, TimedOut: a.TimedOut, DurationMs: float32(a.Duration.Microseconds()) / 1000,
	}
	out.Response.Body, out.Response.BodyBase64 = bodyOf(a.Body)
	if len(a.Explain) > 0 {
		var explanation TryExplanation
		if json.Unmarshal(a.Explain, &explanation) == nil { // else it is one of a newer mock server
			out.Explanation = &explanation
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
